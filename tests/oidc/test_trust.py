"""TLS, against real servers with good and bad certificates."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dockmesh_auth.domain.ports import Answer, Request
from dockmesh_auth.domain.provider import NetworkRules, Provider
from dockmesh_auth.errors import ErrorCode, ProviderError
from dockmesh_auth.oidc.http import HttpClient
from dockmesh_auth.oidc.trust import TrustStore

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
SECRET = "client_secret=s3cr3t"


@frozen
class Party:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def write(self, folder: Path, name: str) -> Path:
        path = folder / f"{name}.pem"
        path.write_bytes(
            self.certificate.public_bytes(serialization.Encoding.PEM)
            + self.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return path


def issue(
    issuer: Party | None,
    *names: x509.GeneralName,
    ends: dt.datetime = NOW + DAY,
    authority: bool = False,
) -> Party:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, "test authority" if authority else "test")]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 10 * DAY)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer:
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            critical=False,
        )
    if authority:
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        builder = builder.add_extension(usage, critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Party(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


HOST = x509.DNSName("idp.example")


@frozen
class Certificates:
    """Files of certificates with their keys, and the authority of the good one."""

    folder: Path

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.pem"


@pytest.fixture(name="certificates", scope="module")
def certificate_files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    authority = issue(None, authority=True)
    for name, party in {
        "authority": authority,
        "good": issue(authority, HOST),
        "good-address": issue(authority, x509.IPAddress(IPv4Address("127.0.0.1"))),
        "expired": issue(authority, HOST, ends=NOW - DAY),
        "other-host": issue(authority, x509.DNSName("evil.example")),
        "other-level": issue(authority, x509.DNSName("*.idp.example")),
        "no-name": issue(authority),
        "self-signed": issue(None, HOST),
        "other-authority": issue(issue(None, authority=True), HOST),
    }.items():
        party.write(folder, name)
    return Certificates(folder)


@asynccontextmanager
async def serving(
    path: Path, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A TLS server's port, and what it was sent."""
    received: list[bytes] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    if newest is not ssl.TLSVersion.TLSv1_3:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = newest

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    async with listening(handle, context) as port:
        yield port, received


@asynccontextmanager
async def listening(
    handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """The port of a server that leaves nothing behind when it goes."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle_whole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, OSError):
            await handle(reader, writer)
            await writer.drain()
            await reader.read(-1)
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(handle_whole(reader, writer)))

    async with await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]
    await asyncio.gather(*tasks)


async def ask(port: int, ca_file: Path | None, host: str = "idp.example") -> Answer:
    async def resolve(_: str, __: int) -> Sequence[str]:
        return ["127.0.0.1"]

    issuer = f"https://{host}:{port}"
    rules = NetworkRules(
        allow_private_addresses=True, ca_file=None if ca_file is None else str(ca_file), timeout=3
    )
    provider = Provider(
        slug="idp", display_name="IdP", issuer=issuer, client_id="dockmesh", network=rules
    )
    client = HttpClient(resolve=resolve)
    try:
        request = Request(method="POST", url=f"{issuer}/token?s3cr3t", body=SECRET.encode())
        return await client.sender(provider)(request)
    finally:
        await client.close()


async def refusal(port: int, ca_file: Path | None, host: str = "idp.example") -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await ask(port, ca_file, host)
    assert caught.value.code is ErrorCode.PROVIDER_TLS
    assert "s3cr3t" not in str(caught.value)
    return caught.value


@pytest.mark.attack("DIS-20")
async def test_a_private_authority_is_trusted_when_it_is_named(certificates: Certificates) -> None:
    """By its file; for names and for addresses."""
    authority = certificates.path("authority")
    async with serving(certificates.path("good")) as (port, _):
        assert (await ask(port, authority)).body == b"{}"
    async with serving(certificates.path("good-address")) as (port, _):
        assert (await ask(port, authority, "127.0.0.1")).body == b"{}"


@pytest.mark.attack("DIS-20")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("expired", "expired"),
        ("other-host", "not valid for 'idp.example'"),
        ("other-level", "not valid for 'idp.example'"),
        ("good-address", "not valid for 'idp.example'"),
        ("no-name", "not valid for 'idp.example'"),
        ("self-signed", "self-signed"),
        ("other-authority", "unable to get local issuer"),
    ],
)
async def test_a_bad_certificate_gets_no_request(
    certificates: Certificates, name: str, reason: str
) -> None:
    """Not a byte of it; and the refusal says what is wrong."""
    async with serving(certificates.path(name)) as (port, received):
        error = await refusal(port, certificates.path("authority"))
        assert reason.lower() in error.detail.lower()
        assert received == []


@pytest.mark.attack("DIS-20")
async def test_the_systems_authorities_do_not_know_ours(certificates: Certificates) -> None:
    """Nor does the named authority replace the check of the name."""
    async with serving(certificates.path("good")) as (port, received):
        await refusal(port, None)
        await refusal(port, certificates.path("authority"), "other.example")
        assert received == []


@pytest.mark.attack("DIS-20")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_old_tls_is_refused(certificates: Certificates, version: ssl.TLSVersion) -> None:
    """RFC 8996."""
    async with serving(certificates.path("good"), version) as (port, received):
        await refusal(port, certificates.path("authority"))
        assert received == []


async def test_a_server_without_tls_is_refused(certificates: Certificates) -> None:
    """Whether it talks nonsense or hangs up."""

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    for handle in (talk, hang_up):
        async with listening(handle) as port:
            await refusal(port, certificates.path("authority"))


@pytest.mark.parametrize("content", [None, b"", b"not PEM", b"\xff\x00"])
async def test_a_bad_file_of_authorities_is_named(tmp_path: Path, content: bytes | None) -> None:
    """Missing or unreadable: nothing is asked, and nothing else is trusted instead."""
    path = tmp_path / "authorities.pem"
    if content is not None:
        path.write_bytes(content)
    error = await refusal(1, path)
    assert str(path) in error.detail


async def test_authorities_are_read_once(certificates: Certificates) -> None:
    """Per file; a failure is not remembered."""
    store = TrustStore()
    path = str(certificates.path("authority"))
    first, second = await asyncio.gather(store.context(path), store.context(path))
    assert first is second
    assert first is not await store.context(None)
    assert first.verify_mode is ssl.CERT_REQUIRED
    assert first.check_hostname


async def test_what_another_store_has_read_is_not_read_again(certificates: Certificates) -> None:
    """Stores of several event loops may share it."""
    known: dict[str | None, ssl.SSLContext] = {}
    path = str(certificates.path("authority"))
    first = await TrustStore(known).context(path)
    assert await TrustStore(known).context(path) is first
    assert await TrustStore().context(path) is not first


async def test_a_mended_file_is_read_the_next_time(
    certificates: Certificates, tmp_path: Path
) -> None:
    """The operator needs no restart."""
    path = tmp_path / "authorities.pem"
    store = TrustStore()
    with pytest.raises(ProviderError):
        await store.context(str(path))
    path.write_bytes(certificates.path("authority").read_bytes())
    assert await store.context(str(path)) is not None

"""The HTTP client, against real servers on the loopback."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import logging
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import attrs
import pytest

from dockmesh_auth.domain.ports import Answer, Request
from dockmesh_auth.domain.provider import NetworkRules, Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.errors import AuthError, ErrorCode, PluginError, ProviderError
from dockmesh_auth.oidc.http import CONCURRENT_REQUESTS, HttpClient
from dockmesh_auth.testing.clock import FrozenClock

Respond = Callable[[asyncio.StreamWriter], Awaitable[None]]
OPEN = NetworkRules(allow_private_addresses=True, insecure_allow_http=True, timeout=3)
BOMB = gzip.compress(b"\0" * 20_000_000)
HASTY = attrs.evolve(OPEN, timeout=0.25)


class Server:
    """Counts connections, keeps what was received, answers as it is told."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond
        self.port = 0
        self.connections = 0
        self.under_way = 0
        self.most_under_way = 0
        self.received: list[bytes] = []
        self.asked = asyncio.Event()
        self.left = asyncio.Event()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    lines = head.lower().split(b"\r\n")
                    length = [line[15:] for line in lines if line.startswith(b"content-length:")]
                    body = await reader.readexactly(int(length[0]) if length else 0)
                    self.received.append(head + body)
                    self.asked.set()
                    await self.respond(writer)
                    await writer.drain()
        finally:
            self.under_way -= 1
            self.left.set()
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def provider(self, rules: NetworkRules = OPEN, **changes: Any) -> Provider:
        issuer = f"http://127.0.0.1:{self.port}"
        return attrs.evolve(
            Provider(
                slug="idp", display_name="IdP", issuer=issuer, client_id="dockmesh", network=rules
            ),
            **changes,
        )

    def url(self, path: str = "/path?q=s3cr3t") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def serving(respond: Respond, **options: Any) -> AsyncIterator[Server]:
    server = Server(respond)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(server.handle(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    listener = await asyncio.start_server(accept, options.pop("host", "127.0.0.1"), 0, **options)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def answering(
    body: bytes = b"{}", *headers: str, status: str = "200 OK", length: bool = True
) -> Respond:
    lines = [f"HTTP/1.1 {status}", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    text = "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(text)

    return respond


async def never(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


@pytest.fixture(name="client")
async def http_client(clock: FrozenClock) -> AsyncIterator[HttpClient]:
    client = HttpClient(clock=clock)
    yield client
    await client.close()


async def refusal(client: HttpClient, provider: Provider, request: Request) -> AuthError:
    """The error of a request; it names the provider and hides what the request holds."""
    with pytest.raises(AuthError) as caught:
        await client.sender(provider)(request)
    error = caught.value
    assert error.provider == provider.slug
    assert error.__cause__ is None
    assert error.__suppress_context__
    for text in (str(error), repr(error), repr(dict(error.evidence))):
        assert "s3cr3t" not in text
    return error


_audited: list[str] | None = None


def _audit(event: str, _: object) -> None:
    if _audited is not None and event in {"socket.connect", "socket.getaddrinfo"}:
        _audited.append(event)


sys.addaudithook(_audit)


@pytest.fixture(name="sockets")
def audited_sockets() -> Iterator[list[str]]:
    """Every connection and every name that this process asks for, however it is done."""
    global _audited  # noqa: PLW0603 - an audit hook cannot be taken away again
    _audited = []
    yield _audited
    _audited = None


def resolving(*addresses: str) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    async def resolve(_: str, __: int) -> Sequence[str]:
        return addresses

    return resolve


# --- requests and answers ---------------------------------------------------------------------


async def test_a_request_is_sent_and_its_answer_read(client: HttpClient) -> None:
    """Nothing compressed is asked for; headers come in lower case, repeated ones joined."""
    respond = answering(
        b'{"a": 1}', "Content-Type: application/json", "X-A: 1", "X-a: \xe42", status="418 No"
    )
    async with serving(respond) as server:
        request = Request(
            method="POST", url=server.url(), headers={"Accept": "a/b"}, body=b"c=s3cr3t"
        )
        answer = await client.sender(server.provider())(request)
    assert (answer.status, answer.body) == (418, b'{"a": 1}')
    assert answer.media_type == "application/json"
    assert answer.headers["x-a"] == "1, \xe42"
    head, _, body = server.received[0].partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    assert line == "POST /path?q=s3cr3t HTTP/1.1"
    assert {name.lower(): value for name, value in (text.split(": ", 1) for text in headers)} == {
        "host": f"127.0.0.1:{server.port}",
        "accept": "a/b",
        "accept-encoding": "identity",
        "user-agent": "dockmesh-auth",
        "content-length": "8",
    }
    assert body == b"c=s3cr3t"


async def test_connections_are_kept_and_cookies_are_not(client: HttpClient) -> None:
    """Ten requests, one connection, and nothing remembered from one to the next."""
    async with serving(answering(b"", "Set-Cookie: a=b; Path=/")) as server:
        send = client.sender(server.provider())
        for _ in range(10):
            await send(Request(url=server.url()))
        assert server.connections == 1
    assert len(server.received) == 10
    assert not any(b"cookie" in head.lower() for head in server.received)


async def test_closing_the_client_closes_its_connections() -> None:
    """The server sees the end of them."""
    client = HttpClient()
    async with serving(answering()) as server:
        await client.sender(server.provider())(Request(url=server.url()))
        assert server.under_way == 1
        await client.close()
        await asyncio.wait_for(server.left.wait(), 2)
        assert server.under_way == 0


async def test_nothing_secret_is_logged(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], client: HttpClient
) -> None:
    """Not even when everything is logged, by us or by the library underneath."""
    caplog.set_level(logging.DEBUG)
    async with serving(answering()) as server:
        fetch = client.fetcher(server.provider(), Secret("acc3ss-s3cr3t"))
        await fetch(server.url(), with_access_token=True)
        assert b"acc3ss-s3cr3t" in server.received[0]
    output = capsys.readouterr()
    assert "s3cr3t" not in caplog.text + output.out + output.err


async def test_the_environment_names_no_proxy(
    client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests go where they are meant to go, whatever the variables say."""
    async with serving(answering()) as canary, serving(answering()) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, canary.url("/"))
        await client.sender(server.provider())(Request(url=server.url()))
        assert canary.connections == 0


# --- limits -----------------------------------------------------------------------------------


@pytest.mark.attack("DIS-09")
@pytest.mark.attack("JWK-07")
@pytest.mark.attack("TOK-06")
@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_redirect_is_an_error(client: HttpClient, status: int, method: str) -> None:
    """There is no second request, neither there nor elsewhere."""
    async with serving(answering()) as canary:
        location = f"Location: {canary.url('/evil?code=s3cr3t')}"
        async with serving(answering(b"", location, status=f"{status} Moved")) as server:
            request = Request(method=method, url=server.url(), body=b"a=s3cr3t")
            error = await refusal(client, server.provider(), request)
            assert len(server.received) == 1
        assert canary.connections == 0
    assert error.code is ErrorCode.PROVIDER_REDIRECT
    assert f"127.0.0.1:{canary.port}/evil" in error.evidence["location"]


async def drip_head(writer: asyncio.StreamWriter) -> None:
    for letter in b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}":
        writer.write(bytes([letter]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def drip_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
    for _ in range(500):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def drip_informational(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.05)


@pytest.mark.attack("DIS-06")
@pytest.mark.parametrize("respond", [never, drip_head, drip_body, drip_informational])
async def test_one_deadline_holds_for_the_whole_request(
    client: HttpClient, respond: Respond
) -> None:
    """However steadily the bytes drip; and the next request is not hurt by it."""
    async with serving(respond) as server:
        provider = server.provider(HASTY)
        started = time.monotonic()
        error = await refusal(client, provider, Request(url=server.url()))
        assert time.monotonic() - started < 1.5
        assert error.code is ErrorCode.PROVIDER_TIMEOUT
        assert "0.25 seconds" in error.detail
        server.respond = answering()
        answer = await client.sender(provider)(Request(url=server.url()))
        assert answer.status == 200


async def test_a_deadline_covers_the_name() -> None:
    """A name server that does not answer takes no longer either, and no place for good."""
    silent = True

    async def resolve(_: str, __: int) -> Sequence[str]:
        if silent:
            await asyncio.sleep(30)
        return ["127.0.0.1"]

    client = HttpClient(resolve=resolve)
    async with serving(answering()) as server:
        issuer = f"http://idp.localhost:{server.port}"
        send = client.sender(server.provider(HASTY, issuer=issuer))
        requests = [send(Request(url=issuer)) for _ in range(2 * CONCURRENT_REQUESTS)]
        for result in await asyncio.gather(*requests, return_exceptions=True):
            assert isinstance(result, ProviderError)
            assert result.code is ErrorCode.PROVIDER_TIMEOUT
        silent = False
        assert (await send(Request(url=issuer))).status == 200
        await client.close()


@pytest.mark.attack("DIS-07")
@pytest.mark.parametrize("chunked", [True, False])
async def test_an_endless_body_is_cut_off(client: HttpClient, *, chunked: bool) -> None:
    """Soon after the limit, with and without chunks."""
    sent = 0

    async def respond(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        coding = b"Transfer-Encoding: chunked\r\n" if chunked else b""
        writer.write(b"HTTP/1.1 200 OK\r\n" + coding + b"\r\n")
        block = b" " * 4096
        piece = b"1000\r\n" + block + b"\r\n" if chunked else block
        for _ in range(100_000):
            writer.write(piece)
            sent += 4096
            await writer.drain()

    async with serving(respond) as server:
        provider = server.provider(attrs.evolve(OPEN, max_answer=65_536))
        error = await refusal(client, provider, Request(url=server.url()))
    assert error.code is ErrorCode.PROVIDER_ANSWER_TOO_LARGE
    # What the kernel's buffers took on top of the limit.
    assert sent < 100_000 * 4096 / 10


async def test_the_limit_is_exact(client: HttpClient) -> None:
    """As many bytes as allowed pass, one more does not."""
    for size, passes in ((1000, True), (1001, False)):
        async with serving(answering(b"x" * size)) as server:
            provider = server.provider(attrs.evolve(OPEN, max_answer=1000))
            if passes:
                answer = await client.sender(provider)(Request(url=server.url()))
                assert len(answer.body) == size
            else:
                error = await refusal(client, provider, Request(url=server.url()))
                assert error.code is ErrorCode.PROVIDER_ANSWER_TOO_LARGE


@pytest.mark.attack("DIS-08")
@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate", "br", "zstd", "identity, gzip"])
async def test_a_compressed_body_is_refused(client: HttpClient, coding: str) -> None:
    """It was not asked for; no byte of it is unpacked."""
    async with serving(answering(BOMB, f"Content-Encoding: {coding}")) as server:
        error = await refusal(client, server.provider(), Request(url=server.url()))
    assert error.code is ErrorCode.PROVIDER_ANSWER_MALFORMED
    assert "compressed" in error.detail


async def test_a_plain_body_may_say_so(client: HttpClient) -> None:
    """`identity` is no compression."""
    async with serving(answering(b"{}", "Content-Encoding: Identity")) as server:
        answer = await client.sender(server.provider())(Request(url=server.url()))
    assert answer.body == b"{}"


async def test_a_dead_provider_takes_nothing_from_another(client: HttpClient) -> None:
    """It has its own connections, and no more than its share of them."""
    async with serving(never) as dead, serving(answering()) as alive:
        broken = client.sender(dead.provider(attrs.evolve(OPEN, timeout=1), slug="dead"))
        waiting = [
            asyncio.ensure_future(broken(Request(url=dead.url())))
            for _ in range(3 * CONCURRENT_REQUESTS)
        ]
        await asyncio.sleep(0.1)
        started = time.monotonic()
        answer = await client.sender(alive.provider())(Request(url=alive.url()))
        assert answer.status == 200
        assert time.monotonic() - started < 0.8
        assert dead.most_under_way == CONCURRENT_REQUESTS
        results = await asyncio.gather(*waiting, return_exceptions=True)
        dead.respond = answering()
        recovered = [broken(Request(url=dead.url())) for _ in range(CONCURRENT_REQUESTS)]
        assert {answer.status for answer in await asyncio.gather(*recovered)} == {200}
    codes = [result.code for result in results if isinstance(result, ProviderError)]
    assert codes == [ErrorCode.PROVIDER_TIMEOUT] * 3 * CONCURRENT_REQUESTS


async def test_a_cancelled_request_stays_cancelled(client: HttpClient) -> None:
    """It is no error of the provider's, and leaves the connections usable."""
    async with serving(never) as server:
        send = client.sender(server.provider())
        task = asyncio.ensure_future(send(Request(url=server.url())))
        await server.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        server.respond = answering()
        assert (await send(Request(url=server.url()))).status == 200


async def test_cut_off_requests_keep_no_place(client: HttpClient) -> None:
    """Wherever they are cut off: all places are free afterwards, and no connection is left."""
    async with serving(answering()) as server:
        send = client.sender(server.provider())
        for steps in range(5, 65, 6):
            tasks = [
                asyncio.ensure_future(send(Request(url=server.url())))
                for _ in range(2 * CONCURRENT_REQUESTS)
            ]
            for _ in range(steps):
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        requests = [send(Request(url=server.url())) for _ in range(CONCURRENT_REQUESTS)]
        assert {answer.status for answer in await asyncio.gather(*requests)} == {200}
        await client.close()
        async with asyncio.timeout(2):
            while server.under_way:
                server.left.clear()
                await server.left.wait()


async def test_after_a_request_was_cut_off_connections_are_new(client: HttpClient) -> None:
    """The library underneath may count it as under way for ever; the others are given up too."""

    async def slowly(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        await answering()(writer)

    async with serving(slowly) as server:
        send = client.sender(server.provider(attrs.evolve(OPEN, timeout=1)))
        await asyncio.gather(*(send(Request(url=server.url())) for _ in range(2)))
        assert server.connections == 2
        server.respond = never
        with pytest.raises(ProviderError):
            await send(Request(url=server.url()))
        assert server.connections == 2
        server.respond = answering()
        await send(Request(url=server.url()))
        assert server.connections == 3


# --- addresses --------------------------------------------------------------------------------


@pytest.mark.attack("DIS-16")
@pytest.mark.attack("DIS-17")
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "0.0.0.0",
        "0",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:10.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fe80::1%25lo]",
        "[fd00:ec2::254]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "224.0.0.1",
        "255.255.255.255",
        "localhost.",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "\u2460\u2461\u2466.0.0.1",
    ],
)
async def test_no_spelling_of_an_inner_address_opens_a_socket(
    client: HttpClient, sockets: list[str], host: str
) -> None:
    """Even if the operator wrote it as the issuer: inside is by opt-in only."""
    provider = Provider(
        slug="idp", display_name="IdP", issuer=f"https://{host}/", client_id="dockmesh"
    )
    error = await refusal(client, provider, Request(url=f"https://{host}/"))
    assert error.code in {ErrorCode.PROVIDER_ADDRESS_REFUSED, ErrorCode.DISCOVERY_UNSAFE_ENDPOINT}
    assert sockets == []


@pytest.mark.attack("DIS-16")
@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["::1"],
        ["fe80::1%2"],
        ["::ffff:192.168.1.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["8.8.8.8"] * 20 + ["2001:4860:4860::8888", "10.0.0.1"],
        ["not an address"],
    ],
)
async def test_a_name_that_leads_inside_opens_no_socket(
    sockets: list[str], addresses: list[str]
) -> None:
    """Every address of the name is checked, not only the first."""
    client = HttpClient(resolve=resolving(*addresses))
    provider = Provider(
        slug="idp", display_name="IdP", issuer="https://idp.example", client_id="dockmesh"
    )
    error = await refusal(client, provider, Request(url="https://idp.example/x?s3cr3t"))
    assert error.code is ErrorCode.PROVIDER_ADDRESS_REFUSED
    assert sockets == []
    await client.close()


async def test_the_connection_goes_to_the_address_that_was_checked(sockets: list[str]) -> None:
    """The name is looked up once, by us; nobody asks again (DNS rebinding)."""
    answers = itertools.chain([["127.0.0.1"]], itertools.repeat(["127.0.0.9"]))

    async def resolve(host: str, _: int) -> Sequence[str]:
        assert host == "idp.localhost"
        return next(answers)

    client = HttpClient(resolve=resolve)
    async with serving(answering()) as server:
        sockets.clear()
        issuer = f"http://idp.localhost:{server.port}"
        answer = await client.sender(server.provider(issuer=issuer))(Request(url=f"{issuer}/"))
        assert answer.status == 200
        assert sockets == ["socket.connect"]
        assert f"host: idp.localhost:{server.port}\r\n".encode() in server.received[0].lower()
        await client.close()


async def test_another_address_is_tried_if_the_first_is_dead() -> None:
    """As browsers do; the last one's failure is what is told."""
    client = HttpClient(resolve=resolving("127.0.0.2", "127.0.0.3", "127.0.0.1"))
    async with serving(answering()) as server:
        issuer = f"http://idp.localhost:{server.port}"
        provider = server.provider(issuer=issuer)
        assert (await client.sender(provider)(Request(url=issuer))).status == 200
        await client.close()


async def test_the_system_resolves_names(client: HttpClient) -> None:
    """`localhost` is known everywhere."""
    async with serving(answering()) as server:
        issuer = f"http://localhost:{server.port}"
        answer = await client.sender(server.provider(issuer=issuer))(Request(url=issuer))
    assert answer.status == 200


async def test_ipv6_is_written_as_a_host_header_writes_it(client: HttpClient) -> None:
    """In brackets."""
    async with serving(answering(), host="::1") as server:
        issuer = f"http://[::1]:{server.port}"
        answer = await client.sender(server.provider(issuer=issuer))(Request(url=issuer))
        assert answer.status == 200
        assert f"host: [::1]:{server.port}\r\n".encode() in server.received[0].lower()


@pytest.mark.attack("DIS-10")
@pytest.mark.attack("DIS-17")
@pytest.mark.attack("TOK-06")
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_host_that_is_not_the_providers_gets_nothing(
    client: HttpClient, sockets: list[str], method: str
) -> None:
    """Every request is held against the rules, also one whose URL came out of a document."""
    async with serving(answering()) as canary, serving(answering()) as server:
        sockets.clear()
        request = Request(method=method, url=canary.url(), body=b"client_secret=s3cr3t")
        error = await refusal(client, server.provider(), request)
        assert error.code is ErrorCode.DISCOVERY_UNSAFE_ENDPOINT
        fetch = client.fetcher(server.provider(), Secret("s3cr3t"))
        with pytest.raises(ProviderError) as caught:
            await fetch(canary.url(), method=method, with_access_token=True)
        assert caught.value.code is ErrorCode.DISCOVERY_UNSAFE_ENDPOINT
        assert sockets == []


# --- faults -----------------------------------------------------------------------------------


@pytest.mark.attack("DIS-04")
async def test_a_closed_port_is_unreachable_and_comes_back(client: HttpClient) -> None:
    """The same client reaches the provider once it is there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    server = Server(answering())
    server.port = port
    error = await refusal(client, server.provider(), Request(url=server.url()))
    assert error.code is ErrorCode.PROVIDER_UNREACHABLE
    assert "Connection refused" in error.detail
    listener = await asyncio.start_server(server.handle, "127.0.0.1", port)
    async with listener:
        answer = await client.sender(server.provider())(Request(url=server.url()))
        assert answer.status == 200
        await client.close()


@pytest.mark.attack("DIS-04")
async def test_a_name_without_address_is_unreachable() -> None:
    """Whether the resolver fails or finds nothing."""

    async def resolve(host: str, _: int) -> Sequence[str]:
        if host == "gone.example":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return []

    client = HttpClient(resolve=resolve)
    for host in ("gone.example", "empty.example"):
        issuer = f"https://{host}"
        provider = Provider(slug="idp", display_name="IdP", issuer=issuer, client_id="dockmesh")
        error = await refusal(client, provider, Request(url=f"{issuer}/?s3cr3t"))
        assert error.code is ErrorCode.PROVIDER_UNREACHABLE
        assert "cannot be resolved" in error.detail
    await client.close()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    writer.transport.abort()


async def half(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    ("respond", "code"),
    [
        (hang_up, ErrorCode.PROVIDER_UNREACHABLE),
        (reset, ErrorCode.PROVIDER_UNREACHABLE),
        (half, ErrorCode.PROVIDER_ANSWER_MALFORMED),
        (answering(status="huh s3cr3t"), ErrorCode.PROVIDER_ANSWER_MALFORMED),
        (answering(b"", "Bad Header s3cr3t"), ErrorCode.PROVIDER_ANSWER_MALFORMED),
        (answering(b"", "X: " + 300_000 * "s3cr3t"), ErrorCode.PROVIDER_ANSWER_MALFORMED),
        (
            answering(b"", "Content-Length: 1", "Content-Length: 2"),
            ErrorCode.PROVIDER_ANSWER_MALFORMED,
        ),
    ],
)
async def test_broken_http_is_one_of_our_errors(
    client: HttpClient, respond: Respond, code: ErrorCode
) -> None:
    """And quotes nothing of what was received."""
    async with serving(respond) as server:
        error = await refusal(client, server.provider(), Request(url=server.url()))
    assert error.code is code


# --- fetch ------------------------------------------------------------------------------------


async def fetch_once(
    client: HttpClient, token: Secret | None = None, **options: Any
) -> tuple[Answer, bytes]:
    async with serving(answering(b"[1]")) as server:
        answer = await client.fetcher(server.provider(), token)(server.url(), **options)
        return answer, server.received[0]


async def test_fetch_sends_the_access_token_only_when_told_to(client: HttpClient) -> None:
    """In the header, and nowhere else (RFC 6750, section 2.1)."""
    answer, received = await fetch_once(client, Secret("acc3ss"))
    assert answer.frozen_json() == (1,)
    assert b"acc3ss" not in received
    assert b"accept: application/json" in received.lower()
    _, received = await fetch_once(client, Secret("acc3ss"), with_access_token=True)
    assert b"\r\nauthorization: Bearer acc3ss\r\n" in received
    assert received.count(b"acc3ss") == 1


async def test_fetch_sends_json(client: HttpClient) -> None:
    """With its own headers as well."""
    _, received = await fetch_once(
        client, method="POST", json={"query": [1, None]}, headers={"X-Own": "1"}
    )
    assert received.startswith(b"POST ")
    assert received.endswith(b'\r\n\r\n{"query": [1, null]}')
    assert b"content-type: application/json" in received.lower()
    assert b"x-own: 1" in received.lower()


@pytest.mark.parametrize(
    "options",
    [
        {"with_access_token": True},
        {"method": "DELETE"},
        {"headers": {"Host": "evil.example"}},
        {"headers": {"X-A": "1\r\nHost: evil.example"}},
    ],
)
async def test_fetch_refuses_what_must_not_be_sent(
    client: HttpClient, options: dict[str, Any]
) -> None:
    """It is the plugin's fault, and nothing is sent."""
    async with serving(answering()) as server:
        with pytest.raises(PluginError) as caught:
            await client.fetcher(server.provider())(server.url(), **options)
        assert caught.value.code is ErrorCode.PLUGIN_BAD_REQUEST
        assert caught.value.provider == "idp"
        assert server.connections == 0


def test_senders_and_fetchers_show_no_secret() -> None:
    """Their text names the provider alone."""
    client = HttpClient()
    provider = Server(never).provider()
    assert repr(client.sender(provider)) == "<send to idp>"
    assert repr(client.fetcher(provider, Secret("s3cr3t"))) == "<fetch from idp>"

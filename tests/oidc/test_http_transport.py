"""What httpx may and may not do over our transport, against real servers on the loopback."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth.domain.ports import Request
from dockmesh_auth.domain.provider import NetworkRules, Provider
from dockmesh_auth.errors import ErrorCode, ProviderError
from dockmesh_auth.oidc.addresses import Location, parse_location
from dockmesh_auth.oidc.http import HttpClient, _httpx_request
from dockmesh_auth.oidc.http_transport import (
    CheckedNetwork,
    GuardedTransport,
    _checked_location,
)

RULES = NetworkRules(allow_private_addresses=True, insecure_allow_http=True, timeout=3)


class Listener:
    """Answers every request with the same bytes; keeps the heads that came."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.heads: list[bytes] = []
        self.port = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                    writer.write(self.answer)
                    await writer.drain()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def provider(self, rules: NetworkRules = RULES, origin: str | None = None) -> Provider:
        return Provider(
            slug="idp",
            display_name="IdP",
            issuer=origin or self.origin,
            client_id="dockmesh",
            network=rules,
        )

    def location(self, target: str = "/") -> Location:
        return Location("http", "127.0.0.1", self.port, target)


@asynccontextmanager
async def listening(
    *headers: str, status: str = "200 OK", body: bytes = b"{}"
) -> AsyncIterator[Listener]:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    listener = Listener("\r\n".join(lines).encode("latin-1") + body)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(listener.handle(reader, writer)))

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        listener.port = server.sockets[0].getsockname()[1]
        try:
            yield listener
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture(name="client")
async def http_client() -> AsyncIterator[HttpClient]:
    client = HttpClient()
    yield client
    await client.close()


@pytest.fixture(name="careless")
async def careless_client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of httpx that is told to do everything ours must not do."""
    network = CheckedNetwork(RULES, None)
    transport = GuardedTransport(
        network,
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        max_connections=4,
        keep_alive=5,
        max_answer=1000,
    )
    async with httpx.AsyncClient(transport=transport, follow_redirects=True) as client:
        yield client
    network.close()


def resolving(*addresses: str) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    async def resolve(_: str, __: int) -> Sequence[str]:
        return addresses

    return resolve


# --- the URL that was checked is the URL that is requested --------------------------------------


@pytest.mark.attack("DIS-17")
@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:{port}/path",
        "http://127.0.0.2:{port}/path",
        "http://localhost:{port}/path",
        "http://127.0.0.1:1/path",
        "http://127.0.0.1/path",
        "http://user@127.0.0.1:{port}/path",
        "http://127.0.0.1:{port}/other",
        "http://127.0.0.1:{port}/path/",
        "http://127.0.0.1:{port}/path?q=1",
        "http://127.0.0.1:{port}/path?",
        "http://127.0.0.1:{port}/%70ath",
    ],
)
async def test_a_url_that_nobody_checked_is_not_requested(
    careless: httpx.AsyncClient, url: str
) -> None:
    """Scheme, user, host, port and path are those of the location, or nothing is sent."""
    async with listening() as server:
        location = server.location("/path?q=1")
        right = f"{server.origin}/path"
        answer = await careless.get(right, extensions={"location": location})
        assert answer.status_code == 200
        with pytest.raises(ProviderError) as caught:
            await careless.get(url.format(port=server.port), extensions={"location": location})
        assert caught.value.code is ErrorCode.DISCOVERY_UNSAFE_ENDPOINT
        assert "q=1" not in str(caught.value)
        assert len(server.heads) == 1


async def test_a_location_is_no_text(careless: httpx.AsyncClient) -> None:
    """What nobody parsed was not checked either."""
    async with listening() as server:
        for extensions in ({}, {"location": server.origin}, {"location": None}):
            with pytest.raises(ProviderError) as caught:
                await careless.get(f"{server.origin}/", extensions=extensions)
            assert caught.value.code is ErrorCode.DISCOVERY_UNSAFE_ENDPOINT
        assert server.heads == []


@pytest.mark.parametrize("path", ["/a/../b", "/a/./b", "/..", "/.", "/a/..", "/../etc?q=s3cr3t"])
async def test_a_path_that_two_parsers_read_in_two_ways_is_not_requested(
    client: HttpClient, path: str
) -> None:
    """httpx takes segments of dots away; the provider might, or might not."""
    async with listening() as server:
        with pytest.raises(ProviderError) as caught:
            await client.sender(server.provider())(Request(url=server.origin + path))
        assert caught.value.code is ErrorCode.DISCOVERY_UNSAFE_ENDPOINT
        assert caught.value.provider == "idp"
        assert "s3cr3t" not in str(caught.value)
        assert server.heads == []


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        ("", "/"),
        ("?a=1", "/?a=1"),
        ("/?", "/?"),
        ("/a/b/", "/a/b/"),
        ("//a//b", "//a//b"),
        ("/a%2fb%2Fc%", "/a%2fb%2Fc%"),
        ("/...?x=/../y", "/...?x=/../y"),
        (
            "/p;v=1:2@3!$&'()*+,=~[]?q=%zz'(x)&r=?/:@[]",
            "/p;v=1:2@3!$&'()*+,=~[]?q=%zz'(x)&r=?/:@[]",
        ),
    ],
)
async def test_path_and_query_are_sent_as_they_are_written(
    client: HttpClient, target: str, sent: str
) -> None:
    """No character is escaped, unescaped or left out on the way."""
    async with listening() as server:
        await client.sender(server.provider())(Request(url=server.origin + target))
        assert server.heads[0].split(b"\r\n")[0] == f"GET {sent} HTTP/1.1".encode()


_SEGMENT = st.from_regex(r"[A-Za-z0-9._~:@!$&'()*+,;=%\[\]-]{0,5}", fullmatch=True)
_HOST = st.one_of(
    st.from_regex(r"(xn--)?[a-z0-9_]{1,8}\.[A-Za-z][a-z]{0,5}", fullmatch=True),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda address: f"[{address.exploded}]"),
)


@given(
    scheme=st.sampled_from(["http", "https", "HTTPS"]),
    host=_HOST,
    port=st.sampled_from(["", ":80", ":443", ":8443", ":00443"]),
    segments=st.lists(_SEGMENT, max_size=4),
    query=st.none() | _SEGMENT,
)
def test_httpx_agrees_with_us_about_every_url_without_dots(
    scheme: str, host: str, port: str, segments: list[str], query: str | None
) -> None:
    """Refused are segments of dots, and those alone."""
    path = "".join(f"/{segment}" for segment in segments)
    url = f"{scheme}://{host}{port}{path}" + ("" if query is None else f"?{query}")
    location = parse_location(url)
    request = _httpx_request(Request(url=url))
    if not {".", ".."} & set(segments):
        assert _checked_location(request) == location
        return
    with pytest.raises(ProviderError) as caught:
        _checked_location(request)
    assert caught.value.code is ErrorCode.DISCOVERY_UNSAFE_ENDPOINT


# --- what httpx would do by itself ----------------------------------------------------------------


@pytest.mark.attack("DIS-09")
@pytest.mark.parametrize("status", ["301 Moved", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_no_redirect_is_followed_even_if_httpx_is_told_to(
    careless: httpx.AsyncClient, status: str
) -> None:
    """The answer does not get as far as to httpx."""
    async with listening() as canary:
        async with listening(f"Location: {canary.origin}/?s3cr3t", status=status) as server:
            location = server.location()
            with pytest.raises(ProviderError) as caught:
                await careless.get(f"{server.origin}/", extensions={"location": location})
            assert caught.value.code is ErrorCode.PROVIDER_REDIRECT
            assert caught.value.evidence["location"] == f"'{canary.origin}/'"
        assert canary.heads == []


@pytest.mark.parametrize(
    "location",
    ["http://[", "https://xn--\xff", "https://xn--99/", "//a:b", "http://1.1.1.999", "\x85"],
)
async def test_a_redirect_to_nonsense_is_a_redirect(client: HttpClient, location: str) -> None:
    """httpx, which would fail in its own ways, does not parse it."""
    async with listening(f"Location: {location}", status="302 Found") as server:
        with pytest.raises(ProviderError) as caught:
            await client.sender(server.provider())(Request(url=server.origin))
    assert caught.value.code is ErrorCode.PROVIDER_REDIRECT


@pytest.mark.attack("DIS-07")
@pytest.mark.attack("DIS-08")
@pytest.mark.parametrize(
    ("header", "body", "code"),
    [
        ("Content-Encoding: gzip", b"{}", ErrorCode.PROVIDER_ANSWER_MALFORMED),
        ("X-Any: 1", b" " * 1001, ErrorCode.PROVIDER_ANSWER_TOO_LARGE),
    ],
)
async def test_a_refused_answer_frees_its_connection(
    careless: httpx.AsyncClient, header: str, body: bytes, code: ErrorCode
) -> None:
    """More answers are refused than there are connections, and a good one is still read."""
    async with listening(header, body=body) as server, asyncio.timeout(5):
        extensions = {"location": server.location()}
        for _ in range(9):
            with pytest.raises(ProviderError) as caught:
                await careless.get(f"{server.origin}/", extensions=extensions)
            assert caught.value.code is code
        server.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        answer = await careless.get(f"{server.origin}/", extensions=extensions)
        assert answer.content == b"{}"


async def test_httpx_logs_neither_query_nor_reason(
    client: HttpClient, caplog: pytest.LogCaptureFixture
) -> None:
    """It logs every request; what it knows of it is the bare address and a number."""
    caplog.set_level(logging.DEBUG, logger="httpx")
    async with listening(status="200 s3cr3t") as server:
        url = f"{server.origin}/token?code=s3cr3t"
        await client.sender(server.provider())(Request(url=url))
    lines = [record.getMessage() for record in caplog.records if record.name == "httpx"]
    assert lines == [f'HTTP Request: GET {server.origin}/token "HTTP/1.1 200 OK"']


async def test_no_cookie_is_taken(client: HttpClient) -> None:
    """Not even for as long as the client lives."""
    async with listening("Set-Cookie: a=b; Path=/; Max-Age=1000") as server:
        await client.sender(server.provider())(Request(url=server.origin))
        (line,) = client._lines.values()
        assert line._turns._current is not None
        assert list(line._turns._current.connections.cookies.jar) == []


async def test_clients_and_trust_are_made_once(
    client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sign-in makes neither a client nor TLS settings; a request cut off costs a client."""
    contexts = 0
    make = ssl.create_default_context

    def counted(**options: str | None) -> ssl.SSLContext:
        nonlocal contexts
        contexts += 1
        return make(**options)

    monkeypatch.setattr(ssl, "create_default_context", counted)
    async with listening() as server:
        send = client.sender(server.provider())
        clients = set()
        for _ in range(5):
            await send(Request(url=server.origin))
            (line,) = client._lines.values()
            assert line._turns._current is not None
            clients.add(line._turns._current.connections)
        assert len(clients) == 1
        (old,) = clients
        cut_off = asyncio.ensure_future(send(Request(url=server.origin)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        cut_off.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cut_off
        assert old.is_closed
        await send(Request(url=server.origin))
    assert contexts == 1


async def test_a_post_without_a_body_says_so(client: HttpClient) -> None:
    """RFC 9110, section 8.6; a GET says nothing of it."""
    async with listening() as server:
        send = client.sender(server.provider())
        await send(Request(method="POST", url=server.origin))
        await send(Request(url=server.origin))
    posted, got = (head.lower() for head in server.heads)
    assert b"content-length: 0\r\n" in posted
    assert b"content-length" not in got


async def test_an_international_name_goes_out_as_it_is_written() -> None:
    """httpx would decode the label for people, and fail at one that stands for nothing."""
    client = HttpClient(resolve=resolving("127.0.0.1"))
    async with listening() as server:
        origin = f"http://xn--0.localhost:{server.port}"
        answer = await client.sender(server.provider(origin=origin))(Request(url=origin))
        assert answer.status == 200
        assert f"host: xn--0.localhost:{server.port}\r\n".encode() in server.heads[0].lower()
    await client.close()


# --- addresses that do not answer -----------------------------------------------------------------


@contextmanager
def deaf_port() -> Iterator[int]:
    """A port that takes no further connection and refuses none."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        waiting = []
        try:
            for _ in range(4):
                waiting.append(socket.socket())
                waiting[-1].setblocking(False)
                waiting[-1].connect_ex(deaf.getsockname())
            yield deaf.getsockname()[1]
        finally:
            for one in waiting:
                one.close()


async def test_each_address_has_its_share_of_the_time() -> None:
    """One that does not answer leaves time for the next; the last one's silence is a timeout."""
    client = HttpClient(resolve=resolving("127.0.0.2", "127.0.0.1"))
    rules = NetworkRules(allow_private_addresses=True, insecure_allow_http=True, timeout=3)
    with deaf_port() as port:
        origin = f"http://idp.localhost:{port}"
        started = asyncio.get_running_loop().time()
        with pytest.raises(ProviderError) as caught:
            await client.sender(Listener(b"").provider(rules, origin))(Request(url=origin))
        assert asyncio.get_running_loop().time() - started < 2
    assert caught.value.code is ErrorCode.PROVIDER_TIMEOUT
    await client.close()

"""The transport below httpx: what is connected to, what is sent, which answers come back.

httpx's own transport would look names up once more, by itself, and hand on every answer. This one
sits on a pool of httpcore whose network connects to checked addresses only, and it refuses what
httpx would act upon before httpx sees it. So that the client above cannot be misused: whatever it
is told, there is no second host, no redirect, no decompression and no endless body.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterable
from typing import Final

import httpcore
import httpx

from dockmesh_auth.domain.provider import NetworkRules
from dockmesh_auth.errors import ErrorCode, ProviderError
from dockmesh_auth.oidc.addresses import Location
from dockmesh_auth.oidc.evidence import shown_address
from dockmesh_auth.oidc.names import NameResolution, Resolve

__all__ = ["CheckedNetwork", "GuardedTransport"]

_REDIRECTS: Final = range(300, 400)
_NO_ANSWER: Final = "Server disconnected without"  # h11 has no type of its own for it
_FAULTS: Final = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Looks a name up, checks every address it has, and connects to one of these.

    Nothing is looked up twice, so that a name cannot lead to one address when it is checked and to
    another when it is called (DNS rebinding). TLS goes on to verify the name.

    Args:
        rules: Which addresses are allowed, and how long a whole request may take.
        resolve: Name resolution; the system's if None.
    """

    def __init__(self, rules: NetworkRules, resolve: Resolve | None) -> None:
        self._rules = rules
        self._names = NameResolution(rules, resolve)
        self._tcp = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of *host* that answers; see httpcore.

        Raises:
            OSError: The name has no address.
            ProviderError: `PROVIDER_ADDRESS_REFUSED`.
        """
        addresses = await self._names.addresses_of(host, port)
        # A dead address must leave time for the next one.
        share = timeout if len(addresses) == 1 else self._rules.timeout / (len(addresses) + 1)
        for address in addresses[:-1]:
            try:
                return await self._tcp.connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._tcp.connect_tcp(
            addresses[-1], port, share, local_address, socket_options
        )

    def close(self) -> None:
        """Let the threads of name resolution go."""
        self._names.close()


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends requests of httpx over connections of its own.

    A request carries the `Location` that was checked as its extension `location`. The request line
    is taken from there, and httpx's URL has to agree with it. That URL is without the query: httpx
    logs every URL that it requests, and a query may be secret.

    Args:
        network: Where connections come from. Closed by whoever made it.
        trust: TLS that verifies the host of the location.
        max_connections: Connections at one time.
        keep_alive: Seconds that an idle connection is kept.
        max_answer: Bytes that the body of an answer may have.
    """

    def __init__(
        self,
        network: CheckedNetwork,
        trust: ssl.SSLContext,
        *,
        max_connections: int,
        keep_alive: float,
        max_answer: int,
    ) -> None:
        self._max_answer = max_answer
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trust,
            max_connections=max_connections,
            keepalive_expiry=keep_alive,
            network_backend=network,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send *request*; see httpx.

        Raises:
            httpx.TimeoutException: An address did not answer in its share of time.
            httpx.NetworkError: The connection cannot be made, or is lost.
            httpx.RemoteProtocolError: The answer is not HTTP.
            OSError: The name has no address.
            ProviderError: The address is not allowed; the URL is read in two ways; the answer is a
                redirect, compressed, or, while it is read, too large.
        """
        location = _checked_location(request)
        try:
            answer = await self._pool.handle_async_request(_core_request(request, location))
        except _FAULTS as fault:
            raise _translated(fault) from fault
        body = _Body(answer, self._max_answer, request.url)
        # Neither reason nor version of the answer goes on: httpx would log a stranger's text.
        response = httpx.Response(answer.status, headers=answer.headers, stream=body)
        try:
            _check_answer(response, request.url)
        except ProviderError:
            await body.aclose()
            raise
        return response

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    """The bytes of an answer as they come, up to the limit."""

    def __init__(self, answer: httpcore.Response, limit: int, url: httpx.URL) -> None:
        self._answer = answer
        self._limit = limit
        self._url = url

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._limit
        try:
            async for part in self._answer.aiter_stream():
                left -= len(part)
                if left < 0:
                    raise ProviderError(
                        ErrorCode.PROVIDER_ANSWER_TOO_LARGE,
                        f"{_shown(self._url)} answered with more than {self._limit} bytes",
                    )
                yield part
        except _FAULTS as fault:
            raise _translated(fault) from fault

    async def aclose(self) -> None:
        await self._answer.aclose()


def _checked_location(request: httpx.Request) -> Location:
    """What the request line is made of, if httpx reads its URL as we did when we checked it.

    httpx takes `/a/../b` for `/b` (RFC 3986, section 5.2.4, is about references, not about URLs
    that are absolute already); and a request that it made by itself has a URL nobody checked.
    """
    location = request.extensions.get("location")
    url = request.url
    if not isinstance(location, Location) or _parts(url) != (
        location.scheme,
        b"",
        location.authority.encode(),
        location.target.partition("?")[0].encode(),
    ):
        raise ProviderError(
            ErrorCode.DISCOVERY_UNSAFE_ENDPOINT,
            f"{_shown(url)} is not called: it is not the URL that was checked",
            evidence={"endpoint": _shown(url)},
        )
    return location


def _parts(url: httpx.URL) -> tuple[str, bytes, bytes, bytes]:
    return (url.scheme, url.userinfo, url.netloc, url.raw_path)


def _core_request(request: httpx.Request, location: Location) -> httpcore.Request:
    """*request* for the pool; of httpx's extensions none goes on, no timeout and no server name."""
    url = httpcore.URL(
        scheme=location.scheme.encode(),
        host=location.host.encode(),
        port=location.port,
        target=location.target.encode(),
    )
    return httpcore.Request(
        request.method, url, headers=request.headers.raw, content=request.content
    )


def _check_answer(response: httpx.Response, url: httpx.URL) -> None:
    """Refuse what httpx would act upon: follow or parse a `Location`, unpack a body."""
    if response.status_code in _REDIRECTS:
        raise ProviderError(
            ErrorCode.PROVIDER_REDIRECT,
            f"{_shown(url)} answered with status {response.status_code}",
            evidence={
                "status": str(response.status_code),
                "location": shown_address(response.headers.get("location", "")),
            },
        )
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        # Not asked for; a small body could stand for an enormous one.
        raise ProviderError(
            ErrorCode.PROVIDER_ANSWER_MALFORMED,
            f"{_shown(url)} answered with a compressed body, though none was asked for",
        )


def _shown(url: httpx.URL) -> str:
    return shown_address(str(url))


def _translated(fault: Exception) -> httpx.TransportError:
    """A fault of httpcore as httpx names it. Its text stays behind: it may quote what came."""
    if isinstance(fault, httpcore.TimeoutException):
        return httpx.TimeoutException("no answer in time")
    if isinstance(fault, httpcore.ProtocolError) and not str(fault).startswith(_NO_ANSWER):
        return httpx.RemoteProtocolError("the answer is not HTTP")
    return httpx.NetworkError("no connection")

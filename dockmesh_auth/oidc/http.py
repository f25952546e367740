"""The one module that talks HTTP.

Every request is held against the same rules, whoever makes it: the URL (`check_endpoint`), each
address that its name leads to (`check_address`, and the connection goes to that very address), one
deadline for everything from name resolution to the last byte, a limit for the answer, TLS that is
always verified. It is built on httpcore, which has no redirects, cookies, proxies, decoders or
netrc files that could be forgotten to be switched off.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import httpcore
import structlog
from attrs import define, field, frozen

from dockmesh_auth.domain.ports import Answer, Clock, Fetch, Request, Send
from dockmesh_auth.domain.provider import NetworkRules, Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.strict_json import Json
from dockmesh_auth.errors import AuthError, ErrorCode, PluginError, ProviderError
from dockmesh_auth.oidc.addresses import Location, check_endpoint, parse_location
from dockmesh_auth.oidc.evidence import shown_address
from dockmesh_auth.oidc.names import NameResolution, Resolve
from dockmesh_auth.oidc.outgoing import build_fetch_request, check_request
from dockmesh_auth.oidc.trust import TrustStore

__all__ = ["CONCURRENT_REQUESTS", "HttpClient"]

CONCURRENT_REQUESTS: Final = 16
"""Requests that may be under way to one provider; more wait, within their own deadline."""

KEEP_ALIVE: Final = 5.0
"""Seconds that an idle connection is kept. Short: a new one looks the name up again."""

_REDIRECTS: Final = range(300, 400)
_NO_ANSWER: Final = "Server disconnected without"  # h11 has no type of its own for it
_log = structlog.get_logger("dockmesh_auth.http")


class HttpClient:
    """Sends requests to providers. One for a process, used in one event loop.

    Each provider has its own connections, its own threads for name resolution and its own limit of
    concurrent requests, so that a dead one takes nothing from the others. All are made when they
    are first needed and kept for the life of the client.

    Args:
        clock: Measures how long answers take, for the log.
        resolve: Name resolution; the system's if None.
    """

    def __init__(self, *, clock: Clock | None = None, resolve: Resolve | None = None) -> None:
        self._clock = clock
        self._resolve = resolve
        self._lines: dict[tuple[str, NetworkRules], _Line] = {}
        self._trust = TrustStore()

    def sender(self, provider: Provider) -> Send:
        """What sends requests to *provider*, within its rules."""
        return _Sender(self, provider)

    def fetcher(self, provider: Provider, access_token: Secret | None = None) -> Fetch:
        """What plugins ask *provider* with; sends *access_token* when told to, never shows it."""
        return _Fetcher(self, provider, access_token)

    async def close(self) -> None:
        """Close all connections. The client is not used afterwards."""
        lines = list(self._lines.values())
        self._lines.clear()
        for line in lines:
            await line.close()

    async def ask(self, provider: Provider, request: Request) -> Answer:
        """Send *request* to *provider*; see `dockmesh_auth.domain.ports.Send`.

        Raises:
            ProviderError: The address is not allowed, or there was no answer within the limits.
            PluginError: `PLUGIN_BAD_REQUEST`: the request holds what must not be sent.
        """
        started = self._clock.monotonic() if self._clock else 0.0
        try:
            check_endpoint(request.url, provider)
            check_request(request)
            answer = await self._exchange(provider, request)
        except AuthError as error:
            raise error.about(provider.slug) from None
        _log.debug(
            "provider_answered",
            provider=provider.slug,
            address=shown_address(request.url),
            status=answer.status,
            seconds=round(self._clock.monotonic() - started, 3) if self._clock else None,
        )
        return answer

    async def _exchange(self, provider: Provider, request: Request) -> Answer:
        rules = provider.network
        address = shown_address(request.url)
        line = self._line(provider)
        try:
            # One deadline over everything: waiting for a slot, the name, the connection, TLS, the
            # request and the last byte of the answer. A drip of single bytes does not move it.
            async with asyncio.timeout(rules.timeout):
                trust = await self._trust.context(rules.ca_file)
                async with line.connections(trust) as pool:
                    return await _exchange(pool, request, rules)
        except (TimeoutError, httpcore.TimeoutException):
            raise ProviderError(
                ErrorCode.PROVIDER_TIMEOUT,
                f"{address} did not answer within {rules.timeout:g} seconds",
            ) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as fault:
            raise _explained(fault, address) from None

    def _line(self, provider: Provider) -> _Line:
        key = (provider.slug, provider.network)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line(_CheckedNetwork(provider.network, self._resolve))
        return line


@frozen(eq=False)
class _Sender:
    _client: HttpClient
    _provider: Provider

    async def __call__(self, request: Request) -> Answer:
        return await self._client.ask(self._provider, request)

    def __repr__(self) -> str:
        return f"<send to {self._provider.slug}>"


@frozen(eq=False)
class _Fetcher:
    _client: HttpClient
    _provider: Provider
    _access_token: Secret | None

    async def __call__(
        self,
        url: str,
        *,
        method: str = "GET",
        with_access_token: bool = False,
        headers: Mapping[str, str] | None = None,
        json: Json = None,
    ) -> Answer:
        if with_access_token and self._access_token is None:
            raise PluginError(
                ErrorCode.PLUGIN_BAD_REQUEST,
                "there is no access token at this stage",
                provider=self._provider.slug,
            )
        bearer = self._access_token if with_access_token else None
        request = build_fetch_request(url, method=method, headers=headers, json=json, bearer=bearer)
        return await self._client.ask(self._provider, request)

    def __repr__(self) -> str:
        return f"<fetch from {self._provider.slug}>"


@define(eq=False)
class _Pool:
    """Connections that are kept, and how many requests use them at the moment."""

    connections: httpcore.AsyncConnectionPool
    users: int = 0


@define(eq=False)
class _Line:
    """Connections to one provider under one set of rules."""

    _network: _CheckedNetwork
    _slots: asyncio.Semaphore = field(factory=lambda: asyncio.Semaphore(CONCURRENT_REQUESTS))
    _current: _Pool | None = None

    @asynccontextmanager
    async def connections(
        self, trust: ssl.SSLContext
    ) -> AsyncIterator[httpcore.AsyncConnectionPool]:
        """Connections for one request, when it is its turn."""
        async with self._slots:
            pool = self._current = self._current or self._new_pool(trust)
            pool.users += 1
            try:
                yield pool.connections
            except asyncio.CancelledError:
                # httpcore may keep the place of a request that is cut off, for good. Those that
                # are under way go on; those that come later get a new pool.
                if self._current is pool:
                    self._current = None
                raise
            finally:
                pool.users -= 1
                if pool.users == 0 and self._current is not pool:
                    await pool.connections.aclose()

    def _new_pool(self, trust: ssl.SSLContext) -> _Pool:
        return _Pool(
            httpcore.AsyncConnectionPool(
                ssl_context=trust,
                max_connections=CONCURRENT_REQUESTS,
                keepalive_expiry=KEEP_ALIVE,
                network_backend=self._network,
            )
        )

    async def close(self) -> None:
        if self._current is not None:
            await self._current.connections.aclose()
        self._network.close()


class _CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Looks a name up, checks every address it has, and connects to one of these.

    Nothing is looked up twice, so that a name cannot lead to one address when it is checked and to
    another when it is called (DNS rebinding). TLS goes on to verify the name.
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
        self._names.close()


async def _exchange(
    pool: httpcore.AsyncConnectionPool, request: Request, rules: NetworkRules
) -> Answer:
    location = parse_location(request.url)
    address = shown_address(request.url)
    # The URL goes on in the parts that were checked, so that no second parser reads it.
    url = httpcore.URL(
        scheme=location.scheme.encode(),
        host=location.host.encode(),
        port=location.port,
        target=location.target.encode(),
    )
    async with pool.stream(
        request.method, url, headers=_headers(request, location), content=request.body
    ) as response:
        headers = _read_headers(response.headers)
        if response.status in _REDIRECTS:
            target = shown_address(headers.get("location", ""))
            raise ProviderError(
                ErrorCode.PROVIDER_REDIRECT,
                f"{address} answered with status {response.status}",
                evidence={"status": str(response.status), "location": target},
            )
        if headers.get("content-encoding", "identity").lower() != "identity":
            # Not asked for; a small body could stand for an enormous one.
            raise ProviderError(
                ErrorCode.PROVIDER_ANSWER_MALFORMED,
                f"{address} answered with a compressed body, though none was asked for",
            )
        body = bytearray()
        async for part in response.aiter_stream():
            body += part
            if len(body) > rules.max_answer:
                raise ProviderError(
                    ErrorCode.PROVIDER_ANSWER_TOO_LARGE,
                    f"{address} answered with more than {rules.max_answer} bytes",
                )
    return Answer(status=response.status, headers=headers, body=bytes(body))


def _headers(request: Request, location: Location) -> list[tuple[str, str]]:
    return [
        ("host", location.authority),
        ("accept-encoding", "identity"),
        ("user-agent", "dockmesh-auth"),
        *request.headers.items(),
    ]


def _read_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lower-case name; repeated ones joined (RFC 9110, section 5.3)."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _explained(fault: Exception, address: str) -> ProviderError:
    """What went wrong below HTTP, as one of our errors.

    The fault's own text is left out: it may quote what was received.
    """
    for cause in _chain(fault):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _tls(f"the certificate of {address} is refused: {cause.verify_message}")
        if isinstance(cause, ssl.SSLError):
            return _tls(f"no TLS with {address}: {cause.reason or 'connection ended'}")
        if isinstance(cause, socket.gaierror):
            return _unreachable(f"the host of {address} cannot be resolved")
    if isinstance(fault, httpcore.ProtocolError) and not str(fault).startswith(_NO_ANSWER):
        return ProviderError(
            ErrorCode.PROVIDER_ANSWER_MALFORMED, f"the answer of {address} is not whole, valid HTTP"
        )
    numbers = [cause.errno for cause in _chain(fault) if isinstance(cause, OSError) and cause.errno]
    reason = os.strerror(numbers[0]) if numbers else "it was lost"
    return _unreachable(f"no connection to {address}: {reason}")


def _chain(fault: BaseException | None) -> Iterator[BaseException]:
    while fault is not None:
        yield fault
        fault = fault.__cause__ or fault.__context__


def _tls(detail: str) -> ProviderError:
    return ProviderError(ErrorCode.PROVIDER_TLS, detail)


def _unreachable(detail: str) -> ProviderError:
    return ProviderError(ErrorCode.PROVIDER_UNREACHABLE, detail)

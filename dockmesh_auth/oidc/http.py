"""The one module that talks HTTP.

Every request is held against the same rules, whoever makes it: the URL (`check_endpoint`), each
address that its name leads to (`check_address`, and the connection goes to that very address), one
deadline for everything from name resolution to the last byte, a limit for the answer, TLS that is
always verified. httpx sends it, over a transport of ours that keeps these rules even if httpx is
told otherwise; its redirects, cookies, proxies, netrc files and decoders have nothing to do.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import lru_cache
from http.cookiejar import CookieJar
from typing import Final

import httpx
import structlog
from attrs import frozen

from dockmesh_auth.domain.ports import Answer, Clock, Fetch, Request, Send
from dockmesh_auth.domain.provider import NetworkRules, Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.strict_json import Json
from dockmesh_auth.errors import AuthError, ErrorCode, PluginError, ProviderError
from dockmesh_auth.oidc.addresses import check_endpoint, parse_location
from dockmesh_auth.oidc.evidence import shown_address
from dockmesh_auth.oidc.http_faults import explain_fault
from dockmesh_auth.oidc.http_transport import CheckedNetwork, GuardedTransport
from dockmesh_auth.oidc.http_turns import Turns
from dockmesh_auth.oidc.names import Resolve
from dockmesh_auth.oidc.outgoing import build_fetch_request, check_request
from dockmesh_auth.oidc.trust import TrustStore

__all__ = ["CONCURRENT_REQUESTS", "HttpClient"]

CONCURRENT_REQUESTS: Final = 16
"""Requests that may be under way to one provider; more wait, within their own deadline."""

KEEP_ALIVE: Final = 5.0
"""Seconds that an idle connection is kept. Short: a new one looks the name up again."""

_log = structlog.get_logger("dockmesh_auth.http")


class HttpClient:
    """Sends requests to providers. One for a process, used in one event loop.

    Each provider has its own connections, its own threads for name resolution and its own limit of
    concurrent requests, so that a dead one takes nothing from the others. All are made when they
    are first needed and kept for the life of the client.

    Args:
        clock: Measures how long answers take, for the log.
        resolve: Name resolution; the system's if None.
        trust: Which authorities are trusted; a store of its own if None.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        resolve: Resolve | None = None,
        trust: TrustStore | None = None,
    ) -> None:
        self._clock = clock
        self._resolve = resolve
        self._lines: dict[tuple[str, NetworkRules], _Line] = {}
        self._trust = TrustStore() if trust is None else trust

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
                async with line.client(trust) as client:
                    return _answer(await client.send(_httpx_request(request)))
        except (TimeoutError, httpx.TimeoutException):
            raise ProviderError(
                ErrorCode.PROVIDER_TIMEOUT,
                f"{address} did not answer within {rules.timeout:g} seconds",
            ) from None
        except httpx.ProtocolError:
            raise ProviderError(
                ErrorCode.PROVIDER_ANSWER_MALFORMED,
                f"the answer of {address} is not whole, valid HTTP",
            ) from None
        except (httpx.NetworkError, OSError) as fault:
            raise explain_fault(fault, address) from None

    def _line(self, provider: Provider) -> _Line:
        key = (provider.slug, provider.network)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line(provider.network, self._resolve)
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


class _Line:
    """Connections to one provider under one set of rules."""

    def __init__(self, rules: NetworkRules, resolve: Resolve | None) -> None:
        self._rules = rules
        self._network = CheckedNetwork(rules, resolve)
        self._turns: Turns[httpx.AsyncClient] = Turns(CONCURRENT_REQUESTS)

    def client(self, trust: ssl.SSLContext) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        """The client for one request; the same one from request to request."""
        return self._turns.turn(lambda: self._new_client(trust))

    def _new_client(self, trust: ssl.SSLContext) -> httpx.AsyncClient:
        transport = GuardedTransport(
            self._network,
            trust,
            max_connections=CONCURRENT_REQUESTS,
            keep_alive=KEEP_ALIVE,
            max_answer=self._rules.max_answer,
        )
        return httpx.AsyncClient(
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            cookies=_NoCookies(),
            # One deadline is around everything. httpx's four are for one read or write each, begin
            # anew with every byte, and have defaults that would cut a longer deadline short.
            timeout=httpx.Timeout(None),
        )

    async def close(self) -> None:
        await self._turns.close()
        self._network.close()


class _NoCookies(CookieJar):
    """Takes no cookie; does not even parse it."""

    def extract_cookies(self, *_: object) -> None:
        pass


def _httpx_request(request: Request) -> httpx.Request:
    """*request* for httpx, whole: nothing is merged with a client's defaults.

    The query goes beside the URL, in the location; see `GuardedTransport`. The header Host is ours:
    httpx would decode an international name on the way to it, and fail at one that cannot be.
    """
    location = parse_location(request.url)
    path = location.target.partition("?")[0]
    return httpx.Request(
        request.method,
        _url(f"{location.scheme}://{location.authority}{path}"),
        headers=[
            ("host", location.authority),
            ("accept-encoding", "identity"),
            ("user-agent", "dockmesh-auth"),
            *request.headers.items(),
        ],
        content=request.body,
        extensions={"location": location},
    )


@lru_cache(maxsize=64)
def _url(text: str) -> httpx.URL:
    """Parsed once: endpoints are few, and reading one is a good part of what httpx costs."""
    return httpx.URL(text)


def _answer(response: httpx.Response) -> Answer:
    headers = _read_headers(response.headers.raw)
    return Answer(status=response.status_code, headers=headers, body=response.content)


def _read_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lower-case name; repeated ones joined (RFC 9110, section 5.3)."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers

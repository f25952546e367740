"""Faults to script: what a broken, slow or hostile provider answers instead.

A fault stands around an endpoint. It is given the request and a way to let the endpoint answer
as always, and decides what is sent::

    provider.faults.next("token", answer(status=503), answer(status=503))   # twice, then good
    provider.faults.always("jwks", dripped(b"{", pause=1.0))
    provider.faults.always("discovery", edited(lambda document: document | {"issuer": "x"}))
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from attrs import define, field
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

__all__ = [
    "Fault",
    "Faults",
    "Proceed",
    "answer",
    "cut_off",
    "delayed",
    "dripped",
    "edited",
    "garbage",
    "redirect",
]

Proceed: TypeAlias = Callable[[], Awaitable[Response]]
"""Lets the endpoint answer as always."""

Fault: TypeAlias = Callable[[Request, Proceed], Awaitable[Response]]
"""What happens instead; it may still proceed."""


@define
class Faults:
    """The faults of one provider: at most one is used per request, those scripted first.

    Not safe to script while requests are under way; script, then act.
    """

    _next: defaultdict[str, deque[Fault]] = field(factory=lambda: defaultdict(deque), init=False)
    _always: dict[str, Fault] = field(factory=dict, init=False)

    def next(self, endpoint: str, *faults: Fault) -> None:
        """Use *faults* for the next requests to *endpoint*, one each, in order."""
        self._next[endpoint].extend(faults)

    def always(self, endpoint: str, fault: Fault) -> None:
        """Use *fault* for every request to *endpoint* from now on."""
        self._always[endpoint] = fault

    def clear(self) -> None:
        """Forget all faults."""
        self._next.clear()
        self._always.clear()

    async def around(self, endpoint: str, request: Request, proceed: Proceed) -> Response:
        """Answer *request* with the fault that is due, or as always."""
        due = self._next[endpoint]
        fault = due.popleft() if due else self._always.get(endpoint)
        return await proceed() if fault is None else await fault(request, proceed)


def answer(
    body: bytes | str | Mapping[str, Any] = b"",
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
) -> Fault:
    """Answer with *body*, whatever was asked. A mapping is sent as JSON."""
    content = json.dumps(body) if isinstance(body, Mapping) else body

    async def fault(_request: Request, _proceed: Proceed) -> Response:
        return Response(content, status, dict(headers or {}), media_type)

    return fault


def redirect(to: str, status: int = 302) -> Fault:
    """Answer with a redirect to the URL *to*."""
    return answer(status=status, headers={"location": to}, media_type="text/html")


def garbage(body: bytes = b"<html>\xff is not JSON") -> Fault:
    """Answer with 200 and something that is no JSON, though it says it is."""
    return answer(body)


def delayed(seconds: float) -> Fault:
    """Answer as always, after *seconds*."""

    async def fault(_request: Request, proceed: Proceed) -> Response:
        await asyncio.sleep(seconds)
        return await proceed()

    return fault


def edited(edit: Callable[[Any], Any]) -> Fault:
    """Answer as always, but with the JSON that *edit* makes of it."""

    async def fault(_request: Request, proceed: Proceed) -> Response:
        good = await proceed()
        changed = edit(json.loads(bytes(good.body)))
        kept = {n: v for n, v in good.headers.items() if n not in {"content-length", "etag"}}
        return Response(json.dumps(changed), good.status_code, kept)

    return fault


def dripped(body: bytes, *, pause: float, media_type: str = "application/json") -> Fault:
    """Answer with *body*, one octet at a time, *pause* seconds before each."""

    async def fault(_request: Request, _proceed: Proceed) -> Response:
        return _Dripped(body, pause, media_type)

    return fault


def cut_off(body: bytes = b"") -> Fault:
    """Announce more than *body*, send *body* and close the connection."""

    async def fault(_request: Request, _proceed: Proceed) -> Response:
        return _CutOff(body)

    return fault


class _Dripped(Response):
    def __init__(self, body: bytes, pause: float, media_type: str) -> None:
        super().__init__(body, media_type=media_type)
        self._pause = pause

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        for octet in bytes(self.body):
            await asyncio.sleep(self._pause)
            await send({"type": "http.response.body", "body": bytes((octet,)), "more_body": True})
        await send({"type": "http.response.body"})


class _CutOff(Response):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        body = bytes(self.body)
        headers = [(b"content-length", str(len(body) + 64).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        # Returning with more announced makes the server close the connection.
        await send({"type": "http.response.body", "body": body, "more_body": True})

"""Turns errors into answers: the only place where an error meets HTTP."""

from __future__ import annotations

from typing import Final

from attrs import frozen
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dockmesh_auth.domain.ports import Randomness
from dockmesh_auth.errors import AuthError
from dockmesh_auth.web.cookies import CookieRules
from dockmesh_auth.web.journal import record_failure, record_refusal
from dockmesh_auth.web.json_response import is_for_programs, json_response
from dockmesh_auth.web.pages import Pages
from dockmesh_auth.web.ports import Host
from dockmesh_auth.web.reference import make_reference
from dockmesh_auth.web.refusal_texts import UNEXPECTED, refusal_text, status_of

__all__ = ["HOLD_AFTER_END", "LastResort", "Refusals"]

HOLD_AFTER_END: Final = 600
"""Seconds after a refusal or a sign-out in which nobody is sent to a provider unasked."""

_PHRASES: Final = {
    404: ("There is nothing here", "The address may be mistyped, or the page has gone."),
    405: ("That does not work here", "This page cannot be used in that way."),
}
_OTHER: Final = ("That request was not understood", "Go back and try it another way.")


@frozen
class Refusals:
    """Writes an error down and answers with its page."""

    host: Host
    pages: Pages
    cookies: CookieRules
    randomness: Randomness

    async def refused(self, request: Request, error: Exception) -> Response:
        """The answer to an error of `AuthError`. Registered with Starlette."""
        assert isinstance(error, AuthError)
        reference = make_reference(self.randomness)
        record_refusal(error, reference)
        provider = self.host.providers.get(error.provider or "")
        text = refusal_text(error, None if provider is None else provider.display_name)
        status = status_of(error)
        if is_for_programs(request.scope["path"]):
            content = {"error": text.title, "code": str(error.code), "reference": reference}
            return json_response(content, status=status)
        response = self.pages.refused(request, text, reference=reference, status=status)
        self.cookies.hold(response, HOLD_AFTER_END)
        return response

    async def nothing_here(self, request: Request, error: Exception) -> Response:
        """The answer to an address or method that there is not. Registered with Starlette."""
        assert isinstance(error, HTTPException)
        title, sentence = _PHRASES.get(error.status_code, _OTHER)
        response: Response
        if is_for_programs(request.scope["path"]):
            response = json_response({"error": title}, status=error.status_code)
        else:
            response = self.pages.nothing_here(request, error.status_code, title, sentence)
        response.headers.update(error.headers or {})
        return response

    def failed(self, request: Request, reference: str) -> Response:
        """The answer to an error that nobody foresaw; says nothing of it."""
        return self.pages.refused(request, UNEXPECTED, reference=reference, status=500)


@frozen
class LastResort:
    """Answers for *app* when it raises what nobody foresaw. No traceback leaves the process."""

    app: ASGIApp
    refusals: Refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI)."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 - the last place where it can be answered
            reference = make_reference(self.refusals.randomness)
            record_failure(error, reference)
            if not begun:
                request = Request(scope, receive)
                await self.refusals.failed(request, reference)(scope, receive, send)

"""The authorization endpoint of a fake provider, with its login and consent pages."""

from __future__ import annotations

import secrets
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from attrs import frozen
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dockmesh_auth.testing.fake_provider.checks import check_recipient, resolve_request
from dockmesh_auth.testing.fake_provider.grants import (
    AuthorizationRequest,
    Grant,
    LoginSession,
    Problem,
    Unanswerable,
)
from dockmesh_auth.testing.fake_provider.pages import (
    auto_post_page,
    consent_page,
    login_page,
    message_page,
)
from dockmesh_auth.testing.fake_provider.state import FakeState

__all__ = ["LOGIN_PATH", "AuthorizationEndpoint"]

LOGIN_PATH: Final = "/stand-in/login"
"""Where the pages post to."""


@frozen
class AuthorizationEndpoint:
    """Takes a person from the client, signs them in, and sends them back."""

    state: FakeState

    async def authorize(self, request: Request) -> Response:
        """The endpoint itself (OpenID Connect Core 1.0, section 3.1.2)."""
        pairs = list(request.query_params.multi_items())
        if request.method == "POST":
            pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True)
        base = self.state.base_for(request)
        try:
            asked = resolve_request(self.state, pairs)
        except Unanswerable as problem:
            return message_page(self.state.shape.name, problem.error, problem.description, 400)
        except Problem as problem:
            return self._refuse(base, self._way_back(dict(pairs)), problem)
        return self._go_on(base, asked, self.state.session_of(request))

    def approve(self, url: str, user_name: str) -> list[tuple[str, str]]:
        """See `FakeProvider.approve`."""
        parts, state = urlsplit(url), self.state
        origin = f"{parts.scheme}://{parts.netloc}"
        base = origin if state.shape.issuer_follows_host else state.base_url
        if origin + parts.path != base + state.shape.paths.authorization:
            raise Problem("not_found", "that is not the authorization endpoint", 404)
        user = state.user(user_name)
        if user is None:
            raise KeyError(user_name)
        asked = resolve_request(state, parse_qsl(parts.query, keep_blank_values=True))
        if not state.shape.may_enter(user, asked.client):
            raise Problem("access_denied", "the person may not use this client")
        session = state.sessions[state.sign_in(user)]
        return self._parameters(base, asked, self._granted(asked, session))

    async def sign_in(self, request: Request) -> Response:
        """Where the login and consent pages post to."""
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        ticket, base = form.get("request", ""), self.state.base_for(request)
        asked = self.state.pending.get(ticket)
        if asked is None:
            return message_page(self.state.shape.name, "Too late", "Start again.", 400)
        if "cancel" in form:
            del self.state.pending[ticket]
            return self._deny(base, asked, "the person cancelled")
        if form.get("consent") == "yes":
            session = self.state.session_of(request)
            if session is not None:
                del self.state.pending[ticket]
                return self._respond(base, asked, self._granted(asked, session))
        user = self.state.user(form.get("user", ""))
        if user is None:
            return self._login_page(asked)
        del self.state.pending[ticket]
        cookie = self.state.sign_in(user)
        session = self.state.sessions[cookie]
        response = self._after_login(base, asked, session)
        response.set_cookie(self.state.cookie, cookie, httponly=True, samesite="lax")
        return response

    # --- steps ----------------------------------------------------------------------------

    def _go_on(
        self, base: str, asked: AuthorizationRequest, session: LoginSession | None
    ) -> Response:
        now = self.state.clock.now()
        if session is None or self.state.shape.must_sign_in_again(asked, session, now):
            if "none" in asked.prompt:
                return self._refuse(base, asked, Problem("login_required"))
            return self._login_page(asked)
        return self._after_login(base, asked, session)

    def _after_login(
        self, base: str, asked: AuthorizationRequest, session: LoginSession
    ) -> Response:
        shape = self.state.shape
        if not shape.may_enter(session.user, asked.client):
            return self._deny(base, asked, "the person may not use this client")
        if shape.asks_consent or "consent" in asked.prompt:
            if "none" in asked.prompt and not shape.asks_despite_none:
                return self._refuse(base, asked, Problem("consent_required"))
            ticket = self._remember(asked)
            client = asked.client.client_id
            return consent_page(shape.name, client, LOGIN_PATH, ticket, asked.scopes)
        return self._respond(base, asked, self._granted(asked, session))

    def _login_page(self, asked: AuthorizationRequest) -> Response:
        name, users = self.state.shape.name, self.state.users
        ticket = self._remember(asked)
        return login_page(name, asked.client.client_id, LOGIN_PATH, ticket, users)

    def _remember(self, asked: AuthorizationRequest) -> str:
        ticket = secrets.token_urlsafe(16)
        self.state.pending[ticket] = asked
        return ticket

    # --- the way back ---------------------------------------------------------------------

    def _granted(self, asked: AuthorizationRequest, session: LoginSession) -> list[tuple[str, str]]:
        code = self.state.shape.new_code()
        now = self.state.clock.now()
        self.state.grants_by_code[code] = Grant(request=asked, session=session, issued_at=now)
        return [("code", code)]

    def _way_back(self, given: dict[str, str]) -> AuthorizationRequest:
        client, redirect_uri = check_recipient(self.state, given)
        mode = "form_post" if given.get("response_mode") == "form_post" else "query"
        return AuthorizationRequest(
            client=client,
            redirect_uri=redirect_uri,
            scopes=(),
            response_mode=mode,
            state=given.get("state"),
        )

    def _deny(self, base: str, asked: AuthorizationRequest, why: str) -> Response:
        if self.state.shape.denied_page():
            return message_page(self.state.shape.name, "Permission denied", why)
        return self._refuse(base, asked, Problem("access_denied", why))

    def _refuse(self, base: str, asked: AuthorizationRequest, problem: Problem) -> Response:
        parameters = [("error", problem.error)]
        description = self.state.shape.describe(problem)
        if description:
            parameters.append(("error_description", description))
        return self._respond(base, asked, parameters)

    def _parameters(
        self, base: str, asked: AuthorizationRequest, own: list[tuple[str, str]]
    ) -> list[tuple[str, str]]:
        shape, edit = self.state.shape, self.state.edits.authorization_response
        parameters = list(own)
        if asked.state is not None:
            parameters.append(("state", asked.state))
        if shape.iss_parameter:
            parameters.append(("iss", shape.document_issuer(base)))
        return edit(parameters) if edit else parameters

    def _respond(
        self, base: str, asked: AuthorizationRequest, own: list[tuple[str, str]]
    ) -> Response:
        parameters = self._parameters(base, asked, own)
        if asked.response_mode == "form_post":
            return auto_post_page(self.state.shape.name, asked.redirect_uri, parameters)
        joint = "&" if "?" in asked.redirect_uri else "?"
        query = urlencode(parameters, quote_via=quote)
        return RedirectResponse(f"{asked.redirect_uri}{joint}{query}", 303)

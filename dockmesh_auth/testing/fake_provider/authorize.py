"""The authorization endpoint of a fake provider, with its login and consent pages."""

from __future__ import annotations

import secrets
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from attrs import frozen
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dockmesh_auth.testing.fake_provider.checks import check_recipient, parse_authorization_request
from dockmesh_auth.testing.fake_provider.grants import (
    AuthorizationRequest,
    Grant,
    LoginSession,
    Problem,
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
        given = dict(pairs)
        try:
            client, redirect_uri = check_recipient(self.state, given)
        except Problem as problem:
            return message_page(self.state.shape.name, problem.error, problem.description, 400)
        try:
            asked = parse_authorization_request(self.state, pairs, client, redirect_uri)
        except Problem as problem:
            mode = "form_post" if given.get("response_mode") == "form_post" else "query"
            back = AuthorizationRequest(
                client=client,
                redirect_uri=redirect_uri,
                scopes=(),
                response_mode=mode,
                state=given.get("state"),
            )
            return self._refuse(request, back, problem)
        return self._go_on(request, asked, self.state.session_of(request))

    async def sign_in(self, request: Request) -> Response:
        """Where the login and consent pages post to."""
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        ticket = form.get("request", "")
        asked = self.state.pending.get(ticket)
        if asked is None:
            return message_page(self.state.shape.name, "Too late", "Start again.", 400)
        if "cancel" in form:
            del self.state.pending[ticket]
            return self._deny(request, asked, "the person cancelled")
        if form.get("consent") == "yes":
            session = self.state.session_of(request)
            if session is not None:
                del self.state.pending[ticket]
                return self._send_code(request, asked, session)
        user = self.state.user(form.get("user", ""))
        if user is None:
            return self._login_page(asked)
        del self.state.pending[ticket]
        cookie = self.state.sign_in(user)
        session = self.state.sessions[cookie]
        response = self._after_login(request, asked, session)
        response.set_cookie(self.state.cookie, cookie, httponly=True, samesite="lax")
        return response

    # --- steps ----------------------------------------------------------------------------

    def _go_on(
        self, request: Request, asked: AuthorizationRequest, session: LoginSession | None
    ) -> Response:
        now = self.state.clock.now()
        if session is None or self.state.shape.must_sign_in_again(asked, session, now):
            if "none" in asked.prompt:
                return self._refuse(request, asked, Problem("login_required"))
            return self._login_page(asked)
        return self._after_login(request, asked, session)

    def _after_login(
        self, request: Request, asked: AuthorizationRequest, session: LoginSession
    ) -> Response:
        shape = self.state.shape
        if not shape.may_enter(session.user, asked.client):
            return self._deny(request, asked, "the person may not use this client")
        if shape.asks_consent or "consent" in asked.prompt:
            if "none" in asked.prompt and not shape.asks_despite_none:
                return self._refuse(request, asked, Problem("consent_required"))
            ticket = self._remember(asked)
            client = asked.client.client_id
            return consent_page(shape.name, client, LOGIN_PATH, ticket, asked.scopes)
        return self._send_code(request, asked, session)

    def _login_page(self, asked: AuthorizationRequest) -> Response:
        name, users = self.state.shape.name, self.state.users
        ticket = self._remember(asked)
        return login_page(name, asked.client.client_id, LOGIN_PATH, ticket, users)

    def _remember(self, asked: AuthorizationRequest) -> str:
        ticket = secrets.token_urlsafe(16)
        self.state.pending[ticket] = asked
        return ticket

    # --- the way back ---------------------------------------------------------------------

    def _send_code(
        self, request: Request, asked: AuthorizationRequest, session: LoginSession
    ) -> Response:
        code = self.state.shape.new_code()
        now = self.state.clock.now()
        self.state.grants_by_code[code] = Grant(request=asked, session=session, issued_at=now)
        return self._respond(request, asked, [("code", code)])

    def _deny(self, request: Request, asked: AuthorizationRequest, why: str) -> Response:
        if self.state.shape.denied_page():
            return message_page(self.state.shape.name, "Permission denied", why)
        return self._refuse(request, asked, Problem("access_denied", why))

    def _refuse(self, request: Request, asked: AuthorizationRequest, problem: Problem) -> Response:
        parameters = [("error", problem.error)]
        description = self.state.shape.describe(problem)
        if description:
            parameters.append(("error_description", description))
        return self._respond(request, asked, parameters)

    def _respond(
        self, request: Request, asked: AuthorizationRequest, parameters: list[tuple[str, str]]
    ) -> Response:
        state = self.state
        if asked.state is not None:
            parameters.append(("state", asked.state))
        if state.shape.iss_parameter:
            parameters.append(("iss", state.base_for(request) + state.shape.issuer_path))
        if state.edits.authorization_response:
            parameters = state.edits.authorization_response(parameters)
        if asked.response_mode == "form_post":
            return auto_post_page(state.shape.name, asked.redirect_uri, parameters)
        joint = "&" if "?" in asked.redirect_uri else "?"
        query = urlencode(parameters, quote_via=quote)
        return RedirectResponse(f"{asked.redirect_uri}{joint}{query}", 303)

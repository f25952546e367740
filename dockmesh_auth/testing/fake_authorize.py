"""The authorization endpoint of a fake provider, with its login and consent pages."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from attrs import frozen
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dockmesh_auth.testing.fake_grants import AuthorizationRequest, Grant, LoginSession, Problem
from dockmesh_auth.testing.fake_pages import (
    auto_post_page,
    consent_page,
    login_page,
    message_page,
)
from dockmesh_auth.testing.fake_people import FakeClient
from dockmesh_auth.testing.fake_state import FakeState

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
        name = self.state.shape.name
        try:
            client, redirect_uri = self._recipient(dict(pairs))
        except Problem as problem:
            return message_page(name, problem.description, problem.error, problem.status)
        mode, given = dict(pairs).get("response_mode", "query"), dict(pairs).get("state")
        try:
            asked = self._checked(pairs, client, redirect_uri)
        except Problem as problem:
            back = AuthorizationRequest(
                client=client,
                redirect_uri=redirect_uri,
                scopes=(),
                response_mode=mode if mode == "form_post" else "query",
                state=given,
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

    # --- checks ---------------------------------------------------------------------------

    def _recipient(self, parameters: dict[str, str]) -> tuple[FakeClient, str]:
        # RFC 6749, section 4.1.2.1: with a wrong client or redirect URI nobody is sent anywhere.
        client = self.state.client(parameters.get("client_id", ""))
        if client is None:
            raise Problem("There is no client of that name.", "Client ID Error")
        redirect_uri = parameters.get("redirect_uri", "")
        if redirect_uri not in client.redirect_uris:
            raise Problem("The redirect URI is not registered.", "Redirect URI Error")
        return client, redirect_uri

    def _checked(
        self, pairs: Sequence[tuple[str, str]], client: FakeClient, redirect_uri: str
    ) -> AuthorizationRequest:
        given, shape = dict(pairs), self.state.shape
        if len(given) != len(pairs):
            raise Problem("invalid_request", "a parameter is repeated")
        if given.get("response_type") != "code":
            raise Problem("unsupported_response_type", "only code is offered")
        if "request" in given:
            raise Problem("request_not_supported", "request objects are not supported")
        asked = tuple(dict.fromkeys(given.get("scope", "").split()))
        if shape.requires_openid and "openid" not in asked:
            raise Problem("invalid_scope", "the scope openid is missing")
        mode = given.get("response_mode", "query")
        if mode not in {"query", "form_post"}:
            raise Problem("invalid_request", "the response mode is not supported")
        method = given.get("code_challenge_method", "plain")
        if "code_challenge" in given and method not in shape.code_challenge_methods:
            raise Problem("invalid_request", "the code challenge method is not supported")
        prompt, max_age = frozenset(given.get("prompt", "").split()), given.get("max_age")
        if max_age is not None and not (max_age.isascii() and max_age.isdigit()):
            raise Problem("invalid_request", "max_age is not a number")
        if max_age == "0" and "none" in prompt:
            raise Problem("invalid_request", "max_age=0 and prompt=none exclude each other")
        return AuthorizationRequest(
            client=client,
            redirect_uri=redirect_uri,
            scopes=tuple(scope for scope in asked if scope in shape.scopes),
            response_mode=mode,
            state=given.get("state"),
            nonce=given.get("nonce"),
            code_challenge=given.get("code_challenge"),
            code_challenge_method=method,
            prompt=prompt,
            max_age=None if max_age is None else int(max_age),
        )

    # --- steps ----------------------------------------------------------------------------

    def _go_on(
        self, request: Request, asked: AuthorizationRequest, session: LoginSession | None
    ) -> Response:
        if session is None or self._must_sign_in_again(asked, session):
            if "none" in asked.prompt:
                return self._refuse(request, asked, Problem("login_required"))
            return self._login_page(asked)
        return self._after_login(request, asked, session)

    def _must_sign_in_again(self, asked: AuthorizationRequest, session: LoginSession) -> bool:
        if "login" in asked.prompt or "select_account" in asked.prompt:
            return True
        return (
            asked.max_age is not None and self.state.clock.now() - session.auth_time > asked.max_age
        )

    def _after_login(
        self, request: Request, asked: AuthorizationRequest, session: LoginSession
    ) -> Response:
        shape = self.state.shape
        if not shape.may_enter(session.user, asked.client):
            return self._deny(request, asked, "the person may not use this client")
        if shape.asks_consent or "consent" in asked.prompt:
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
        if problem.description:
            parameters.append(("error_description", problem.description))
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

"""The endpoints of a fake provider that the client itself calls: token and userinfo."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from attrs import frozen
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockmesh_auth.testing.fake_provider.grants import Grant, Problem
from dockmesh_auth.testing.fake_provider.people import FakeClient
from dockmesh_auth.testing.fake_provider.state import FakeState
from dockmesh_auth.testing.fake_provider.tokens import issue_tokens
from dockmesh_auth.testing.minting import base64url

__all__ = ["TokenEndpoint", "UserinfoEndpoint"]

_NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


@frozen
class TokenEndpoint:
    """Exchanges codes for tokens."""

    state: FakeState

    async def answer(self, request: Request) -> Response:
        """The endpoint itself (RFC 6749, section 4.1.3)."""
        pairs = parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
        try:
            client = self._authenticated(request, dict(pairs))
            grant = self._grant(pairs, client)
            issuer = self.state.base_for(request) + self.state.shape.issuer_path
            answer = issue_tokens(self.state, grant, issuer)
        except Problem as problem:
            return self.state.shape.token_problem(problem)
        return JSONResponse(answer, headers=_NO_STORE)

    # --- the client (RFC 6749, section 2.3) -----------------------------------------------

    def _authenticated(self, request: Request, form: dict[str, str]) -> FakeClient:
        header = request.headers.get("authorization", "")
        secret: str | None
        if header.lower().startswith("basic "):
            if "client_secret" in form and self.state.shape.one_authentication_only:
                raise Problem("invalid_request", "two ways of authentication at once")
            client_id, secret = self._basic(header[6:])
            if form.get("client_id", client_id) != client_id:
                raise Problem("invalid_client", "header and body name different clients")
        else:
            client_id, secret = form.get("client_id", ""), form.get("client_secret")
        client = self.state.client(client_id)
        if client is None:
            raise Problem("invalid_client", "there is no client of that name")
        if client.client_secret is None:
            return client
        if secret is None or not client.client_secret.matches(secret):
            raise Problem("invalid_client", "the secret is wrong")
        return client

    def _basic(self, credentials: str) -> tuple[str, str]:
        try:
            text = base64.b64decode(credentials, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise Problem("invalid_client", "the header is not base64 of UTF-8") from None
        client_id, colon, secret = text.partition(":")
        if not colon:
            raise Problem("invalid_client", "the header has no colon")
        if self.state.shape.basic_is_encoded:
            return unquote_plus(client_id), unquote_plus(secret)
        return client_id, secret

    # --- the code (RFC 6749, section 4.1.3; RFC 7636, section 4.6) ------------------------

    def _grant(self, pairs: list[tuple[str, str]], client: FakeClient) -> Grant:
        form = dict(pairs)
        if len(form) != len(pairs):
            raise Problem("invalid_request", "a parameter is repeated")
        if form.get("grant_type") != "authorization_code":
            raise Problem("unsupported_grant_type", "only authorization_code is offered")
        grant = self.state.grants_by_code.get(form.get("code", ""))
        if grant is None or grant.request.client != client:
            raise Problem("invalid_grant", "the code is not known")
        if grant.redeemed:
            # RFC 6749, section 4.1.2: what the first use gave should not live on.
            grant.revoked = grant.revoked or self.state.shape.reuse_revokes
            raise Problem("invalid_grant", "the code was used")
        if self.state.clock.now() > grant.issued_at + self.state.shape.lifetimes.code:
            raise Problem("invalid_grant", "the code has expired")
        if not self.state.shape.redirect_uri_fits(grant, form.get("redirect_uri", "")):
            raise Problem(self.state.shape.redirect_uri_error, "another redirect URI")
        if not _verifier_fits(grant, form.get("code_verifier")):
            raise Problem("invalid_grant", "the code verifier does not fit")
        grant.redeemed = True
        return grant


def _verifier_fits(grant: Grant, verifier: str | None) -> bool:
    challenge = grant.request.code_challenge
    if challenge is None or verifier is None:
        return challenge is None and verifier is None
    if grant.request.code_challenge_method == "plain":
        return verifier == challenge
    return base64url(hashlib.sha256(verifier.encode()).digest()) == challenge


@frozen
class UserinfoEndpoint:
    """Tells what the scopes of an access token release."""

    state: FakeState

    async def answer(self, request: Request) -> Response:
        """The endpoint itself (OpenID Connect Core 1.0, section 5.3)."""
        shape = self.state.shape
        try:
            grant = self._grant(request)
        except Problem as problem:
            return shape.userinfo_problem(problem)
        user = grant.session.user
        # The person as they are now: a test may have changed them since.
        user = self.state.user(user.name) or user
        claims: dict[str, Any] = {"sub": grant.subject}
        claims = claims | shape.scope_claims(user, grant.request.scopes)
        claims = shape.userinfo(claims, grant)
        edit = self.state.edits.userinfo
        return JSONResponse(edit(claims) if edit else claims, headers=_NO_STORE)

    def _grant(self, request: Request) -> Grant:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        grant = self.state.grants_by_token.get(token) if scheme.lower() == "bearer" else None
        if grant is None or grant.revoked or self.state.clock.now() >= grant.expires_at:
            raise Problem("invalid_token", status=401)
        if "openid" not in grant.request.scopes:
            raise Problem("insufficient_scope", status=403)
        return grant

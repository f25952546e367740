"""The token endpoint of a fake provider."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qsl

from attrs import frozen
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockmesh_auth.testing.fake_provider.client_authentication import authenticated_client
from dockmesh_auth.testing.fake_provider.grants import Grant, Problem
from dockmesh_auth.testing.fake_provider.people import FakeClient
from dockmesh_auth.testing.fake_provider.state import FakeState
from dockmesh_auth.testing.fake_provider.tokens import issue_tokens
from dockmesh_auth.testing.minting import base64url

__all__ = ["TokenEndpoint"]

_NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


@frozen
class TokenEndpoint:
    """Exchanges codes for tokens."""

    state: FakeState

    async def answer(self, request: Request) -> Response:
        """The endpoint itself (RFC 6749, section 4.1.3)."""
        pairs = parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
        try:
            client = authenticated_client(self.state, request, dict(pairs))
            grant = self._grant(pairs, client)
            answer = issue_tokens(self.state, grant, self.state.base_for(request))
        except Problem as problem:
            return self.state.shape.token_problem(problem)
        return JSONResponse(answer, headers=_NO_STORE)

    def _grant(self, pairs: list[tuple[str, str]], client: FakeClient) -> Grant:
        # RFC 6749, section 4.1.3; RFC 7636, section 4.6.
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

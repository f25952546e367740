"""What a fake provider issues."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from dockmesh_auth.testing.fake_provider.edits import TokenDraft
from dockmesh_auth.testing.fake_provider.grants import Grant
from dockmesh_auth.testing.fake_provider.state import FakeState
from dockmesh_auth.testing.minting import at_hash, encrypt

__all__ = ["issue_tokens"]


def issue_tokens(state: FakeState, grant: Grant, base: str) -> dict[str, Any]:
    """The token endpoint's answer for *grant* (OpenID Connect Core 1.0, section 3.1.3.3).

    Args:
        state: The provider.
        grant: What the code stands for; it remembers what is issued.
        base: Scheme, host and port that the tokens name.
    """
    if state.edits.before_signing:
        state.edits.before_signing()
    shape, request = state.shape, grant.request
    grant.subject, grant.base_url = shape.subject(grant.session.user), base
    claims = shape.id_token_claims(_standard_claims(state, grant), grant)
    grant.access_token = _access_token(state, claims, grant)
    grant.expires_at = state.clock.now() + shape.lifetimes.tokens
    state.grants_by_token[grant.access_token] = grant
    answer: dict[str, Any] = {
        "access_token": grant.access_token,
        "token_type": "Bearer",
        "scope": " ".join(request.scopes),
        "expires_in": shape.lifetimes.tokens,
    }
    if shape.sends_id_token:
        answer["id_token"] = _id_token(state, claims, grant)
    if "offline_access" in request.scopes:
        answer["refresh_token"] = shape.new_refresh_token()
    answer = shape.token_answer(answer, grant)
    return state.edits.token_answer(answer) if state.edits.token_answer else answer


def _standard_claims(state: FakeState, grant: Grant) -> dict[str, Any]:
    shape, session, now = state.shape, grant.session, int(state.clock.now())
    claims: dict[str, Any] = {
        "iss": shape.token_issuer(grant.base_url, session.user),
        "sub": grant.subject,
        "aud": grant.request.client.client_id,
        "exp": now + shape.lifetimes.tokens,
        "iat": now,
        "auth_time": session.auth_time,
    }
    if grant.request.nonce is not None:
        claims["nonce"] = grant.request.nonce
    claims["sid"] = session.sid
    if shape.claims_in_id_token:
        claims |= shape.scope_claims(session.user, grant.request.scopes)
    return claims


def _id_token(state: FakeState, claims: dict[str, Any], grant: Grant) -> str:
    key = state.key_for(grant.request.client)
    if state.shape.sends_at_hash:
        claims = claims | {"at_hash": at_hash(grant.access_token, key.algorithm)}
    return _signed(state, TokenDraft(claims=claims, key=key), state.edits.id_token)


def _access_token(state: FakeState, id_claims: dict[str, Any], grant: Grant) -> str:
    claims = state.shape.access_token_claims(id_claims, grant)
    if not claims:
        return secrets.token_urlsafe(32)
    key, header = state.key_for(grant.request.client), state.shape.access_token_header(grant)
    draft = TokenDraft(claims=claims, key=key, header=header)
    return _signed(state, draft, state.edits.access_token)


def _signed(
    state: FakeState, draft: TokenDraft, edit: Callable[[TokenDraft], str | None] | None
) -> str:
    raw = edit(draft) if edit else None
    if raw is not None:
        return raw
    token = draft.sign()
    if state.encryption_key is None:
        return token
    header = {"typ": "JWE", "cty": None, "kid": state.encryption_key.kid}
    return encrypt(token, state.encryption_key.private, header)

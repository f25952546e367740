"""What a fake provider issues, and how a test changes it just before it is sent."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import define, field

from dockmesh_auth.testing.fake_grants import Grant
from dockmesh_auth.testing.minting import SigningKey, at_hash, encrypt, mint

if TYPE_CHECKING:
    from dockmesh_auth.testing.fake_state import FakeState

__all__ = ["Edits", "TokenDraft", "issue_tokens"]


@define(kw_only=True)
class TokenDraft:
    """A token that is about to be signed.

    Attributes:
        claims: Its claims.
        key: What will sign it.
        header: Members of the header to set; None removes one.
        payload: The payload as it is, instead of the claims.
        header_octets: The header as it is.
        signature: The signature as it is.
    """

    claims: dict[str, Any]
    key: SigningKey
    header: dict[str, Any] = field(factory=dict)
    payload: bytes | None = None
    header_octets: bytes | None = None
    signature: bytes | None = None

    def sign(self) -> str:
        """The token in the compact serialization."""
        return mint(
            self.claims,
            self.key,
            self.header,
            self.payload,
            header_octets=self.header_octets,
            signature=self.signature,
        )


@define
class Edits:
    """What a test changes of otherwise good answers; None leaves them alone.

    Attributes:
        before_signing: Called before tokens are signed; the place to rotate keys.
        id_token: Changes the draft of the ID token in place; a string that it returns is sent
            instead of a token.
        access_token: The same for an access token that is a JWT.
        token_answer: Makes another answer of the token endpoint's.
        userinfo: Makes another answer of the userinfo endpoint's.
        authorization_response: Makes other parameters of the authorization response's; may
            repeat or leave out some.
    """

    before_signing: Callable[[], None] | None = None
    id_token: Callable[[TokenDraft], str | None] | None = None
    access_token: Callable[[TokenDraft], str | None] | None = None
    token_answer: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    userinfo: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    authorization_response: Callable[[list[tuple[str, str]]], list[tuple[str, str]]] | None = None

    def clear(self) -> None:
        """Forget all edits."""
        self.__init__()  # type: ignore[misc]


def issue_tokens(state: FakeState, grant: Grant, issuer: str) -> dict[str, Any]:
    """The token endpoint's answer for *grant* (OpenID Connect Core 1.0, section 3.1.3.3)."""
    if state.edits.before_signing:
        state.edits.before_signing()
    shape, request = state.shape, grant.request
    grant.subject = shape.subject(grant.session.user)
    claims = shape.id_token_claims(_standard_claims(state, grant, issuer), grant)
    grant.access_token = _access_token(state, claims, grant)
    grant.expires_at = state.clock.now() + shape.lifetimes.tokens
    state.grants_by_token[grant.access_token] = grant
    answer: dict[str, Any] = {
        "access_token": grant.access_token,
        "token_type": "Bearer",
        "scope": " ".join(request.scopes),
        "expires_in": shape.lifetimes.tokens,
    }
    key = state.key_for(request.client)
    if shape.sends_at_hash:
        claims = claims | {"at_hash": at_hash(grant.access_token, key.algorithm)}
    draft = TokenDraft(claims=claims, key=key)
    answer["id_token"] = _signed(state, draft, state.edits.id_token)
    if "offline_access" in request.scopes:
        answer["refresh_token"] = shape.new_refresh_token()
    answer = shape.token_answer(answer, grant)
    return state.edits.token_answer(answer) if state.edits.token_answer else answer


def _standard_claims(state: FakeState, grant: Grant, issuer: str) -> dict[str, Any]:
    shape, session, now = state.shape, grant.session, int(state.clock.now())
    claims: dict[str, Any] = {
        "iss": issuer,
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


def _access_token(state: FakeState, id_claims: dict[str, Any], grant: Grant) -> str:
    claims = state.shape.access_token_claims(id_claims, grant)
    if not claims:
        return secrets.token_urlsafe(32)
    draft = TokenDraft(claims=claims, key=state.key_for(grant.request.client))
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

"""Validate an ID token (OpenID Connect Core 1.0, section 3.1.3.7).

Pure: a provider, a token and an expectation in, claims or one error out. The first rule that a
token breaks is the error; the order is the specification's, with the token's kind before all.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Final

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import TokenVerifier
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.strict_json import Json
from dockmesh_auth.domain.tokens import Expectation, TokenResponse
from dockmesh_auth.errors import ErrorCode, TokenRejected
from dockmesh_auth.oidc.evidence import shown
from dockmesh_auth.oidc.subject import check_subject

__all__ = ["MAX_CLOCK_SKEW", "validate_id_token"]

MAX_CLOCK_SKEW: Final = 300
"""Seconds: no configuration makes two clocks differ by more."""

# The year 2200. A date beyond it is a mistake or an attack on somebody's integer.
_END_OF_TIME: Final = 7_258_118_400


def validate_id_token(
    provider: Provider,
    metadata: ProviderMetadata,
    verifier: TokenVerifier,
    tokens: TokenResponse,
    expected: Expectation,
) -> Claims:
    """The claims of the ID token in *tokens*, if every rule holds.

    Args:
        provider: The client id, the trusted audiences and the clock skew.
        metadata: The issuer; with tenants each has one of its own, and its claim has to agree.
        verifier: Opens the token with this provider's keys.
        tokens: The token endpoint's answer, not yet trusted.
        expected: Nonce, time and age to hold the token against.

    Raises:
        TokenRejected: The token is missing or refused; `code` says by which rule. No part of the
            error holds the token or a nonce.
    """
    token = tokens.id_token
    if token is None:
        # Section 3.1.3.3: the ID token is what a sign-in rests on. Nothing else replaces it.
        raise TokenRejected(ErrorCode.ID_TOKEN_MISSING, provider=provider.slug)
    try:
        claims = verifier.open(token)  # steps 1 and 6 to 8: decryption, algorithm, signature
        _check_kind(claims)
        issuer = _check_issuer(claims, metadata, provider)
        subject = check_subject(claims)
        _check_audience(claims, provider)
        _check_authorized_party(claims, provider)
        skew = min(max(provider.clock_skew, 0), MAX_CLOCK_SKEW)
        _check_times(claims, expected.now, skew)
        _check_nonce(claims, expected)
        if expected.max_age is not None:
            _check_authentication_time(claims, expected.now, expected.max_age, skew)
        if "at_hash" in claims:
            _check_access_token(claims, verifier, token, tokens.access_token)
    except TokenRejected as error:
        error.about(provider.slug)
        raise
    return Claims(claims, issuer=issuer, subject=subject)


def _check_kind(claims: Mapping[str, Json]) -> None:
    """A logout token is signed by the same issuer for the same audience and must not do as an ID
    token (OpenID Connect Back-Channel Logout 1.0, section 2.4; RFC 8725, section 3.12).
    """
    if "events" in claims:
        raise TokenRejected(
            ErrorCode.TOKEN_KIND_WRONG, "The token has the claim events: it reports an event."
        )


def _check_issuer(
    claims: Mapping[str, Json], metadata: ProviderMetadata, provider: Provider
) -> str:
    """Step 2: equal, character by character; a trailing slash counts."""
    issuer, tenants = _text(claims, "iss"), provider.tenants
    if issuer != metadata.issuer if tenants is None else issuer not in tenants.issuers:
        raise TokenRejected(
            ErrorCode.ISSUER_MISMATCH,
            evidence={"iss": shown(issuer), "expected": shown(metadata.issuer)},
        )
    if tenants is not None and claims.get(tenants.claim) != tenants.issuers[issuer]:
        raise TokenRejected(
            ErrorCode.ISSUER_MISMATCH,
            f"The token's claim {tenants.claim} names another tenant than its issuer.",
            evidence={"iss": shown(issuer), tenants.claim: shown(claims.get(tenants.claim))},
        )
    return issuer


def _check_audience(claims: Mapping[str, Json], provider: Provider) -> None:
    """Step 3: the client id is there, and nobody who is not trusted."""
    audience = claims.get("aud")
    if audience == provider.client_id:
        return
    if isinstance(audience, str):
        audiences = [audience]
    elif isinstance(audience, list):
        audiences = [name for name in audience if isinstance(name, str)]
        if len(audiences) != len(audience):
            raise _malformed_claim("aud", "is not a list of strings")
    else:
        raise _not_as_required(claims, "aud", "neither a string nor a list of strings")
    if provider.client_id not in audiences:
        seen = ", ".join(shown(name) for name in audiences[:3])
        raise TokenRejected(
            ErrorCode.AUDIENCE_MISMATCH,
            evidence={"aud": seen or "nobody", "expected": shown(provider.client_id)},
        )
    others = {name for name in audiences if name != provider.client_id}
    untrusted = others - provider.trusted_audiences
    if untrusted:
        raise TokenRejected(ErrorCode.AUDIENCE_UNTRUSTED, evidence={"aud": shown(min(untrusted))})
    # Step 4: with several audiences, whom it was issued to has to be said.
    if others and "azp" not in claims:
        raise TokenRejected(
            ErrorCode.AUTHORIZED_PARTY_MISMATCH,
            "The token is meant for several clients and does not say which asked for it (azp).",
        )


def _check_authorized_party(claims: Mapping[str, Json], provider: Provider) -> None:
    """Step 5: if it is said whom the token was issued to, it is us."""
    if "azp" in claims and claims["azp"] != provider.client_id:
        raise TokenRejected(
            ErrorCode.AUTHORIZED_PARTY_MISMATCH,
            evidence={"azp": shown(claims["azp"]), "expected": shown(provider.client_id)},
        )


def _check_times(claims: Mapping[str, Json], now: float, skew: int) -> None:
    """Steps 9 and 10, and RFC 7519, sections 4.1.4 to 4.1.6. The tolerance is the same in both
    directions. `iat` is not held against an age: the nonce binds the token to this sign-in.
    """
    expiry = _numeric_date(claims, "exp")
    if expiry + skew <= now:
        raise _wrong_time(ErrorCode.TOKEN_EXPIRED, "exp", now - expiry - skew, skew)
    issued = _numeric_date(claims, "iat")
    if issued > now + skew:
        raise _wrong_time(ErrorCode.TOKEN_NOT_YET_VALID, "iat", issued - now - skew, skew)
    if "nbf" in claims:
        begin = _numeric_date(claims, "nbf")
        if begin > now + skew:
            raise _wrong_time(ErrorCode.TOKEN_NOT_YET_VALID, "nbf", begin - now - skew, skew)


def _check_nonce(claims: Mapping[str, Json], expected: Expectation) -> None:
    """Step 11: the token answers this very request. Missing is as bad as different."""
    nonce, wanted = claims.get("nonce"), expected.nonce
    # Ours are ASCII and never empty; what is not can be none of ours.
    if (
        not isinstance(nonce, str)
        or not wanted
        or not nonce.isascii()
        or not wanted.isascii()
        or not hmac.compare_digest(nonce, wanted)
    ):
        seen = "another" if isinstance(nonce, str) else "none"
        raise TokenRejected(ErrorCode.NONCE_MISMATCH, evidence={"nonce": seen})


def _check_authentication_time(
    claims: Mapping[str, Json], now: float, max_age: int, skew: int
) -> None:
    """Step 13: with `max_age`, `auth_time` is required and not too long ago (section 2)."""
    authenticated = _numeric_date(claims, "auth_time")
    if authenticated > now + skew:
        late = authenticated - now - skew
        raise _wrong_time(ErrorCode.TOKEN_NOT_YET_VALID, "auth_time", late, skew)
    if now - authenticated > max_age + skew:
        late = now - authenticated - max_age - skew
        raise _wrong_time(ErrorCode.AUTHENTICATION_TOO_OLD, "auth_time", late, skew)


def _check_access_token(
    claims: Mapping[str, Json], verifier: TokenVerifier, token: Secret, access_token: Secret
) -> None:
    """Section 3.1.3.8: a hash that is there has to be right."""
    at_hash = _text(claims, "at_hash")
    if not verifier.matches_access_token(token, at_hash, access_token):
        raise TokenRejected(ErrorCode.ACCESS_TOKEN_HASH_MISMATCH)


def _text(claims: Mapping[str, Json], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        raise _not_as_required(claims, name, "not a string")
    return value


def _numeric_date(claims: Mapping[str, Json], name: str) -> float:
    """Seconds since 1970 (RFC 7519, section 2): a number, never a boolean, within reason."""
    value = claims.get(name)
    if type(value) is not int and type(value) is not float:
        raise _not_as_required(claims, name, "not a number")
    # Written so that what compares to nothing is refused too.
    if not 0 <= value < _END_OF_TIME:
        raise _malformed_claim(name, "is not a time between the years 1970 and 2200")
    return value


def _not_as_required(claims: Mapping[str, Json], name: str, problem: str) -> TokenRejected:
    """A required claim that is missing, or there with another type."""
    if name in claims:
        return _malformed_claim(name, f"is {shown(claims[name])}, {problem}")
    return TokenRejected(
        ErrorCode.CLAIM_MISSING, f"The token lacks the claim {name}.", evidence={"claim": name}
    )


def _wrong_time(code: ErrorCode, name: str, seconds: float, skew: int) -> TokenRejected:
    return TokenRejected(
        code,
        evidence={
            "claim": name,
            "beyond_limit_seconds": str(int(seconds)),
            "clock_skew_seconds": str(skew),
        },
    )


def _malformed_claim(name: str, problem: str) -> TokenRejected:
    return TokenRejected(
        ErrorCode.CLAIM_MALFORMED, f"The token's claim {name} {problem}.", evidence={"claim": name}
    )

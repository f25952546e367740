"""The authorization request and its response.

RFC 6749, section 4.1; RFC 7636 (PKCE); RFC 9207 (`iss`); OpenID Connect Core 1.0, section 3.1.2.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final

from attrs import field, frozen
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from dockmesh_auth.domain.login import LoginAttempt
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.provider import Provider, ResponseMode
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.errors import ErrorCode, SignInRejected
from dockmesh_auth.oidc.evidence import shown, shown_without_secrets

__all__ = [
    "MAX_PARAMETER",
    "AuthorizationResponse",
    "authorization_parameters",
    "build_authorization_url",
    "check_authorization_response",
    "parse_authorization_response",
    "redirect_uri_for",
    "state_digest",
]

MAX_PARAMETER: Final = 4096
"""Characters that one parameter of a response may have."""

# What we read (RFC 6749, sections 4.1.2 and 4.1.2.1; RFC 9207, section 2). Anything else must be
# ignored, and may be repeated.
_PARAMETERS: Final = frozenset({"state", "code", "error", "error_description", "error_uri", "iss"})
_ERROR = re.compile("[A-Za-z0-9_.-]{1,64}")
# RFC 6749, appendix A: codes, states and errors are visible ASCII and spaces.
_TEXT = re.compile("[ -~]*")


@frozen(kw_only=True)
class AuthorizationResponse:
    """What the browser brought back, read and not yet believed.

    Attributes:
        state: As sent, never empty.
        code: The authorization code; None if there is none.
        error: The error's name as sent; None if there is none.
        error_description: What the provider says of it, made fit for a log; never for a page.
        issuer: The parameter `iss`; None if there is none.
    """

    state: Secret
    code: Secret | None = None
    error: str | None = field(default=None, repr=False)
    error_description: str | None = field(default=None, repr=False)
    issuer: str | None = None


def redirect_uri_for(base_url: str, provider: Provider) -> str:
    """The redirect URI that is registered at the provider.

    Args:
        base_url: The public address of this site, from the configuration alone: never from the
            Host or a forwarding header of a request.
        provider: With `own_callback` its slug is part of the path, so that an answer of one
            provider cannot arrive as another's (RFC 9700, section 4.4.2.2).
    """
    path = (
        f"/auth/oidc/{provider.slug}/callback" if provider.own_callback else "/auth/oidc/callback"
    )
    return base_url.rstrip("/") + path


def authorization_parameters(
    provider: Provider, attempt: LoginAttempt, *, state: Secret
) -> dict[str, str]:
    """What is asked for, however it is sent (OpenID Connect Core 1.0, section 3.1.2.1).

    PKCE is always there and always S256, whatever the provider announces: a server that does not
    know it ignores it, and nobody can talk us out of it (RFC 9700, section 2.1.1).
    """
    parameters = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": attempt.redirect_uri,
        "state": state.reveal(),
        "code_challenge": create_s256_code_challenge(attempt.code_verifier.reveal()),
        "code_challenge_method": "S256",
    }
    if provider.scopes:
        parameters["scope"] = " ".join(provider.scopes)
    if provider.id_token:
        parameters["nonce"] = attempt.nonce
    if attempt.response_mode is ResponseMode.FORM_POST:
        parameters["response_mode"] = attempt.response_mode.value
    if provider.max_age is not None:
        # Some providers ignore max_age=0; the ID token's auth_time is what decides.
        parameters["max_age"] = str(provider.max_age)
    return parameters


def build_authorization_url(
    provider: Provider, metadata: ProviderMetadata, attempt: LoginAttempt, *, state: Secret
) -> str:
    """Where to send the browser with what is asked for (RFC 6749, section 4.1.1)."""
    parameters = authorization_parameters(provider, attempt, state=state)
    url: str = add_params_to_uri(metadata.authorization_endpoint, parameters)
    return url


def parse_authorization_response(
    parameters: Sequence[tuple[str, str]],
) -> AuthorizationResponse:
    """Read the parameters of a response, as they came and before any of them is looked up.

    Args:
        parameters: Names and decoded values of the query or the form, in their order, repeated
            ones included.

    Raises:
        SignInRejected: `RESPONSE_REPEATED_PARAMETER`; `RESPONSE_MALFORMED`: a value is too long
            or not visible ASCII, or there are both a code and an error; `STATE_MISSING`: there is
            no state, or an empty one.
    """
    found: dict[str, str] = {}
    for name, value in parameters:
        if name not in _PARAMETERS:
            continue
        if name in found:
            raise SignInRejected(
                ErrorCode.RESPONSE_REPEATED_PARAMETER, f"the parameter {name} is there twice"
            )
        found[name] = value
    description = found.pop("error_description", "")
    found.pop("error_uri", None)  # an address of somebody else's: neither shown nor kept
    for name, value in found.items():
        if len(value) > MAX_PARAMETER:
            raise _malformed(f"the parameter {name} is longer than {MAX_PARAMETER} characters")
        if not _TEXT.fullmatch(value):
            raise _malformed(f"the parameter {name} holds a character that may not be in it")
    if found.get("code") and found.get("error"):
        raise _malformed("there are both a code and an error")
    if not found.get("state"):
        raise SignInRejected(ErrorCode.STATE_MISSING)
    return AuthorizationResponse(
        state=Secret(found["state"]),
        code=Secret(found["code"]) if found.get("code") else None,
        error=found.get("error") or None,
        error_description=shown_without_secrets(description) or None,
        issuer=found.get("iss"),
    )


def check_authorization_response(
    response: AuthorizationResponse,
    attempt: LoginAttempt,
    provider: Provider,
    metadata: ProviderMetadata,
) -> Secret:
    """Hold a response against the attempt that it answers, and give its code.

    `iss` comes before everything else that the response says, errors included: until it fits,
    nothing proves that this provider said it (RFC 9207, section 2.4).

    Raises:
        SignInRejected: `STATE_UNKNOWN`, `STATE_OTHER_PROVIDER`, `RESPONSE_ISSUER_MISMATCH`,
            `PROVIDER_REFUSED` or `CODE_MISSING`.
    """
    if not hmac.compare_digest(state_digest(response.state), attempt.state_digest):
        raise SignInRejected(ErrorCode.STATE_UNKNOWN, provider=provider.slug)
    if attempt.provider != provider.slug:
        raise SignInRejected(
            ErrorCode.STATE_OTHER_PROVIDER,
            provider=provider.slug,
            evidence={"started_with": attempt.provider},
        )
    _check_issuer(response, provider, metadata)
    if response.error is not None:
        raise _refused(response, provider)
    if response.code is None:
        raise SignInRejected(ErrorCode.CODE_MISSING, provider=provider.slug)
    return response.code


def state_digest(state: Secret) -> str:
    """SHA-256 of *state*, hexadecimal: what an attempt is kept and found by."""
    return hashlib.sha256(state.reveal().encode()).hexdigest()


def _check_issuer(
    response: AuthorizationResponse, provider: Provider, metadata: ProviderMetadata
) -> None:
    if response.issuer is None:
        if metadata.authorization_response_iss_parameter_supported:
            raise SignInRejected(
                ErrorCode.RESPONSE_ISSUER_MISMATCH,
                "the provider announces the parameter iss, and the answer has none",
                provider=provider.slug,
                evidence={"expected": shown(metadata.issuer)},
            )
    elif not provider.vouches_as(response.issuer):
        raise SignInRejected(
            ErrorCode.RESPONSE_ISSUER_MISMATCH,
            provider=provider.slug,
            evidence={"expected": shown(metadata.issuer), "found": shown(response.issuer)},
        )


def _refused(response: AuthorizationResponse, provider: Provider) -> SignInRejected:
    # The name comes from the browser: it is repeated only if it looks like a name.
    error = response.error or ""
    name = error if _ERROR.fullmatch(error) else "other"
    evidence = {"error": name}
    if response.error_description:
        evidence["error_description"] = response.error_description
    return SignInRejected(
        ErrorCode.PROVIDER_REFUSED,
        f"the identity provider ended the sign-in with the error {name}",
        provider=provider.slug,
        evidence=evidence,
    )


def _malformed(detail: str) -> SignInRejected:
    return SignInRejected(ErrorCode.RESPONSE_MALFORMED, detail)

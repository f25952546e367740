"""A code for tokens: RFC 6749, sections 4.1.3, 5.1 and 5.2; RFC 7636, section 4.5."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

from authlib.oauth2.rfc6749.parameters import prepare_token_request

from dockmesh_auth.domain.login import LoginAttempt
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Answer, Request
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.strict_json import Json, parse_object
from dockmesh_auth.domain.tokens import TokenResponse
from dockmesh_auth.errors import AuthError, ErrorCode, ProviderError, SignInRejected
from dockmesh_auth.oidc.client_authentication import build_client_proof
from dockmesh_auth.oidc.oauth_errors import OAuthError, parse_oauth_error

__all__ = ["MAX_LIFETIME", "build_token_request", "parse_token_answer"]

MAX_LIFETIME: Final = 2**31 - 1
"""Seconds; a longer lifetime of an access token is cut to this."""

_OK: Final = 200
_METHOD_NOT_ALLOWED: Final = 405
# RFC 6750, section 2.1, without its rule of where `=` stands: what a header can carry.
_TOKEN = re.compile("[!-~]+")
_WHOLE_NUMBER = re.compile("[0-9]{1,12}")


def build_token_request(
    provider: Provider, metadata: ProviderMetadata, attempt: LoginAttempt, code: Secret
) -> Request:
    """The request that exchanges *code*; it holds credentials and is sent once.

    Raises:
        ConfigurationError: The client authentication needs a secret and there is none.
    """
    proof = build_client_proof(provider)
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        **proof.headers,
    }
    body: str = prepare_token_request(
        "authorization_code",
        redirect_uri=attempt.redirect_uri,
        code=code.reveal(),
        code_verifier=attempt.code_verifier.reveal(),
        **proof.parameters,
    )
    return Request(method="POST", url=metadata.token_endpoint, headers=headers, body=body.encode())


def parse_token_answer(answer: Answer, provider: Provider) -> TokenResponse:
    """Read the token endpoint's answer. A missing ID token is not judged here.

    An `error` decides, whatever the status: some providers send one beside 200. A granted scope
    that is named and lacks `openid` is refused if `openid` was asked for; an empty one says nothing
    and is kept as empty.

    Raises:
        ProviderError: `CLIENT_REJECTED`, `TOKEN_ENDPOINT_ERROR`, `PROVIDER_STATUS`,
            `TOKEN_ANSWER_MALFORMED` or `SCOPE_NOT_GRANTED`.
        SignInRejected: `CODE_REJECTED`.
    """
    members = _members(answer, provider)
    error = parse_oauth_error(members, provider)
    if error is not None:
        raise _refused(error, provider)
    if answer.status != _OK:
        raise _status(answer, provider)
    access_token = members.get("access_token")
    if not isinstance(access_token, str) or not _TOKEN.fullmatch(access_token):
        raise _malformed("it has no access_token that can be used", provider)
    token_type = members.get("token_type")
    if not isinstance(token_type, str) or token_type.lower() != "bearer":
        raise _malformed("its token_type is not Bearer", provider)
    return TokenResponse(
        id_token=_optional(members, "id_token", provider),
        access_token=Secret(access_token),
        refresh_token=_optional(members, "refresh_token", provider),
        expires_in=_seconds(members.get("expires_in")),
        scope=_scope(members.get("scope"), provider),
    )


def _members(answer: Answer, provider: Provider) -> Mapping[str, Json]:
    try:
        return parse_object(answer.body)
    except ValueError as fault:
        if answer.status != _OK:
            raise _status(answer, provider) from None
        raise _malformed(str(fault), provider) from None


def _status(answer: Answer, provider: Provider) -> ProviderError:
    if answer.status == _METHOD_NOT_ALLOWED and not answer.body:
        # A page for an inner error that refuses POST: the cause stands in the provider's log.
        return ProviderError(
            ErrorCode.TOKEN_ENDPOINT_ERROR,
            "the token endpoint answered 405 with nothing in it: either its address lacks a slash, "
            "or the provider failed inside",
            provider=provider.slug,
            evidence={"status": str(answer.status)},
        )
    return ProviderError(
        ErrorCode.PROVIDER_STATUS,
        f"the token endpoint answered with status {answer.status}",
        provider=provider.slug,
        evidence={"status": str(answer.status)},
    )


def _refused(error: OAuthError, provider: Provider) -> AuthError:
    """The error of RFC 6749, section 5.2, as ours."""
    detail = f"the token endpoint answered with the error {error.name}"
    if error.is_about_the_code:
        return SignInRejected(
            ErrorCode.CODE_REJECTED, detail, provider=provider.slug, evidence=error.evidence
        )
    code = ErrorCode.TOKEN_ENDPOINT_ERROR
    if error.is_about_the_client:
        code = ErrorCode.CLIENT_REJECTED
    return ProviderError(code, detail, provider=provider.slug, evidence=error.evidence)


def _optional(members: Mapping[str, Json], name: str, provider: Provider) -> Secret | None:
    value = members.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise _malformed(f"its {name} is not a string", provider)
    return Secret(value)


def _seconds(value: Json) -> int | None:
    """A lifetime, however it is written; None if it says nothing."""
    if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return int(min(max(value, 0), MAX_LIFETIME))


def _scope(value: Json, provider: Provider) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise _malformed("its scope is not a string", provider)
    granted = tuple(value.split())
    if granted and "openid" in provider.scopes and "openid" not in granted:
        raise ProviderError(ErrorCode.SCOPE_NOT_GRANTED, provider=provider.slug)
    return granted


def _malformed(detail: str, provider: Provider) -> ProviderError:
    return ProviderError(
        ErrorCode.TOKEN_ANSWER_MALFORMED,
        f"the token endpoint's answer cannot be used: {detail}",
        provider=provider.slug,
    )

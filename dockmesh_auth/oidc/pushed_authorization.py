"""Pushed authorization requests: RFC 9126.

What is asked for goes from us to the provider, with our proof; the browser carries a reference to
it, which says nothing to those who read the address, and which nobody can change on the way.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode

from authlib.common.urls import add_params_to_uri

from dockmesh_auth.domain.login import LoginAttempt
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Answer, Request
from dockmesh_auth.domain.provider import Provider, PushedAuthorization
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.strict_json import Json, parse_object
from dockmesh_auth.errors import ErrorCode, ProviderError
from dockmesh_auth.oidc.authorization import authorization_parameters
from dockmesh_auth.oidc.client_authentication import build_client_proof
from dockmesh_auth.oidc.oauth_errors import OAuthError, parse_oauth_error

__all__ = [
    "MAX_REQUEST_URI",
    "build_pushed_request",
    "build_pushed_url",
    "parse_pushed_answer",
    "pushing_endpoint",
]

MAX_REQUEST_URI: Final = 2048
"""Characters that a reference may have; RFC 9101, section 5.2 wants 512 to be enough."""

# RFC 9126, section 2.2 leaves the format to the provider; no URI has a space or a control
# character in it (RFC 3986, section 2).
_REQUEST_URI: Final = re.compile(f"[!-~]{{1,{MAX_REQUEST_URI}}}")

# Section 2.2 says 201; many servers answer any POST with 200.
_OK: Final = frozenset({200, 201})


def pushing_endpoint(provider: Provider, metadata: ProviderMetadata) -> str | None:
    """Where requests to *provider* are pushed to; None if the browser carries them.

    By itself a request is pushed where the provider demands it (section 5).

    Raises:
        ProviderError: What is configured cannot be done: `DISCOVERY_UNSUPPORTED`, or
            `DISCOVERY_INCOMPLETE` where the provider demands it and names no endpoint.
    """
    policy = provider.pushed_authorization_requests
    demanded = metadata.require_pushed_authorization_requests
    if policy is PushedAuthorization.NEVER and demanded:
        raise _unsupported("never, and the provider takes no other requests", provider)
    if policy is not PushedAuthorization.ALWAYS and not demanded:
        return None
    endpoint = metadata.pushed_authorization_request_endpoint
    if endpoint is None and policy is PushedAuthorization.ALWAYS:
        raise _unsupported("always, and the provider does not offer it", provider)
    if endpoint is None:
        raise ProviderError(
            ErrorCode.DISCOVERY_INCOMPLETE,
            "the provider demands pushed authorization requests, and names no "
            "pushed_authorization_request_endpoint",
            provider=provider.slug,
            evidence={"member": "pushed_authorization_request_endpoint"},
        )
    return endpoint


def build_pushed_request(
    provider: Provider, endpoint: str, attempt: LoginAttempt, *, state: Secret
) -> Request:
    """The request that pushes what an authorization URL would say (section 2.1).

    The client proves itself as at the token endpoint, and is named among the parameters in any
    case: they are those of an authorization request.

    Raises:
        ConfigurationError: The client authentication needs a secret and there is none.
    """
    proof = build_client_proof(provider)
    parameters = {**authorization_parameters(provider, attempt, state=state), **proof.parameters}
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        **proof.headers,
    }
    body = urlencode(parameters).encode()
    return Request(method="POST", url=endpoint, headers=headers, body=body)


def parse_pushed_answer(answer: Answer, provider: Provider) -> Secret:
    """The reference (`request_uri`) to a request that was pushed (sections 2.2 and 2.3).

    An `error` decides, whatever the status. `expires_in` is not needed, since the browser goes
    there at once; one that leaves no time for it is an error here and not a riddle there.

    Raises:
        ProviderError: `CLIENT_REJECTED`, `PUSHED_REQUEST_REFUSED`, `PROVIDER_STATUS` or
            `PROVIDER_ANSWER_MALFORMED`.
    """
    try:
        members = parse_object(answer.body)
    except ValueError as fault:
        if answer.status not in _OK:
            raise _status(answer, provider) from None
        raise _malformed(str(fault), provider) from None
    error = parse_oauth_error(members, provider)
    if error is not None:
        raise _refused(error, provider)
    if answer.status not in _OK:
        raise _status(answer, provider)
    request_uri = members.get("request_uri")
    if not isinstance(request_uri, str) or not _REQUEST_URI.fullmatch(request_uri):
        raise _malformed("it has no request_uri that can be used", provider)
    if _has_expired(members.get("expires_in")):
        raise _malformed("its request_uri has expired already", provider)
    return Secret(request_uri)


def build_pushed_url(provider: Provider, metadata: ProviderMetadata, request_uri: Secret) -> str:
    """Where to send the browser with the reference to a pushed request (section 4).

    Nothing else goes along: what stands beside a reference counts for nothing there (RFC 9101,
    section 5), and would be told to those who read the address.
    """
    parameters = {"client_id": provider.client_id, "request_uri": request_uri.reveal()}
    url: str = add_params_to_uri(metadata.authorization_endpoint, parameters)
    return url


def _has_expired(expires_in: Json) -> bool:
    """Whether a lifetime is a number that leaves no time."""
    if isinstance(expires_in, bool) or not isinstance(expires_in, (int, float)):
        return False
    return expires_in <= 0


def _unsupported(detail: str, provider: Provider) -> ProviderError:
    return ProviderError(
        ErrorCode.DISCOVERY_UNSUPPORTED,
        f"pushed_authorization_requests is {detail}",
        provider=provider.slug,
    )


def _refused(error: OAuthError, provider: Provider) -> ProviderError:
    code = ErrorCode.PUSHED_REQUEST_REFUSED
    if error.is_about_the_client:
        code = ErrorCode.CLIENT_REJECTED
    detail = f"the provider answered the pushed request with the error {error.name}"
    return ProviderError(code, detail, provider=provider.slug, evidence=error.evidence)


def _status(answer: Answer, provider: Provider) -> ProviderError:
    return ProviderError(
        ErrorCode.PROVIDER_STATUS,
        f"the endpoint for pushed requests answered with status {answer.status}",
        provider=provider.slug,
        evidence={"status": str(answer.status)},
    )


def _malformed(detail: str, provider: Provider) -> ProviderError:
    return ProviderError(
        ErrorCode.PROVIDER_ANSWER_MALFORMED,
        f"the answer to the pushed request cannot be used: {detail}",
        provider=provider.slug,
    )

"""What a provider says of itself: OpenID Connect Discovery 1.0, sections 3 and 4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Answer
from dockmesh_auth.domain.provider import ClientAuthentication, Provider, ResponseMode
from dockmesh_auth.domain.strict_json import Json, parse_object
from dockmesh_auth.errors import ErrorCode, ProviderError
from dockmesh_auth.oidc.addresses import check_endpoint
from dockmesh_auth.oidc.evidence import shown, shown_address
from dockmesh_auth.oidc.pushed_authorization import pushing_endpoint

__all__ = [
    "WELL_KNOWN",
    "check_metadata",
    "document_url",
    "parse_metadata",
]

WELL_KNOWN: Final = "/.well-known/openid-configuration"

_OK: Final = 200
_OURS: Final = frozenset(
    {
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "response_mode",
        "max_age",
        "request",
        "request_uri",
    }
)
"""Parameters that an authorization endpoint may not bring along: they would be there twice."""


def document_url(provider: Provider) -> str:
    """Where the document is: as configured, else below the issuer (section 4).

    The well-known path is appended to the issuer's own path, never put before it as RFC 8414 does.
    """
    return provider.discovery_url or provider.issuer.removesuffix("/") + WELL_KNOWN


def parse_metadata(answer: Answer, provider: Provider) -> ProviderMetadata:
    """Read and check the document (sections 3 and 4.3).

    Members that are unknown or optional may be missing; one that is there has its right type.

    Raises:
        ProviderError: `PROVIDER_STATUS`, `PROVIDER_ANSWER_MALFORMED`, `DISCOVERY_INCOMPLETE`, or
            what `check_metadata` raises.
    """
    reader = _Reader(_document(answer, provider), provider)
    metadata = ProviderMetadata(
        issuer=reader.required("issuer"),
        authorization_endpoint=reader.required("authorization_endpoint"),
        token_endpoint=reader.required("token_endpoint"),
        jwks_uri=reader.required("jwks_uri"),
        userinfo_endpoint=reader.text("userinfo_endpoint"),
        end_session_endpoint=reader.text("end_session_endpoint"),
        id_token_signing_alg_values_supported=reader.names("id_token_signing_alg_values_supported"),
        scopes_supported=reader.names("scopes_supported"),
        token_endpoint_auth_methods_supported=reader.names("token_endpoint_auth_methods_supported"),
        code_challenge_methods_supported=reader.names("code_challenge_methods_supported"),
        authorization_response_iss_parameter_supported=reader.flag(
            "authorization_response_iss_parameter_supported"
        ),
        response_modes_supported=reader.names("response_modes_supported"),
        pushed_authorization_request_endpoint=reader.text("pushed_authorization_request_endpoint"),
        require_pushed_authorization_requests=reader.flag("require_pushed_authorization_requests"),
    )
    response_types = reader.names("response_types_supported")
    check_metadata(metadata, provider)
    if response_types and "code" not in response_types:
        raise _unsupported("the provider does not offer the response type code", provider)
    return metadata


def check_metadata(metadata: ProviderMetadata, provider: Provider) -> None:
    """Hold metadata against the configuration, whoever found it.

    The issuer must be the configured one, code point by code point (section 4.3), or the template
    that stands for the tenants that are configured; every endpoint
    must pass `check_endpoint`; what is configured must be on offer, where the provider says what
    it offers. Nothing here decides which signature algorithms are accepted: the configuration does.

    Raises:
        ProviderError: `DISCOVERY_ISSUER_MISMATCH`, `DISCOVERY_UNSAFE_ENDPOINT`,
            `DISCOVERY_UNSUPPORTED`, or what `pushing_endpoint` raises.
    """
    expected = provider.document_issuer
    if metadata.issuer != expected:
        raise ProviderError(
            ErrorCode.DISCOVERY_ISSUER_MISMATCH,
            f"the document's issuer is {shown(metadata.issuer)}, the configured one is "
            f"{shown(expected)}: {_likely_cause(metadata.issuer, expected)}",
            provider=provider.slug,
            evidence={"found": shown(metadata.issuer), "configured": shown(expected)},
        )
    for url in (
        metadata.authorization_endpoint,
        metadata.token_endpoint,
        metadata.jwks_uri,
        metadata.userinfo_endpoint,
        metadata.end_session_endpoint,
        metadata.pushed_authorization_request_endpoint,
    ):
        if url is not None:
            check_endpoint(url, provider)
    _check_query(metadata.authorization_endpoint, provider)
    _check_offer(metadata, provider)
    pushing_endpoint(provider, metadata)


def _document(answer: Answer, provider: Provider) -> Mapping[str, Json]:
    address = shown_address(document_url(provider))
    if answer.status != _OK:
        raise ProviderError(
            ErrorCode.PROVIDER_STATUS,
            f"{address} answered with status {answer.status}",
            provider=provider.slug,
            evidence={"status": str(answer.status)},
        )
    # Some providers call their JSON text/plain or nothing at all; a page is never the document.
    if answer.media_type in {"text/html", "application/xhtml+xml"}:
        raise _malformed(f"{address} answered with a web page, not with JSON", provider)
    try:
        return parse_object(answer.body)
    except ValueError as fault:
        raise _malformed(f"{address}: {fault}", provider) from None


class _Reader:
    """Reads members of the document by type; null counts as missing."""

    def __init__(self, members: Mapping[str, Json], provider: Provider) -> None:
        self._members = members
        self._provider = provider

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise ProviderError(
                ErrorCode.DISCOVERY_INCOMPLETE,
                f"the discovery document has no {name}",
                provider=self._provider.slug,
                evidence={"member": name},
            )
        return value

    def text(self, name: str) -> str | None:
        value = self._members.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise self._wrong(name, "a string")
        return value

    def names(self, name: str) -> tuple[str, ...]:
        value = self._members.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self._wrong(name, "a list of strings")
        strings = tuple(item for item in value if isinstance(item, str))
        if len(strings) != len(value):
            raise self._wrong(name, "a list of strings")
        return strings

    def flag(self, name: str) -> bool:
        value = self._members.get(name)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def _wrong(self, name: str, expected: str) -> ProviderError:
        detail = f"the discovery document's {name} is not {expected}"
        return _malformed(detail, self._provider)


def _check_query(authorization_endpoint: str, provider: Provider) -> None:
    query = urlsplit(authorization_endpoint).query
    twice = sorted(_OURS.intersection(name for name, _ in parse_qsl(query, keep_blank_values=True)))
    if twice:
        raise ProviderError(
            ErrorCode.DISCOVERY_UNSAFE_ENDPOINT,
            f"the authorization endpoint brings the parameter {twice[0]} along",
            provider=provider.slug,
            evidence={"endpoint": shown_address(authorization_endpoint)},
        )


def _check_offer(metadata: ProviderMetadata, provider: Provider) -> None:
    modes = metadata.response_modes_supported
    if provider.response_mode is ResponseMode.FORM_POST and modes and "form_post" not in modes:
        raise _unsupported(
            "response_mode is form_post, and the provider does not offer it", provider
        )
    methods = metadata.token_endpoint_auth_methods_supported
    configured = provider.client_authentication
    # Providers that let public clients in often do not list `none`: it says nothing here.
    if configured is not ClientAuthentication.NONE and methods and configured.value not in methods:
        raise _unsupported(
            f"client_authentication is {configured.value}, and the provider offers "
            f"{shown(', '.join(methods))}",
            provider,
        )


def _likely_cause(found: str, configured: str) -> str:
    """Why two issuers differ, as far as one can tell from the two."""
    if found.rstrip("/") == configured.rstrip("/"):
        return "they differ in the trailing slash, which counts"
    if found.lower() == configured.lower():
        return "they differ in letter case, which counts"
    if "{" in found:
        return "the document is a template for many tenants; configure the tenant's own issuer"
    there_scheme, _, there = found.partition("://")
    here_scheme, _, here = configured.partition("://")
    if there == here and there_scheme != here_scheme:
        return (
            "one is http and the other https; a proxy before the provider may not pass "
            "X-Forwarded-Proto on"
        )
    if there.partition("/")[0] != here.partition("/")[0]:
        return "another host; some providers build their issuer from the host they are called by"
    return "another path; is it the address of another application or realm?"


def _malformed(detail: str, provider: Provider) -> ProviderError:
    return ProviderError(ErrorCode.PROVIDER_ANSWER_MALFORMED, detail, provider=provider.slug)


def _unsupported(detail: str, provider: Provider) -> ProviderError:
    return ProviderError(ErrorCode.DISCOVERY_UNSUPPORTED, detail, provider=provider.slug)

"""What a provider publishes of itself."""

from __future__ import annotations

from attrs import frozen

__all__ = ["ProviderMetadata"]


@frozen(kw_only=True)
class ProviderMetadata:
    """A provider's metadata, checked (OpenID Connect Discovery 1.0, section 3).

    Attributes carry the specification's names. Every endpoint is an absolute URL that was held
    against the provider's address rules.

    Attributes:
        issuer: Equal to the configured issuer, character by character.
        authorization_endpoint: Where the browser is sent.
        token_endpoint: Where the code is exchanged.
        jwks_uri: Where the signing keys are published; None if the provider has none.
        userinfo_endpoint: Where more claims are to be had; None if nowhere.
        end_session_endpoint: Where a person can end the session at the provider; None if nowhere.
        id_token_signing_alg_values_supported: What the provider says it signs with. Information
            only: which algorithms are accepted is decided by the configuration.
        scopes_supported: The scopes it offers; empty if it does not say.
        token_endpoint_auth_methods_supported: The client authentication it offers; empty if it
            does not say.
        code_challenge_methods_supported: The PKCE methods it announces; S256 is used always.
        authorization_response_iss_parameter_supported: Whether its responses carry `iss`
            (RFC 9207, section 3).
        response_modes_supported: The response modes it offers; empty if it does not say.
        pushed_authorization_request_endpoint: Where authorization requests can be sent ahead of
            the browser (RFC 9126, section 5); None if nowhere.
        require_pushed_authorization_requests: Whether it takes no others.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str | None = None
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    id_token_signing_alg_values_supported: tuple[str, ...] = ()
    scopes_supported: tuple[str, ...] = ()
    token_endpoint_auth_methods_supported: tuple[str, ...] = ()
    code_challenge_methods_supported: tuple[str, ...] = ()
    authorization_response_iss_parameter_supported: bool = False
    response_modes_supported: tuple[str, ...] = ()
    pushed_authorization_request_endpoint: str | None = None
    require_pushed_authorization_requests: bool = False

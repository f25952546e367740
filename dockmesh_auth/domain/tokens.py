"""Tokens before they are trusted, and what is expected of them."""

from __future__ import annotations

from attrs import field, frozen

from dockmesh_auth.domain.secret import Secret

__all__ = ["Expectation", "TokenResponse"]


@frozen(kw_only=True)
class TokenResponse:
    """The token endpoint's answer (RFC 6749, section 5.1), not yet trusted.

    Attributes:
        id_token: The raw ID token; None where the provider has none to give.
        access_token: For the userinfo endpoint and nothing else.
        refresh_token: None unless `offline_access` was granted.
        expires_in: Seconds the access token lives, as the provider says; None if it does not.
        scope: What was granted; None if the provider does not say.
    """

    id_token: Secret | None = None
    access_token: Secret
    refresh_token: Secret | None = None
    expires_in: int | None = None
    scope: tuple[str, ...] | None = field(default=None)


@frozen(kw_only=True)
class Expectation:
    """What an ID token must match besides its issuer and audience.

    Attributes:
        nonce: The nonce of the authorization request.
        now: The time to judge by, Unix seconds.
        max_age: Seconds since the person's last active sign-in; None for any.
    """

    nonce: str = field(repr=False)
    now: float
    max_age: int | None = None

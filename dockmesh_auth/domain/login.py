"""A sign-in between its start and its return."""

from __future__ import annotations

from attrs import field, frozen

from dockmesh_auth.domain.provider import ResponseMode
from dockmesh_auth.domain.secret import Secret

__all__ = ["LOGIN_LIFETIME", "LoginAttempt"]

LOGIN_LIFETIME = 600
"""Seconds from the start of a sign-in to its return."""


@frozen(kw_only=True)
class LoginAttempt:
    """What is remembered of a sign-in while the person is at the provider. Used once.

    Attributes:
        state_digest: SHA-256 of the `state`, hexadecimal: the key under which it is kept.
        browser_digest: SHA-256 of the value that the browser keeps in a cookie.
        provider: Slug of the provider it began with.
        redirect_uri: The redirect URI that was sent.
        response_mode: How the answer has to come.
        nonce: Binds the ID token to this attempt.
        code_verifier: Binds the code to this attempt (RFC 7636).
        return_to: A path of this site to go to afterwards.
        expires_at: Unix seconds.
    """

    state_digest: str
    browser_digest: str
    provider: str
    redirect_uri: str
    response_mode: ResponseMode
    nonce: str = field(repr=False)
    code_verifier: Secret
    return_to: str
    expires_at: float

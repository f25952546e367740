"""The sentences with which Authentik describes its errors: those of the specifications."""

from __future__ import annotations

from typing import Final

__all__ = ["DESCRIPTIONS"]

DESCRIPTIONS: Final = {
    "invalid_client": "Client authentication failed (e.g., unknown client, no client "
    "authentication included, or unsupported authentication method)",
    "invalid_grant": "The provided authorization grant or refresh token is invalid, expired, "
    "revoked, does not match the redirection URI used in the authorization request, or was "
    "issued to another client",
    "unsupported_grant_type": "The authorization grant type is not supported by the "
    "authorization server",
    "unsupported_response_type": "The authorization server does not support obtaining an "
    "authorization code using this method",
    "request_not_supported": "The provider does not support use of the request parameter",
    "invalid_token": "The access token provided is expired, revoked, malformed, or invalid for "
    "other reasons",
    "insufficient_scope": "The request requires higher privileges than provided by the access "
    "token",
}

"""Why a token is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dockmesh_auth.errors.codes import ErrorCode as C
from dockmesh_auth.errors.explanations.explanation import Explanation

__all__ = ["TOKENS"]

TOKENS: Final[Mapping[C, Explanation]] = {
    C.ID_TOKEN_MISSING: Explanation(
        "The provider's answer has no ID token.",
        "Check that the scope `openid` is configured and offered by the provider.",
    ),
    C.TOKEN_MALFORMED: Explanation(
        "The token is not a well-formed signed token.",
        "Check the provider's version and log.",
    ),
    C.TOKEN_TOO_LARGE: Explanation(
        "The token is larger than the limit.",
        "Let the provider send fewer groups, only those that are mapped.",
    ),
    C.TOKEN_ENCRYPTED: Explanation(
        "The token is encrypted and there is no key here to open it.",
        "Remove the encryption key at the provider, or configure `decryption_key`.",
    ),
    C.TOKEN_DECRYPTION_FAILED: Explanation(
        "The token is encrypted and none of the keys here opens it.",
        "Compare the provider's encryption key with `decryption_key`.",
    ),
    C.ALGORITHM_NOT_ALLOWED: Explanation(
        "The token is signed with an algorithm that the configuration does not allow.",
        "Choose another signing key at the provider, or extend `id_token_algorithms`.",
    ),
    C.NO_SIGNING_KEY: Explanation(
        "The provider signs with the client secret: it has no signing key selected.",
        "Select a signing key in the provider's settings.",
    ),
    C.HEADER_REFUSED: Explanation(
        "The token's header has a parameter that must not be accepted.",
        "Check the provider's version; this may be a forgery.",
    ),
    C.KEY_UNKNOWN: Explanation(
        "The token is signed with a key that the provider does not publish.",
        "Try again in a minute; then compare the provider's certificate and key set.",
    ),
    C.KEY_AMBIGUOUS: Explanation(
        "The token names no key, and several published keys fit.",
        "Let the provider put a `kid` into its tokens.",
    ),
    C.SIGNATURE_INVALID: Explanation(
        "The token's signature is wrong.",
        "Try again; if it stays, compare the provider's key set with its certificate.",
    ),
    C.TOKEN_KIND_WRONG: Explanation(
        "The token is of another kind than an ID token.",
        "Check the provider's configuration; this may be a forgery.",
    ),
    C.CLAIM_MISSING: Explanation(
        "The token lacks a required claim.",
        "Check the provider's claim settings.",
    ),
    C.CLAIM_MALFORMED: Explanation(
        "A claim of the token has the wrong type or an impossible value.",
        "Check the provider's claim mappings.",
    ),
    C.ISSUER_MISMATCH: Explanation(
        "The token was issued by another issuer.",
        "Check that all traffic to the provider uses one and the same host name.",
    ),
    C.AUDIENCE_MISMATCH: Explanation(
        "The token was issued for another client.",
        "Compare the client id here with the provider's.",
    ),
    C.AUDIENCE_UNTRUSTED: Explanation(
        "The token is also meant for a client that is not trusted here.",
        "List that client in `trusted_audiences` if it really may share tokens.",
    ),
    C.AUTHORIZED_PARTY_MISMATCH: Explanation(
        "The token was issued to another client (azp).",
        "Compare the client id here with the provider's.",
    ),
    C.TOKEN_EXPIRED: Explanation(
        "The token has expired.",
        "Compare the clocks of this host and of the provider.",
    ),
    C.TOKEN_NOT_YET_VALID: Explanation(
        "The token is dated in the future.",
        "Compare the clocks of this host and of the provider.",
    ),
    C.NONCE_MISMATCH: Explanation(
        "The token belongs to another sign-in.",
        "Start again from the login page; if it happens again, report it.",
    ),
    C.ACCESS_TOKEN_HASH_MISMATCH: Explanation(
        "The access token does not belong to the ID token.",
        "Start again; if it happens again, report it.",
    ),
    C.AUTHENTICATION_TOO_OLD: Explanation(
        "The person signed in at the provider longer ago than `max_age` allows.",
        "Sign in at the provider again.",
    ),
    C.USERINFO_SUBJECT_MISMATCH: Explanation(
        "The userinfo endpoint answered for another person than the ID token.",
        "Report it to the provider's administrator; nothing of it was used.",
    ),
    C.SUBJECT_UNEXPECTED: Explanation(
        "The subject does not have the form that the configured subject mode gives.",
        "Put the provider's subject mode back, or change `subject_mode` knowingly.",
    ),
}

"""Whom claims name: OpenID Connect Core 1.0, sections 2 and 5.7."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.identity import Identity
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.errors import ErrorCode, TokenRejected

__all__ = ["MAX_SUBJECT", "check_subject", "identify"]

MAX_SUBJECT: Final = 255
"""Characters of a subject (OpenID Connect Core 1.0, section 2)."""

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def check_subject(claims: Mapping[str, object], claim: str = "sub") -> str:
    """The subject in *claims*: not empty, at most 255 characters. Nothing invisible, since two
    subjects that look alike are two people.

    Args:
        claims: The members of a token.
        claim: The claim that names the person.

    Raises:
        TokenRejected: `CLAIM_MISSING` or `CLAIM_MALFORMED`.
    """
    subject = claims.get(claim)
    if not isinstance(subject, str):
        if claim in claims:
            raise _malformed(claim, "is not a string")
        raise TokenRejected(
            ErrorCode.CLAIM_MISSING,
            f"The token lacks the claim {claim}.",
            evidence={"claim": claim},
        )
    if not subject or len(subject) > MAX_SUBJECT:
        raise _malformed(claim, f"is not 1 to {MAX_SUBJECT} characters long")
    if not subject.isprintable() and any(
        unicodedata.category(letter) in _INVISIBLE for letter in subject
    ):
        raise _malformed(claim, "holds an invisible character")
    return subject


def identify(claims: Claims, provider: Provider) -> Identity:
    """Who the person is, for good: the issuer and the claim that never changes hands.

    That claim is `sub`, unless the plugin's description names another one. No plugin is asked, and
    nothing that a stage answers later changes it.

    Raises:
        TokenRejected: `CLAIM_MISSING` or `CLAIM_MALFORMED`.
    """
    if provider.subject_claim == "sub":
        return Identity(claims.issuer, check_subject({"sub": claims.subject}))
    return Identity(claims.issuer, check_subject(claims, provider.subject_claim))


def _malformed(claim: str, problem: str) -> TokenRejected:
    return TokenRejected(
        ErrorCode.CLAIM_MALFORMED,
        f"The token's claim {claim} {problem}.",
        evidence={"claim": claim},
    )

"""What the pages write into the log: one line for each refusal, safe to print, no secret."""

from __future__ import annotations

import traceback
from typing import Final

import structlog

from dockmesh_auth.errors import AuthError

__all__ = ["MAX_LOGGED", "printable", "record_failure", "record_refusal", "record_unmeant_sign_out"]

MAX_LOGGED: Final = 300
"""Characters of one value; what people and providers send may be of any length."""

_MAX_EVIDENCE: Final = 20
_MAX_FRAMES: Final = 8

_NAME: Final = "dockmesh_auth.web"


def printable(text: str) -> str:
    """*text* on one line, with everything that is not visible escaped, and cut to size.

    Whoever chooses a name or an error text must not be able to forge a line of the log.
    """
    cut = text[:MAX_LOGGED]
    shown = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in cut
    )
    return shown if len(text) <= MAX_LOGGED else f"{shown}... ({len(text)} characters)"


def _optional(text: str | None) -> str | None:
    return None if text is None else printable(text)


def record_refusal(error: AuthError, reference: str) -> None:
    """Write down that *error* ended a request, under the *reference* that the person sees."""
    evidence = {
        printable(name): printable(value)
        for name, value in list(error.evidence.items())[:_MAX_EVIDENCE]
    }
    structlog.get_logger(_NAME).warning(
        "sign_in_refused",
        reference=reference,
        branch=type(error).__name__,
        code=str(error.code),
        detail=printable(error.detail),
        remedy=error.remedy,
        provider=_optional(error.provider),
        plugin=_optional(error.plugin),
        hook=_optional(error.hook),
        evidence=evidence,
    )


def record_failure(error: Exception, reference: str) -> None:
    """Write down an error that nobody foresaw: what kind and where, but none of its text.

    The text of a foreign exception may quote a token or an address with a code in it.
    """
    frames = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
    structlog.get_logger(_NAME).error(
        "unexpected_error",
        reference=reference,
        kind=type(error).__qualname__,
        where=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    )


def record_unmeant_sign_out(reason: str) -> None:
    """Write down that a request to sign out was not obeyed."""
    structlog.get_logger(_NAME).warning("sign_out_refused", reason=reason)

r"""Text of any Unicode, kept exactly by every database.

PostgreSQL refuses U+0000, and neither database takes a lone surrogate; a provider's JSON can hold
both. They, and the backslash itself, are written as a backslash and four hexadecimal digits, so
that two different texts never become one: the subject of a person depends on it
(OpenID Connect Core 1.0, section 5.7).
"""

from __future__ import annotations

import re

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

__all__ = ["ExactText", "escape", "unescape"]

_AWKWARD = re.compile("[\\\\\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"\\([0-9a-f]{4})")


def escape(text: str) -> str:
    r"""The form of *text* that is stored: `a\b` becomes `a\005cb`."""
    if _AWKWARD.search(text) is None:
        return text
    return _AWKWARD.sub(lambda found: f"\\{ord(found[0]):04x}", text)


def unescape(stored: str) -> str:
    """The text that was stored as *stored*."""
    if "\\" not in stored:
        return stored
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), stored)


class ExactText(TypeDecorator[str]):
    """A column of text from outside. Comparison is by code point; see the migrations."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """The form that is stored."""
        return None if value is None else escape(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """The text itself."""
        return None if value is None else unescape(value)

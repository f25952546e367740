"""How values that a stranger wrote are shown to an operator: escaped, cut, never trusted."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["MAX_SHOWN", "shown", "shown_address", "shown_without_secrets"]

MAX_SHOWN: Final = 100
"""Characters of a stranger's text that a log line shows."""

_KINDS: Final = {
    dict: "an object",
    list: "an array",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
}

# What codes, tokens and secrets are made of, longer than any word of a sentence.
_LOOKS_SECRET: Final = re.compile(r"[A-Za-z0-9_~+/.=-]{20,}")
_CREDENTIALS: Final = re.compile(r"^([^/?#]*//)[^/?#]*@")


def shown(value: object) -> str:
    """*value* for a log line: a string in quotes, ASCII, without line breaks, at most
    `MAX_SHOWN` characters of it; anything else as the name of its JSON type.

    Not for secrets: nonces, tokens and codes are not shown at all.
    """
    if not isinstance(value, str):
        return _KINDS.get(type(value), "another type")
    text = ascii(value[:MAX_SHOWN])
    return text if len(value) <= MAX_SHOWN else f"{text}..."


def shown_address(url: str) -> str:
    """*url* for a log line, without what may be secret in it: credentials, query, fragment."""
    bare = url.partition("#")[0].partition("?")[0]
    return shown(_CREDENTIALS.sub(r"\1", bare))


def shown_without_secrets(text: str) -> str:
    """A sentence that a stranger wrote, for a log line, at most twice `MAX_SHOWN` characters.

    Whatever looks like a code or a token is left out, all but visible ASCII is escaped. Empty
    stays empty.
    """
    cut = text[: 2 * MAX_SHOWN]
    cleaned = _LOOKS_SECRET.sub("[...]", cut)[:MAX_SHOWN]
    return cleaned.encode("unicode_escape").decode("ascii")[: 2 * MAX_SHOWN]

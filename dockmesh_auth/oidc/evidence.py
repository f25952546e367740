"""How values that a stranger wrote are shown to an operator: escaped, cut, never trusted."""

from __future__ import annotations

from typing import Final

__all__ = ["MAX_SHOWN", "shown"]

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


def shown(value: object) -> str:
    """*value* for a log line: a string in quotes, ASCII, without line breaks, at most
    `MAX_SHOWN` characters of it; anything else as the name of its JSON type.

    Not for secrets: nonces, tokens and codes are not shown at all.
    """
    if not isinstance(value, str):
        return _KINDS.get(type(value), "another type")
    text = ascii(value[:MAX_SHOWN])
    return text if len(value) <= MAX_SHOWN else f"{text}..."

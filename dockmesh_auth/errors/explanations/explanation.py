"""One code in words."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Explanation"]


class Explanation(NamedTuple):
    """One code in words.

    Attributes:
        cause: What happened, one sentence.
        remedy: What to do about it; names who does it where that is not the reader.
    """

    cause: str
    remedy: str

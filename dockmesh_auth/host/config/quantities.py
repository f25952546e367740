"""Numbers and durations, each between bounds."""

from __future__ import annotations

import re
from typing import Final

from attrs import frozen

from dockmesh_auth.host.config.kinds import Refused, Schema, wrong_type

__all__ = ["Duration", "Number", "Whole"]


@frozen
class Whole:
    """A whole number between two bounds, both included; without bounds, any."""

    least: int | None = None
    most: int | None = None

    @property
    def words(self) -> str:
        """See `Kind.words`."""
        if self.least is None:
            return "a whole number"
        return f"a whole number from {self.least} to {self.most}"

    def read(self, value: object) -> int:
        """See `Kind.read`."""
        if type(value) is not int:
            raise wrong_type(self.words, value)
        if self.least is not None and self.most is not None:
            _check_bounds(value, self.least, self.most, self.words)
        return value

    def schema(self) -> Schema:
        """See `Kind.schema`."""
        if self.least is None:
            return {"type": "integer"}
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@frozen
class Number:
    """A number between two bounds, both included."""

    least: float
    most: float

    @property
    def words(self) -> str:
        """See `Kind.words`."""
        return f"a number from {self.least:g} to {self.most:g}"

    def read(self, value: object) -> float:
        """See `Kind.read`."""
        if type(value) is not int and type(value) is not float:
            raise wrong_type(self.words, value)
        _check_bounds(value, self.least, self.most, self.words)
        return float(value)

    def schema(self) -> Schema:
        """See `Kind.schema`."""
        return {"type": "number", "minimum": self.least, "maximum": self.most}


def _check_bounds(value: float, least: float, most: float, words: str) -> None:
    # "not a number" is within no bounds: the comparison is written so that it fails
    if not least <= value <= most:
        raise Refused(f"must be {words}")


_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@frozen
class Duration:
    """Seconds, or a number with a unit (`60m`, `24h`, `30d`), between two bounds.

    Attributes:
        least: The lower bound, as it is written.
        most: The upper bound, as it is written.
    """

    least: str
    most: str

    @property
    def words(self) -> str:
        """See `Kind.words`."""
        return f"seconds, or a duration such as 90s, 60m, 24h or 30d; {self.least} to {self.most}"

    def read(self, value: object) -> int:
        """See `Kind.read`."""
        if type(value) is int:
            seconds = value
        elif type(value) is str:
            seconds = _seconds(value, self.words)
        else:
            raise wrong_type(self.words, value)
        _check_bounds(seconds, _seconds(self.least, ""), _seconds(self.most, ""), self.words)
        return seconds

    def schema(self) -> Schema:
        """See `Kind.schema`."""
        least, most = _seconds(self.least, ""), _seconds(self.most, "")
        return {
            "anyOf": [
                {"type": "integer", "minimum": least, "maximum": most},
                {"type": "string", "pattern": "^[0-9]{1,9}[smhd]$"},
            ]
        }


def _seconds(text: str, words: str) -> int:
    found = re.fullmatch("([0-9]{1,9})([smhd])", text)
    if found is None:
        raise Refused(f"must be {words}")
    return int(found[1]) * _UNITS[found[2]]

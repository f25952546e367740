"""The kinds of values in the configuration: how each is read, strictly, and how it is described.

No kind turns one type into another: the text `"false"` is not false and `0` is not no.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, Protocol, TypeAlias

from attrs import frozen
from cattrs.errors import IterableValidationError, IterableValidationNote

from dockmesh_auth.errors import AuthError, ErrorCode

__all__ = [
    "Choice",
    "Duration",
    "Flag",
    "Kind",
    "ListOf",
    "Number",
    "OneOf",
    "Refused",
    "Rule",
    "Schema",
    "Text",
    "Whole",
    "named_type",
    "wrong_type",
]

Schema: TypeAlias = dict[str, Any]
Rule: TypeAlias = Callable[[str], object]
"""Turns a text into its value, or raises `Refused` or an `AuthError`."""


class Refused(Exception):  # noqa: N818 - an answer, not a failure
    """A value that is not allowed here; never leaves this package.

    Attributes:
        code: What kind of fault it is.
        text: What would be right. Quotes no value that may be secret.
    """

    def __init__(self, text: str, code: ErrorCode = ErrorCode.CONFIG_INVALID_VALUE) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Kind(Protocol):
    """A kind of value."""

    @property
    def words(self) -> str:
        """What may be written, for messages and documentation."""
        ...

    def read(self, value: object) -> Any:
        """The value for the host.

        Raises:
            Refused: *value* is not of this kind.
        """
        ...

    def schema(self) -> Schema:
        """This kind in JSON Schema, 2020-12."""
        ...


def named_type(value: object) -> str:
    """The type of *value* as an administrator would call it."""
    names = {
        type(None): "nothing",
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "a section",
    }
    return names[type(value)]


def wrong_type(words: str, value: object) -> Refused:
    """The refusal of *value* where *words* are expected; does not quote it."""
    return Refused(f"must be {words}, not {named_type(value)}", ErrorCode.CONFIG_WRONG_TYPE)


def _as_is(text: str) -> str:
    return text


@frozen
class Text:
    """Text, not empty.

    Attributes:
        words: What it is.
        pattern: What all of it must match.
        longest: Characters it may have.
        rule: What turns it into its value.
    """

    words: str = "text"
    pattern: str | None = None
    longest: int = 1024
    rule: Rule = _as_is

    def read(self, value: object) -> Any:
        """See `Kind.read`."""
        if type(value) is not str:
            raise wrong_type(self.words, value)
        if not value:
            raise Refused(f"must be {self.words}, not empty")
        if len(value) > self.longest:
            raise Refused(f"must not be longer than {self.longest} characters")
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            raise Refused(f"must be {self.words}")
        try:
            return self.rule(value)
        except AuthError as error:
            raise Refused(error.detail, error.code) from None

    def schema(self) -> Schema:
        """See `Kind.schema`."""
        schema: Schema = {"type": "string", "minLength": 1, "maxLength": self.longest}
        if self.pattern is not None:
            schema["pattern"] = f"^(?:{self.pattern})$"
        return schema


@frozen
class Flag:
    """True or false."""

    words: str = "true or false"

    def read(self, value: object) -> bool:
        """See `Kind.read`."""
        if type(value) is not bool:
            raise wrong_type(self.words, value)
        return value

    def schema(self) -> Schema:
        """See `Kind.schema`."""
        return {"type": "boolean"}


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


@frozen
class Choice:
    """One of the members of an enumeration, or one of some words."""

    of: type[StrEnum] | tuple[str, ...]

    @property
    def words(self) -> str:
        """See `Kind.words`."""
        return "one of " + ", ".join(self._names())

    def read(self, value: object) -> str:
        """See `Kind.read`."""
        if type(value) is not str:
            raise wrong_type(self.words, value)
        if value not in self._names():
            raise Refused(f"must be {self.words}")
        return value if isinstance(self.of, tuple) else self.of(value)

    def schema(self) -> Schema:
        """See `Kind.schema`."""
        return {"enum": self._names()}

    def _names(self) -> list[str]:
        return [str(name) for name in self.of]


@frozen
class ListOf:
    """A list of values of one kind.

    Attributes:
        item: The kind.
        plural: What the values are called.
        fewest: How many there are at least.
    """

    item: Kind
    plural: str
    fewest: int = 0

    @property
    def words(self) -> str:
        """See `Kind.words`."""
        return f"a list of {self.plural}"

    def read(self, value: object) -> tuple[Any, ...]:
        """See `Kind.read`. All items are read; what is wrong with any of them is told."""
        if type(value) is not list:
            raise wrong_type(self.words, value)
        if len(value) < self.fewest:
            raise Refused(f"must be {self.words}, not empty")
        items: list[Any] = []
        faults: list[Exception] = []
        for index, item in enumerate(value):
            try:
                items.append(self.item.read(item))
            except (Refused, ExceptionGroup) as fault:
                fault.add_note(IterableValidationNote("", index, object))
                faults.append(fault)
        if faults:
            raise IterableValidationError("", faults, list)
        return tuple(items)

    def schema(self) -> Schema:
        """See `Kind.schema`."""
        return {"type": "array", "items": self.item.schema(), "minItems": self.fewest}


@frozen
class OneOf:
    """One of several kinds, told apart by the type of what is written.

    Attributes:
        kinds: The kinds by type.
        words: What may be written.
    """

    kinds: tuple[tuple[type, Kind], ...]
    words: str

    def read(self, value: object) -> Any:
        """See `Kind.read`."""
        for type_, kind in self.kinds:
            if type(value) is type_:
                return kind.read(value)
        raise wrong_type(self.words, value)

    def schema(self) -> Schema:
        """See `Kind.schema`."""
        return {"anyOf": [kind.schema() for _, kind in self.kinds]}

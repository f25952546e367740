"""The kinds of values in the configuration: how each is read, strictly, and how it is described.

No kind turns one type into another: the text `"false"` is not false and `0` is not no.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from attrs import frozen
from cattrs.errors import IterableValidationError, IterableValidationNote

from dockmesh_auth.errors import AuthError, ErrorCode

__all__ = [
    "Choice",
    "Flag",
    "Kind",
    "ListOf",
    "OneOf",
    "Refused",
    "Rule",
    "Schema",
    "Text",
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

"""What a provider says of somebody's groups, in five states that are never confused."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, TypeGuard, cast

from attrs import frozen

from dockmesh_auth.domain.claims import MISSING, ClaimPath
from dockmesh_auth.domain.strict_json import FrozenJson

__all__ = ["MAX_GROUPS", "MAX_GROUP_NAME", "GroupState", "Groups"]

MAX_GROUPS: Final = 10_000
"""More names than this are not read: the claim counts as overage."""

MAX_GROUP_NAME: Final = 1024
"""A longer name, in characters, makes the claim malformed."""


_VISIBLE: Final = bytes(range(0x20, 0x7F))
"""The letters of ASCII that are seen, and the blank."""


class GroupState(StrEnum):
    """How much is known of somebody's groups."""

    PRESENT = "present"
    EMPTY = "empty"
    ABSENT = "absent"
    MALFORMED = "malformed"
    OVERAGE = "overage"


@frozen
class Groups:
    """The evidence for somebody's groups.

    Attributes:
        state: Which of the five it is. Only `present` and `empty` are knowledge; the others say
            that nothing is known, which is never taken for "no groups".
        names: The names, duplicates removed, in the provider's order; empty unless present.
        detail: Why the state is what it is; for people, holds no value of a claim.
    """

    state: GroupState
    names: tuple[str, ...] = ()
    detail: str = ""

    def __attrs_post_init__(self) -> None:
        if bool(self.names) != (self.state is GroupState.PRESENT):
            raise ValueError("groups have names if they are present, and only then")

    @classmethod
    def of(cls, names: Iterable[str]) -> Groups:
        """Known groups: `present` with their names, or `empty`.

        The rules of `read` hold: one string is one name, and what is not a name makes all of
        them `malformed`.
        """
        return cls._checked((names,) if isinstance(names, str) else tuple(names))

    @classmethod
    def absent(cls, detail: str) -> Groups:
        """The provider said nothing of groups."""
        return cls(GroupState.ABSENT, detail=detail)

    @classmethod
    def malformed(cls, detail: str) -> Groups:
        """The provider said something that is not a list of names."""
        return cls(GroupState.MALFORMED, detail=detail)

    @classmethod
    def overage(cls, detail: str) -> Groups:
        """The provider has more groups than it sends."""
        return cls(GroupState.OVERAGE, detail=detail)

    @classmethod
    def read(cls, claims: Mapping[str, FrozenJson], path: ClaimPath) -> Groups:
        """Read the claim at *path*: a list of names, or one name as a string.

        A string is one name, never split and never a set of letters. A list that holds anything
        but names is malformed as a whole: part of a list is not what the provider meant.
        Distributed claims (OpenID Connect Core 1.0, section 5.6.2) are overage; never fetched.
        """
        value = path.find(claims)
        if value is MISSING:
            if _distributed(claims, path):
                return cls.overage(f"the claim {path} is only referred to, not sent")
            return cls.absent(f"there is no claim {path}")
        if isinstance(value, str):
            value = (value,)
        if not isinstance(value, tuple):
            return cls.malformed(f"the claim {path} is not a list of names")
        return cls._checked(value, path)

    @classmethod
    def _checked(cls, values: tuple[FrozenJson, ...], path: ClaimPath | None = None) -> Groups:
        if len(values) <= MAX_GROUPS and _plain(values):
            return cls(GroupState.PRESENT, tuple(dict.fromkeys(values)))
        place = f"the claim {path}" if path else "the groups"
        if len(values) > MAX_GROUPS:
            return cls.overage(f"{place}: more than {MAX_GROUPS} names")
        names: dict[str, None] = {}
        for position, name in enumerate(values, 1):
            problem = _problem(name)
            if problem or not isinstance(name, str):
                return cls.malformed(f"entry {position} of {place} {problem}")
            names[name] = None
        return cls(GroupState.PRESENT, tuple(names)) if names else cls(GroupState.EMPTY)


def _plain(values: tuple[FrozenJson, ...]) -> TypeGuard[tuple[str, ...]]:
    """Whether there are names and all are short and of visible ASCII, told in a few calls.

    Nearly always so; whoever is not plain is looked at name by name.
    """
    names = cast("tuple[str, ...]", values)
    try:
        text = "".join(names)
    except TypeError:  # one of them is no string
        return False
    return (
        text != ""
        and text.isascii()
        and not text.encode("ascii").translate(None, _VISIBLE)  # faster than `isprintable`
        and all(names)
        and (len(text) <= MAX_GROUP_NAME or max(map(len, names)) <= MAX_GROUP_NAME)
    )


def _problem(name: FrozenJson) -> str:
    if not isinstance(name, str):
        return "is not a string"
    if not name:
        return "is empty"
    if len(name) > MAX_GROUP_NAME:
        return f"is longer than {MAX_GROUP_NAME} characters"
    if name.isascii() and name.isprintable():
        return ""
    # Control and format characters are invisible: two names that look alike must not differ by
    # one of them unseen.
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for letter in name):
        return "holds an invisible character"
    return ""


def _distributed(claims: Mapping[str, FrozenJson], path: ClaimPath) -> bool:
    names = claims.get("_claim_names")
    if isinstance(names, Mapping) and (path.text in names or path.root in names):
        return True
    return claims.get("hasgroups") in (True, "true")

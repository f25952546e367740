"""A check of the contract: what must hold, why it matters, and where that is written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from attrs import field, frozen

if TYPE_CHECKING:
    from dockmesh_auth.testing.contract.bench import Bench

__all__ = ["Check", "ContractBroken", "NotApplicable", "Part", "Registry", "Run", "broken"]


class Part(StrEnum):
    """What a check is about: the plugin as a whole, or one of the stages."""

    DESCRIPTION = "description"
    DISCOVERY = "discovery"
    VALIDATION = "validation"
    EXTRACTION = "extraction"
    RESOLUTION = "resolution"
    WHOLE = "whole"
    PACKAGING = "packaging"


class ContractBroken(AssertionError):  # noqa: N818 - what it says of a plugin
    """The plugin does not keep to the contract; the message says in what."""


class NotApplicable(Exception):  # noqa: N818 - an answer, not a failure
    """The check says nothing of this plugin; the message says why."""


def broken(what: str) -> NoReturn:
    """End the check: *what* is wrong, in one sentence without a token or a secret."""
    raise ContractBroken(what)


Run: TypeAlias = "Callable[[Bench], Awaitable[None]]"


@frozen
class Check:
    """One check.

    Attributes:
        name: Its stable name: words and hyphens. A bad token's check has the token's name.
        part: What it is about.
        law: What must hold, one sentence.
        why: What goes wrong for people if it does not.
        where: Where it is written: a section of a specification, or of this project's contract.
        run: Tries it.
    """

    name: str
    part: Part
    law: str
    why: str
    where: str
    run: Run = field(repr=False, eq=False)

    def explain(self, what: str) -> str:
        """The message of a failure: *what* was seen, the law, why it matters, where it stands."""
        return (
            f"{self.name}: {what}\n"
            f"  the law: {self.law}\n"
            f"  why it matters: {self.why}\n"
            f"  where it is written: {self.where}"
        )


@frozen
class Registry:
    """Collects the checks of one part, in the order in which they are written."""

    part: Part
    checks: list[Check] = field(factory=list)

    def add(self, *, why: str, where: str) -> Callable[[Run], Run]:
        """Make a check of a function: its name is the check's, its docstring the law."""

        def take(run: Run) -> Run:
            name = getattr(run, "__name__", "").replace("_", "-")
            law = " ".join((run.__doc__ or "").split())
            self.put(name, run, law=law, why=why, where=where)
            return run

        return take

    def put(self, name: str, run: Run, *, law: str, why: str, where: str) -> None:
        """Add a check that has no function of its own."""
        self.checks.append(Check(name, self.part, law, why, where, run))

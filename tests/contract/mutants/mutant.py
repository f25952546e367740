"""What a mutant is: a right plugin with one thing wrong, and the check that is meant for it."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeAlias

from attrs import frozen

from dockmesh_auth import hookimpl
from dockmesh_auth.host.dispatch import Deadlines
from tests.contract.mutants.families import Family

Spoil: TypeAlias = Callable[[ModuleType], None]

SHORT = Deadlines(pure=0.4, waiting=0.8)
"""For mutants that block: others get what a host gives."""


@frozen
class Mutant:
    """One wrong plugin.

    Attributes:
        name: What is wrong with it.
        family: The right plugin that it was made of.
        check: The check that is meant for it.
        spoil: Makes the right plugin wrong.
        blocks: Whether it does not return.
    """

    name: str
    family: Family
    check: str
    spoil: Spoil
    blocks: bool = False

    def plugin(self) -> ModuleType:
        """The wrong plugin."""
        module = self.family.plugin()
        self.spoil(module)
        return module

    @property
    def deadlines(self) -> Deadlines:
        """How long its hooks may take."""
        return SHORT if self.blocks else Deadlines()


MUTANTS: list[Mutant] = []


def wrong(family: Family, check: str, *, blocks: bool = False) -> Callable[[Spoil], Spoil]:
    """Make a mutant of a function that spoils a plugin of *family*."""

    def take(spoil: Spoil) -> Spoil:
        name = spoil.__name__.replace("_", "-")
        MUTANTS.append(Mutant(name, family, check, spoil, blocks))
        return spoil

    return take


def instead(plugin: ModuleType) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Put a function into *plugin* in the place of the one of its name."""

    def take(function: Callable[..., Any]) -> Callable[..., Any]:
        name = function.__name__
        is_hook = name.startswith("dockmesh_auth_")
        setattr(plugin, name, hookimpl(function) if is_hook else function)
        return function

    return take

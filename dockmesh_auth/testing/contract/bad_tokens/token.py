"""What a bad token is, and the reasons why one must be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from attrs import frozen

from dockmesh_auth.testing.fake_provider import FakeProvider
from dockmesh_auth.testing.fake_provider.edits import TokenDraft

__all__ = ["CONFUSED", "FORGED", "OLD", "OTHERS", "REPLAY", "WHO", "BadToken", "Fault", "alike"]

OTHERS: Final = (
    "A token that was made for somebody else, or by somebody else, would open this door."
)
OLD: Final = "A token that was stolen or kept would work for ever."
REPLAY: Final = "A token of another sign-in could be put in the place of this one's."
WHO: Final = "Two people could be taken for one, or one for nobody."
FORGED: Final = "Whoever can write JSON could sign in as anybody."
CONFUSED: Final = (
    "What two readers read in two ways lets an attacker show each what it wants to see."
)

Fault: TypeAlias = Callable[[TokenDraft, FakeProvider], str | None]
"""Spoils a draft in place, or gives what is sent instead of a token."""


@frozen
class BadToken:
    """A token that must be refused.

    Attributes:
        name: The name of the fault.
        what: What is wrong with it, as the rest of "an ID token ...".
        where: Where it is written that it is refused.
        why: What an attacker or a mistake does with it.
        fault: Makes it.
    """

    name: str
    what: str
    where: str
    why: str
    fault: Fault

    def spoil(self, draft: TokenDraft, provider: FakeProvider) -> str | None:
        """Make *draft* this bad token: change it in place, or give what to send instead."""
        return self.fault(draft, provider)


def alike(where: str, why: str, *rows: tuple[str, str, Fault]) -> tuple[BadToken, ...]:
    """Bad tokens for which *where* and *why* are the same: name, what is wrong, and the fault."""
    return tuple(BadToken(name, what, where, why, fault) for name, what, fault in rows)

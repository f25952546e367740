"""Group mappings, and what follows from them: who may do what where, and by which row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from attrs import field, frozen

from dockmesh_auth.domain.roles import Role
from dockmesh_auth.domain.scope import Scope

__all__ = ["Grant", "Grants", "GroupMapping", "MappingTable", "Origin"]


@frozen
class GroupMapping:
    """One row of the table: whoever has *claim_value* gets *role* where *scope* holds.

    Attributes:
        claim_value: A group's name as the provider writes it; compared exactly, code point by
            code point, without trimming or folding.
        role: The role it gives.
        scope: Where the role holds.
    """

    claim_value: str
    role: Role
    scope: Scope

    def __str__(self) -> str:
        return f"{self.claim_value} -> {self.role} on {self.scope}"


class Origin(StrEnum):
    """Where a grant comes from."""

    MAPPING = "mapping"
    DEFAULT = "default"
    MANUAL = "manual"


@frozen
class Grant:
    """A role and where it holds, with the row that gave it.

    Attributes:
        role: What may be done.
        scope: Where.
        origin: A row of the table, the default role, or an administrator's hand.
        claim_value: The claim value of the row that gave it; None for other origins.
    """

    role: Role
    scope: Scope
    origin: Origin = Origin.MAPPING
    claim_value: str | None = None

    def __str__(self) -> str:
        return f"{self.role} on {self.scope}"


def _grants(items: Iterable[Grant]) -> tuple[Grant, ...]:
    return tuple(items)


def _rows(rows: Iterable[GroupMapping]) -> tuple[GroupMapping, ...]:
    return tuple(rows)


@frozen
class Grants:
    """All grants of one person: their union, never their intersection.

    Attributes:
        items: The grants, in the order of the table.
    """

    items: tuple[Grant, ...] = field(default=(), converter=_grants)

    def roles_on(self, host_tags: Collection[str]) -> frozenset[Role]:
        """The roles held on a host that carries *host_tags*. No grant, no role."""
        return frozenset(grant.role for grant in self.items if grant.scope.holds_on(host_tags))

    def highest_role_on(self, host_tags: Collection[str]) -> Role | None:
        """The highest role held on a host that carries *host_tags*; None where there is none."""
        return max(self.roles_on(host_tags), default=None)

    def __iter__(self) -> Iterator[Grant]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __or__(self, other: Grants) -> Grants:
        return Grants(dict.fromkeys((*self.items, *other.items)))


def _index(rows: Sequence[GroupMapping]) -> Mapping[str, tuple[tuple[int, Grant], ...]]:
    index: defaultdict[str, list[tuple[int, Grant]]] = defaultdict(list)
    for position, row in enumerate(dict.fromkeys(rows)):  # a row written twice gives one grant
        grant = Grant(row.role, row.scope, Origin.MAPPING, row.claim_value)
        index[row.claim_value].append((position, grant))
    return {value: tuple(entries) for value, entries in index.items()}


@frozen(eq=False)
class MappingTable:
    """The group mappings of one provider, indexed once.

    Resolution is one pass over the person's groups, whatever the number of rows.

    Attributes:
        rows: The rows in the order of the configuration. No row: nobody gets anything.
    """

    rows: tuple[GroupMapping, ...] = field(default=(), converter=_rows)
    _by_value: Mapping[str, tuple[tuple[int, Grant], ...]] = field(init=False, repr=False)
    _values: frozenset[str] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_by_value", _index(self.rows))
        object.__setattr__(self, "_values", frozenset(self._by_value))

    def resolve(self, groups: Iterable[str]) -> Grants:
        """The grants of somebody in *groups*, in the order of the rows, each once.

        A string is one group, never a set of letters.
        """
        if isinstance(groups, str):
            groups = (groups,)
        hits = self._values.intersection(groups)
        if not hits:
            return Grants()
        found = [entry for value in hits for entry in self._by_value[value]]
        # Each position stands once: two entries are never compared by their grants.
        found.sort()
        return Grants([grant for _, grant in found])

    def gives(self, grant: Grant) -> bool:
        """Whether a row of this table gives exactly *grant*."""
        if grant.claim_value is None:
            return False
        return any(given == grant for _, given in self._by_value.get(grant.claim_value, ()))

"""Roles and their order: viewer < operator < deployer < host-admin < admin, and custom ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from attrs import field, frozen

from dockmesh_auth.errors import ConfigurationError, ErrorCode

__all__ = ["BUILT_IN_ROLES", "Role", "RoleCatalogue"]

_NAME = re.compile("[a-z0-9][a-z0-9-]{0,63}")
_STEP: Final = 1000


@frozen(order=True)
class Role:
    """What somebody may do. Roles compare by rank: `viewer < operator`.

    Attributes:
        rank: The place in the order; higher may do more.
        name: As written in the configuration and shown to people.
    """

    rank: int
    name: str

    def __str__(self) -> str:
        return self.name


BUILT_IN_ROLES: Final = tuple(
    Role(rank * _STEP, name)
    for rank, name in enumerate(("viewer", "operator", "deployer", "host-admin", "admin"), 1)
)
"""The roles that are always there, from the lowest to the highest."""


def _read_only(roles: Mapping[str, Role]) -> Mapping[str, Role]:
    return MappingProxyType(dict(roles))


@frozen
class RoleCatalogue:
    """The roles that exist in this installation.

    Attributes:
        by_name: Every role under its name.
    """

    by_name: Mapping[str, Role] = field(
        factory=lambda: {role.name: role for role in BUILT_IN_ROLES}, converter=_read_only
    )

    @classmethod
    def with_custom(cls, custom: Iterable[tuple[str, str]]) -> RoleCatalogue:
        """The built-in roles and *custom* ones, each given as (name, name of the role below it).

        Raises:
            ConfigurationError: A name is taken or malformed, the role below it is not known,
                it would stand above `admin`, or there are 1000 roles between two built-in ones.
        """
        roles = {role.name: role for role in BUILT_IN_ROLES}
        for name, above in custom:
            if not _NAME.fullmatch(name):
                raise ConfigurationError(
                    ErrorCode.CONFIG_INVALID_VALUE, f"{name!r} is not a role name: use a-z, 0-9, -"
                )
            if name in roles:
                raise ConfigurationError(
                    ErrorCode.CONFIG_DUPLICATE, f"there is a role {name!r} already"
                )
            below = roles.get(above)
            if below is None or below.name == "admin":
                raise ConfigurationError(
                    ErrorCode.CONFIG_INVALID_VALUE,
                    f"role {name!r} cannot stand above {above!r}: name a role below admin",
                )
            roles[name] = Role(_next_rank(roles.values(), below), name)
        return cls(roles)

    def named(self, name: str) -> Role:
        """The role called *name*, exactly.

        Raises:
            ConfigurationError: There is none.
        """
        role = self.by_name.get(name)
        if role is None:
            known = ", ".join(role.name for role in self)
            raise ConfigurationError(
                ErrorCode.CONFIG_INVALID_VALUE, f"there is no role {name!r}; there are: {known}"
            )
        return role

    def __iter__(self) -> Iterator[Role]:
        return iter(sorted(self.by_name.values()))


def _next_rank(roles: Iterable[Role], below: Role) -> int:
    """The rank above *below* and above all others that stand below the same built-in role."""
    ceiling = (below.rank // _STEP + 1) * _STEP
    rank = max(role.rank for role in roles if role.rank < ceiling) + 1
    if rank == ceiling:
        raise ConfigurationError(
            ErrorCode.CONFIG_INVALID_VALUE, f"too many roles stand above {below.name!r}"
        )
    return rank

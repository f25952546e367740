"""Grants as rows. What cannot be read gives nothing: a right is never guessed, never widened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import structlog
from sqlalchemy import Connection, Row, bindparam, delete, insert, select, true

from dockmesh_auth.domain.grants import Grant, Grants, Origin
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.errors import ConfigurationError, ErrorCode, PluginError
from dockmesh_auth.store.schema import grants, users

__all__ = ["GrantRow", "add_by_hand", "read_grants", "replace_given"]

_log = structlog.get_logger(__name__)

_MANUAL: Final = Origin.MANUAL.value


class GrantRow(NamedTuple):
    """The columns of a grant, beside whose it is."""

    role: str
    scope: str
    origin: str
    provider: str | None
    claim_value: str | None


_SELECT = (
    select(*(grants.c[name] for name in GrantRow._fields))
    .where(grants.c.user_id == bindparam("user"))
    .order_by(grants.c.id)
)
_INSERT = insert(grants)
_DELETE_GIVEN = delete(grants).where(
    grants.c.user_id == bindparam("user"), grants.c.origin != _MANUAL
)

_ADMIN: Final = ("admin", "all")
_ANY_ADMIN = (
    select(true())
    .select_from(grants.join(users))
    .where(grants.c.role == _ADMIN[0], grants.c.scope == _ADMIN[1], ~users.c.disabled)
    .limit(1)
)


def read_grants(connection: Connection, user_id: str, roles: RoleCatalogue) -> Grants:
    """All grants of *user_id*: the provider's in their order, then those given by hand."""
    return _decode(connection.execute(_SELECT, {"user": user_id}).all(), roles, user_id)


def replace_given(
    connection: Connection, user_id: str, given: Grants, provider: str, roles: RoleCatalogue
) -> Grants:
    """Make *given* all that *user_id* has from a provider; leave what was given by hand.

    A user belongs to one issuer, so whatever a provider gave before is the former word of the
    same authority, also under another slug.

    Returns:
        What the user has now.

    Raises:
        PluginError: *given* claims to be given by hand, which no sign-in is.
    """
    wanted = _encode(given, provider)
    stored = connection.execute(_SELECT, {"user": user_id}).all()
    manual = [row for row in stored if row.origin == _MANUAL]
    former = [tuple(row) for row in stored if row.origin != _MANUAL]
    if former != wanted:
        if former:
            connection.execute(_DELETE_GIVEN, {"user": user_id})
        if wanted:
            connection.execute(_INSERT, [{"user_id": user_id, **row._asdict()} for row in wanted])
        if any(row[:2] == _ADMIN for row in former):
            _alarm_without_admin(connection, user_id)
    return _decode([*wanted, *manual], roles, user_id)


def _alarm_without_admin(connection: Connection, user_id: str) -> None:
    """Say so if nobody is admin everywhere any more. The provider's word counts all the same: an
    admin who was taken out of the group must not stay one, and who was made one by hand does.
    """
    if connection.execute(_ANY_ADMIN).one_or_none() is None:
        _log.error("no_admin_left", user=user_id)


def add_by_hand(connection: Connection, user_id: str, role: str, scope: Scope) -> None:
    """Give *role* on *scope* to *user_id*; nothing happens if that has been done before."""
    row = GrantRow(role, str(scope), _MANUAL, None, None)
    stored = connection.execute(_SELECT, {"user": user_id}).all()
    if row not in [tuple(other) for other in stored]:
        connection.execute(_INSERT, {"user_id": user_id, **row._asdict()})


def _encode(given: Grants, provider: str) -> list[GrantRow]:
    if any(grant.origin is Origin.MANUAL for grant in given):
        raise PluginError(
            ErrorCode.PLUGIN_UNMAPPED_GRANT,
            "a sign-in gives nothing by hand",
            provider=provider,
        )
    return [
        GrantRow(grant.role.name, str(grant.scope), grant.origin.value, provider, grant.claim_value)
        for grant in given
    ]


def _decode(rows: Sequence[GrantRow | Row[Any]], roles: RoleCatalogue, user_id: str) -> Grants:
    def readable(wanted: bool) -> Iterable[Grant]:  # noqa: FBT001 - one of two halves
        for row in rows:
            if (row.origin == _MANUAL) is wanted:
                grant = _grant(row, roles, user_id)
                if grant is not None:
                    yield grant

    return Grants((*readable(False), *readable(True)))


def _grant(row: GrantRow | Row[Any], roles: RoleCatalogue, user_id: str) -> Grant | None:
    role = roles.by_name.get(row.role)
    if role is None:
        _log.warning("stored_grant_dropped", reason="unknown role", role=row.role, user=user_id)
        return None
    try:
        return Grant(role, _scope(row.scope), Origin(row.origin), row.claim_value)
    except (ConfigurationError, ValueError):
        _log.warning(
            "stored_grant_dropped", reason="unreadable scope or origin", role=row.role, user=user_id
        )
        return None


@lru_cache(maxsize=1024)
def _scope(text: str) -> Scope:
    return Scope.parse(text)

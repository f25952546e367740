"""Users as rows: found by issuer and subject, and by nothing else."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dockmesh_auth.domain.grants import Grants
from dockmesh_auth.domain.groups import Groups, GroupState
from dockmesh_auth.domain.identity import Identity, Profile
from dockmesh_auth.domain.session import User
from dockmesh_auth.errors import AccessDenied, ErrorCode
from dockmesh_auth.store.schema import users

__all__ = ["decode_user", "find_user_row", "lock_user", "record_user"]

# OpenID Connect Core 1.0, section 5.7: only issuer and subject together identify a person. The
# lock serialises the sign-ins of one person; SQLite has one writer anyway and ignores it.
_FIND = select(users).where(
    users.c.issuer == bindparam("issuer"), users.c.subject == bindparam("subject")
)
_LOCK = _FIND.with_for_update()
_LOCK_BY_ID = select(users.c.id).where(users.c.id == bindparam("user")).with_for_update()

_KEY = [users.c.issuer, users.c.subject]
_INSERT = {
    "sqlite": sqlite.insert(users)
    .on_conflict_do_nothing(index_elements=_KEY)
    .returning(users.c.id),
    "postgresql": postgresql.insert(users)
    .on_conflict_do_nothing(index_elements=_KEY)
    .returning(users.c.id),
}
_UPDATE = update(users).where(users.c.id == bindparam("user"))


def record_user(
    connection: Connection,
    identity: Identity,
    profile: Profile,
    *,
    provider: str,
    user_id: str,
    now: float,
) -> tuple[User, bool]:
    """Create or update the user of *identity*, and lock their row until the transaction ends.

    Returns:
        The user, without grants, and whether they are new.

    Raises:
        AccessDenied: The user is disabled; the row is as it was.
    """
    key = {"issuer": identity.issuer, "subject": identity.subject}
    seen = {
        "provider": provider,
        "username": profile.username,
        "display_name": profile.display_name,
        "email": profile.email,
        "groups_state": profile.groups.state.value,
        # ASCII, so that nothing in a name can trouble the database.
        "groups_names": json.dumps(profile.groups.names, separators=(",", ":")),
        "groups_detail": profile.groups.detail,
        "last_sign_in_at": now,
    }
    row = connection.execute(_LOCK, key).one_or_none()
    is_new = False
    if row is None:
        new = {**key, **seen, "id": user_id, "disabled": False, "created_at": now}
        # Another sign-in of the same person may have come first: then theirs is the row.
        made = connection.execute(_INSERT[connection.dialect.name], new).one_or_none()
        is_new = made is not None
        row = connection.execute(_LOCK, key).one()
    if row.disabled:
        raise AccessDenied(ErrorCode.USER_DISABLED, provider=provider)
    if not is_new:
        connection.execute(_UPDATE, {"user": row.id, **seen})
    return (
        User(
            id=row.id,
            identity=identity,
            provider=provider,
            username=profile.username,
            display_name=profile.display_name,
            email=profile.email,
            groups=profile.groups,
            grants=Grants(),
        ),
        is_new,
    )


def find_user_row(connection: Connection, identity: Identity) -> Row[Any] | None:
    """The row of *identity*, if there is one."""
    key = {"issuer": identity.issuer, "subject": identity.subject}
    return connection.execute(_FIND, key).one_or_none()


def lock_user(connection: Connection, user_id: str) -> bool:
    """Lock the row of *user_id* until the transaction ends; False if there is none."""
    return connection.execute(_LOCK_BY_ID, {"user": user_id}).one_or_none() is not None


def decode_user(row: Row[Any], user_id: str, provider: str, grants: Grants) -> User:
    """The user of *row*, whose columns `id` and `provider` may be those of a session."""
    return User(
        id=user_id,
        identity=Identity(row.issuer, row.subject),
        provider=provider,
        username=row.username,
        display_name=row.display_name,
        email=row.email,
        groups=_groups(row),
        grants=grants,
        disabled=row.disabled,
    )


def _groups(row: Row[Any]) -> Groups:
    # What cannot be read is not "no groups".
    try:
        names = json.loads(row.groups_names)
        state = GroupState(row.groups_state)
    except ValueError:
        return Groups.malformed("what was stored of the groups cannot be read")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return Groups.malformed("what was stored of the groups cannot be read")
    return Groups(state, tuple(names), row.groups_detail)

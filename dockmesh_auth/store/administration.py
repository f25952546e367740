"""What an administrator does to users, beside their signing in."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, update

from dockmesh_auth.domain.identity import Identity
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.domain.session import User
from dockmesh_auth.store import grant_rows, session_rows, user_rows
from dockmesh_auth.store.schema import users
from dockmesh_auth.store.sql_store import SqlStore

__all__ = ["find_user", "grant_by_hand", "set_disabled"]

_SET_DISABLED = (
    update(users).where(users.c.id == bindparam("user")).values(disabled=bindparam("locked"))
)


async def find_user(store: SqlStore, identity: Identity) -> User | None:
    """The user of *identity* with all their grants, if they have ever signed in.

    Raises:
        StorageError: The database failed.
    """

    def work(connection: Connection) -> User | None:
        row = user_rows.find_user_row(connection, identity)
        if row is None:
            return None
        grants = grant_rows.read_grants(connection, row.id, store.roles)
        return user_rows.decode_user(row, row.id, row.provider, grants)

    return await store.read(work)


async def set_disabled(store: SqlStore, user_id: str, disabled: bool) -> bool:  # noqa: FBT001 - what is set is what the name says
    """Lock or unlock an account. Locking ends its sessions: unlocking does not revive them.

    Returns:
        Whether there is such a user.

    Raises:
        StorageError: The database failed.
    """

    def work(connection: Connection) -> bool:
        changed = connection.execute(_SET_DISABLED, {"user": user_id, "locked": disabled})
        if disabled:
            session_rows.end_sessions_of(connection, user_id)
        return changed.rowcount == 1

    return await store.write(work)


async def grant_by_hand(store: SqlStore, user_id: str, role: str, scope: Scope) -> bool:
    """Give a role beside those of the provider; no sign-in takes it away.

    Args:
        store: The store.
        user_id: Whom to give it to.
        role: The name of a declared role.
        scope: Where it holds.

    Returns:
        Whether there is such a user.

    Raises:
        ConfigurationError: There is no such role.
        StorageError: The database failed.
    """
    declared = store.roles.named(role)

    def work(connection: Connection) -> bool:
        if not user_rows.lock_user(connection, user_id):
            return False
        grant_rows.add_by_hand(connection, user_id, declared.name, scope)
        return True

    return await store.write(work)

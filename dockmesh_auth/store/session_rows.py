"""Sessions as rows: whether one is good is judged when it is read, whatever has been cleaned up."""

from __future__ import annotations

import hashlib
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.session import Session, SessionPolicy, User
from dockmesh_auth.store.attempts import PURGE_AT_MOST
from dockmesh_auth.store.grant_rows import read_grants
from dockmesh_auth.store.schema import sessions, users
from dockmesh_auth.store.user_rows import decode_user

__all__ = [
    "CLOCK_SKEW",
    "TOUCH_INTERVAL",
    "Found",
    "digest_of",
    "end_session",
    "end_sessions_of",
    "insert_session",
    "purge_sessions",
    "read_session",
    "touch_session",
]

TOUCH_INTERVAL: Final = 60.0
"""Seconds between two updates of when a session was last seen."""

CLOCK_SKEW: Final = 300.0
"""Seconds that a stored time may lie ahead of the clock, which may have been set back."""

_INSERT = insert(sessions)

_READ = (
    select(
        sessions.c.user_id,
        sessions.c.provider.label("session_provider"),
        sessions.c.provider_session,
        sessions.c.created_at.label("opened_at"),
        sessions.c.last_seen_at,
        sessions.c.expires_at,
        *(column for column in users.c if column.name not in {"id", "created_at"}),
    )
    .join_from(sessions, users)
    .where(sessions.c.digest == bindparam("digest"))
)

_TOUCH = (
    update(sessions)
    .where(sessions.c.digest == bindparam("which"), sessions.c.last_seen_at < bindparam("now"))
    .values(last_seen_at=bindparam("now"))
)

_END = delete(sessions).where(sessions.c.digest == bindparam("digest"))
_END_ALL = delete(sessions).where(sessions.c.user_id == bindparam("user"))
_PURGE = delete(sessions).where(
    sessions.c.digest.in_(
        select(sessions.c.digest)
        .where(sessions.c.expires_at <= bindparam("now"))
        .limit(PURGE_AT_MOST)
        .with_for_update(skip_locked=True)
    )
)


class Found(NamedTuple):
    """A good session, and whether it is time to note that it was seen."""

    session: Session
    is_stale: bool


def digest_of(token: Secret) -> str:
    """SHA-256 of *token*, hexadecimal. A token is 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.reveal().encode("utf-8", "surrogatepass")).hexdigest()


def insert_session(
    connection: Connection,
    user: User,
    *,
    digest: str,
    provider_session: str | None,
    policy: SessionPolicy,
    now: float,
) -> Session:
    """Open a session of *user*, through the provider they have just signed in with."""
    session = Session(
        digest=digest,
        user=user,
        provider=user.provider,
        provider_session=provider_session,
        created_at=now,
        expires_at=now + policy.absolute,
    )
    connection.execute(
        _INSERT,
        {
            "digest": digest,
            "user_id": user.id,
            "provider": session.provider,
            "provider_session": provider_session,
            "created_at": now,
            "last_seen_at": now,
            "expires_at": session.expires_at,
        },
    )
    return session


def read_session(
    connection: Connection, digest: str, policy: SessionPolicy, now: float, roles: RoleCatalogue
) -> Found | None:
    """The session of *digest* if it is good at *now*, with user and grants as they are now."""
    row = connection.execute(_READ, {"digest": digest}).one_or_none()
    if row is None or row.disabled or not _is_good(row, policy, now):
        return None
    grants = read_grants(connection, row.user_id, roles)
    session = Session(
        digest=digest,
        user=decode_user(row, row.user_id, row.provider, grants),
        provider=row.session_provider,
        provider_session=row.provider_session,
        created_at=row.opened_at,
        expires_at=_end(row, policy),
    )
    # With a short limit of idleness a minute would be much of it.
    interval = min(TOUCH_INTERVAL, policy.idle / 10)
    return Found(session, is_stale=now - row.last_seen_at >= interval)


def touch_session(connection: Connection, digest: str, now: float) -> None:
    """Note that the session was seen at *now*; never earlier than it was seen before."""
    connection.execute(_TOUCH, {"which": digest, "now": now})


def end_session(connection: Connection, digest: str) -> None:
    """Delete the session, if it is there."""
    connection.execute(_END, {"digest": digest})


def end_sessions_of(connection: Connection, user_id: str) -> None:
    """Delete all sessions of *user_id*."""
    connection.execute(_END_ALL, {"user": user_id})


def purge_sessions(connection: Connection, now: float) -> None:
    """Delete some sessions that ended before *now*. Only to save space."""
    connection.execute(_PURGE, {"now": now})


def _end(row: Row[Any], policy: SessionPolicy) -> float:
    # The shorter of the limit at sign-in and today's: a stricter policy holds at once.
    return float(min(row.expires_at, row.opened_at + policy.absolute))


def _is_good(row: Row[Any], policy: SessionPolicy, now: float) -> bool:
    if now >= _end(row, policy) or now - row.last_seen_at >= policy.idle:
        return False
    # A session from the future would outlive its limits by as much: the clock was wrong then or
    # is wrong now, and nobody knows which.
    return bool(max(row.opened_at, row.last_seen_at) <= now + CLOCK_SKEW)

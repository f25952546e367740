"""The store: `dockmesh_auth.domain.ports.Store` on SQLite or PostgreSQL.

Every operation is one function that runs in a thread: one transaction if it writes, two plain
queries at most if it reads. The event loop never waits for a lock or a disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar, final

import structlog
from attrs import evolve
from sqlalchemy import Connection, Engine

from dockmesh_auth.domain.grants import Grants
from dockmesh_auth.domain.identity import Identity, Profile
from dockmesh_auth.domain.login import LoginAttempt
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.session import NewSession, Session, SessionPolicy
from dockmesh_auth.errors import StorageError
from dockmesh_auth.store import attempts, grant_rows, session_rows, user_rows
from dockmesh_auth.store.dsn import parse_dsn
from dockmesh_auth.store.engine import (
    READERS,
    build_engine,
    is_memory,
    reading_engine,
    writing_engine,
)
from dockmesh_auth.store.failures import guarded
from dockmesh_auth.store.migrate import check_revision, migrate
from dockmesh_auth.store.workers import PATIENCE, Workers

__all__ = ["SqlStore", "open_store"]

T = TypeVar("T")

_TOUCH_PATIENCE: Final = 0.25
"""Seconds that a request waits until its session is noted as seen; the note itself may take
longer and may fail."""

_PURGE_INTERVAL: Final = 10.0
"""Seconds between two removals of what has expired, each of which is bounded in rows."""

_log = structlog.get_logger(__name__)


def open_store(
    driver: str,
    dsn: str | Secret,
    roles: RoleCatalogue | None = None,
    *,
    folder: Path = Path(),
    patience: float = PATIENCE,
) -> SqlStore:
    """Open a database and migrate it. Blocks for as long as that takes; call it at start.

    Args:
        driver: `sqlite` or `postgres` (`Driver`).
        dsn: A path or `sqlite:///path`; `postgresql://user:password@host/database`.
        roles: The roles that exist; the built-in ones if None. A stored grant of another role
            gives nothing.
        folder: Where a relative path begins.
        patience: Seconds that an operation waits for its turn, and once more for a lock.

    Raises:
        ConfigurationError: *driver* or *dsn* cannot be understood, or a package is missing.
        StorageError: The database cannot be used, or is of a newer version.
    """
    url = parse_dsn(driver, dsn, folder)
    engine = guarded(partial(build_engine, url, patience))
    try:
        guarded(partial(migrate, engine))
    except BaseException:
        engine.dispose()
        raise
    if is_memory(url):
        # One connection, so one thread.
        only = Workers(1, "dockmesh-auth-store", patience=patience)
        return SqlStore(engine, roles or RoleCatalogue(), readers=only, writers=only)
    return SqlStore(
        engine,
        roles or RoleCatalogue(),
        readers=Workers(READERS, "dockmesh-auth-read", patience=patience),
        # SQLite has one writer; a second thread would only wait for the first one.
        writers=Workers(
            1 if driver == "sqlite" else READERS, "dockmesh-auth-write", patience=patience
        ),
    )


@final
class SqlStore:
    """What is remembered between requests. All methods raise `StorageError` if it fails.

    After a failure nothing needs to be reopened: the next operation tries again.

    Attributes:
        engine: SQLAlchemy's engine; for tests and for administration.
        roles: The roles that stored grants may give.
    """

    def __init__(
        self, engine: Engine, roles: RoleCatalogue, *, readers: Workers, writers: Workers
    ) -> None:
        """Take a migrated database. `open_store` is the ordinary way."""
        self.engine: Final = engine
        self.roles: Final = roles
        self._reading = reading_engine(engine)
        self._writing = writing_engine(engine)
        self._readers = readers
        self._writers = writers
        self._touching: set[str] = set()
        self._purged_at = float("-inf")
        self._touches: set[asyncio.Task[None]] = set()

    async def save_attempt(self, attempt: LoginAttempt, now: float) -> None:
        """Remember *attempt*; now and then forget what has expired, attempts and sessions."""
        await self.write(partial(_save_attempt, attempt, self._purge_due(now)))

    async def take_attempt(self, state_digest: str) -> LoginAttempt | None:
        """Return and forget the attempt of *state_digest*: one caller gets it, ever."""
        return await self.write(partial(_take_attempt, state_digest))

    async def sign_in(
        self,
        identity: Identity,
        profile: Profile,
        grants: Grants,
        *,
        provider: str,
        provider_session: str | None,
        token: Secret,
        user_id: str,
        policy: SessionPolicy,
        now: float,
    ) -> NewSession | None:
        """Create or update the user, replace the grants that the provider gave, leave those given
        by hand, and open a session: in one transaction. See `Store.sign_in`.

        Returns:
            The session; None for somebody who has no grant, whose sessions are over.

        Raises:
            AccessDenied: The user is disabled; nothing was changed.
            PluginError: *grants* claims to be given by hand.
        """

        def work(connection: Connection) -> NewSession | None:
            gives = any(grant.role.name in self.roles.by_name for grant in grants)
            if not gives and user_rows.find_user_row(connection, identity) is None:
                return None
            user, is_new = user_rows.record_user(
                connection, identity, profile, provider=provider, user_id=user_id, now=now
            )
            held = grant_rows.replace_given(connection, user.id, grants, provider, self.roles)
            if not held:
                session_rows.end_sessions_of(connection, user.id)
                return None
            session = session_rows.insert_session(
                connection,
                evolve(user, grants=held),
                digest=session_rows.digest_of(token),
                provider_session=provider_session,
                policy=policy,
                now=now,
            )
            return NewSession(token=token, session=session, is_new_user=is_new)

        return await self.write(work)

    async def withdraw(self, identity: Identity, *, provider: str) -> None:
        """Take away what *provider* gave somebody and end their sessions. See `Store.withdraw`."""
        await self.write(partial(_withdraw, identity, provider, self.roles))

    async def read_session(
        self, token: Secret, *, policy: SessionPolicy, now: float
    ) -> Session | None:
        """The session of *token* if it is good at *now*, with the user as they are at this
        moment; None if it is unknown, idle for too long, too old, or its user is disabled.

        When it was last seen is noted once a minute; a database that can only be read does not
        hinder that.
        """
        digest = session_rows.digest_of(token)
        found = await self.read(partial(_read_session, digest, policy, now, self.roles))
        if found is None:
            return None
        if found.is_stale and digest not in self._touching:
            await self._touch_soon(digest, now)
        return found.session

    async def end_session(self, token: Secret) -> None:
        """Forget the session of *token*, if there is one."""
        await self.write(partial(_end_session, session_rows.digest_of(token)))

    async def check(self) -> None:
        """Prove that the store answers and has this version's schema."""
        await self.read(check_revision)

    async def close(self) -> None:
        """Give everything back. The store is not used afterwards."""
        await asyncio.get_running_loop().run_in_executor(None, self._close)

    def _close(self) -> None:
        self._readers.close()
        self._writers.close()
        self.engine.dispose()

    def _purge_due(self, now: float) -> float | None:
        """*now* if it is time to remove what has expired; also after the clock was set back."""
        if 0 <= now - self._purged_at < _PURGE_INTERVAL:
            return None
        self._purged_at = now
        return now

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What *work* reads, in a thread, without a transaction around it.

        Raises:
            StorageError: The database failed, or was too busy to begin in time.
        """
        return await self._readers.run(partial(guarded, partial(_reading, self._reading, work)))

    async def write(self, work: Callable[[Connection], T]) -> T:
        """What *work* returns, in a thread, in one transaction: all of it happens or nothing.

        Raises:
            StorageError: The database failed, or was too busy to begin in time.
        """
        return await self._writers.run(partial(guarded, partial(_writing, self._writing, work)))

    async def _touch_soon(self, digest: str, now: float) -> None:
        self._touching.add(digest)
        task = asyncio.create_task(self._touch(digest, now))
        self._touches.add(task)
        task.add_done_callback(self._touches.discard)
        await asyncio.wait({task}, timeout=_TOUCH_PATIENCE)

    async def _touch(self, digest: str, now: float) -> None:
        try:
            await self.write(partial(_touch_session, digest, now))
        except StorageError as error:
            # The session ends sooner than it should, never later.
            _log.warning("session_not_touched", code=error.code.value, detail=error.detail)
        finally:
            self._touching.discard(digest)


def _reading(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.connect() as connection:
        return work(connection)


def _writing(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.begin() as connection:
        return work(connection)


# The connection comes last, so that `partial` can leave it open.


def _save_attempt(attempt: LoginAttempt, purge_at: float | None, connection: Connection) -> None:
    if purge_at is not None:
        attempts.purge_attempts(connection, purge_at)
        session_rows.purge_sessions(connection, purge_at)
    attempts.save_attempt(connection, attempt)


def _take_attempt(state_digest: str, connection: Connection) -> LoginAttempt | None:
    return attempts.take_attempt(connection, state_digest)


def _withdraw(
    identity: Identity, provider: str, roles: RoleCatalogue, connection: Connection
) -> None:
    user = user_rows.find_user_row(connection, identity)
    if user is not None:
        grant_rows.replace_given(connection, user.id, Grants(), provider, roles)
        session_rows.end_sessions_of(connection, user.id)


def _read_session(
    digest: str, policy: SessionPolicy, now: float, roles: RoleCatalogue, connection: Connection
) -> session_rows.Found | None:
    return session_rows.read_session(connection, digest, policy, now, roles)


def _touch_session(digest: str, now: float, connection: Connection) -> None:
    session_rows.touch_session(connection, digest, now)


def _end_session(digest: str, connection: Connection) -> None:
    session_rows.end_session(connection, digest)

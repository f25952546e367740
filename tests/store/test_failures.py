"""When the database does not do what it should: told, nothing half-written, and over by itself."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from sqlalchemy.exc import NoResultFound

from dockmesh_auth.errors import ErrorCode, StorageError
from dockmesh_auth.store import SqlStore, open_store
from dockmesh_auth.store.failures import unavailable

PATIENCE = 0.8


@contextmanager
def locked(driver: str, dsn: str) -> Iterator[Any]:
    """Another process keeps everybody from writing."""
    if driver == "sqlite":
        connection: Any = sqlite3.connect(dsn, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
    else:
        connection = psycopg.connect(dsn)
        connection.execute("LOCK TABLE users, sessions, login_attempts IN EXCLUSIVE MODE")
    try:
        yield connection
    finally:
        connection.rollback()
        connection.close()


async def _failure(awaitable: Any) -> StorageError:
    with pytest.raises(StorageError) as caught:
        await awaitable
    return caught.value


@pytest.mark.attack("DOS-08")
async def test_fifty_sign_ins_behind_a_lock_all_fail_soon_and_leave_nothing(
    driver: str, dsn: str, person: Any, count: Any, opened: Any
) -> None:
    """Each is refused after twice the patience at most, the event loop goes on meanwhile, existing
    sessions are readable, and afterwards sign-in works without a restart."""
    store = opened(driver, dsn, patience=PATIENCE)
    token = person.token()
    await person.sign_in(store, "before", token=token)
    pauses = []

    async def breathe() -> None:
        while True:
            start = time.monotonic()
            await asyncio.sleep(0.01)
            pauses.append(time.monotonic() - start)

    breathing = asyncio.create_task(breathe())
    with locked(driver, dsn):
        start = time.monotonic()
        attempts = [
            asyncio.create_task(_failure(person.sign_in(store, f"s{n}"))) for n in range(50)
        ]
        session = await store.read_session(token, policy=person.policy, now=person.now)
        assert session is not None
        assert time.monotonic() - start < PATIENCE
        errors = await asyncio.gather(*attempts)
        assert time.monotonic() - start < 2 * PATIENCE + 1
    breathing.cancel()
    assert {error.code for error in errors} == {ErrorCode.STORE_UNAVAILABLE}
    assert max(pauses) < PATIENCE
    assert count(store, "users") == 1
    assert count(store, "sessions") == 1
    assert (await person.sign_in(store, "s0")).is_new_user
    await store.close()


@pytest.mark.attack("DOS-08")
async def test_sign_ins_wait_for_a_lock_that_is_released_in_time(
    driver: str, dsn: str, store: SqlStore, person: Any, count: Any
) -> None:
    """A short lock costs nobody anything but time."""
    with locked(driver, dsn):
        signing_in = [asyncio.create_task(person.sign_in(store, f"s{n}")) for n in range(20)]
        await asyncio.sleep(0.3)
        assert not any(task.done() for task in signing_in)
    await asyncio.gather(*signing_in)
    assert count(store, "sessions") == 20


@pytest.mark.attack("DOS-08")
async def test_a_session_that_cannot_be_noted_as_seen_is_still_good(
    driver: str, dsn: str, person: Any, opened: Any
) -> None:
    """Reading does not wait for a lock on writing; the log tells that the note failed."""
    store = opened(driver, dsn, patience=PATIENCE)
    token = person.token()
    await person.sign_in(store, token=token)
    with structlog.testing.capture_logs() as logs, locked(driver, dsn):
        for _ in range(3):
            start = time.monotonic()
            session = await store.read_session(token, policy=person.policy, now=person.now + 61)
            assert session is not None
            assert time.monotonic() - start < PATIENCE
        await asyncio.sleep(PATIENCE + 0.5)
    assert {entry["event"] for entry in logs} == {"session_not_touched"}
    await store.close()


@pytest.mark.attack("DOS-09")
async def test_a_full_disk_refuses_sign_ins_and_nothing_else(
    tmp_path: Path, person: Any, count: Any, opened: Any
) -> None:
    """No sign-in is half-written, sessions are readable, and space is all that is needed."""
    store = opened("sqlite", str(tmp_path / "auth.db"))
    token = person.token()
    await person.sign_in(store, token=token)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = (tmp_path / "auth.db-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        error = await _failure(person.sign_in(store, "bert"))
        session = await store.read_session(token, policy=person.policy, now=person.now)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert error.code is ErrorCode.STORE_UNAVAILABLE
    assert "disk" in error.detail
    assert session is not None
    assert count(store, "users") == 1
    assert (await person.sign_in(store, "bert")).is_new_user
    await store.close()


@pytest.mark.attack("DOS-09", "SES-13")
async def test_a_server_that_went_away_is_told_and_comes_back(
    cluster: Any, person: Any, opened: Any
) -> None:
    """Every operation fails closed while it is gone; none needs a restart afterwards."""
    dsn = cluster.new_database()
    store = opened("postgres", dsn)
    token = person.token()
    await person.sign_in(store, token=token)
    cluster.stop()
    try:
        errors = [
            await _failure(store.read_session(token, policy=person.policy, now=person.now)),
            await _failure(person.sign_in(store)),
            await _failure(store.check()),
            await _failure(store.end_session(token)),
        ]
        with pytest.raises(StorageError) as caught:
            open_store("postgres", dsn)
    finally:
        cluster.start()
    assert {error.code for error in [*errors, caught.value]} == {ErrorCode.STORE_UNAVAILABLE}
    assert "cannot be reached" in errors[-1].detail
    session = await store.read_session(token, policy=person.policy, now=person.now)
    assert session is not None
    await store.check()
    await store.close()


async def test_a_server_that_only_reads_is_told(cluster: Any, person: Any, opened: Any) -> None:
    """A standby after a fail-over: sessions are readable, sign-ins are refused."""
    dsn = cluster.new_database()
    await opened("postgres", dsn).close()
    store = opened("postgres", f"{dsn}&options=-cdefault_transaction_read_only%3Don")
    error = await _failure(person.sign_in(store))
    assert error.code is ErrorCode.STORE_UNAVAILABLE
    assert error.detail == "The database can be read but not written."
    await store.check()
    await store.close()


async def test_an_error_holds_nothing_but_itself(
    driver: str, dsn: str, person: Any, opened: Any
) -> None:
    """No value, statement or password is in the error, nor in anything it refers to."""
    store = opened(driver, dsn)
    token = person.token("very-secret-token")
    await person.sign_in(store, token=token, email="alice@secret.test")
    error = await _failure(person.sign_in(store, token=token, email="alice@secret.test"))
    seen = f"{error} {error!r} {dict(error.evidence)}"
    assert error.__cause__ is None
    assert error.__context__ is None
    for secret in ("hunter2", "very-secret", "alice", "INSERT", store.engine.url.database):
        assert str(secret) not in seen
    assert error.evidence["kind"] in {"IntegrityError", "UniqueViolation"}
    await store.close()


@pytest.mark.parametrize("content", [b"not a database, but long enough to be looked at" * 9])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    """And left as it is."""
    path = tmp_path / "auth.db"
    path.write_bytes(content)
    with pytest.raises(StorageError) as caught:
        open_store("sqlite", str(path))
    assert caught.value.detail == "The file is not a database."
    assert path.read_bytes() == content


def test_a_path_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """A folder in place of the file, a file in place of a folder."""
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "auth.db"):
        with pytest.raises(StorageError) as caught:
            open_store("sqlite", str(path))
        assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
        assert caught.value.detail.startswith("The file of the database cannot be used: ")


async def test_a_closed_store_says_so(store: SqlStore) -> None:
    """Closing twice is harmless; using it afterwards is an error of the store."""
    await store.close()
    await store.close()
    error = await _failure(store.check())
    assert error.detail == "The store has been closed."


def test_an_error_of_no_known_kind_is_an_error_too() -> None:
    """Whatever SQLAlchemy raises, the store is unavailable, and the kind is told."""
    error = unavailable(NoResultFound("SELECT very-secret"))
    assert error.code is ErrorCode.STORE_UNAVAILABLE
    assert error.evidence == {"kind": "NoResultFound"}
    assert "secret" not in str(error)


async def test_opening_waits_for_a_lock_that_is_released_in_time(
    tmp_path: Path, opened: Any
) -> None:
    """Two first starts at once: one waits for the other."""
    path = tmp_path / "auth.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.3, other.rollback)
    release.start()
    await opened("sqlite", str(path)).check()
    release.join()
    other.close()


def test_opening_does_not_wait_for_ever(tmp_path: Path) -> None:
    """A database that stays locked is told, not waited for."""
    path = tmp_path / "auth.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageError) as caught:
        open_store("sqlite", str(path), patience=0.2)
    other.close()
    assert "locked" in caught.value.detail

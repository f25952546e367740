"""Addresses, files, schema versions: what happens before the first operation."""

from __future__ import annotations

import asyncio
import inspect
import sqlite3
import stat
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import structlog
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import text

import dockmesh_auth.store.migrations
from dockmesh_auth.domain.ports import Store
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.errors import ConfigurationError, ErrorCode, StorageError
from dockmesh_auth.store import Driver, SqlStore, open_store
from dockmesh_auth.store import migrate as migrate_module
from dockmesh_auth.store.dsn import parse_dsn
from dockmesh_auth.store.migrate import HEAD
from dockmesh_auth.store.schema import VERSION_TABLE, metadata


@pytest.mark.parametrize(
    ("dsn", "path"),
    [
        ("auth.db", "auth.db"),
        ("/var/lib/a b?c#d%20.db", "/var/lib/a b?c#d%20.db"),
        ("sqlite:///state/auth.db", "state/auth.db"),
        ("sqlite:////var/lib/auth.db", "/var/lib/auth.db"),
        (":memory:", ":memory:"),
        ("sqlite://", ":memory:"),
        ("sqlite:///:memory:", ":memory:"),
        (Secret("auth.db"), "auth.db"),
    ],
)
def test_addresses_of_sqlite(dsn: str | Secret, path: str) -> None:
    """A path is taken as it is; a URL has three slashes and a path."""
    url = parse_dsn("sqlite", dsn)
    assert (url.drivername, url.database) == ("sqlite", path)


def test_the_home_folder_is_understood() -> None:
    """`~` is the home of the user that runs the host."""
    assert parse_dsn("sqlite", "~/auth.db").database == str(Path.home() / "auth.db")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_addresses_of_postgresql(scheme: str) -> None:
    """The forms that libpq and SQLAlchemy know mean psycopg 3."""
    url = parse_dsn(Driver.POSTGRES, f"{scheme}://dock:p%40ss@db.example.test:5433/mesh")
    assert url.drivername == "postgresql+psycopg"
    assert (url.username, url.password, url.host, url.port, url.database) == (
        "dock",
        "p@ss",
        "db.example.test",
        5433,
        "mesh",
    )


@pytest.mark.parametrize(
    ("driver", "dsn"),
    [
        ("sqlite", ""),
        ("sqlite", "a\x00b"),
        ("sqlite", "file:auth.db?mode=ro"),
        ("sqlite", "postgresql://u:hunter2@h/d"),
        ("sqlite", "sqlite:auth.db"),
        ("sqlite", "sqlite://host/auth.db"),
        ("sqlite", "sqlite:///auth.db?mode=ro&x=hunter2"),
        ("postgres", ""),
        ("postgres", "host=h password=hunter2"),
        ("postgres", "mysql://u:hunter2@h/d"),
        ("postgres", "postgresql+asyncpg://u:hunter2@h/d"),
        ("postgres", "postgresql://u:hunter2@h:port/d"),
        ("mysql", "mysql://u:hunter2@h/d"),
        ("", "auth.db"),
    ],
)
def test_other_addresses_are_refused(driver: str, dsn: str) -> None:
    """With a reason that never quotes the address."""
    with pytest.raises(ConfigurationError) as caught:
        open_store(driver, dsn)
    assert caught.value.code is ErrorCode.CONFIG_INVALID_VALUE
    assert "hunter2" not in str(caught.value)
    assert caught.value.__context__ is None


@given(
    st.sampled_from(["sqlite", "postgres"]),
    st.text(),
    st.sampled_from(["", "sqlite://", "postgresql://"]),
)
@example("sqlite", "~nobody-of-that-name/auth.db", "")
def test_any_address_is_understood_or_refused(driver: str, dsn: str, scheme: str) -> None:
    """Nothing but a ConfigurationError leaves the parser."""
    try:
        url = parse_dsn(driver, scheme + dsn)
    except ConfigurationError:
        return
    assert url.drivername == {"sqlite": "sqlite", "postgres": "postgresql+psycopg"}[driver]


def test_a_missing_driver_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who wants PostgreSQL is told what to install."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigurationError) as caught:
        open_store("postgres", "postgresql://u:hunter2@h/d")
    assert "dockmesh-auth[postgres]" in caught.value.detail
    assert "hunter2" not in str(caught.value)


async def test_the_file_is_for_us_alone(tmp_path: Path, person: Any, opened: Any) -> None:
    """Folder and file are made for the owner only, and so are the files beside it."""
    folder = tmp_path / "a" / "b"
    store = opened("sqlite", f"sqlite:///{folder}/auth.db")
    await person.sign_in(store)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"auth.db": 0o600, "auth.db-wal": 0o600, "auth.db-shm": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    await store.close()


async def test_a_file_that_others_may_read_is_told(tmp_path: Path) -> None:
    """Its permissions are the operator's choice, made knowingly."""
    path = tmp_path / "auth.db"
    path.touch(0o644)
    path.chmod(0o644)
    with structlog.testing.capture_logs() as logs:
        await open_store("sqlite", str(path)).close()
    assert [entry["event"] for entry in logs] == ["store_file_open_to_others"]
    path.chmod(0o600)
    with structlog.testing.capture_logs() as logs:
        await open_store("sqlite", str(path)).close()
    assert logs == []


async def test_sqlite_is_set_up(tmp_path: Path, opened: Any) -> None:
    """Readers beside a writer, foreign keys held, locks waited for."""
    store = opened("sqlite", str(tmp_path / "auth.db"))
    with store.engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        }
    assert found == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "busy_timeout": 5000,
        "synchronous": 1,
    }
    await store.close()


async def test_who_writes_while_the_file_is_set_up_is_waited_for(
    tmp_path: Path, opened: Any
) -> None:
    """SQLite says "locked" at once there, however patient the connection is."""
    path = tmp_path / "auth.db"
    with closing(
        sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    ) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError) as caught:
            open_store("sqlite", str(path), patience=0.05)
        assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
        timer = threading.Timer(0.2, connection.rollback)
        timer.start()
        store = opened("sqlite", str(path))
        timer.join()
    with store.engine.connect() as other:
        assert other.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


async def test_who_waited_for_a_migration_does_not_repeat_it(
    driver: str, dsn: str, count: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hosts of one process that found the database empty: the second finds it done."""
    both_found_it_empty = threading.Barrier(2, timeout=30)
    real = migrate_module._one_at_a_time

    class Turnstile:
        def __enter__(self) -> None:
            both_found_it_empty.wait()
            real.acquire()

        def __exit__(self, *_: object) -> None:
            real.release()

    monkeypatch.setattr(migrate_module, "_one_at_a_time", Turnstile())
    stores = await asyncio.gather(*(asyncio.to_thread(open_store, driver, dsn) for _ in range(2)))
    try:
        for store in stores:
            await store.check()
        assert count(stores[0], VERSION_TABLE) == 1
    finally:
        for store in stores:
            await store.close()


async def test_a_database_in_memory_does_all_the_same(person: Any, opened: Any) -> None:
    """For demonstrations: one connection, gone with the store."""
    store = opened("sqlite", ":memory:")
    token = person.token()
    await person.sign_in(store, token=token)
    assert await store.read_session(token, policy=person.policy, now=person.now + 61)
    await store.check()
    await store.close()


async def test_what_was_written_is_there_after_a_restart(
    driver: str, dsn: str, person: Any, opened: Any
) -> None:
    """Opening again changes nothing."""
    token = person.token()
    store = opened(driver, dsn)
    await person.sign_in(store, token=token)
    await store.close()
    reopened = opened(driver, dsn)
    assert await reopened.read_session(token, policy=person.policy, now=person.now)
    await reopened.check()
    await reopened.close()


async def test_the_store_is_what_the_domain_asks_for(store: SqlStore) -> None:
    """Every operation of the port is there, and is asynchronous."""
    for name in (name for name in vars(Store) if not name.startswith("_")):
        ours, theirs = getattr(SqlStore, name), getattr(Store, name)
        assert inspect.iscoroutinefunction(ours)
        assert inspect.signature(ours) == inspect.signature(theirs)


async def test_the_migrations_make_the_tables_that_queries_use(store: SqlStore) -> None:
    """Alembic finds no difference between the two, and the newest revision is the one we name."""
    folder = Path(dockmesh_auth.store.migrations.__file__).parent
    assert ScriptDirectory(str(folder)).get_heads() == [HEAD]
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []


@pytest.mark.attack("ACC-07")
async def test_text_is_compared_by_code_point(store: SqlStore, driver: str) -> None:
    """Whatever the database's own collation is, each column of text names its own."""
    if driver == "sqlite":
        with store.engine.connect() as connection:
            tables = connection.execute(text("SELECT sql FROM sqlite_master")).scalars().all()
        columns = [line for sql in tables if sql for line in sql.splitlines() if " TEXT" in line]
        wrong = [line for line in columns if 'COLLATE "BINARY"' not in line]
    else:
        query = (
            "SELECT collation_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type = 'text'"
        )
        with store.engine.connect() as connection:
            columns = list(connection.execute(text(query)).scalars())
        wrong = [name for name in columns if name != "C"]
    assert len(columns) > 20
    assert wrong == []


@pytest.mark.attack("SES-15")
async def test_a_newer_database_is_refused(driver: str, dsn: str, opened: Any) -> None:
    """At start, and by a process that is still running when a newer one migrates."""
    store = opened(driver, dsn)
    with store.engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(StorageError) as running:
        await store.check()
    with pytest.raises(StorageError) as starting:
        open_store(driver, dsn)
    for caught in (running, starting):
        assert caught.value.code is ErrorCode.STORE_SCHEMA
        assert caught.value.evidence["database"] == "9999"
    await store.close()


async def test_tables_of_others_are_refused_and_left_alone(
    driver: str, dsn: str, opened: Any
) -> None:
    """A database with somebody else's `users` is not ours to migrate."""
    store = opened(driver, dsn)
    with store.engine.begin() as connection:
        connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
    await store.close()
    with pytest.raises(StorageError) as caught:
        open_store(driver, dsn)
    assert caught.value.code is ErrorCode.STORE_SCHEMA
    assert "grants, login_attempts, sessions, users" in caught.value.detail


def test_a_failed_migration_leaves_nothing(tmp_path: Path) -> None:
    """Tables are made in one transaction: a name that is taken stops it as a whole."""
    path = tmp_path / "auth.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE ix_sessions_user_id (x)")
    connection.close()
    with pytest.raises(StorageError) as caught:
        open_store("sqlite", str(path))
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
    connection = sqlite3.connect(path)
    names = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert names == [("ix_sessions_user_id",)]


def test_another_encoding_is_refused(cluster: Any) -> None:
    """Names of any script need UTF-8."""
    dsn = cluster.new_database("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(StorageError) as caught:
        open_store("postgres", dsn)
    assert caught.value.code is ErrorCode.STORE_SCHEMA
    assert "LATIN1" in caught.value.detail

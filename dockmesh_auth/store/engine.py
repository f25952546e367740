"""Connections: SQLite with real transactions, PostgreSQL with time limits."""

from __future__ import annotations

import os
import stat
import time
from functools import partial
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any, Final

import structlog
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

from dockmesh_auth.store.dsn import MEMORY

__all__ = ["READERS", "build_engine", "is_memory", "reading_engine", "writing_engine"]

READERS: Final = 4
"""Threads that read; for PostgreSQL as many write."""

_BEGIN: Final = "dockmesh_auth_begin"

_log = structlog.get_logger(__name__)


def is_memory(url: URL) -> bool:
    """Whether *url* is a SQLite database without a file."""
    return url.database == MEMORY


def build_engine(url: URL, patience: float) -> Engine:
    """The engine of *url*; for SQLite the file is made if there is none.

    Args:
        url: Where the database is.
        patience: Seconds to wait for a lock or a connection.

    Raises:
        OSError: The file or its folder cannot be made.
        sqlalchemy.exc.SQLAlchemyError: The file is not a database, or locked.
    """
    if url.drivername == "sqlite":
        return _build_sqlite(url, patience)
    return _build_postgres(url, patience)


def reading_engine(engine: Engine) -> Engine:
    """*engine* for reading, without a transaction around it.

    An operation that reads twice may see the second half as it is a moment later, never as it
    was a moment earlier: rights that were taken away are not seen again.
    """
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    return engine


def writing_engine(engine: Engine) -> Engine:
    """*engine* for transactions that write; SQLite's lock is taken at their beginning.

    A transaction that began with reading could not wait for the lock later: SQLite fails it at
    once, because what it has read may be old by then.
    """
    if engine.dialect.name == "postgresql":
        return engine
    return engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})


# --- SQLite ---------------------------------------------------------------------------------


def _build_sqlite(url: URL, patience: float) -> Engine:
    if is_memory(url):
        engine = create_engine(
            url,
            poolclass=StaticPool,
            hide_parameters=True,
            connect_args={"check_same_thread": False},
        )
    else:
        _make_file(Path(url.database or ""))
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_size=READERS + 1,
            max_overflow=0,
            pool_timeout=patience,
            pool_use_lifo=True,
        )
    event.listen(engine, "connect", partial(_set_up_sqlite, patience))
    event.listen(engine, "begin", _begin_sqlite)
    if not is_memory(url):
        try:
            _enter_wal(engine, patience)
        except BaseException:
            engine.dispose()
            raise
    return engine


def _make_file(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # SQLite gives the files beside it (-wal, -shm) the permissions of the database itself.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        _log.warning("store_file_open_to_others", path=str(path))


def _set_up_sqlite(patience: float, connection: SqliteConnection, _: object) -> None:
    # SQLAlchemy, "Using SQLAlchemy to emit BEGIN in lieu of SQLite's transaction control":
    # the driver of Python begins nothing by itself, `_begin_sqlite` does.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {int(patience * 1000)}",
        "foreign_keys = ON",
        "synchronous = NORMAL",
        "trusted_schema = OFF",
    ):
        try:
            connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()  # nobody else knows of it yet
            raise


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get(_BEGIN)
    if begin is not None:
        # The driver's own call: half the time of one that goes through SQLAlchemy.
        driver_connection: Any = connection.connection.dbapi_connection
        driver_connection.execute(begin)


def _enter_wal(engine: Engine, patience: float) -> None:
    # The mode is kept in the file. Two processes that change it at once get "locked" without
    # being made to wait, so the waiting is done here.
    give_up = time.monotonic() + patience
    while True:
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        except OperationalError as problem:
            name = str(getattr(problem.orig, "sqlite_errorname", ""))
            if not name.startswith("SQLITE_BUSY") or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return


# --- PostgreSQL -----------------------------------------------------------------------------

_LIMITS: Final = {
    "application_name": "dockmesh-auth",
    "connect_timeout": "5",
    "keepalives_idle": "30",
    "tcp_user_timeout": "10000",
}


def _build_postgres(url: URL, patience: float) -> Engine:
    engine = create_engine(
        url.update_query_dict({**_LIMITS, **url.query}),
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_size=2 * READERS,
        max_overflow=0,
        pool_timeout=patience,
        pool_use_lifo=True,
    )
    event.listen(engine, "connect", partial(_set_up_postgres, patience))
    return engine


def _set_up_postgres(patience: float, connection: Any, _: object) -> None:
    # `options` in the address would do, but connection poolers refuse it.
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {int(patience * 1000)}")
        cursor.execute(f"SET statement_timeout = {int(patience * 2000)}")
    connection.commit()

"""Bring a database to the schema of this version, or refuse it."""

from __future__ import annotations

import threading
from typing import Final

from sqlalchemy import Connection, Engine, column, inspect, select, table, text

from dockmesh_auth.errors import ErrorCode, StorageError
from dockmesh_auth.store.engine import reading_engine, writing_engine
from dockmesh_auth.store.schema import VERSION_TABLE, metadata

__all__ = ["HEAD", "check_revision", "migrate"]

HEAD: Final = "0001"
"""The newest revision in `migrations/versions`."""

_LOCK_KEY: Final = 0x646F636B61757468
"""Of PostgreSQL's advisory lock: the letters of "dockauth"."""

_REVISION = select(table(VERSION_TABLE, column("version_num")).c.version_num)

# Alembic's context is one per process, whatever the thread.
_one_at_a_time = threading.Lock()


def migrate(engine: Engine) -> None:
    """Create or upgrade the tables: one transaction, one process at a time, or nothing.

    Raises:
        StorageError: The database is newer than this version, or holds tables of others under
            our names.
        sqlalchemy.exc.SQLAlchemyError: The database cannot be used.
    """
    with reading_engine(engine).connect() as connection:
        if _revision(connection) == HEAD:
            return
    with _one_at_a_time, writing_engine(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            _prepare_postgres(connection)
        revision = _revision(connection)
        if revision != HEAD:
            _upgrade(connection, revision)


def check_revision(connection: Connection) -> None:
    """Read the database's revision.

    Raises:
        StorageError: It is not this version's: another process has migrated the database.
        sqlalchemy.exc.SQLAlchemyError: The database cannot be used.
    """
    revision = connection.execute(_REVISION).scalar()
    if revision != HEAD:
        raise _other_version(str(revision))


def _revision(connection: Connection) -> str | None:
    inspector = inspect(connection)
    if inspector.has_table(VERSION_TABLE):
        revision = connection.execute(_REVISION).scalar()
        return None if revision is None else str(revision)
    foreign = sorted(name for name in metadata.tables if inspector.has_table(name))
    if foreign:
        raise StorageError(
            ErrorCode.STORE_SCHEMA,
            f"The database holds tables that are not ours: {', '.join(foreign)}.",
        )
    return None


def _prepare_postgres(connection: Connection) -> None:
    encoding = connection.execute(text("SHOW server_encoding")).scalar()
    if encoding != "UTF8":
        raise StorageError(
            ErrorCode.STORE_SCHEMA, f"The database has the encoding {encoding}; it must be UTF8."
        )
    # Another process may be migrating: wait for it longer than for an ordinary lock.
    connection.execute(text("SET LOCAL lock_timeout = '60s'"))
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def _upgrade(connection: Connection, revision: str | None) -> None:
    # Alembic takes longer to import than all else here: only who migrates pays for it.
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "dockmesh_auth.store:migrations")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise _other_version(revision)
    command.upgrade(config, HEAD)


def _other_version(revision: str) -> StorageError:
    return StorageError(
        ErrorCode.STORE_SCHEMA,
        f"The database has the schema {revision}; this version knows schemas up to {HEAD}.",
        evidence={"database": revision, "newest known": HEAD},
    )

"""Where the database is: a path or URL for SQLite, a URL for PostgreSQL."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.errors import ConfigurationError, ErrorCode

__all__ = ["MEMORY", "Driver", "parse_dsn"]

MEMORY = ":memory:"
"""SQLite's name of a database that lives as long as the store."""


class Driver(StrEnum):
    """The kind of database."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"


def _refused(detail: str) -> ConfigurationError:
    return ConfigurationError(ErrorCode.CONFIG_INVALID_VALUE, detail)


def parse_dsn(driver: str, dsn: str | Secret, folder: Path = Path()) -> URL:
    """The address of the database.

    Args:
        driver: `sqlite` or `postgres`.
        dsn: For SQLite a path, `sqlite:///relative`, `sqlite:////absolute` or `:memory:`; for
            PostgreSQL `postgresql://user:password@host:port/database`. May hold a password.
        folder: Where a relative path begins.

    Raises:
        ConfigurationError: It is none of these, or the driver of PostgreSQL is not installed.
            The message never quotes *dsn*.
    """
    text = dsn.reveal() if isinstance(dsn, Secret) else dsn
    if driver == Driver.SQLITE:
        return _parse_sqlite(text, folder)
    if driver == Driver.POSTGRES:
        return _parse_postgres(text)
    raise _refused(f"there is no database driver {driver!r}: write sqlite or postgres")


def _parse_sqlite(text: str, folder: Path) -> URL:
    path = text
    if text.startswith("sqlite:"):
        if not text.startswith("sqlite://"):
            raise _refused(
                "`database.dsn`: a SQLite URL is sqlite:///relative or sqlite:////absolute"
            )
        url = _url(text)
        if url.host is not None or url.query or url.drivername != "sqlite":
            raise _refused(
                "`database.dsn`: a SQLite URL has three slashes, a path and nothing else"
            )
        path = url.database or MEMORY
    elif "://" in text or text.startswith("file:"):
        raise _refused("`database.dsn`: with the driver sqlite it is a path or sqlite:///path")
    if not path or "\x00" in path:
        raise _refused("`database.dsn`: the path of the SQLite database is empty or malformed")
    if path != MEMORY:
        try:
            path = str(folder / Path(path).expanduser())
        except RuntimeError:
            raise _refused("`database.dsn`: there is no such user to find the folder of") from None
    return URL.create("sqlite", database=path)


def _parse_postgres(text: str) -> URL:
    if not text.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        raise _refused(
            "`database.dsn`: with the driver postgres it is postgresql://user@host/database"
        )
    try:
        import_module("psycopg")
    except ImportError:
        raise _refused(
            "PostgreSQL needs a driver that is not installed: pip install 'dockmesh-auth[postgres]'"
        ) from None
    return _url(text).set(drivername="postgresql+psycopg")


def _url(text: str) -> URL:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        # SQLAlchemy's message quotes the address, password included.
        pass
    raise _refused("`database.dsn`: the address of the database is not a URL")

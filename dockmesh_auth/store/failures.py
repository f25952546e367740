"""What a database's error means to an operator. None of it quotes statement, values or address."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from dockmesh_auth.errors import ErrorCode, StorageError

__all__ = ["guarded", "unavailable"]

T = TypeVar("T")

_SQLITE: Final = {
    "SQLITE_BUSY": "The database is locked by another process and was not released in time.",
    "SQLITE_LOCKED": "The database is locked by another process and was not released in time.",
    "SQLITE_FULL": "The disk of the database is full.",
    "SQLITE_READONLY": "The database can be read but not written.",
    "SQLITE_CANTOPEN": "The database file cannot be opened.",
    "SQLITE_CORRUPT": "The database file is damaged.",
    "SQLITE_NOTADB": "The file is not a database.",
    "SQLITE_IOERR": "The disk of the database reports errors, or a limit of its size is reached.",
}

# PostgreSQL, appendix A: classes and codes of SQLSTATE.
_POSTGRES: Final = {
    "25006": "The database can be read but not written.",
    "28": "The database refuses our user or password.",
    "3D": "The database server has no database of that name.",
    "42501": "Our user lacks a privilege in the database.",
    "53100": "The disk of the database is full.",
    "53": "The database server has run out of connections or memory.",
    "55P03": "A row of the database is locked and was not released in time.",
    "57014": "The database took too long to answer.",
    "57": "The database server is shutting down or starting.",
}


def guarded(work: Callable[[], T]) -> T:
    """What *work* returns.

    Raises:
        StorageError: The database failed. The error stands alone: the database's own exception,
            which holds the statement's values, is not even its context.
    """
    try:
        return work()
    except (SQLAlchemyError, sqlite3.Error, OSError) as problem:
        error = unavailable(problem)
    raise error


def unavailable(problem: Exception) -> StorageError:
    """The error that tells of *problem*, with the database's code for it and nothing more."""
    original = problem.orig if isinstance(problem, DBAPIError) else problem
    evidence = {"kind": type(original).__name__}
    detail = ""
    name = getattr(original, "sqlite_errorname", None)
    state = getattr(original, "sqlstate", None)
    if isinstance(name, str):
        evidence["sqlite"] = name
        detail = next((text for key, text in _SQLITE.items() if name.startswith(key)), "")
    elif isinstance(state, str):
        evidence["sqlstate"] = state
        detail = next((text for key, text in _POSTGRES.items() if state.startswith(key)), "")
    elif isinstance(problem, DBAPIError) and evidence["kind"] in {
        "OperationalError",
        "ConnectionTimeout",
    }:
        detail = "The database server cannot be reached, or it closed the connection."
    elif isinstance(problem, OSError):
        detail = f"The file of the database cannot be used: {problem.strerror or 'I/O error'}."
    return StorageError(ErrorCode.STORE_UNAVAILABLE, detail, evidence=evidence)

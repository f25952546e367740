"""The database: who has signed in, what they may do, their sessions, sign-ins under way.

SQLite and PostgreSQL, with SQLAlchemy Core and Alembic. `open_store` is the way in::

    store = open_store("sqlite", "/var/lib/dockmesh/auth.db", roles=catalogue)
"""

from __future__ import annotations

from dockmesh_auth.store.administration import find_user, grant_by_hand, set_disabled
from dockmesh_auth.store.dsn import Driver
from dockmesh_auth.store.sql_store import SqlStore, open_store

__all__ = ["Driver", "SqlStore", "find_user", "grant_by_hand", "open_store", "set_disabled"]

"""Alembic's environment: migrate the connection that was handed in, inside its transaction."""

from __future__ import annotations

from alembic import context

from dockmesh_auth.store.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    # SQLite can roll back tables too, now that our engine begins its transactions.
    transactional_ddl=True,
)
context.run_migrations()

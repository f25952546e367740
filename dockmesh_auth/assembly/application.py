"""The application as one object: what `serve`, the demo and other applications run."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from dockmesh_auth.domain.ports import Store
from dockmesh_auth.host.auth_host import AuthHost
from dockmesh_auth.host.config import HostConfig
from dockmesh_auth.store import open_store as open_database
from dockmesh_auth.web.app import build_app

__all__ = ["create_app", "open_store", "serve_host"]


def open_store(config: HostConfig) -> Store:
    """Open the database that *config* names, and bring it up to date. A relative path begins at
    the folder of the configuration, as all paths in it do.

    Raises:
        ConfigurationError: The driver's package is not installed.
        StorageError: The database cannot be used.
    """
    return open_database(
        config.database.driver,
        config.database.dsn,
        roles=config.roles,
        folder=config.path.parent,
    )


def create_app(
    path: str | os.PathLike[str], *, environ: Mapping[str, str] | None = None
) -> Starlette:
    """The sign-in pages of a configuration file, as an ASGI application that owns everything.

    Raises:
        ConfigurationError: The configuration or a plugin that it needs cannot be used.
        StorageError: The database cannot be used.
    """
    return serve_host(AuthHost.from_config(path, open_store=open_store, environ=environ))


def serve_host(host: AuthHost) -> Starlette:
    """The pages of *host*, which is closed when the server stops."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await host.close()

    return build_app(host, lifespan=lifespan)

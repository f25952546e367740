"""Providers that this project did not write, as processes for the length of the run.

The first test that asks for one starts it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from tests.interop.people import Person
from tests.interop.servers import Server
from tests.interop.servers.glewlwyd import GlewlwydServer
from tests.interop.servers.keycloak import KeycloakServer
from tests.interop.servers.oidc_provider import OidcProviderServer
from tests.interop.servers.processes import CannotRunError
from tests.interop.site import Site

AServer = TypeVar("AServer", bound=Server)


@contextmanager
def _running(start: Callable[[], AServer]) -> Iterator[AServer]:
    """The server; if it cannot be had, a reason to skip, but not in CI."""
    try:
        server = start()
    except CannotRunError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
    try:
        yield server
    finally:
        server.end()


# --- npm's oidc-provider ------------------------------------------------------------------------


@pytest.fixture(name="foreign_process", scope="session")
def oidc_provider_process() -> Iterator[OidcProviderServer]:
    """The provider's process."""
    with _running(OidcProviderServer) as server:
        yield server


@pytest.fixture(name="foreign")
def oidc_provider(foreign_process: OidcProviderServer) -> OidcProviderServer:
    """The provider with no clients and with keys that no other test has seen."""
    foreign_process.configure()
    foreign_process.rotate_keys()
    foreign_process.requests()
    return foreign_process


@pytest.fixture(name="person")
def person_with_browser(
    request: pytest.FixtureRequest, foreign_process: OidcProviderServer
) -> Person:
    """Alice, or whom the test names by parametrizing `person` indirectly."""
    return Person(foreign_process, getattr(request, "param", "alice"))


@pytest.fixture(name="site")
def our_site(foreign: OidcProviderServer, tmp_path: Path) -> Site:
    """Our own pages, to be configured and served by the test."""
    return Site(foreign, tmp_path)


# --- Keycloak -----------------------------------------------------------------------------------


@pytest.fixture(name="keycloak_process", scope="session")
def running_keycloak() -> Iterator[KeycloakServer]:
    """Keycloak's process."""
    with _running(KeycloakServer) as server:
        yield server


@pytest.fixture(name="keycloak")
def keycloak_as_imported(keycloak_process: KeycloakServer) -> Iterator[KeycloakServer]:
    """Keycloak with the realm of our file; what the test changes there is undone."""
    yield keycloak_process
    keycloak_process.admin.restore()


# --- Glewlwyd -----------------------------------------------------------------------------------


@pytest.fixture(name="glewlwyd", scope="session")
def running_glewlwyd() -> Iterator[GlewlwydServer]:
    """Glewlwyd; a test registers the redirect URIs that it needs."""
    with _running(GlewlwydServer) as server:
        yield server

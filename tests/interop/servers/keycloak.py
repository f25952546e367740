"""Keycloak in dev mode, with the realm of `keycloak/realm.json`."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from dockmesh_auth.testing.browser import Browser, Page
from tests.interop.servers import PEOPLE, Server
from tests.interop.servers.keycloak_admin import KeycloakAdmin
from tests.interop.servers.keycloak_distribution import java_command, make_home
from tests.interop.servers.processes import ServerProcess, free_port

REALM = "dockmesh"


class KeycloakServer(Server):
    """A Keycloak of one's own. Groups are full paths there.

    Attributes:
        admin: What the administrator of the realm can do.
    """

    mappings: Mapping[str, tuple[str, str]] = {
        "/docker-admins": ("admin", "all"),
        "/staff/ops": ("viewer", "tag=prod"),
    }

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="keycloak-")
        folder = Path(self._folder.name)
        try:
            home = make_home(folder / "home")
            port = free_port()
            url = f"http://127.0.0.1:{port}"
            self.issuer = f"{url}/realms/{REALM}"
            self.admin = KeycloakAdmin(url, REALM)
            self._process = ServerProcess(
                java_command(home, f"--http-port={port}"),
                log=folder / "log",
                environment=self.admin.environment,
            )
        except BaseException:
            self._folder.cleanup()
            raise
        try:
            self._process.wait_until_up(f"{url}/realms/master", seconds=180)
            self.admin.import_realm()
        except BaseException:
            self.end()
            raise

    def register(self, redirect_uri: str) -> None:
        """Nothing to do: the realm has our callbacks on 127.0.0.1, with any port."""

    def sign_in(self, browser: Browser, name: str, password: str | None = None) -> Page:
        """Fill in the form that *browser* is at. A wrong password leads back to it."""
        browser.fill("username", name)
        browser.fill("password", PEOPLE[name] if password is None else password)
        return browser.click("Sign In")

    def end(self) -> None:
        """End it, and remove what it wrote."""
        self._process.end()
        self._folder.cleanup()

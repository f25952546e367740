"""Debian's Glewlwyd, with a configuration, a database and people of ours; no system service."""

from __future__ import annotations

import sqlite3
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from dockmesh_auth.testing.browser import Browser, Page
from dockmesh_auth.testing.browser.reader import Reader
from tests.interop.servers import CLIENT_ID, PEOPLE, Server
from tests.interop.servers.glewlwyd_admin import GlewlwydAdmin
from tests.interop.servers.processes import CannotRunError, ServerProcess, free_port, program

VERSION = "2.7."
"""What its configuration and its API are known of: Debian 12 has 2.7.5."""

TABLES = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
"""Where the package has the tables, and an administrator with a password that everybody knows."""

CONFIGURATION = """
port = {port}
bind_address = "127.0.0.1"
external_url = "{url}"
api_prefix = "api"
login_url = "login.html"
static_files_path = "/usr/share/glewlwyd/webapp/"
static_files_mime_types = ({{ extension = ".html", mime_type = "text/html" }})
log_mode = "console"
log_level = "WARNING"
cookie_secure = 0
session_key = "GLEWLWYD2_SESSION_ID"
admin_scope = "g_admin"
profile_scope = "g_profile"
user_module_path = "/usr/lib/glewlwyd/user"
client_module_path = "/usr/lib/glewlwyd/client"
user_auth_scheme_module_path = "/usr/lib/glewlwyd/scheme"
plugin_module_path = "/usr/lib/glewlwyd/plugin"
hash_algorithm = "SHA512"
database = {{ type = "sqlite3", path = "{database}" }}
"""


class GlewlwydServer(Server):
    """A Glewlwyd of one's own.

    Attributes:
        admin: What its administrator can do.
    """

    def __init__(self) -> None:
        command = program("glewlwyd")
        _check_version(command)
        self._folder = tempfile.TemporaryDirectory(prefix="glewlwyd-")
        folder = Path(self._folder.name)
        port = free_port()
        self._url = f"http://127.0.0.1:{port}"
        self.issuer = f"{self._url}/api/oidc"
        self.admin = GlewlwydAdmin(self._url)
        database = folder / "database"
        with sqlite3.connect(database) as connection:
            connection.executescript(TABLES.read_text(encoding="utf-8"))
        connection.close()
        file = folder / "configuration"
        file.write_text(
            CONFIGURATION.format(port=port, url=self._url, database=database), encoding="utf-8"
        )
        self._process = ServerProcess([command, f"--config-file={file}"], log=folder / "log")
        try:
            self._process.wait_until_up(f"{self._url}/config/", seconds=30)
            self.admin.set_up(self.issuer)
        except BaseException:
            self.end()
            raise

    def register(self, redirect_uri: str) -> None:
        """Let our client come back there, and nowhere else."""
        self.admin.change_client(redirect_uri=[redirect_uri])

    def sign_in(self, browser: Browser, name: str, password: str | None = None) -> Page:
        """Do what the script of the page does that *browser* is at: it has no forms of HTML.

        Name and password go to its API; what is asked for is allowed; then it goes on.
        """
        page = browser.page
        assert page is not None
        assert page.url.startswith(f"{self._url}/login.html")
        proof = {
            "username": name,
            "password": PEOPLE[name] if password is None else password,
        }
        if not self._call(browser, "POST", "auth/", proof).is_success:
            return page
        self._call(browser, "PUT", f"auth/grant/{CLIENT_ID}", {"scope": page.query["scope"]})
        return self.carry_on(browser)

    def carry_on(self, browser: Browser) -> Page:
        """Press "Continue" on the page that *browser* is at, as somebody who is signed in."""
        page = browser.page
        assert page is not None
        page = browser.get(f"{page.query['callback_url']}&g_continue")
        if not page.url.startswith(self._url):
            return page
        # `form_post`: a page without a content type, which browsers take for HTML and submit.
        reader = Reader()
        reader.feed(page.text)
        return browser.submit(reader.forms[0])

    def _call(self, browser: Browser, method: str, path: str, body: Any) -> httpx.Response:
        url = f"{self._url}/api/{path}"
        parts = urlsplit(url)
        cookie = browser.cookies.header_for(parts, method=method, site=url)
        answer = httpx.request(method, url, json=body, headers={"Cookie": cookie or ""})
        for line in answer.headers.get_list("set-cookie"):
            browser.cookies.store(line, parts)
        return answer

    def end(self) -> None:
        """End it, and remove what it wrote."""
        self._process.end()
        self._folder.cleanup()


def _check_version(command: str) -> None:
    said = subprocess.run(
        [command, "--version"], capture_output=True, text=True, timeout=10, check=False
    ).stdout
    if VERSION not in said or not TABLES.is_file():
        raise CannotRunError(f"this is not Debian's Glewlwyd {VERSION}x: {said.strip()[:80]}")

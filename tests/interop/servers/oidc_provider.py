"""npm's oidc-provider, in the program `server.mjs`, which takes commands on standard input."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from dockmesh_auth.testing.browser import Browser, Page
from tests.interop.servers import CLIENT_ID, CLIENT_SECRET, PEOPLE, Server
from tests.interop.servers.processes import CannotRunError, program

HERE = Path(__file__).parent.parent


class OidcProviderServer(Server):
    """An oidc-provider of one's own. It ends with its standard input.

    Of Bob it says that he is in no group; of Carol's groups it says nothing.
    """

    scopes = ("openid", "profile", "email", "groups")

    def __init__(self) -> None:
        node = program("node")
        install()
        self._process = subprocess.Popen(
            [node, str(HERE / "server.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self.issuer: str = self._answer()["issuer"]

    # --- its commands ------------------------------------------------------------------------

    def configure(
        self, *clients: dict[str, Any], claims_in_id_token: bool = False, pushed: str = "none"
    ) -> None:
        """Know these clients and no others; OpenID Connect Registration's names for their data.

        Pushed authorization requests are there as *pushed* says: none, offered or required.
        """
        self._do("configure", clients=clients, claims_in_id_token=claims_in_id_token, pushed=pushed)

    def rotate_keys(self, *, keep: bool = False) -> list[str]:
        """Sign with new keys from now on, and publish the old ones only if they are kept."""
        kids: list[str] = self._do("rotate", keep=keep)["kids"]
        return kids

    def requests(self) -> list[dict[str, str]]:
        """The requests since the last call: method, path, and the scheme of Authorization."""
        seen: list[dict[str, str]] = self._do("requests")["requests"]
        return seen

    def _do(self, command: str, **arguments: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the foreign provider has ended"
        answer: dict[str, Any] = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer

    def register(self, redirect_uri: str) -> None:
        """Know our client, and no other."""
        client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        self.configure({**client, "redirect_uris": [redirect_uri]})

    # --- its pages ---------------------------------------------------------------------------

    def sign_in(self, browser: Browser, name: str, password: str | None = None) -> Page:
        """Fill in the form that *browser* is at, and allow what is asked for."""
        browser.fill("login", name)
        browser.fill("password", PEOPLE[name] if password is None else password)
        page = browser.click("Sign in")
        if page.title == "Allow access":
            page = browser.click("Allow")
        if page.title == "Submitting Callback":  # a real browser's script does this
            page = browser.submit()
        return page

    def end(self) -> None:
        """End it."""
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(timeout=10)


def _is_installed() -> bool:
    wanted = json.loads((HERE / "package.json").read_bytes())["dependencies"]["oidc-provider"]
    installed = HERE / "node_modules" / "oidc-provider" / "package.json"
    return installed.is_file() and json.loads(installed.read_bytes())["version"] == wanted


def install() -> None:
    """Have npm fetch it, if it is not there in the wanted version.

    Raises:
        CannotRunError: There is no npm, or it fails.
    """
    if _is_installed():
        return
    answer = subprocess.run(
        [
            program("npm"),
            "install",
            "--no-audit",
            "--no-fund",
            "--no-package-lock",
            "--ignore-scripts",
        ],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if answer.returncode != 0 or not _is_installed():
        raise CannotRunError(f"npm could not install oidc-provider: {answer.stderr[-500:]}")

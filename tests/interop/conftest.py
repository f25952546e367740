"""A provider that this project did not write, as a process of its own for the length of the run."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dockmesh_auth import create_app
from dockmesh_auth.testing.browser import Browser, Page
from dockmesh_auth.testing.server import served

HERE = Path(__file__).parent

CLIENT_SECRET = "a-secret-with-more-than-thirty-two-characters"

PASSWORDS = {"alice": "wonderland", "bob": "builder", "carol": "singer"}
"""The people of server.mjs. Alice is in two groups, Bob in none, of Carol nothing is said."""


def _cannot_run(reason: str) -> None:
    """The foreign provider cannot be had: a reason to skip, but not in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _is_installed() -> bool:
    wanted = json.loads((HERE / "package.json").read_bytes())["dependencies"]["oidc-provider"]
    installed = HERE / "node_modules" / "oidc-provider" / "package.json"
    return installed.is_file() and json.loads(installed.read_bytes())["version"] == wanted


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        _cannot_run("npm is not there to install the foreign provider")
        return
    answer = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if answer.returncode != 0 or not _is_installed():
        _cannot_run(f"npm could not install the foreign provider: {answer.stderr[-500:]}")


class ForeignProvider:
    """The running provider, and the line on which it takes commands."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.issuer: str = self._answer()["issuer"]

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the foreign provider has ended"
        answer: dict[str, Any] = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer

    def _do(self, command: str, **arguments: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def configure(self, *clients: dict[str, Any], claims_in_id_token: bool = False) -> None:
        """Know these clients and no others; OpenID Connect Registration's names for their data."""
        self._do("configure", clients=clients, claims_in_id_token=claims_in_id_token)

    def rotate_keys(self, *, keep: bool = False) -> list[str]:
        """Sign with new keys from now on, and publish the old ones only if they are kept."""
        kids: list[str] = self._do("rotate", keep=keep)["kids"]
        return kids

    def requests(self) -> list[dict[str, str]]:
        """The requests since the last call: method, path, and the scheme of Authorization."""
        seen: list[dict[str, str]] = self._do("requests")["requests"]
        return seen


class Person:
    """Somebody with a browser, who has a password at the foreign provider."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.browser = Browser()

    def sign_in(self) -> Page:
        """Give name and password at the provider, and allow what is asked for."""
        self.browser.fill("login", self.name)
        self.browser.fill("password", PASSWORDS[self.name])
        page = self.browser.click("Sign in")
        if page.title == "Allow access":
            page = self.browser.click("Allow")
        if page.title == "Submitting Callback":  # a real browser's script does this
            page = self.browser.submit()
        return page


@pytest.fixture(name="foreign_process", scope="session")
def foreign_provider_process() -> Iterator[ForeignProvider]:
    """The provider's process; it ends with its standard input."""
    node = shutil.which("node")
    if node is None:
        _cannot_run("node is not there to run the foreign provider")
        return
    if not _is_installed():
        _install()
    process = subprocess.Popen(
        [node, str(HERE / "server.mjs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        yield ForeignProvider(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=10)


@pytest.fixture(name="foreign")
def foreign_provider(foreign_process: ForeignProvider) -> ForeignProvider:
    """The provider with no clients and with keys that no other test has seen."""
    foreign_process.configure()
    foreign_process.rotate_keys()
    foreign_process.requests()
    return foreign_process


@pytest.fixture(name="person")
def person_with_browser(request: pytest.FixtureRequest) -> Person:
    """Alice, or whom the test names by parametrizing `person` indirectly."""
    return Person(getattr(request, "param", "alice"))


class Site:
    """Our own pages for the foreign provider: a real configuration file, a real port."""

    def __init__(self, foreign: ForeignProvider, folder: Path) -> None:
        self._foreign = foreign
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._port: int = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"

    def client(self, **metadata: Any) -> dict[str, Any]:
        """What the provider is to know of us; *metadata* replaces and adds."""
        return {
            "client_id": "dockmesh",
            "client_secret": CLIENT_SECRET,
            "redirect_uris": [f"{self.url}/auth/oidc/callback"],
            **metadata,
        }

    @contextmanager
    def served(self, **provider: Any) -> Iterator[str]:
        """Serve the pages; *provider* replaces and adds to its entry in the configuration."""
        entry = {
            "slug": "foreign",
            "display_name": "Foreign",
            "issuer_url": self._foreign.issuer,
            "client_id": "dockmesh",
            "client_secret": CLIENT_SECRET,
            "scopes": ["openid", "profile", "email", "groups"],
            "groups_claim": "groups",
            "insecure_allow_http": True,
            "allow_private_addresses": True,
            **provider,
        }
        config = {
            "server": {"base_url": self.url},
            "database": {"driver": "sqlite", "dsn": str(self._folder / "dockmesh.db")},
            "auth": {
                "providers": [{key: value for key, value in entry.items() if value is not None}],
                "group_mappings": [
                    {"claim_value": "docker-admins", "role": "admin", "scope": "all"},
                    {"claim_value": "staff", "role": "viewer", "scope": "tag=prod"},
                ],
            },
        }
        path = self._folder / "dockmesh.yaml"
        path.touch(mode=0o600)
        path.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
        with served(create_app(path), port=self._port, lifespan=True) as url:
            yield url


@pytest.fixture(name="site")
def our_site(foreign: ForeignProvider, tmp_path: Path) -> Site:
    """Our own pages, to be configured and served by the test."""
    return Site(foreign, tmp_path)

"""A provider that this project did not write, as a process of its own for the length of the run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

HERE = Path(__file__).parent

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
    """Somebody with a browser that follows redirects, keeps cookies and fills in forms.

    Scripts do not run in it: a form that a script would send is sent by `send_only_form`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.browser = httpx.Client(timeout=10)
        self.at: httpx.Response | None = None

    def open(self, url: str, *, stop_before: str | None = None) -> httpx.Response:
        """Go to an address and where it leads; `stop_before` an address is reached."""
        return self._follow(self.browser.get(url), stop_before)

    def fill_in(
        self, fields: dict[str, str], *, action: str, stop_before: str | None = None
    ) -> httpx.Response:
        """Send the form of the present page whose action ends so, with its hidden fields."""
        page = self._present()
        for match in re.finditer(r"(?s)<form[^>]*>.*?</form>", page.text):
            target = re.search(r'action="([^"]*)"', match[0])
            if target is None or not unescape(target[1]).split("?")[0].endswith(action):
                continue
            hidden = dict(
                re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', match[0])
            )
            sent = {name: unescape(value) for name, value in hidden.items()} | fields
            url = urljoin(str(page.url), unescape(target[1]))
            return self._follow(self.browser.post(url, data=sent), stop_before)
        pytest.fail(f"no form that is sent to {action!r} at {page.url.path}")

    def sign_in(self, *, stop_before: str | None = None) -> httpx.Response:
        """Give name and password at the provider, and allow what is asked for."""
        fields = {"login": self.name, "password": PASSWORDS[self.name]}
        page = self.fill_in(fields, action="/login", stop_before=stop_before)
        if "/interaction/" in page.url.path and page.status_code == httpx.codes.OK:
            page = self.fill_in({}, action="/confirm", stop_before=stop_before)
        return page

    def cancel(self, *, stop_before: str | None = None) -> httpx.Response:
        """Turn back at the provider."""
        return self.fill_in({}, action="/abort", stop_before=stop_before)

    def _present(self) -> httpx.Response:
        assert self.at is not None, "no page is open"
        return self.at

    def _follow(self, response: httpx.Response, stop_before: str | None) -> httpx.Response:
        for _ in range(20):
            location = response.headers.get("location")
            if location is None:
                break
            url = urljoin(str(response.url), location)
            if stop_before is not None and url.startswith(stop_before):
                break
            response = self.browser.get(url)
        self.at = response
        return response


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
def person_with_browser(request: pytest.FixtureRequest) -> Iterator[Person]:
    """Alice, or whom the test names by parametrizing `person` indirectly."""
    person = Person(getattr(request, "param", "alice"))
    with person.browser:
        yield person

"""A host in its own process, its providers, and people who sign in there."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import textwrap
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs

from dockmesh_auth.testing.browser import Browser, Page
from dockmesh_auth.testing.fake_provider import FakeProvider
from dockmesh_auth.testing.fake_provider.people import FakeClient, FakeUser
from dockmesh_auth.testing.minting import SigningKey
from tests.isolation.environment import SECRET, Environment, surroundings

__all__ = ["Site", "Visitor", "serve_site", "write_config"]

USERS = (
    FakeUser(name="alice", full_name="Alice", groups=("viewers",)),
    FakeUser(name="bob", full_name="Bob", groups=("viewers",)),
    FakeUser(name="erin", full_name="Erin", groups=()),
)

CONFIG = """\
server: {{base_url: "{base_url}"}}
database: {{driver: sqlite, dsn: auth.db}}
auth:
{plugins}
  providers:
{providers}
  group_mappings:
    - {{claim_value: viewers, role: viewer, scope: all}}
    - {{claim_value: admins, role: admin, scope: all, provider: home}}
    - {{claim_value: chiefs, role: operator, scope: all}}
"""

PROVIDER = """\
- slug: {slug}
  plugin: {plugin}
  issuer_url: {issuer}
  client_id: {slug}
  client_secret: {{env: CLIENT_SECRET}}
  groups_claim: groups
  insecure_allow_http: true
  allow_private_addresses: true
"""


@attrs.define(eq=False)
class Site:
    """A host in its own process. `home` is a provider that should not notice its neighbours.

    Attributes:
        folder: Where its files are.
        base_url: Its address.
        home: Whom `home` and `good` ask.
        strange: Whom all others ask.
        process: The process.
    """

    folder: Path
    base_url: str
    home: FakeProvider
    strange: FakeProvider
    process: subprocess.Popen[bytes]

    def sign_in(self, slug: str, name: str = "alice") -> Visitor:
        """Sign in as *name* at the provider *slug*, in a new browser."""
        browser = Browser(timeout=30)
        browser.get(f"{self.base_url}/auth/oidc/{slug}/login")
        return Visitor(self, browser, browser.click(name))

    def lines(self, name: str) -> list[str]:
        """The lines of a file that the process or a neighbour writes."""
        path = self.folder / name
        return path.read_text("utf-8").splitlines() if path.exists() else []

    def imported(self) -> list[str]:
        """The neighbours that were imported, as often as they were."""
        return [line.removeprefix("neighbour_") for line in self.lines("imported.txt")]

    def log(self, event: str) -> list[dict[str, Any]]:
        """The lines of the log about *event*."""
        return [
            entry
            for line in self.lines("printed.txt")
            if line.startswith("{") and (entry := json.loads(line)).get("event") == event
        ]

    def refusal(self, slug: str) -> tuple[str, str | None, str | None]:
        """Code, plugin and hook of the last refusal at *slug*."""
        last = [entry for entry in self.log("sign_in_refused") if entry["provider"] == slug][-1]
        return last["code"], last["plugin"], last["hook"]

    def wait_for(self, text: str, name: str = "printed.txt", *, patience: float = 30) -> None:
        """Wait until *text* stands in the file *name*."""
        deadline = time.monotonic() + patience
        while not any(text in line for line in self.lines(name)):
            assert time.monotonic() < deadline, (text, self.lines("printed.txt"))
            assert self.process.poll() is None, self.lines("printed.txt")
            time.sleep(0.02)

    def end(self) -> int:
        """End the process as service managers do; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)


@attrs.frozen
class Visitor:
    """Somebody after a sign-in.

    Attributes:
        page: Where it ended.
    """

    _site: Site
    _browser: Browser
    page: Page

    @property
    def me(self) -> dict[str, Any]:
        """What the host says of who is signed in."""
        answer = self._browser.get(f"{self._site.base_url}/api/v1/me")
        me: dict[str, Any] = json.loads(answer.text)
        return me

    @property
    def roles(self) -> list[str]:
        """The roles they have; none if they were refused."""
        return [grant["role"] for grant in self.me.get("grants", ())]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def write_config(
    folder: Path,
    base_url: str = "http://127.0.0.1:8400",
    *,
    plugins: Iterable[str] | None = None,
    issuers: dict[str, str],
) -> Path:
    """Write `dockmesh.yaml`: a provider for each slug of *issuers*, by the plugin of that name;
    that of `home`, which there always is, is the built-in.
    """
    entries = "".join(
        PROVIDER.format(slug=slug, plugin="oidc" if slug == "home" else slug, issuer=issuer)
        for slug, issuer in ({"home": "http://127.0.0.1:1"} | issuers).items()
    )
    path = folder / "dockmesh.yaml"
    path.write_text(
        CONFIG.format(
            base_url=base_url,
            plugins="" if plugins is None else f"  plugins: [{', '.join(plugins)}]",
            providers=textwrap.indent(entries, "    "),
        )
    )
    path.chmod(0o600)
    return path


@contextlib.contextmanager
def serve_site(
    environment: Environment,
    folder: Path,
    *,
    plugins: Iterable[str] | None = None,
    providers: Iterable[str] = (),
    at_home: Iterable[str] = ("good",),
    program: str | None = None,
    wait: bool = True,
) -> Iterator[Site]:
    """Serve a host: `home`, and a provider for each of *providers*, by the plugin of that name.

    Args:
        environment: Whose command, and whose distributions.
        folder: An empty folder.
        plugins: `auth.plugins`; those that the providers name if None.
        providers: The plugins that have a provider.
        at_home: Those whose provider has the issuer of `home`.
        program: The file of a program to run in the place of `dockmesh-auth serve`.
        wait: Whether to wait until it serves.
    """
    folder.mkdir(exist_ok=True)
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    slugs = ["home", *providers]
    clients = [
        FakeClient(
            client_id=slug,
            client_secret=SECRET,
            redirect_uris=(f"{base_url}/auth/oidc/callback",),
        )
        for slug in slugs
    ]
    home = FakeProvider(users=USERS, clients=clients)
    strange = FakeProvider(
        users=USERS, clients=clients, signing_key=SigningKey.generate("ES256", "strange-1")
    )
    with home.serve(), strange.serve(), (folder / "printed.txt").open("wb") as sink:
        homely = {"home", *at_home}
        issuers = {slug: (home if slug in homely else strange).issuer for slug in slugs}
        config = write_config(folder, base_url, plugins=plugins, issuers=issuers)
        command = (
            environment.command("serve", "-c", str(config), "--port", str(port))
            if program is None
            else [str(environment.python), program, str(port)]
        )
        process = subprocess.Popen(
            command,
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=surroundings(folder, HOME_ISSUER=home.issuer, STRANGE_ISSUER=strange.issuer),
        )
        running = Site(folder, base_url, home, strange, process)
        try:
            if wait:
                running.wait_for('"serving"')
            yield running
        finally:
            process.kill()
            process.wait()

"""A host, its pages and a provider, each behind a real socket, and people with browsers."""

from __future__ import annotations

import contextlib
import json
import socket
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
import structlog

from dockmesh_auth import AuthHost, open_store
from dockmesh_auth.assembly.application import serve_host
from dockmesh_auth.testing.browser import Browser, Page
from dockmesh_auth.testing.clock import FrozenClock
from dockmesh_auth.testing.fake_provider import FakeProvider, Shape
from dockmesh_auth.testing.fake_provider.people import FakeClient, FakeUser
from dockmesh_auth.testing.server import served

SECRET = 's3cr3t with spaces: and %+/=~ "quotes" 0123456789'
"""A client secret with all letters that a careless client would lose."""

USERS = (
    FakeUser(name="alice", full_name="Alice", email="a@example.org", groups=("dockmesh-admins",)),
    FakeUser(name="carol", full_name="Carol", groups=("dockmesh-ops-prod", "other")),
    FakeUser(name="erin", full_name="Erin", groups=()),
)

CONFIG = """\
server:
  base_url: {base_url}
database:
  driver: sqlite
  dsn: {database}
auth:
  providers:
    - slug: main
      display_name: Example Identity
      issuer_url: {issuer}
      client_id: 'dock mesh:1'
      client_secret: {{env: CLIENT_SECRET}}
      groups_claim: groups
      insecure_allow_http: true
      allow_private_addresses: true
{more}
  group_mappings:
    - {{claim_value: dockmesh-admins, role: admin, scope: all}}
    - {{claim_value: dockmesh-ops-prod, role: operator, scope: tag=prod}}
    - {{claim_value: dockmesh-viewers, role: viewer, scope: all}}
{auth}
"""


@attrs.define(eq=False)
class Site:
    """A host that is served, and the provider it trusts."""

    base_url: str
    provider: FakeProvider
    host: AuthHost
    clock: FrozenClock

    def browser(self) -> Browser:
        """A new browser at the login page."""
        browser = Browser()
        browser.get(f"{self.base_url}/login")
        return browser

    def sign_in(self, name: str = "alice", browser: Browser | None = None) -> Page:
        """Sign in as *name*, from the login page to wherever it ends."""
        browser = browser or self.browser()
        browser.get(f"{self.base_url}/login")
        browser.click("Login with Example Identity")
        return browser.click(name)

    def me(self, browser: Browser) -> dict[str, Any]:
        """What the host says of who is signed in."""
        page = browser.get(f"{self.base_url}/api/v1/me")
        answer: dict[str, Any] = json.loads(page.text)
        return answer


class MakeSite:
    """Serves sites; `more` is YAML for the provider, `auth` for the auth part."""

    def __init__(self, folder: Path, clock: FrozenClock, stack: contextlib.ExitStack) -> None:
        self._folder, self._clock, self._stack = folder, clock, stack

    def __call__(
        self,
        *,
        more: str = "",
        auth: str = "",
        shape: Shape | None = None,
        slug: str | None = None,
    ) -> Site:
        port = _free_port()
        base_url = f"http://127.0.0.1:{port}"
        path = f"/auth/oidc/{slug}/callback" if slug else "/auth/oidc/callback"
        client = FakeClient(
            client_id="dock mesh:1", client_secret=SECRET, redirect_uris=(f"{base_url}{path}",)
        )
        provider = FakeProvider(
            users=USERS, clients=[client], shape=shape or Shape(), clock=self._clock
        )
        self._stack.enter_context(provider.serve())
        config = self._folder / "dockmesh.yaml"
        config.write_text(
            CONFIG.format(
                base_url=base_url,
                database=self._folder / "dockmesh.db",
                issuer=provider.issuer,
                more=textwrap.indent(textwrap.dedent(more), "      "),
                auth=textwrap.indent(textwrap.dedent(auth), "  "),
            )
        )
        host = AuthHost.from_config(
            config,
            open_store=open_store,
            environ={"CLIENT_SECRET": SECRET},
            clock=self._clock,
        )
        self._stack.enter_context(served(serve_host(host), port=port, lifespan=True))
        return Site(base_url, provider, host, self._clock)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(name="make_site")
def site_maker(tmp_path: Path, clock: FrozenClock) -> Iterator[MakeSite]:
    """Serve sites for the length of a test."""
    with contextlib.ExitStack() as stack:
        yield MakeSite(tmp_path, clock, stack)


@pytest.fixture(name="site")
def plain_site(make_site: MakeSite) -> Site:
    """A site and its provider, both up."""
    return make_site()


@pytest.fixture(name="log")
def captured_log() -> Iterator[list[dict[str, Any]]]:
    """What is logged during the test."""
    with structlog.testing.capture_logs() as events:
        yield events


@pytest.fixture(name="refusal_code")
def last_refusal(log: list[dict[str, Any]]) -> Callable[[], str]:
    """The code of the last refusal that was logged."""

    def last() -> str:
        refused = [event for event in log if event["event"] == "sign_in_refused"]
        return str(refused[-1]["code"]) if refused else "nothing was refused"

    return last

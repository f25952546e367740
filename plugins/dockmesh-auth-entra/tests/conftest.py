"""Whole sign-ins: the plugin in a host, the stand-in behind a socket, a person with a browser."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import structlog
from attrs import evolve, frozen
from dockmesh_auth_entra.testing import EntraShape, stand_in

from dockmesh_auth import create_app
from dockmesh_auth.testing.browser import Browser
from dockmesh_auth.testing.fake_provider import FakeProvider, FakeUser
from dockmesh_auth.testing.server import served


@frozen
class Site:
    """A host that is served, and its provider."""

    base_url: str
    provider: FakeProvider

    def sign_in(self, user: str = "ada") -> list[str]:
        """What the person may do afterwards."""
        me = self.me(user)
        return [f"{grant['role']} {grant['scope']}" for grant in me.get("grants", ())]

    def me(self, user: str = "ada") -> dict[str, Any]:
        """What the host says of the person after a sign-in."""
        browser = Browser()
        page = browser.get(f"{self.base_url}/auth/oidc/entra/login")
        if page.url.startswith(self.provider.base_url):
            browser.click(user)
        found: dict[str, Any] = json.loads(browser.get(f"{self.base_url}/api/v1/me").text)
        return found

    def change(self, **changes: Any) -> None:
        """Change the one person that there is."""
        self.provider.users = [evolve(self.provider.users[0], **changes)]

    def asked(self, endpoint: str) -> list[Any]:
        """The requests that came to *endpoint*."""
        return [request for request in self.provider.requests if request.endpoint == endpoint]


Serve = Callable[..., Site]


@pytest.fixture(name="serve")
def served_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    with contextlib.ExitStack() as stack:

        def serve(
            *users: FakeUser,
            shape: EntraShape | None = None,
            rows: Sequence[tuple[str, str]],
            default_role: str | None = None,
            issuer: str = "{issuer}",
            **settings: Any,
        ) -> Site:
            with socket.socket() as listener:
                listener.bind(("127.0.0.1", 0))
                port: int = listener.getsockname()[1]
            base_url = f"http://127.0.0.1:{port}"
            callback = f"{base_url}/auth/oidc/callback"
            made = stand_in(redirect_uris=[callback], shape=shape or EntraShape(), users=users)
            provider = stack.enter_context(made.serve())
            monkeypatch.setenv("SECRET", made.client_secret.reveal())
            entry = {
                "slug": "entra",
                "plugin": "entra",
                "issuer_url": issuer.format(issuer=made.issuer, base=provider.base_url),
                "client_id": made.client_id,
                "client_secret": {"env": "SECRET"},
                "insecure_allow_http": True,
                "allow_private_addresses": True,
                **settings,
            }
            auth: dict[str, Any] = {
                "providers": [entry],
                "group_mappings": [
                    {"claim_value": value, "role": role, "scope": "all"} for value, role in rows
                ],
            }
            if default_role:
                auth["default_role"] = default_role
            document = {
                "server": {"base_url": base_url},
                "database": {"driver": "sqlite", "dsn": str(tmp_path / "dockmesh.db")},
                "auth": auth,
            }
            config = tmp_path / "dockmesh.yaml"
            config.write_text(json.dumps(document))  # JSON is YAML
            stack.enter_context(served(create_app(config), port=port, lifespan=True))
            return Site(base_url, provider)

        yield serve


@pytest.fixture(name="refusals")
def logged_refusals() -> Iterator[Callable[[], list[Any]]]:
    with structlog.testing.capture_logs() as events:
        yield lambda: [it["code"] for it in events if it["event"] == "sign_in_refused"]

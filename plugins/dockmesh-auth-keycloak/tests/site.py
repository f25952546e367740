"""Our own pages, configured as an administrator would, and a stand-in of Keycloak."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog
from attrs import frozen
from dockmesh_auth_keycloak.testing import KeycloakShape, stand_in

from dockmesh_auth import create_app
from dockmesh_auth.testing.browser import Browser
from dockmesh_auth.testing.fake_provider import FakeProvider
from dockmesh_auth.testing.server import served


@frozen
class Site:
    base_url: str
    provider: FakeProvider
    events: Sequence[Mapping[str, Any]]

    def sign_in(self, user: str) -> list[tuple[str, str]]:
        """What the person may do; nothing if they were refused."""
        browser = Browser()
        browser.get(f"{self.base_url}/login")
        page = browser.click("Login with Keycloak")
        if page.url.startswith(self.provider.base_url):
            browser.click(user)
        me = json.loads(browser.get(f"{self.base_url}/api/v1/me").text)
        return [(grant["role"], grant["scope"]) for grant in me.get("grants", ())]

    @property
    def refusals(self) -> list[str]:
        """The codes of the log."""
        return [it["code"] for it in self.events if it["event"] == "sign_in_refused"]


@contextlib.contextmanager
def site(
    folder: Path, rows: Mapping[str, tuple[str, str]], shape: KeycloakShape, **settings: Any
) -> Iterator[Site]:
    """Serve both.

    Args:
        folder: For the configuration and the database.
        rows: Role and scope by claim value.
        shape: The product's settings.
        settings: What else stands in the provider's entry.
    """
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    base_url = f"http://127.0.0.1:{port}"
    made = stand_in(redirect_uris=[f"{base_url}/auth/oidc/callback"], shape=shape)
    with contextlib.ExitStack() as stack:
        provider = stack.enter_context(made.serve())
        entry = {
            "slug": "keycloak",
            "plugin": "keycloak",
            "display_name": "Keycloak",
            "issuer_url": made.issuer,
            "client_id": made.client_id,
            "client_secret": made.client_secret.reveal(),
            "insecure_allow_http": True,
            "allow_private_addresses": True,
            **settings,
        }
        document = {
            "server": {"base_url": base_url},
            "database": {"driver": "sqlite", "dsn": str(folder / "dockmesh.db")},
            "auth": {
                "providers": [entry],
                "group_mappings": [
                    {"claim_value": value, "role": role, "scope": scope}
                    for value, (role, scope) in rows.items()
                ],
            },
        }
        config = folder / "dockmesh.yaml"
        config.touch(mode=0o600)
        config.write_text(json.dumps(document))  # JSON is YAML
        events = stack.enter_context(structlog.testing.capture_logs())
        stack.enter_context(served(create_app(config), port=port, lifespan=True))
        yield Site(base_url, provider, events)

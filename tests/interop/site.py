"""Our own pages in front of a server: a real configuration file, a real port."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dockmesh_auth import create_app
from dockmesh_auth.testing.server import served
from tests.interop.servers import CLIENT_ID, CLIENT_SECRET, Server
from tests.interop.servers.processes import free_port


class Site:
    """Our own pages for one provider.

    Args:
        server: The provider.
        folder: For the configuration file and the database.
        port: On 127.0.0.1; by default a free one.
        mappings: From a claim's value to role and scope; by default the server's.

    Attributes:
        url: Where the pages are while they are served.
        callback: The redirect URI.
    """

    def __init__(
        self,
        server: Server,
        folder: Path,
        *,
        port: int | None = None,
        mappings: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        self._server = server
        self._mappings = server.mappings if mappings is None else mappings
        self._folder = folder
        self._port = free_port() if port is None else port
        self.url = f"http://127.0.0.1:{self._port}"
        self.callback = f"{self.url}/auth/oidc/callback"

    def client(self, **metadata: Any) -> dict[str, Any]:
        """What the provider is to know of us; *metadata* replaces and adds."""
        return {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "redirect_uris": [self.callback],
            **metadata,
        }

    @contextmanager
    def served(self, **provider: Any) -> Iterator[str]:
        """Serve the pages; *provider* replaces and adds to its entry in the configuration."""
        file = self.configured(**provider)
        with served(create_app(file), port=self._port, lifespan=True) as url:
            yield url

    def configured(self, **provider: Any) -> Path:
        """The configuration file for `served`, newly written."""
        path = self._folder / "dockmesh.yaml"
        path.touch(mode=0o600)
        text = json.dumps(self._configuration(provider), indent=2)
        path.write_text(text, encoding="utf-8")  # JSON is YAML
        return path

    def _configuration(self, provider: Mapping[str, Any]) -> dict[str, Any]:
        entry = {
            "slug": "foreign",
            "display_name": "Foreign",
            "issuer_url": self._server.issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "scopes": list(self._server.scopes),
            "groups_claim": "groups",
            "insecure_allow_http": True,
            "allow_private_addresses": True,
            **provider,
        }
        return {
            "server": {"base_url": self.url},
            "database": {"driver": "sqlite", "dsn": str(self._folder / "dockmesh.db")},
            "auth": {
                "providers": [{key: value for key, value in entry.items() if value is not None}],
                "group_mappings": [
                    {"claim_value": group, "role": role, "scope": scope}
                    for group, (role, scope) in self._mappings.items()
                ],
            },
        }

"""Our own pages in front of a server: a real configuration file, a real port."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dockmesh_auth import create_app
from dockmesh_auth.testing.server import served
from tests.interop.servers import CLIENT_ID, CLIENT_SECRET
from tests.interop.servers.processes import free_port

MAPPINGS: Mapping[str, tuple[str, str]] = {
    "docker-admins": ("admin", "all"),
    "staff": ("viewer", "tag=prod"),
}


class Site:
    """Our own pages for one provider.

    Args:
        issuer: The provider's issuer identifier.
        folder: For the configuration file and the database.
        mappings: From a group to the role and the scope that it gives.
        provider: What of the provider's entry in the configuration differs.

    Attributes:
        url: Where the pages are while they are served.
    """

    def __init__(
        self,
        issuer: str,
        folder: Path,
        *,
        mappings: Mapping[str, tuple[str, str]] = MAPPINGS,
        **provider: Any,
    ) -> None:
        self._issuer = issuer
        self._folder = folder
        self._mappings = mappings
        self._provider = provider
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"

    def client(self, **metadata: Any) -> dict[str, Any]:
        """What the provider is to know of us; *metadata* replaces and adds."""
        return {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "redirect_uris": [f"{self.url}/auth/oidc/callback"],
            **metadata,
        }

    @contextmanager
    def served(self, **provider: Any) -> Iterator[str]:
        """Serve the pages; *provider* replaces and adds to its entry in the configuration."""
        path = self._folder / "dockmesh.yaml"
        path.touch(mode=0o600)
        path.write_text(json.dumps(self._config(provider)), encoding="utf-8")  # JSON is YAML
        with served(create_app(path), port=self._port, lifespan=True) as url:
            yield url

    def _config(self, provider: Mapping[str, Any]) -> dict[str, Any]:
        entry = {
            "slug": "foreign",
            "display_name": "Foreign",
            "issuer_url": self._issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "scopes": ["openid", "profile", "email", "groups"],
            "groups_claim": "groups",
            "insecure_allow_http": True,
            "allow_private_addresses": True,
            **self._provider,
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

"""The provider under test as an operator configures it, read as the host reads dockmesh.yaml."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from attrs import define, field

from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.hookspecs import PluginDescription
from dockmesh_auth.host.config import build_config, parse_config
from dockmesh_auth.testing.contract.under_test import ProviderUnderTest
from dockmesh_auth.testing.fake_provider import FakeProvider

__all__ = ["CANARY_GROUP", "SITE", "SLUG", "Configurations"]

SITE: Final = "https://dockmesh.example"
"""Where the host is said to stand."""

SLUG: Final = "contract"
"""The provider's name in the configuration."""

CANARY_GROUP: Final = "dockmesh-contract-canary"
"""The group that gives everything, and that nobody is in."""


@define(eq=False)
class Configurations:
    """Reads configurations, each once: it takes longer than most checks."""

    _read: dict[tuple[ModuleType, str], Provider] = field(factory=dict, init=False)

    def provider(
        self,
        under_test: ProviderUnderTest,
        description: PluginDescription,
        fake: FakeProvider,
        settings: Mapping[str, Any],
    ) -> Provider:
        """The provider that *fake* is for the host, with *settings* on top of what it needs.

        Raises:
            ConfigurationError: An operator could not write it so.
        """
        document = _document(under_test, description.name, fake, settings)
        # By the module as well: a plugin that spoils its provider spoils no other's.
        key = (under_test.plugin, f"{document} {description!r}")
        if key not in self._read:
            self._read[key] = _parsed(document, description)
        return self._read[key]


def _document(
    under_test: ProviderUnderTest, plugin: str, fake: FakeProvider, settings: Mapping[str, Any]
) -> str:
    secret = fake.clients[0].client_secret
    assert secret is not None
    entry = {
        "slug": SLUG,
        "plugin": plugin,
        "issuer_url": under_test.issuer.replace("{base}", fake.base_url),
        "client_id": fake.clients[0].client_id,
        "client_secret": secret.reveal(),
        "insecure_allow_http": True,
        "allow_private_addresses": True,
        "timeout": 10,
        **under_test.settings,
        **settings,
    }
    rows = [
        {"claim_value": under_test.group, "role": "operator", "scope": "all"},
        {"claim_value": CANARY_GROUP, "role": "admin", "scope": "all"},
    ]
    document = {
        "server": {"base_url": SITE},
        "database": {"driver": "sqlite", "dsn": ":memory:"},
        "auth": {"providers": [entry], "group_mappings": rows},
    }
    return json.dumps(document)  # JSON is YAML


def _parsed(document: str, description: PluginDescription) -> Provider:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dockmesh.yaml"
        path.touch(mode=0o600)
        path.write_text(document, encoding="utf-8")
        parsed = parse_config(path, environ={})
        config = build_config(parsed, {description.name: description}, environ={})
    return config.providers[0]

"""The plugin keeps to the contract, by the host's own class of tests."""

from __future__ import annotations

from dockmesh_auth_authentik import plugin

from dockmesh_auth.testing.contract import PluginContract


class TestAuthentik(PluginContract):
    """Authentik."""

    plugin = plugin

"""The plugin keeps to the contract, by the project's own kit."""

from __future__ import annotations

import pytest
from dockmesh_auth_authentik.testing import under_test

from dockmesh_auth.testing.contract import PluginContract, ProviderUnderTest


class TestAuthentik(PluginContract):
    """Authentik."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return under_test()

"""The plugin keeps to the contract with each of its settings, by the project's own checks."""

from __future__ import annotations

import pytest
from dockmesh_auth_zitadel.testing import ORGANISATION, under_test

from dockmesh_auth.testing.contract import PluginContract, ProviderUnderTest, StagesContract


class TestRoles(PluginContract):
    """Roles of any organisation."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return under_test()


class TestOneOrganisation(StagesContract):
    """Roles of one organisation, from the userinfo endpoint."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return under_test(organisation=ORGANISATION, claims_in_id_token=False)

"""The plugin keeps to the contract, whatever its sources, also where Graph is asked."""

from __future__ import annotations

import pytest
from dockmesh_auth_entra.testing import under_test

from dockmesh_auth.testing.contract import (
    DiscoveryContract,
    ExtractionContract,
    PluginContract,
    ProviderUnderTest,
    ValidationContract,
)


class TestAppRoles(PluginContract):
    """The defaults: one tenant, app roles."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return under_test()


class TestGroups(ExtractionContract):
    """Ids of groups in the token; from Graph for somebody in 300."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return under_test(sources=("groups",))


class TestOverage(ExtractionContract):
    """Everybody has too many groups: Graph is asked in every sign-in."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return under_test(sources=("app_roles", "groups"), max_groups=1)


class TestManyTenants(DiscoveryContract, ValidationContract):
    """The document is for all organisations, its issuer a template."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return under_test(shared=True)

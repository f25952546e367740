"""The plugin keeps to the contract with each of its sources, by the project's own checks."""

from __future__ import annotations

import pytest
from dockmesh_auth_keycloak.testing import under_test

from dockmesh_auth.testing.contract import (
    ExtractionContract,
    PluginContract,
    ProviderUnderTest,
    StagesContract,
)


class TestGroups(PluginContract):
    """Groups as paths."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return under_test()


class TestLastParts(ExtractionContract):
    """Groups by the last part of their path."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return under_test(group_names="last_part")


class TestRealmRoles(StagesContract):
    """Realm roles, which stand in the access token."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return under_test("realm_roles")


class TestClientRoles(ExtractionContract):
    """Roles of our own client."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return under_test("client_roles")

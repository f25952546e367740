"""The plugin keeps to the contract, by name and by number, on one page and on many."""

from __future__ import annotations

import pytest
from dockmesh_auth_github.testing import number_of, under_test

from dockmesh_auth.testing.contract import ExtractionContract, PluginContract, ProviderUnderTest


class TestGitHub(PluginContract):
    """The defaults."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return under_test()


class TestOrganisations(ExtractionContract):
    """Membership is asked for, and everything comes on pages of four."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return under_test(organisations=["acme", "another"], per_page=4)


class TestNumbers(ExtractionContract):
    """Organisations and teams are written by number."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return under_test(
            spelling="ids", organisations=[str(number_of(name)) for name in ("acme", "another")]
        )

"""The built-in, and the right plugins of which mutants are made, keep to the contract."""

from __future__ import annotations

import pytest

from dockmesh_auth.host import builtin
from dockmesh_auth.testing.contract import ProviderUnderTest, StagesContract
from dockmesh_auth.testing.fake_provider import Shape
from tests.contract.mutants.families import DIRECTORY, FORGE, STRICT


class TestBuiltIn(StagesContract):
    """Standard OpenID Connect."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return ProviderUnderTest(plugin=builtin, settings={"groups_claim": "groups"})


class TestBuiltInWithUserinfo(StagesContract):
    """The same where ID tokens hold nothing of the person."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return ProviderUnderTest(
            plugin=builtin,
            shape=Shape(claims_in_id_token=False),
            settings={"groups_claim": "groups"},
        )


class TestStrict(StagesContract):
    """A plugin that replaces every stage."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return STRICT.under_test(STRICT.plugin())


class TestDirectory(StagesContract):
    """A plugin that fetches groups page by page."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return DIRECTORY.under_test(DIRECTORY.plugin())


class TestForge(StagesContract):
    """A plugin for a provider without discovery and ID tokens."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return FORGE.under_test(FORGE.plugin())

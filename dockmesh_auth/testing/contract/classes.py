"""The contract as classes of pytest tests, to subclass with one fixture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from dockmesh_auth.testing.contract.check import Check, Part
from dockmesh_auth.testing.contract.checks import checks_of
from dockmesh_auth.testing.contract.configuration import Configurations
from dockmesh_auth.testing.contract.switchboard import Switchboard, open_switchboard
from dockmesh_auth.testing.contract.trial import Verdict, try_check
from dockmesh_auth.testing.contract.under_test import ProviderUnderTest
from dockmesh_auth.testing.contract.workshop import Workshop

__all__ = [
    "DescriptionContract",
    "DiscoveryContract",
    "ExtractionContract",
    "PluginContract",
    "ResolutionContract",
    "StagesContract",
    "ValidationContract",
    "WholeContract",
]


def _each(part: Part) -> pytest.MarkDecorator:
    checks: Sequence[Check] = checks_of(part)
    return pytest.mark.parametrize("check", checks, ids=[check.name for check in checks])


class _Contract:
    """What all contract classes share: a workshop for the provider under test."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        """What is tried; a subclass says it."""
        raise pytest.UsageError(
            f"{type(self).__name__} needs a fixture `provider_under_test(self)`"
        )

    @pytest.fixture(scope="class")
    @classmethod
    def contract_server(cls) -> Iterator[Switchboard]:
        """The socket behind which the fake providers stand."""
        with open_switchboard() as switchboard:
            yield switchboard

    @pytest.fixture(scope="class")
    @classmethod
    def contract_configurations(cls) -> Configurations:
        """What was read of the provider's configuration so far."""
        return Configurations()

    @pytest.fixture
    def workshop(
        self,
        provider_under_test: ProviderUnderTest,
        contract_server: Switchboard,
        contract_configurations: Configurations,
    ) -> Workshop:
        """Where it is tried."""
        return Workshop(
            provider_under_test, contract_server, configurations=contract_configurations
        )

    def _hold(self, check: Check, workshop: Workshop) -> None:
        result = try_check(check, workshop)
        if result.verdict is Verdict.NOT_APPLICABLE:
            pytest.skip(result.text)
        if result.verdict is Verdict.BROKEN:
            pytest.fail(result.text, pytrace=False)


class DescriptionContract(_Contract):
    """What a plugin says of itself."""

    @_each(Part.DESCRIPTION)
    def test_description(self, check: Check, workshop: Workshop) -> None:
        """See docs/reference/contract-kit.md."""
        self._hold(check, workshop)


class DiscoveryContract(_Contract):
    """Where the provider is."""

    @_each(Part.DISCOVERY)
    def test_discovery(self, check: Check, workshop: Workshop) -> None:
        """See docs/reference/contract-kit.md."""
        self._hold(check, workshop)


class ValidationContract(_Contract):
    """Who the person is."""

    @_each(Part.VALIDATION)
    def test_validation(self, check: Check, workshop: Workshop) -> None:
        """See docs/reference/contract-kit.md."""
        self._hold(check, workshop)


class ExtractionContract(_Contract):
    """What is known of the person."""

    @_each(Part.EXTRACTION)
    def test_extraction(self, check: Check, workshop: Workshop) -> None:
        """See docs/reference/contract-kit.md."""
        self._hold(check, workshop)


class ResolutionContract(_Contract):
    """What the person may do."""

    @_each(Part.RESOLUTION)
    def test_resolution(self, check: Check, workshop: Workshop) -> None:
        """See docs/reference/contract-kit.md."""
        self._hold(check, workshop)


class WholeContract(_Contract):
    """The laws of all hooks."""

    @_each(Part.WHOLE)
    def test_whole(self, check: Check, workshop: Workshop) -> None:
        """See docs/reference/contract-kit.md."""
        self._hold(check, workshop)


class StagesContract(
    DescriptionContract,
    DiscoveryContract,
    ValidationContract,
    ExtractionContract,
    ResolutionContract,
    WholeContract,
):
    """A plugin that is no distribution: all but the packaging."""


class PluginContract(StagesContract):
    """A plugin as a whole, its distribution among it."""

    @_each(Part.PACKAGING)
    def test_packaging(self, check: Check, workshop: Workshop) -> None:
        """See docs/reference/contract-kit.md."""
        self._hold(check, workshop)

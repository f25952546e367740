"""What every plugin must keep to: checks that run for any plugin, as pytest classes to subclass.

::

    class TestExample(PluginContract):
        @pytest.fixture
        def provider_under_test(self) -> ProviderUnderTest:
            return ProviderUnderTest(plugin=dockmesh_auth_example.plugin, shape=ExampleShape())

Each check signs people in as the host does: its own path, real HTTP on loopback, a fake provider
of the author's shape. `dockmesh-auth plugin verify NAME` runs the same checks against a plugin
that is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockmesh_auth.testing.contract.check import Check, ContractBroken, Part
from dockmesh_auth.testing.contract.under_test import ProviderUnderTest

if TYPE_CHECKING:
    from dockmesh_auth.testing.contract.classes import (
        DescriptionContract,
        DiscoveryContract,
        ExtractionContract,
        PluginContract,
        ResolutionContract,
        StagesContract,
        ValidationContract,
        WholeContract,
    )

__all__ = [
    "Check",
    "ContractBroken",
    "DescriptionContract",
    "DiscoveryContract",
    "ExtractionContract",
    "Part",
    "PluginContract",
    "ProviderUnderTest",
    "ResolutionContract",
    "StagesContract",
    "ValidationContract",
    "WholeContract",
]

_CLASSES = frozenset(name for name in __all__ if name.endswith("Contract"))


def __getattr__(name: str) -> object:
    # Only these need pytest, which `dockmesh-auth plugin verify` does without.
    if name not in _CLASSES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dockmesh_auth.testing.contract import classes  # noqa: PLC0415 - see above

    return getattr(classes, name)

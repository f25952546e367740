"""The built-in and a third party's toy keep to the contract, by the same checks."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from dockmesh_auth.host import builtin
from dockmesh_auth.testing.contract import ProviderUnderTest, StagesContract
from dockmesh_auth.testing.fake_provider import Shape


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestBuiltIn(StagesContract):
    """Standard OpenID Connect."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return ProviderUnderTest(plugin=builtin, settings={"groups_claim": "groups"})


class TestToy(StagesContract):
    """A plugin that replaces every stage."""

    @pytest.fixture
    def provider_under_test(self) -> ProviderUnderTest:
        return ProviderUnderTest(
            plugin=_module(Path(__file__).with_name("toy.py")), shape=Shape(groups_claim="teams")
        )

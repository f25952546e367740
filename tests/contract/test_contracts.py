"""The built-in and a third party's toy keep to the contract, by the same class of tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

from dockmesh_auth.host import builtin
from dockmesh_auth.testing.contract import PluginContract


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestBuiltIn(PluginContract):
    """Standard OpenID Connect."""

    plugin = builtin


class TestToy(PluginContract):
    """A plugin that replaces every stage."""

    plugin = _module(Path(__file__).with_name("toy.py"))

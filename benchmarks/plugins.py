"""Plugins as pip leaves them: a module and its metadata in a folder that Python imports from."""

from __future__ import annotations

import contextlib
import itertools
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path

from dockmesh_auth.host.catalogue import Catalogue
from dockmesh_auth.host.registry import PluginRegistry

DESCRIBE = """
from dockmesh_auth.hookspecs import PluginDescription, hookimpl

@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="{name}", display_name="{name}", contract_version=1)
"""

EXTRACT = """
@hookimpl
def dockmesh_auth_extract_claims(claims):
    return None
"""

ALL = """
@hookimpl
def dockmesh_auth_validate_token(tokens):
    return None

@hookimpl
def dockmesh_auth_resolve_roles(profile):
    return None
"""

_numbers = itertools.count()
"""No module has the name of another, so that Python does not take one for it."""


@contextlib.contextmanager
def installed(plugins: Mapping[str, str]) -> Iterator[PluginRegistry]:
    """The plugins by name, each with the code that it has beside its description, loaded."""
    modules = {name: f"benchmarked_plugin_{next(_numbers)}" for name in plugins}
    with tempfile.TemporaryDirectory() as folder:
        for name, code in plugins.items():
            _install(Path(folder), name, modules[name], code)
        sys.path.insert(0, folder)
        catalogue = Catalogue.read(lambda: distributions(path=[folder]))
        registry = PluginRegistry.load(tuple(plugins), catalogue)
        try:
            yield registry
        finally:
            registry.close()
            sys.path.remove(folder)
            for module in modules.values():
                sys.modules.pop(module, None)


def _install(folder: Path, name: str, module: str, code: str) -> None:
    (folder / f"{module}.py").write_text(DESCRIBE.format(name=name) + code)
    info = folder / f"dockmesh_auth_{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: dockmesh-auth-{name}\nVersion: 1.0\n"
    )
    (info / "entry_points.txt").write_text(f"[dockmesh_auth]\n{name} = {module}\n")

"""The distribution that offers a plugin, read from what is installed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import Path
from types import ModuleType
from typing import Final

from attrs import frozen

from dockmesh_auth.host.catalogue import Catalogue, InstalledPlugin

__all__ = [
    "Installation",
    "bounds_of",
    "find_installation",
    "foreign_names",
    "package_of",
    "uses_name",
]

_CORE: Final = "dockmesh-auth"
_REQUIREMENT: Final = re.compile(r"\s*([\w.-]+)\s*(?:\[[^\]]*\])?\s*\(?([^;)]*)\)?\s*(?:;.*)?")
_LOWER: Final = (">=", ">", "==", "~=")
_UPPER: Final = ("<", "==", "~=")
_INNER: Final = re.compile(r"dockmesh_auth\.(?:assembly|cli|host|store|web)(?:\.|$)")


@frozen
class Installation:
    """What is known of a plugin that is installed.

    Attributes:
        plugin: What the module is offered as.
        names: The names of all entry points that offer the module.
        rivals: The distributions that claim the plugin's name, itself among them.
        metadata: The fields of the distribution's metadata, each with its values.
    """

    plugin: InstalledPlugin
    names: tuple[str, ...]
    rivals: tuple[str, ...]
    metadata: Mapping[str, tuple[str, ...]]


def find_installation(module: ModuleType, path: Sequence[str] | None) -> Installation | None:
    """The installation of *module*; None if no distribution offers it.

    Args:
        module: The module with the hooks.
        path: Where distributions are looked for; None for where Python looks.
    """
    catalogue = _catalogue(None if path is None else tuple(path))
    offers = [
        plugin
        for claims in catalogue.by_name.values()
        for plugin in claims
        if plugin.entry_point.value == module.__name__
    ]
    if not offers:
        return None
    rivals = catalogue.by_name[offers[0].name]
    return Installation(
        plugin=offers[0],
        names=tuple(plugin.name for plugin in offers),
        rivals=tuple(plugin.distribution for plugin in rivals),
        metadata=_metadata(offers[0].entry_point.dist),
    )


@cache
def _catalogue(path: tuple[str, ...] | None) -> Catalogue:
    if path is None:
        return Catalogue.read()
    return Catalogue.read(lambda: distributions(path=list(path)))


def _metadata(distribution: Distribution | None) -> dict[str, tuple[str, ...]]:
    if distribution is None:
        return {}
    fields: dict[str, list[str]] = {}
    for name, value in distribution.metadata.json.items():
        values = value if isinstance(value, list) else [value]
        fields.setdefault(name, []).extend(map(str, values))
    return {name: tuple(values) for name, values in fields.items()}


def bounds_of(requirements: Sequence[str]) -> tuple[bool, bool, bool]:
    """Whether the core is among *requirements*, with a lower bound, and with an upper one."""
    for requirement in requirements:
        found = _REQUIREMENT.fullmatch(requirement)
        if found and re.sub(r"[-_.]+", "-", found[1]).lower() == _CORE:
            specifiers = [part.strip() for part in found[2].split(",")]
            return (
                True,
                any(part.startswith(_LOWER) for part in specifiers),
                any(part.startswith(_UPPER) for part in specifiers),
            )
    return False, False, False


def package_of(module: ModuleType) -> Path | None:
    """The folder of the package that *module* belongs to; None if it is a file by itself."""
    if module.__file__ is None:
        return None
    folder = Path(module.__file__).parent
    if not (folder / "__init__.py").exists():
        return None
    while (folder.parent / "__init__.py").exists():
        folder = folder.parent
    return folder


def foreign_names(module: ModuleType) -> list[str]:
    """What the code of *module*'s package uses of the core past its public face."""
    package = package_of(module)
    if package is not None:
        files = sorted(package.rglob("*.py"))
    else:
        files = [Path(module.__file__)] if module.__file__ is not None else []
    found: dict[str, None] = {}
    for file in files:
        for node in ast.walk(ast.parse(file.read_bytes())):
            for name in _names_of(node):
                if _INNER.match(name) or (
                    name.startswith("dockmesh_auth.") and "._" in name.replace(".__", "")
                ):
                    found[f"{name} ({file.name}, line {getattr(node, 'lineno', 0)})"] = None
    return list(found)


def uses_name(module: ModuleType, name: str) -> bool:
    """Whether the code of *module* uses *name*, of whatever it is."""
    if module.__file__ is None:
        return False
    return any(
        name
        in (getattr(node, "id", None), getattr(node, "attr", None), getattr(node, "name", None))
        for node in ast.walk(ast.parse(Path(module.__file__).read_bytes()))
    )


def _names_of(node: ast.AST) -> Iterator[str]:
    """The dotted names that *node* imports, reaches into or gives to an importer."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.level == 0:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Attribute):
        yield ast.unparse(node)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
        yield node.value

"""The public face: every module says what it offers, offers it, and carries its types."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import dockmesh_auth

PACKAGE = Path(dockmesh_auth.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if "versions" not in path.parts and path.name not in {"__main__.py", "env.py"}
}
"""Every module but scripts: the command's entry and the migrations, which nobody imports."""


PUBLIC = ("dockmesh_auth.domain", "dockmesh_auth.errors", "dockmesh_auth.hookspecs")
"""Where constants, too, are part of what others may rely on."""


def defined(tree: ast.Module, *, constants: bool) -> set[str]:
    """The public names that a module defines at its top level.

    Not among them: type variables (one capital letter), implementations of hooks, which are
    found by their mark, commands, which are found by their group, and checks of the contract kit.
    """
    names: set[str] = set()
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if not registered(node):
                names.add(node.name)
            case ast.ClassDef():
                names.add(node.name)
            case ast.Assign():
                names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return {
        name
        for name in names
        if not name.startswith("_") and len(name) > 1 and (constants or not name.isupper())
    }


def registered(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a decorator hands the function to pluggy, to a group of commands, or to a registry
    of checks.
    """
    marks = [ast.unparse(decorator) for decorator in function.decorator_list]
    return any(re.search(r"^hookimpl|\.command\(|^[A-Z]+\.add\(", mark) for mark in marks)


def face(tree: ast.Module) -> list[str] | None:
    """The value of `__all__`, or None."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
        ):
            names: list[str] = ast.literal_eval(node.value)
            return names
    return None


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_what_it_offers(name: str) -> None:
    """`__all__` is there, sorted, without repetition; only empty packages go without."""
    tree = parsed(MODULES[name])
    names = face(tree)
    if names is None:
        assert defined(tree, constants=False) == set(), f"{name} has public names and no __all__"
        return
    # Capitals as constants first, then classes, then functions: the order that ruff keeps.
    assert names == sorted(
        names, key=lambda text: (not text.isupper(), not text[0].isupper(), text)
    )
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", MODULES)
def test_a_module_offers_what_it_says(name: str) -> None:
    """Each name of `__all__` exists, and no public name is left out of it."""
    tree = parsed(MODULES[name])
    names = face(tree) or []
    module: Any = importlib.import_module(name)
    assert [missing for missing in names if not hasattr(module, missing)] == []
    assert defined(tree, constants=name.startswith(PUBLIC)) - set(names) == set()


def test_the_types_are_shipped() -> None:
    """PEP 561: type checkers of plugin authors read our annotations."""
    assert (PACKAGE / "py.typed").is_file()


def test_every_module_says_what_it_is_for() -> None:
    """A docstring at the top."""
    silent = [name for name, path in MODULES.items() if not ast.get_docstring(parsed(path))]
    assert silent == []


@pytest.mark.attack("CFG-12")
@pytest.mark.parametrize(("library", "safe"), [("authlib", (1, 7, 2)), ("joserfc", (1, 7, 3))])
def test_no_vulnerable_version_can_be_resolved(library: str, safe: tuple[int, ...]) -> None:
    """The lower bounds of the libraries that handle tokens lie above their known faults."""
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    bounds = [
        found[1]
        for dependency in project["dependencies"]
        if (found := re.match(rf"{library}>=([\d.]+)", dependency))
    ]
    assert len(bounds) == 1
    assert tuple(map(int, bounds[0].split("."))) >= safe

"""Imports go one way: the contracts of import-linter hold."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import dockmesh_auth

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]


def test_every_import_follows_the_layers() -> None:
    """All contracts of pyproject.toml are kept."""
    missing = [
        name for name in CONFIGURATION["root_packages"] if importlib.util.find_spec(name) is None
    ]
    if missing:
        reason = f"not installed: {', '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    linted = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert f"{len(CONFIGURATION['contracts'])} kept, 0 broken" in linted.stdout


def callers(method: str) -> set[str]:
    """The functions of the package that call `something.method(...)` or `method(...)`."""
    package = Path(dockmesh_auth.__file__).parent
    found = set()
    for path in package.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and any(
                isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == method
                for node in ast.walk(function)
            ):
                found.add(f"{path.relative_to(package)}:{function.name}")
    return found


@pytest.mark.attack("CLM-23")
def test_there_is_one_way_in() -> None:
    """Only the end of a sign-in opens sessions, and the store opens none without a grant.

    Nothing else calls the store's `sign_in`: no refresh, no bearer token and no key goes round
    the check. (The fake provider's function of that name signs people in at the provider.)
    """
    opening = {caller for caller in callers("sign_in") if not caller.startswith("testing/")}
    assert opening == {"host/sign_in.py:finish"}
    finish = next(
        function
        for function in ast.walk(
            ast.parse((Path(dockmesh_auth.__file__).parent / "host" / "sign_in.py").read_text())
        )
        if isinstance(function, ast.AsyncFunctionDef) and function.name == "finish"
    )
    calls = [
        ast.unparse(node.func).split(".")[-1]
        for node in sorted(
            (node for node in ast.walk(finish) if isinstance(node, ast.Call)),
            key=lambda call: call.lineno,
        )
    ]
    steps = ["exchange", "claims", "identify", "extract", "resolve", "sign_in", "_no_role"]
    assert [call for call in calls if call in steps] == steps

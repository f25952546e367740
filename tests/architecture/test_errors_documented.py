"""The reference page of errors, the codes and the code that raises them agree."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import dockmesh_auth
from dockmesh_auth.errors import ErrorCode, codes, explain

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(dockmesh_auth.__file__).parent
PAGE = ROOT / "docs" / "reference" / "errors.md"
_ROW = re.compile(r"\| `(?P<code>[a-z_]+)` \| (?P<cause>.+?) \| (?P<remedy>.+?) \|")


def branches() -> dict[str, str]:
    """The branch of each code's name: the comment above its group in codes.py."""
    found: dict[str, str] = {}
    branch = ""
    for line in Path(codes.__file__).read_text("utf-8").splitlines():
        if heading := re.fullmatch(r"    # ([A-Z]\w+)", line):
            branch = heading[1]
        elif member := re.fullmatch(r'    ([A-Z_]+) = "\w+".*', line):
            found[member[1]] = branch
    return found


BRANCHES = branches()


def documented() -> dict[str, tuple[str, str, str]]:
    """Branch, cause and remedy of each code, as the page has them."""
    rows: dict[str, tuple[str, str, str]] = {}
    branch = ""
    for line in PAGE.read_text("utf-8").splitlines():
        if heading := re.fullmatch(r"## `(\w+)`", line):
            branch = heading[1]
        elif row := _ROW.fullmatch(line):
            assert row["code"] not in rows, f"{row['code']} stands twice"
            rows[row["code"]] = (branch, row["cause"], row["remedy"])
    return rows


def test_every_code_belongs_to_a_branch() -> None:
    """The comments of codes.py group all codes, under names of classes."""
    assert set(BRANCHES) == {code.name for code in ErrorCode}
    assert set(BRANCHES.values()) == {
        "AccessDenied",
        "ConfigurationError",
        "PluginError",
        "ProviderError",
        "SignInRejected",
        "StorageError",
        "TokenRejected",
    }


@pytest.mark.parametrize("code", ErrorCode)
def test_the_page_says_what_the_code_says(code: ErrorCode) -> None:
    """Branch, cause and remedy, word by word."""
    expected = (BRANCHES[code.name], *explain(code))
    assert documented().get(code) == expected, (
        f"docs/reference/errors.md, below `{expected[0]}`: "
        f"| `{code}` | {expected[1]} | {expected[2]} |"
    )


def test_the_page_names_no_other_code() -> None:
    """And in the order of codes.py."""
    assert list(documented()) == [code.value for code in ErrorCode]


def raised() -> list[tuple[str, str, str]]:
    """(place, branch, code's name) of every error that the package makes with a literal code."""
    made: list[tuple[str, str, str]] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id=branch),
                    args=[ast.Attribute(value=ast.Name(id="ErrorCode"), attr=code), *_],
                ) if branch in BRANCHES.values():
                    place = f"{path.relative_to(PACKAGE)}:{node.lineno}"
                    made.append((place, branch, code))
    return made


def test_every_error_is_raised_in_its_branch() -> None:
    """Who must act does not depend on which module noticed: a code has one branch."""
    astray = [entry for entry in raised() if BRANCHES[entry[2]] != entry[1]]
    assert astray == []


FOR_PLUGINS = {"SUBJECT_UNEXPECTED"}
"""Codes that the contract offers to plugins and that the core itself has no reason to raise."""


def test_every_code_is_used() -> None:
    """No code is explained that cannot occur."""
    source = "\n".join(
        path.read_text("utf-8")
        for path in PACKAGE.rglob("*.py")
        if "errors" not in path.parts and path.name != "refusal_texts.py"
    )
    used = {code.name for code in ErrorCode if re.search(rf"\b{code.name}\b", source)}
    assert {code.name for code in ErrorCode} - used == FOR_PLUGINS

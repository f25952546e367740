"""The recipes are plugins that the host loads, and tests that pass."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from markdown_it import MarkdownIt

from dockmesh_auth import PluginDescription, hookimpl
from dockmesh_auth.host.registry import load_module

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-plugin.md"
HOOK = "dockmesh_auth_"
RECIPES = [
    token.content
    for token in MarkdownIt().parse(PAGE.read_text("utf-8"))
    if token.type == "fence" and token.info.strip() == "python"
]
PLUGINS = [text for text in RECIPES if f"def {HOOK}" in text]
TESTS = [text for text in RECIPES if "def test_" in text]


@hookimpl
def describe() -> PluginDescription:
    """For recipes that show another hook."""
    return PluginDescription(name="example", display_name="Example", contract_version=1)


@pytest.mark.parametrize("text", PLUGINS)
def test_the_host_loads_it(text: str) -> None:
    """Names, arguments and descriptions are those of the contract."""
    module = ModuleType("recipe")
    exec(compile(text, "recipe", "exec", dont_inherit=True), module.__dict__)  # the page is ours
    if not hasattr(module, f"{HOOK}describe"):
        module.dockmesh_auth_describe = describe  # type: ignore[attr-defined]

    plugin = load_module(module, "example")
    plugin.lane.close()

    shown = {name for name in vars(module) if name.startswith(HOOK)}
    assert set(plugin.hooks) == shown
    assert plugin.notices == ()


def test_the_tests_pass(tmp_path: Path) -> None:
    """Each in a file of its own, with warnings as errors."""
    for number, text in enumerate(TESTS):
        (tmp_path / f"test_recipe_{number}.py").write_text(text)

    options = ["-q", "-W", "error", "-p", "no:asyncio", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stdout


def test_every_recipe_is_one_of_the_two() -> None:
    """A block that is neither would not be tried."""
    assert set(RECIPES) == {*PLUGINS, *TESTS}
    assert len(PLUGINS) == 8
    assert len(TESTS) == 1

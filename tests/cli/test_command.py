"""What the command takes, what it hands on, and the codes it ends with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import Result

from dockmesh_auth import __version__
from dockmesh_auth.cli.command import build_command
from dockmesh_auth.errors import AuthError, ConfigurationError, ErrorCode, StorageError

Run = Callable[..., Result]


def commands(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    """The arguments that lead to each command of the tree."""
    yield path
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from commands(below, *path, name)


TREE = list(commands(build_command(None, version="")))  # type: ignore[arg-type]


def test_the_tree() -> None:
    """These and no others."""
    assert TREE == [
        (),
        ("serve",),
        ("demo",),
        ("plugins",),
        ("completion",),
        ("config",),
        ("config", "validate"),
        ("config", "schema"),
        ("plugin",),
        ("plugin", "new"),
        ("plugin", "verify"),
    ]


@pytest.mark.parametrize("path", TREE, ids=" ".join)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_fits_into_eighty_columns(run: Run, path: tuple[str, ...], option: str) -> None:
    """Every command explains itself; no line is cut or broken inside a word."""
    result = run(*path, option)

    assert result.exit_code == 0
    assert result.output.lstrip().startswith(f"Usage: {' '.join(('dockmesh-auth', *path))} ")
    assert max(map(len, result.output.splitlines())) <= 80
    assert "…" not in result.output
    assert "`" not in result.output


def test_examples_keep_their_layout(run: Run) -> None:
    """One example a line, and what it does beside it, in one column."""
    lines = [line.rstrip() for line in run("--help").output.splitlines()]
    first = lines.index(" Examples:") + 2

    examples = lines[first : first + 4]

    assert all(line.startswith("     dockmesh-auth ") for line in examples)
    assert all(line[36] == " " and line[37] != " " for line in examples)


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        (["serve"], ("serve", Path("dockmesh.yaml"), "127.0.0.1", 8400)),
        (
            ["serve", "-c", "x.yaml", "--host", "::1", "--port", "0"],
            ("serve", Path("x.yaml"), "::1", 0),
        ),
        (["demo"], ("demo", None, 8400, True)),
        (["demo", "--plugin", "toy", "--port", "1", "--no-browser"], ("demo", "toy", 1, False)),
        (["demo", "--walk"], ("walk", None)),
        (["demo", "--walk", "--plugin", "toy"], ("walk", "toy")),
    ],
)
def test_what_is_handed_on(run: Run, actions: Any, arguments: list[str], asked: Any) -> None:
    """Options reach the action; the defaults are those of the page."""
    assert run(*arguments).exit_code == 0
    assert actions.asked == [asked]


def test_the_configuration_from_the_environment(
    run: Run, actions: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`DOCKMESH_CONFIG` names it; the option goes before."""
    monkeypatch.setenv("DOCKMESH_CONFIG", "from-env.yaml")

    run("serve")
    run("serve", "--config", "named.yaml")

    assert [asked[1] for asked in actions.asked] == [Path("from-env.yaml"), Path("named.yaml")]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["config"],
        ["nothing"],
        ["serve", "--nothing"],
        ["serve", "more"],
        ["serve", "--port", "65536"],
        ["serve", "--port", "-1"],
        ["demo", "--port", "web"],
        ["completion"],
        ["completion", "tcsh"],
        ["config", "validate", "a", "b"],
        ["config", "validate", "."],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_two(run: Run, actions: Any, arguments: list[str]) -> None:
    """Nothing is done, and the usage is shown."""
    result = run(*arguments)

    assert result.exit_code == 2
    assert "Usage: dockmesh-auth" in result.output
    assert actions.asked == []


def test_a_walk_that_went_wrong_is_one(run: Run, actions: Any) -> None:
    """For scripts that ask whether all is well."""
    actions.all_right = False

    assert run("demo", "--walk").exit_code == 1


@pytest.mark.parametrize(
    "error",
    [
        ConfigurationError(ErrorCode.CONFIG_SYNTAX, "it is no YAML", location="a.yaml:3:4"),
        StorageError(ErrorCode.STORE_UNAVAILABLE, "The disk of the database is full."),
    ],
)
@pytest.mark.parametrize("arguments", [["serve"], ["demo"], ["demo", "--walk"]], ids=" ".join)
def test_what_cannot_run_is_two(error: AuthError, arguments: list[str], run: Run) -> None:
    """Where, what, and what to do about it, on standard error; no traceback."""

    class Refusing:
        def serve(self, *_: Any, **__: Any) -> None:
            raise error

        demo = walk = serve

    from click.testing import CliRunner  # noqa: PLC0415 - beside its only use

    command = build_command(Refusing(), version="1")
    result = CliRunner().invoke(command, arguments)

    assert result.exit_code == 2
    assert result.stdout == ""
    where = "a.yaml:3:4: " if isinstance(error, ConfigurationError) else ""
    assert result.stderr == f"{where}{error.code}: {error.detail}\n  what to do: {error.remedy}\n"


def test_the_version(run: Run) -> None:
    """Also with something after it."""
    assert run("--version").output == "dockmesh-auth 9.8.7\n"


def test_the_version_is_answered_at_once() -> None:
    """Nothing but the standard library and two small modules of ours is imported for it."""
    script = (
        "import sys; sys.argv = ['dockmesh-auth', '--version']\n"
        "from dockmesh_auth.__main__ import main; main()\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} &"
        " {'attrs', 'click', 'rich', 'rich_click', 'sqlalchemy', 'starlette', 'uvicorn',"
        " 'cryptography', 'pluggy', 'structlog'}))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30
    )
    assert answer.stdout == f"dockmesh-auth {__version__}\n\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(run: Run, shell: str) -> None:
    """Each is for the command, and says which variable it sets."""
    result = run("completion", shell)

    assert result.exit_code == 0
    assert f"_DOCKMESH_AUTH_COMPLETE={shell}_complete" in result.output
    assert "dockmesh-auth" in result.output


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("dockmesh-auth pl", {"plugins", "plugin"}),
        ("dockmesh-auth config ", {"validate", "schema"}),
        ("dockmesh-auth completion ", {"bash", "zsh", "fish"}),
        ("dockmesh-auth demo --no", {"--no-browser"}),
    ],
)
def test_what_is_completed(start: Any, line: str, offered: set[str]) -> None:
    """The variables of the scripts make the command offer words."""
    words = line.split(" ")
    answer = start(
        _DOCKMESH_AUTH_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1)
    )

    assert answer.returncode == 0
    assert {row.split(",")[1] for row in answer.stdout.split()} == offered


def test_the_entry_point_is_the_same_command() -> None:
    """`dockmesh-auth`, as pip has put it beside Python, is `python -m dockmesh_auth`."""
    script = Path(sys.executable).with_name("dockmesh-auth")
    answer = subprocess.run(
        [str(script), "--version"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        env={**os.environ},
    )
    assert answer.stdout == f"dockmesh-auth {__version__}\n"

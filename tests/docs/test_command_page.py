"""The page of the command names every sub-command and every option, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from dockmesh_auth.cli.command import build_command

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "command.md").read_text()
EVERYWHERE = {"--help", "-h", "--version"}


def leaves(command: click.Command, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every sub-command that does something, by the words that lead to it."""
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from leaves(below, f"{path} {name}".strip())
    else:
        yield path, command


def documented_options() -> dict[str, set[str]]:
    """The options and arguments of each sub-command, as the table has them."""
    table = PAGE.partition("## Options")[2].partition("\n## ")[0]
    found: dict[str, set[str]] = {}
    for names, options in re.findall(r"^\| ([a-z, ]+?) \| (`.+?`) \|", table, re.MULTILINE):
        for name in names.split(", "):
            found.setdefault(name, set()).update(re.findall(r"`(.+?)`", options))
    return found


LEAVES = dict(leaves(build_command(None, version="")))  # type: ignore[arg-type]


def test_every_command_is_there() -> None:
    """The table of commands is the command's tree."""
    listed = re.findall(r"^\| `dockmesh-auth (.+?)` \|", PAGE, re.MULTILINE)
    assert sorted(listed) == sorted([*LEAVES, "--version"])


def test_every_option_is_there() -> None:
    """The table of options has all options and arguments of all commands."""
    expected = {}
    for path, command in LEAVES.items():
        names: set[str] = set()
        for parameter in command.params:
            if isinstance(parameter, click.Argument):
                names.add((parameter.name or "").upper())
            else:
                names.update(parameter.opts, parameter.secondary_opts)
        expected[path] = names - EVERYWHERE
    assert documented_options() == expected


def test_defaults_are_those_of_the_command() -> None:
    """Those that are values stand in the third column."""
    for path, command in LEAVES.items():
        for parameter in command.params:
            if isinstance(parameter.default, str | int) and not isinstance(parameter.default, bool):
                (default,) = re.findall(
                    rf"^\| [a-z, ]*\b{path}\b[a-z, ]* \| `{parameter.opts[0]}`.*? \| `?(.+?)`? \|",
                    PAGE,
                    re.MULTILINE,
                )
                assert default == str(parameter.default)

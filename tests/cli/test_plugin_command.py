"""`plugin new` and `plugin verify`: what they hand on, print, and end with."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from dockmesh_auth.errors import ConfigurationError, ErrorCode, PluginError

Run = Callable[..., Result]


def said(result: Result) -> str:
    """What stands on standard error, without frames and line breaks."""
    return " ".join(result.stderr.replace("│", " ").split())


# --- verify -------------------------------------------------------------------------------------


def test_the_report(run: Run, actions: Any) -> None:
    """Who was tried with what; the number of each verdict by part; why a check does not apply."""
    result = run("plugin", "verify", "toy")

    assert result.exit_code == 0
    assert actions.asked == [("verify", "toy", ())]
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[:2] == [
        "toy dockmesh-auth-toy 1.2",
        "tried with dockmesh_auth_toy.testing:under_test",
    ]
    assert "validation 1 0 1" in lines
    assert "whole 1 0 0" in lines
    assert "all 2 0 1" in lines
    assert "1 x it has no such thing" in lines
    assert lines[-1] == "it keeps to the contract"


def test_a_broken_check_is_explained(run: Run, actions: Any) -> None:
    """What was seen, the law, why it matters, where it stands; exit code 1."""
    actions.verdicts = [("kept", ""), ("broken", "it let [red]somebody[/] in"), ("kept", "")]

    result = run("plugin", "verify", "toy")

    assert result.exit_code == 1
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    first = lines.index("broken second-law")
    assert lines[first + 1 : first + 5] == [
        "what it let [red]somebody[/] in",
        "the law The law of second-law.",
        "why Why second-law.",
        "where RFC 2119, section 1",
    ]
    assert lines[-1] == "1 check is broken: do not enable it"


def test_nothing_tried_is_not_praised(run: Run, actions: Any) -> None:
    """Checks that do not apply say nothing."""
    actions.verdicts = [("not applicable", "so")] * 3

    assert "it keeps to the contract" not in run("plugin", "verify", "toy").stdout


def test_a_plain_provider_is_mentioned(run: Run, actions: Any) -> None:
    """The report holds for less, then."""
    actions.tried_with = None

    assert "dockmesh_auth.under_test" in run("plugin", "verify", "toy").stdout


def test_the_report_fits(run: Run, actions: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Into sixty columns, with nothing left out."""
    monkeypatch.setenv("COLUMNS", "60")
    actions.verdicts = [("broken", "word " * 40), ("broken", "x"), ("kept", "")]

    output = run("plugin", "verify", "toy").stdout

    assert max(map(len, output.splitlines())) <= 60
    assert output.split().count("word") == 40
    assert "…" not in output


def test_json(run: Run, actions: Any) -> None:
    """All of it, for machines; the exit code is the same."""
    actions.verdicts = [("kept", ""), ("broken", "so"), ("kept", "")]

    result = run("plugin", "verify", "toy", "--json")

    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert {name: value for name, value in report.items() if name != "checks"} == {
        "plugin": "toy",
        "distribution": "dockmesh-auth-toy",
        "version": "1.2",
        "tried_with": "dockmesh_auth_toy.testing:under_test",
    }
    assert report["checks"][1] == {
        "name": "second-law",
        "part": "validation",
        "law": "The law of second-law.",
        "why": "Why second-law.",
        "where": "RFC 2119, section 1",
        "verdict": "broken",
        "what": "so",
    }


def test_some_checks(run: Run, actions: Any) -> None:
    """Only those that are named are asked for."""
    result = run("plugin", "verify", "toy", "--check", "third-law", "--check", "first-law")

    assert actions.asked == [("verify", "toy", ("third-law", "first-law"))]
    assert result.exit_code == 0
    assert "it keeps to the contract" not in result.stdout


def test_at_a_terminal_the_progress_is_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that goes when all is done; the report is the same."""
    plain = run("plugin", "verify", "toy").stdout
    monkeypatch.setenv("FORCE_COLOR", "1")

    coloured = run("plugin", "verify", "toy").stdout

    assert "/3" not in plain
    assert "3/3" in coloured
    left = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", coloured)
    assert [line for line in plain.splitlines() if line not in left] == []


def test_the_list(run: Run, actions: Any) -> None:
    """By part, with the law; no plugin is needed, none is loaded."""
    result = run("plugin", "verify", "--list")

    assert result.exit_code == 0
    assert result.stdout.split("\n")[0].strip() == "validation"
    assert "  first-law" in result.stdout
    assert "The law of third-law." in result.stdout
    assert actions.asked == []


def test_the_list_as_json(run: Run) -> None:
    """The checks without verdicts."""
    (first, *_) = json.loads(run("plugin", "verify", "--list", "--json").stdout)

    assert sorted(first) == ["law", "name", "part", "where", "why"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["verify"], "Missing argument 'NAME'"),
        (["verify", "oidc"], "'oidc' is built in"),
        (
            ["verify", "toy", "--check", "first-lav"],
            "no check 'first-lav'; did you mean 'first-law'?",
        ),
        (["verify", "toy", "--check", "zzz"], "no check 'zzz'; see --list"),
        (["new"], "Missing argument 'NAME'"),
    ],
)
def test_wrong_usage(run: Run, actions: Any, arguments: list[str], told: str) -> None:
    """Exit code 2, nothing is tried, and what to do instead is said."""
    result = run("plugin", *arguments)

    assert result.exit_code == 2
    assert told in said(result)
    assert actions.asked == []


def test_not_installed(run: Run, actions: Any) -> None:
    """It could not run."""
    actions.fault = ConfigurationError(ErrorCode.PLUGIN_NOT_INSTALLED, "did you mean 'toy'?")

    result = run("plugin", "verify", "toi")

    assert result.exit_code == 2
    assert "did you mean 'toy'?" in result.stderr
    assert "what to do: " in result.stderr


def test_a_plugin_that_cannot_be_loaded(run: Run, actions: Any) -> None:
    """What was looked at is wrong."""
    actions.fault = PluginError(ErrorCode.PLUGIN_BAD_HOOK, "the plugin 'toy' is in quarantine: so")

    result = run("plugin", "verify", "toy")

    assert result.exit_code == 1
    assert "plugin_bad_hook: the plugin 'toy' is in quarantine: so" in result.stderr


# --- new ----------------------------------------------------------------------------------------


def test_new_says_what_it_wrote_and_what_comes_next(run: Run, actions: Any) -> None:
    """Each file, and three lines to copy."""
    result = run("plugin", "new", "toy")

    assert result.exit_code == 0
    assert actions.asked == [
        (
            "new",
            "toy",
            {
                "folder": None,
                "display_name": None,
                "issuer": "https://login.example.com",
                "oauth2": False,
            },
        )
    ]
    assert result.stdout.splitlines() == [
        "  dockmesh-auth-toy/a.py",
        "  dockmesh-auth-toy/b/c.py",
        "",
        "Next:",
        "  cd dockmesh-auth-toy && pip install -e '.[test]'",
        "  python -m pytest && mypy && dockmesh-auth plugin verify toy",
        "  dockmesh-auth demo --plugin toy",
    ]


def test_all_options_of_new(run: Run, actions: Any) -> None:
    """They are handed on as they are."""
    words = [
        "--folder",
        "d",
        "--display-name",
        "Toy",
        "--issuer",
        "https://x.example/y",
        "--oauth2",
    ]
    run("plugin", "new", "toy", *words)

    ((_, _, parts),) = actions.asked
    assert parts == {
        "folder": Path("d"),
        "display_name": "Toy",
        "issuer": "https://x.example/y",
        "oauth2": True,
    }


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (ValueError("no such name"), "no such name"),
        (FileExistsError(17, "File exists", "d/a.py"), "d/a.py is there already"),
        (PermissionError(13, "Permission denied", "d"), "d: Permission denied"),
    ],
)
def test_what_stands_in_the_way_of_writing(
    run: Run, actions: Any, fault: Exception, told: str
) -> None:
    """Exit code 2, and no traceback."""
    actions.fault = fault

    result = run("plugin", "new", "toy")

    assert result.exit_code == 2
    assert told in said(result)
    assert "Next" not in result.output

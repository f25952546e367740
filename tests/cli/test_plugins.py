"""`plugins`: what is installed, what is loaded, and why one is not."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from pluggy import PluginManager
from structlog.testing import capture_logs

from dockmesh_auth import hookspecs
from dockmesh_auth.host import registry as registry_module

Run = Callable[..., Result]
Install = Callable[..., None]

DESCRIBE = """
from dockmesh_auth.hookspecs import PluginDescription, hookimpl

@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="toy", display_name="Toy", contract_version=1)
"""
BROKEN = "import a_module_that_is_not_there\n"
BUILT_IN = {
    "name": "oidc",
    "distribution": "built in",
    "version": "",
    "contract": 1,
    "state": "loaded",
    "hooks": ["describe", "discover", "extract_claims", "resolve_roles", "validate_token"],
    "reason": "",
    "id_token": True,
    "subject_claim": "sub",
    "other_hosts": [],
    "notices": [],
}


def rows(result: Result, name: str) -> list[dict[str, Any]]:
    """The rows of *name* in the JSON."""
    return [row for row in json.loads(result.stdout) if row["name"] == name]


def test_nothing_is_imported_unasked(run: Run, install: Install) -> None:
    """An installed plugin is shown with distribution and version; its code has not run."""
    install(BROKEN, name="toy", distribution="dockmesh-auth-toy")

    result = run("plugins", "--json")

    assert result.exit_code == 0
    assert rows(result, "oidc") == [BUILT_IN]
    assert rows(result, "toy") == [
        {
            "name": "toy",
            "distribution": "dockmesh-auth-toy",
            "version": "1.2",
            "contract": None,
            "state": "not enabled",
            "hooks": [],
            "reason": "",
            "id_token": None,
            "subject_claim": None,
            "other_hosts": [],
            "notices": [],
        }
    ]
    assert "dockmesh_auth_toy_plugin" not in sys.modules


def test_all_of_them(run: Run, install: Install) -> None:
    """With `--all` it is loaded: contract and hooks are there."""
    install(DESCRIBE, name="toy", distribution="dockmesh-auth-toy")

    result = run("plugins", "--all", "--json")

    reasons = [row["reason"] for row in json.loads(result.stdout) if row["reason"]]
    assert (result.exit_code, reasons) == (0, [])
    (row,) = rows(result, "toy")
    assert (row["state"], row["contract"], row["hooks"]) == ("loaded", 1, ["describe"])


def test_one_in_quarantine(run: Run, install: Install) -> None:
    """Exit code 1; the reason is in the table and in the JSON, the others are there as well."""
    install(BROKEN, name="toy", distribution="dockmesh-auth-toy")

    table, machine = run("plugins", "--all"), run("plugins", "--all", "--json")

    assert (table.exit_code, machine.exit_code) == (1, 1)
    (row,) = rows(machine, "toy")
    assert row["state"] == "quarantined"
    assert row["reason"].startswith("plugin_import_failed: ModuleNotFoundError")
    assert "a_module_that_is_not_there" in row["reason"]
    words = " ".join(table.stdout.split())
    assert f"toy quarantined dockmesh-auth-toy 1.2 {row['reason']}" in words
    assert "oidc loaded built in, contract 1" in words


@pytest.mark.attack("PLG-05")
def test_two_distributions_claim_a_name(run: Run, install: Install) -> None:
    """Both are shown, neither is loaded, and the exit code says so."""
    install(DESCRIBE, name="toy", distribution="dockmesh-auth-toy")
    install(DESCRIBE, name="toy", distribution="a-toy-too")

    result = run("plugins", "--all", "--json")

    assert result.exit_code == 1
    assert [(row["distribution"], row["state"], row["reason"]) for row in rows(result, "toy")] == [
        (
            distribution,
            "quarantined",
            "two distributions claim this name: neither can be enabled",
        )
        for distribution in ("a-toy-too", "dockmesh-auth-toy")
    ]
    assert "dockmesh_auth_toy_plugin" not in sys.modules


def test_the_name_of_the_built_in(run: Run, install: Install) -> None:
    """No distribution can be it: the built-in is loaded, the claim is shown as refused."""
    install(DESCRIBE, name="oidc", distribution="dockmesh-auth-taker")

    result = run("plugins", "--all", "--json")

    assert result.exit_code == 1
    built_in, taker = rows(result, "oidc")
    assert built_in == BUILT_IN
    assert (taker["distribution"], taker["state"], taker["reason"]) == (
        "dockmesh-auth-taker",
        "quarantined",
        "the name is reserved for the built-in",
    )
    assert "dockmesh_auth_taker_plugin" not in sys.modules


def test_those_that_a_configuration_enables(
    run: Run, install: Install, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are loaded and no others, also if the secrets are not at hand."""
    install(DESCRIBE, name="toy", distribution="dockmesh-auth-toy")
    install(BROKEN, name="other", distribution="dockmesh-auth-other")
    config.write_text(config.read_text().replace("plugin: oidc", "plugin: toy"))
    monkeypatch.delenv("CLIENT_SECRET")

    result = run("plugins", "-c", "dockmesh.yaml", "--json")

    assert result.exit_code == 0
    assert rows(result, "toy")[0]["state"] == "loaded"
    assert rows(result, "other")[0]["state"] == "not enabled"


def test_a_configuration_with_a_broken_plugin(run: Run, install: Install, config: Path) -> None:
    """What `serve` would refuse is shown here with its reason."""
    install(BROKEN, name="toy", distribution="dockmesh-auth-toy")
    config.write_text(config.read_text().replace("plugin: oidc", "plugin: toy"))

    result = run("plugins", "-c", "dockmesh.yaml", "--json")

    assert result.exit_code == 1
    assert rows(result, "toy")[0]["reason"].startswith("plugin_import_failed: ")


@pytest.mark.parametrize("fault", ["plugin: gone", "plugin: [1]"])
def test_a_configuration_that_cannot_be_used(run: Run, config: Path, fault: str) -> None:
    """A plugin that is not installed, or a broken file: it could not run."""
    config.write_text(config.read_text().replace("plugin: oidc", fault))

    result = run("plugins", "-c", "dockmesh.yaml")

    assert result.exit_code == 2
    assert "what to do: " in result.stderr


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_the_table_breaks_between_words(
    run: Run, install: Install, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """However narrow it is: names of distributions and hooks stay whole, nothing is left out."""
    install(BROKEN, name="a-longer-name", distribution="dockmesh-auth-a-longer-name")
    monkeypatch.setenv("COLUMNS", str(columns))

    output = run("plugins", "--all").stdout

    assert max(map(len, output.splitlines())) <= columns
    assert "dockmesh-auth-a-longer-name" in output
    for hook in BUILT_IN["hooks"]:  # type: ignore[attr-defined]
        assert hook in output
    assert "…" not in output


def test_brackets_are_no_markup(run: Run, install: Install) -> None:
    """A stranger's text is printed as it is."""
    install("raise TypeError('[red]x[/]')\n", name="[bold]toy", distribution="dockmesh-auth-toy")

    assert "[bold]toy" in run("plugins").stdout


NOTEWORTHY = """
from dockmesh_auth.hookspecs import PluginDescription, hookimpl

@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(
        name="toy",
        display_name="Toy",
        contract_version=1,
        scopes=("read",),
        id_token=False,
        subject_claim="number",
        hosts=("api.example.com", "graph.example.com:8443"),
    )

@hookimpl
async def dockmesh_auth_fetch_user(fetch): ...
"""


def test_what_differs_from_the_standard_is_shown(run: Run, install: Install) -> None:
    """Who names people, by which claim, and where a person's access token may be sent."""
    install(NOTEWORTHY, name="toy", distribution="dockmesh-auth-toy")

    table, machine = run("plugins", "--all"), run("plugins", "--all", "--json")

    (row,) = rows(machine, "toy")
    assert (row["id_token"], row["subject_claim"]) == (False, "number")
    assert row["other_hosts"] == ["api.example.com", "graph.example.com:8443"]
    words = " ".join(table.stdout.split())
    assert (
        "dockmesh-auth-toy 1.2, contract 1 describe, fetch_user signs in without ID tokens"
        " identifies people by number may also ask: api.example.com, graph.example.com:8443"
    ) in words


def test_what_is_as_the_standard_has_it_is_not_mentioned(run: Run) -> None:
    """A line is there to be looked at; without `--all` the built-in alone is loaded."""
    table = run("plugins").stdout

    for words in ("without ID tokens", "identifies people", "may also ask"):
        assert words not in table


def test_what_is_to_go_is_shown(
    run: Run, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notice of the contract is there for whoever runs the plugin, not for its author alone."""

    def manager() -> PluginManager:
        made = PluginManager("dockmesh_auth")
        made.add_hookspecs(hookspecs)
        made.hook.dockmesh_auth_resolve_roles.spec.warn_on_impl = DeprecationWarning("it goes")
        return made

    roles = "@hookimpl\ndef dockmesh_auth_resolve_roles(profile): ...\n"
    install(DESCRIBE + roles, name="toy", distribution="dockmesh-auth-toy")
    monkeypatch.setattr(registry_module, "_manager", manager)

    with warnings.catch_warnings(), capture_logs() as log:
        warnings.simplefilter("ignore")
        table, machine = run("plugins", "--all"), run("plugins", "--all", "--json")

    (row,) = rows(machine, "toy")
    assert row["state"] == "loaded"
    assert row["notices"] == ["dockmesh_auth_resolve_roles: it goes"]
    assert "dockmesh_auth_resolve_roles: it goes" in " ".join(table.stdout.split())
    assert {entry["plugin"] for entry in log if entry["event"] == "plugin_notice"} >= {"toy"}

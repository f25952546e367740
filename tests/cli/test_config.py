"""`config validate` and `config schema`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from click.testing import Result
from ruamel.yaml import YAML

Run = Callable[..., Result]
SECRET = "never-shown-" + "s" * 40


def test_a_valid_file(run: Run, config: Path) -> None:
    """What was understood is said, and the exit code is 0; nothing is made beside it."""
    before = set(config.parent.iterdir())

    result = run("config", "validate")

    assert result.exit_code == 0
    assert result.stdout == (
        "provider only: plugin oidc, issuer https://id.example.com, 1 group mapping\n"
        "dockmesh.yaml is valid\n"
    )
    assert set(config.parent.iterdir()) == before
    assert SECRET not in result.output


def test_a_warning_is_no_fault(run: Run, config: Path) -> None:
    """It goes to standard error, and the exit code stays 0."""
    config.write_text(config.read_text().replace("{env: CLIENT_SECRET}", f'"{SECRET}"'))

    result = run("config", "validate", str(config))

    assert result.exit_code == 0
    assert result.stderr.startswith("warning: ")
    assert SECRET not in result.output


def test_a_typo_in_every_field(run: Run, config: Path) -> None:
    """Each is named with file, line and column, in the order of the file, and what to do."""
    lines = config.read_text().splitlines()
    expected = []
    for number, line in enumerate(lines, 1):
        key = re.match(r"( +(?:- )?)(\w+):", line)
        if number > 7 and key and key[2] != "group_mappings" and number < 16:
            lines[number - 1] = line.replace(f"{key[2]}:", f"{key[2]}z:", 1)
            expected.append((f"dockmesh.yaml:{number}:{len(key[1]) + 1}", f"{key[2]}z", key[2]))
    for name in ("claim_value", "role"):
        column = lines[-1].index(name) + 1
        expected.append((f"dockmesh.yaml:16:{column}", f"{name}z", name))
        lines[-1] = lines[-1].replace(name, f"{name}z", 1)
    config.write_text("\n".join(lines))

    result = run("config", "validate", "dockmesh.yaml")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(expected) == 9
    faults, remedies = result.stderr.splitlines()[::2], result.stderr.splitlines()[1::2]
    assert all(re.match(r"dockmesh\.yaml:\d+:\d+: config_\w+: ", fault) for fault in faults)
    assert all(remedy.startswith("  what to do: ") for remedy in remedies)
    told = [(fault.split(": ")[0], fault.rpartition(": ")[2]) for fault in faults]
    for where, wrong, right in expected:
        assert (where, f"unknown key {wrong!r}; did you mean {right!r}?") in told
    places = [tuple(map(int, fault.split(":")[1:3])) for fault in faults]
    assert places == sorted(places)


def test_a_file_that_is_not_there(run: Run) -> None:
    """There was nothing to look at: it could not run."""
    result = run("config", "validate", "none.yaml")

    assert result.exit_code == 2
    assert "none.yaml" in result.stderr
    assert "config_file_unreadable: " in result.stderr
    assert "what to do: Check the path" in result.stderr


def test_a_plugin_that_is_not_there(run: Run, config: Path) -> None:
    """The configuration is wrong on this machine; the plugins that there are, are named."""
    config.write_text(config.read_text().replace("plugin: oidc", "plugin: foreign"))

    result = run("config", "validate")

    assert result.exit_code == 1
    assert "plugin_not_installed: no plugin 'foreign' is installed; installed are: oidc" in (
        result.stderr
    )


def test_a_secret_that_is_not_there(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is named, and where it is asked for."""
    monkeypatch.delenv("CLIENT_SECRET")

    result = run("config", "validate")

    assert result.exit_code == 1
    assert "dockmesh.yaml:13:" in result.stderr
    assert "CLIENT_SECRET is not set" in result.stderr


@pytest.mark.parametrize("option", ["--plugins", "--no-plugins"])
def test_the_schema_takes_the_valid_file(run: Run, config: Path, option: str) -> None:
    """It is a JSON Schema; a valid file is valid by it, and one with a typo is not."""
    result = run("config", "schema", option)
    schema = json.loads(result.stdout)
    document = YAML(typ="safe").load(config.read_text())

    assert result.exit_code == 0
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
    document["auth"]["providerz"] = document["auth"].pop("providers")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


def test_the_schema_has_the_options_of_plugins(run: Run, install: Callable[..., None]) -> None:
    """Those of the installed ones, unless they are left out."""
    install(
        """
from dockmesh_auth.hookspecs import PluginDescription, PluginOption, hookimpl

@hookimpl
def dockmesh_auth_describe():
    option = PluginOption(name="very_own_option", description="One of its own.")
    return PluginDescription(
        name="optioned", display_name="T", contract_version=1, options=(option,)
    )
""",
        name="optioned",
        distribution="dockmesh-auth-optioned",
    )

    assert "very_own_option" in run("config", "schema").stdout
    assert "very_own_option" not in run("config", "schema", "--no-plugins").stdout

"""`plugin verify`: which provider an installed plugin is tried with, and what is wrong with one."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from dockmesh_auth.assembly.command import LocalActions
from dockmesh_auth.assembly.verification import contract_checks, verify
from dockmesh_auth.cli.command import build_command
from dockmesh_auth.errors import AuthError, ConfigurationError, ErrorCode, PluginError
from dockmesh_auth.testing.contract.checks import CHECKS

Install = Callable[..., None]
FEW = ("the-person-is-let-in", "the-name-is-a-word")

PLUGIN = """
from dockmesh_auth import PluginDescription, hookimpl

@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="toy", display_name="Toy", contract_version=1, {more})
"""
UNDER_TEST = """
from dockmesh_auth.testing.contract import ProviderUnderTest
from dockmesh_auth.testing.fake_provider import Shape
import {module} as plugin

def under_test():
    {body}
"""


@pytest.fixture(name="install")
def plugin_installer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install the plugin `toy`, with or without what it is tried with, as pip would."""
    monkeypatch.syspath_prepend(str(tmp_path))
    numbers = itertools.count()
    modules: list[str] = []

    def install(
        more: str = 'groups_claim="groups"',
        *,
        under_test: str | None = None,
        name: str = "toy",
        plugin: str = PLUGIN,
    ) -> None:
        module = f"toy_of_verification_{next(numbers)}"
        modules.append(module)
        (tmp_path / f"{module}.py").write_text(plugin.format(more=more))
        entries = f"[dockmesh_auth]\n{name} = {module}\n"
        if under_test is not None:
            modules.append(f"{module}_testing")
            text = UNDER_TEST.format(module=module, body=under_test)
            (tmp_path / f"{module}_testing.py").write_text(text)
            entries += f"[dockmesh_auth.under_test]\ntoy = {module}_testing:under_test\n"
        info = tmp_path / f"{module}-1.2.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {module.replace('_', '-')}\nVersion: 1.2\n"
        (info / "METADATA").write_text(metadata)
        (info / "entry_points.txt").write_text(entries)

    yield install
    for module in modules:
        sys.modules.pop(module, None)


def verdicts(plugin: str = "toy", checks: tuple[str, ...] = FEW) -> dict[str, str]:
    """What came of each check."""
    with verify(plugin, checks) as verification:
        return {row["name"]: row["verdict"] for row in verification.results}


def fault(error: type[AuthError], plugin: str = "toy") -> AuthError:
    """Why it is not tried, or not to the end."""
    with pytest.raises(error) as caught:
        verdicts(plugin)
    return caught.value


def test_all_checks_are_told() -> None:
    """In the kit's order, complete."""
    rows = contract_checks()

    assert [row["name"] for row in rows] == [check.name for check in CHECKS]
    assert len(rows) >= 80
    assert all(row["law"] and row["why"] and row["where"] for row in rows)


def test_a_plugin_is_tried_with_what_it_offers() -> None:
    """By the function that its own distribution names."""
    with verify("authentik", FEW) as verification:
        rows = list(verification.results)

    assert verification.distribution == "dockmesh-auth-authentik"
    assert verification.tried_with == "dockmesh_auth_authentik.testing:under_test"
    assert verification.total == 2
    assert {row["name"]: row["verdict"] for row in rows} == dict.fromkeys(FEW, "kept")


@pytest.mark.parametrize(
    "more",
    [
        "",
        'groups_claim="teams"',
        'groups_claim="realm_access.roles"',
        'scopes=("openid", "teams"), groups_claim="teams"',
    ],
)
def test_a_plain_provider_stands_in(install: Install, more: str) -> None:
    """With the plugin's own scopes and groups claim, so that people get in."""
    install(more)

    with verify("toy", FEW) as verification:
        assert verification.tried_with is None
        assert [row["verdict"] for row in verification.results] == ["kept", "kept"]


def test_all_checks_are_run_if_none_is_named(install: Install) -> None:
    """As many as there are."""
    install()

    with verify("toy", ()) as verification:
        assert verification.total == len(CHECKS)


def test_a_broken_check_says_what_was_seen(install: Install) -> None:
    """One line, without the name of the check."""
    install('groups_claim="groups", options=(PluginOption(name="x", description="?"),)'
            .replace("PluginOption", "__import__('dockmesh_auth').PluginOption"))  # fmt: skip

    with verify("toy", ["options-are-explained"]) as verification:
        (row,) = verification.results

    assert (row["verdict"], row["what"]) == ("broken", "the option 'x' is not explained")


def test_nobody_else_says_what_it_is_tried_with(install: Install) -> None:
    """Another distribution's function of that name is not called."""
    install()
    install(under_test="raise SystemExit", name="another")

    assert verdicts() == dict.fromkeys(FEW, "kept")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("raise ValueError('secret text')", "ValueError at toy_of_verification_0_testing.py:7"),
        ("raise SystemExit", "SystemExit at toy_of_verification_0_testing.py:7"),
        ("return None", "answers with no ProviderUnderTest"),
        ("return ProviderUnderTest(plugin=__import__('json'))", "names another module"),
        (
            "return ProviderUnderTest(plugin=plugin, settings={'no_such_key': 1})",
            "its settings are refused: config_unknown_key",
        ),
    ],
)
def test_what_it_offers_is_no_good(install: Install, body: str, told: str) -> None:
    """Told once, with file and line, and without the text of a stranger's exception."""
    install(under_test=body)

    error = fault(PluginError)

    assert error.code is ErrorCode.PLUGIN_UNDER_TEST
    assert told in error.detail
    assert "secret text" not in str(error)


def test_what_it_offers_cannot_be_imported(install: Install) -> None:
    """The name in the entry point leads to nothing, or to a module that fails."""
    install(under_test="pass\nimport a_module_that_is_not_there")

    error = fault(PluginError)

    assert error.code is ErrorCode.PLUGIN_UNDER_TEST
    assert "ModuleNotFoundError" in error.detail


def test_a_shape_that_fails_on_the_way(install: Install) -> None:
    """It is named with the check during which it failed."""
    body = """
    class Bad(Shape):
        def new_code(self):
            raise LookupError("secret text")
    return ProviderUnderTest(plugin=plugin, shape=Bad(), settings={"groups_claim": "groups"})
"""
    install(under_test=body)

    error = fault(PluginError)

    assert error.code is ErrorCode.PLUGIN_UNDER_TEST
    assert error.detail == "LookupError at toy_of_verification_0_testing.py:10 during " + FEW[0]


def test_no_plain_provider_does_without_id_tokens(install: Install) -> None:
    """Who signs in is then asked of an API that only the plugin's author knows."""
    hooks = """
@hookimpl
def dockmesh_auth_fetch_user():
    return None
"""
    install('id_token=False, scopes=("user",)', plugin=PLUGIN + hooks)

    error = fault(PluginError)

    assert error.code is ErrorCode.PLUGIN_UNDER_TEST
    assert "without ID tokens" in error.detail


def test_a_plugin_in_quarantine(install: Install) -> None:
    """Its own reason, and that it is there."""
    install(plugin="import a_module_that_is_not_there\n")

    error = fault(PluginError)

    assert error.code is ErrorCode.PLUGIN_IMPORT_FAILED
    assert error.detail.startswith("the plugin 'toy' is in quarantine: ModuleNotFoundError")


def test_an_unknown_plugin(install: Install) -> None:
    """With the name that was meant."""
    install()

    error = fault(ConfigurationError, "toi")

    assert error.code is ErrorCode.PLUGIN_NOT_INSTALLED
    assert "did you mean 'toy'?" in error.detail


def test_the_command_prints_the_report(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    """With everything behind it: exit code and JSON."""
    install()
    monkeypatch.setattr("dockmesh_auth.assembly.command.configure_logs", lambda **_: None)
    arguments = ["plugin", "verify", "toy", "--json", "--check", FEW[1]]

    result = CliRunner().invoke(build_command(LocalActions(), version="9"), arguments)

    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert (report["plugin"], report["version"], report["tried_with"]) == ("toy", "1.2", None)
    assert [(row["name"], row["verdict"]) for row in report["checks"]] == [(FEW[1], "kept")]


def test_the_command_writes_a_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound to this library's version; a name that is taken is refused."""
    monkeypatch.chdir(tmp_path)
    command = build_command(LocalActions(), version="9")

    written = CliRunner().invoke(command, ["plugin", "new", "acme"])
    taken = CliRunner().invoke(command, ["plugin", "new", "authentik"])

    assert written.exit_code == 0
    project = (tmp_path / "dockmesh-auth-acme" / "pyproject.toml").read_text("utf-8")
    assert 'dependencies = ["dockmesh-auth>=0.1,<0.2"]' in project
    assert taken.exit_code == 2
    assert "is taken" in taken.stderr
    assert not (tmp_path / "dockmesh-auth-authentik").exists()

"""Loading plugins one by one, and setting broken ones aside."""

from __future__ import annotations

import sys

import pytest

from dockmesh_auth.errors import ConfigurationError, ErrorCode
from dockmesh_auth.host import registry as registry_module


def reason(registry, name: str = "toy"):
    """Why a plugin is in quarantine."""
    return registry.quarantined[name].reason


def test_the_built_in_is_always_there_and_is_a_plugin(load) -> None:
    """Standard OpenID Connect needs no installation."""
    registry = load("oidc")

    assert set(registry.loaded) == {"oidc"}
    assert len(registry.loaded["oidc"].hooks) == 5


def test_only_enabled_plugins_are_imported(install, load) -> None:
    """Idle plugins cost nothing and can do nothing."""
    enabled = install(name="toy")
    idle = install("raise RuntimeError", name="idle")

    registry = load("toy")

    assert registry.loaded["toy"].distribution == "dockmesh-auth-toy"
    assert registry.loaded["toy"].version == "1.2"
    assert enabled in sys.modules
    assert idle not in sys.modules


@pytest.mark.attack("PLG-02", "PLG-14")
@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("raise RuntimeError('x')", "RuntimeError"),
        ("import a_module_that_is_missing", "a_module_that_is_missing"),
        ("raise SystemExit(3)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("def def", "SyntaxError"),
    ],
)
def test_a_plugin_that_fails_to_import_is_set_aside_with_its_reason(
    install, load, code: str, word: str
) -> None:
    """The others are loaded all the same."""
    install(code)
    install(name="good")

    registry = load("toy", "good")

    assert reason(registry).code is ErrorCode.PLUGIN_IMPORT_FAILED
    assert word in reason(registry).detail
    assert "good" in registry.loaded


@pytest.mark.attack("PLG-03")
def test_an_import_that_hangs_does_not_hang_the_host(
    install, load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Importing has a time limit as well."""
    monkeypatch.setattr(registry_module, "LOAD_DEADLINE", 0.2)
    install("import time; time.sleep(2)")

    assert reason(load()).code is ErrorCode.PLUGIN_IMPORT_FAILED


@pytest.mark.parametrize("version", [0, 2, 99])
def test_another_contract_version_is_set_aside(install, load, version: int) -> None:
    """A plugin of another contract is not asked, even if its hooks look right."""
    install(
        f"""
        from dockmesh_auth.hookspecs import PluginDescription, hookimpl

        @hookimpl
        def dockmesh_auth_describe():
            return PluginDescription(name="toy", display_name="T", contract_version={version})
        """,
        describe=False,
    )

    assert reason(load()).code is ErrorCode.PLUGIN_CONTRACT_VERSION


@pytest.mark.parametrize("answer", ["None", "{'name': 'toy'}", "'toy'", "object()"])
def test_a_description_of_the_wrong_type_is_set_aside(install, load, answer: str) -> None:
    """A plugin that cannot say who it is is not asked anything else."""
    install(
        f"""
        from dockmesh_auth.hookspecs import hookimpl

        @hookimpl
        def dockmesh_auth_describe():
            return {answer}
        """,
        describe=False,
    )

    assert reason(load()).code is ErrorCode.PLUGIN_BAD_DESCRIPTION


def test_a_module_without_hooks_is_set_aside(install, load) -> None:
    """An entry point must lead to a plugin."""
    install("x = 1", describe=False)

    assert reason(load()).code is ErrorCode.PLUGIN_BAD_DESCRIPTION


def test_a_plugin_that_calls_itself_otherwise_is_set_aside(install, load) -> None:
    """The name in the configuration, the entry point and the description are one."""
    install(
        """
        from dockmesh_auth.hookspecs import PluginDescription, hookimpl

        @hookimpl
        def dockmesh_auth_describe():
            return PluginDescription(name="other", display_name="T", contract_version=1)
        """,
        describe=False,
    )

    assert reason(load()).code is ErrorCode.PLUGIN_BAD_DESCRIPTION


def test_an_error_of_ours_at_import_keeps_its_code(install, load) -> None:
    """What a plugin knows to say about itself is what the operator reads."""
    install(
        """
        from dockmesh_auth.errors import ConfigurationError, ErrorCode
        raise ConfigurationError(ErrorCode.CONFIG_INVALID_VALUE, "needs the other thing")
        """
    )

    assert reason(load()).code is ErrorCode.CONFIG_INVALID_VALUE
    assert reason(load()).plugin == "toy"


@pytest.mark.parametrize("name", ["toy", "unknown"])
def test_a_provider_that_needs_what_is_not_there_is_named(install, load, name: str) -> None:
    """The host does not start without a plugin that a provider needs, and says which one."""
    install("raise RuntimeError")
    registry = load()

    with pytest.raises(ConfigurationError) as caught:
        registry.require(name, "my-provider")

    assert caught.value.provider == "my-provider"
    assert caught.value.plugin == name


def test_no_distribution_can_take_the_built_in_s_name(install, load) -> None:
    """A package that claims `oidc` is never imported."""
    module = install("raise RuntimeError", name="oidc")

    registry = load("oidc")

    assert registry.loaded["oidc"].distribution is None
    assert module not in sys.modules
    assert set(registry.descriptions) == {"oidc"}


def option(fields: str) -> str:
    """The source of one option with *fields*."""
    return f"options=(PluginOption(name='a', description='d', {fields}),)"


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ("options=(PluginOption(name='issuer_url', description='d'),)", "issuer_url"),
        ("options=(PluginOption(name='a', description='d'),) * 2", "'a' already"),
        ("options=(PluginOption(name='A b', description='d'),)", "'A b'"),
        (option("type='text'"), "OptionType"),
        (option("type=OptionType.CHOICE, choices=('x',), default='y'"), "the default of 'a'"),
        (option("type=OptionType.CHOICE"), "choices"),
        (option("choices=('x',)"), "choices"),
        (
            option("type=OptionType.LIST, choices=('x',), default=('y',)"),
            "the default of 'a': holds what it does not take",
        ),
        (option("type=OptionType.INTEGER, default=True"), "the default of 'a'"),
        ("scopes='openid profile'", "scopes"),
        ("scopes=['openid']", "scopes"),
        ("groups_claim=7", "groups_claim"),
        ("client_authentication='client_secret_post'", "client_authentication"),
    ],
)
def test_a_description_that_could_not_be_configured_is_set_aside(
    install, load, fields: str, word: str
) -> None:
    """What a plugin says of its options is checked before an operator meets it."""
    install(
        f"""
        from dockmesh_auth import OptionType, PluginDescription, PluginOption, hookimpl

        @hookimpl
        def dockmesh_auth_describe():
            return PluginDescription(
                name="toy", display_name="T", contract_version=1, {fields}
            )
        """,
        describe=False,
    )

    refusal = reason(load())

    assert refusal.code is ErrorCode.PLUGIN_BAD_DESCRIPTION
    assert word in refusal.detail


def test_what_a_plugin_prints_when_it_is_imported_is_no_output(
    install, load, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard output belongs to the command: `plugins --json` stays JSON."""
    install("print('hello from a plugin')")
    load("toy")

    printed = capsys.readouterr()
    assert printed.out == ""
    assert "hello from a plugin" in printed.err

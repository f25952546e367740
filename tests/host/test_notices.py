"""A hook or an argument that is to go gives a release of warning before it does."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterator

import pluggy
import pytest
from structlog.testing import capture_logs

from dockmesh_auth import PluginDescription
from dockmesh_auth.errors import ErrorCode, PluginError
from dockmesh_auth.hookspecs import NAME, hookimpl, hookspec
from dockmesh_auth.host import registry as registry_module
from dockmesh_auth.host.hooks import implementations_of
from dockmesh_auth.host.registry import LoadedPlugin, load_module

HOOK = "dockmesh_auth_discover goes with contract 2: answer dockmesh_auth_locate instead"
ARGUMENT = "`tokens` goes with contract 2: take `answer` instead"


def specifications() -> types.ModuleType:
    """A contract of the test's own, in which one hook and one argument are to go."""
    module = types.ModuleType("specifications_of_the_test")

    @hookspec(firstresult=True)
    def dockmesh_auth_describe() -> None: ...

    @hookspec(firstresult=True, warn_on_impl=DeprecationWarning(HOOK))
    def dockmesh_auth_discover(provider: object, fetch: object) -> None: ...

    @hookspec(firstresult=True, warn_on_impl_args={"tokens": DeprecationWarning(ARGUMENT)})
    def dockmesh_auth_validate_token(
        provider: object, metadata: object, verifier: object, tokens: object, expected: object
    ) -> None: ...

    @hookspec(firstresult=True)
    def dockmesh_auth_extract_claims(
        provider: object, metadata: object, claims: object, fetch: object
    ) -> None: ...

    @hookspec(firstresult=True)
    def dockmesh_auth_resolve_roles(provider: object, claims: object, profile: object) -> None: ...

    for value in list(locals().values()):
        if isinstance(value, types.FunctionType):
            setattr(module, value.__name__, value)
    return module


def contract() -> pluggy.PluginManager:
    """What knows that contract."""
    manager = pluggy.PluginManager(NAME)
    manager.add_hookspecs(specifications())
    return manager


def plugin(*hooks: str) -> types.ModuleType:
    """A plugin with *hooks*."""
    module = types.ModuleType("plugin_of_the_test")

    @hookimpl
    def dockmesh_auth_describe() -> PluginDescription:
        return PluginDescription(name="toy", display_name="Toy", contract_version=1)

    @hookimpl
    async def dockmesh_auth_discover(provider: object) -> None: ...

    @hookimpl
    def dockmesh_auth_validate_token(tokens: object, expected: object) -> None: ...

    @hookimpl(specname="dockmesh_auth_validate_token")
    def validate_without_tokens(expected: object) -> None: ...

    @hookimpl
    def dockmesh_auth_resolve_roles(profile: object) -> None: ...

    known = locals()
    for name in ("dockmesh_auth_describe", *hooks):
        setattr(module, name, known[name])
    return module


@pytest.fixture(name="loaded")
def load_quietly() -> Iterator[list[LoadedPlugin]]:
    """Plugins whose threads end with the test."""
    plugins: list[LoadedPlugin] = []
    yield plugins
    for one in plugins:
        one.lane.close()


def notices_of(*hooks: str) -> tuple[str, ...]:
    """The notices of a plugin, where Python shows warnings and goes on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return implementations_of(plugin(*hooks), contract(), "toy").notices


def test_what_stays_is_not_noticed() -> None:
    """Neither a hook that stays nor one that does not take the argument that goes."""
    assert notices_of() == ()
    assert notices_of("dockmesh_auth_resolve_roles", "validate_without_tokens") == ()


def test_a_hook_that_goes_is_noticed() -> None:
    """With the words of the contract."""
    assert notices_of("dockmesh_auth_discover") == (f"dockmesh_auth_discover: {HOOK}",)


def test_an_argument_that_goes_is_noticed() -> None:
    """Of the function that takes it."""
    assert notices_of("dockmesh_auth_validate_token") == (
        f"dockmesh_auth_validate_token(tokens): {ARGUMENT}",
    )


def test_all_of_it_is_noticed() -> None:
    """In one order, whatever the order in the module is."""
    both = (f"dockmesh_auth_discover: {HOOK}", f"dockmesh_auth_validate_token(tokens): {ARGUMENT}")
    assert notices_of("dockmesh_auth_validate_token", "dockmesh_auth_discover") == both
    assert notices_of("dockmesh_auth_discover", "dockmesh_auth_validate_token") == both


def test_authors_see_a_warning() -> None:
    """Python's own, so that their tests can make an error of it."""
    with pytest.warns(DeprecationWarning, match="dockmesh_auth_locate"):
        implementations_of(plugin("dockmesh_auth_discover"), contract(), "toy")


def test_where_warnings_are_errors_so_are_notices() -> None:
    """With `-W error` the plugin is refused with the words of the contract."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(PluginError) as caught:
            implementations_of(plugin("dockmesh_auth_discover"), contract(), "toy")
    assert caught.value.code is ErrorCode.PLUGIN_BAD_HOOK
    assert caught.value.detail == HOOK


def test_the_warnings_of_others_are_left_alone() -> None:
    """Loading changes nothing of the process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = (warnings.showwarning, list(warnings.filters))
        implementations_of(plugin("dockmesh_auth_discover"), contract(), "toy")
        assert (warnings.showwarning, list(warnings.filters)) == before


def test_a_loaded_plugin_has_its_notices(loaded: list[LoadedPlugin]) -> None:
    """It is loaded all the same: that is the release of warning."""
    with pytest.warns(DeprecationWarning, match="goes with contract 2"):
        loaded.append(load_module(plugin("dockmesh_auth_discover"), "toy", contract()))
    loaded.append(load_module(plugin(), "toy"))
    assert [one.notices for one in loaded] == [(f"dockmesh_auth_discover: {HOOK}",), ()]


def test_notices_are_logged_once_at_the_start(install, load, monkeypatch) -> None:
    """With the plugin's name; a plugin without any is not mentioned."""
    monkeypatch.setattr(registry_module, "_manager", contract)
    install("@hookimpl\nasync def dockmesh_auth_discover(fetch): ...")
    install(name="quiet")

    with capture_logs() as log, pytest.warns(DeprecationWarning, match="goes with contract 2"):
        registry = load("toy", "quiet")

    assert registry.loaded["toy"].notices == (f"dockmesh_auth_discover: {HOOK}",)
    assert [entry for entry in log if entry["event"] == "plugin_notice"] == [
        {
            "event": "plugin_notice",
            "log_level": "warning",
            "plugin": "toy",
            "notice": f"dockmesh_auth_discover: {HOOK}",
        }
    ]


def test_this_contract_gives_no_notice() -> None:
    """Version 1 has nothing that is to go."""
    manager = registry_module._manager()
    for caller in vars(manager.hook).values():
        if isinstance(caller, pluggy.HookCaller):
            assert caller.spec is not None
            assert caller.spec.warn_on_impl is None
            assert not caller.spec.warn_on_impl_args

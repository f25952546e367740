"""What a plugin may implement, and how."""

from __future__ import annotations

import pytest

from dockmesh_auth.errors import ErrorCode
from dockmesh_auth.host.hooks import ARGUMENTS

TWICE = (
    "@hookimpl\ndef dockmesh_auth_resolve_roles(): ...\n"
    "@hookimpl(specname='dockmesh_auth_resolve_roles')\ndef again(): ..."
)
HEAD = "from dockmesh_auth.hookspecs import hookimpl\n"


@pytest.mark.attack("PLG-11")
@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("@hookimpl\ndef dockmesh_auth_resolve_role(profile): ...", "dockmesh_auth_resolve_role"),
        ("@hookimpl\ndef dockmesh_auth_resolve_roles(profil): ...", "profil"),
        ("def dockmesh_auth_resolve_roles(profile): ...", "@hookimpl"),
        (
            "@hookimpl(wrapper=True)\ndef dockmesh_auth_resolve_roles():\n    return (yield)",
            "wrapper",
        ),
        ("@hookimpl(hookwrapper=True)\ndef dockmesh_auth_resolve_roles():\n    yield", "wrapper"),
        (TWICE, "twice"),
        ("@hookimpl\nasync def dockmesh_auth_resolve_roles(): ...", "async"),
        ("@hookimpl\nasync def dockmesh_auth_validate_token(): ...", "async"),
    ],
)
def test_a_hook_that_is_not_as_the_contract_says_is_an_error(
    install, load, code: str, word: str
) -> None:
    """A misspelt hook is never a silent default."""
    install(HEAD + code)

    refusal = load().quarantined["toy"].reason

    assert refusal.code is ErrorCode.PLUGIN_BAD_HOOK
    assert word in refusal.detail


def test_the_arguments_of_all_hooks_stand_in_one_order() -> None:
    """Learn the order once."""
    order = (
        "provider",
        "metadata",
        "verifier",
        "tokens",
        "expected",
        "claims",
        "profile",
        "fetch",
    )

    for names in ARGUMENTS.values():
        assert list(names) == sorted(names, key=order.index)


@pytest.mark.parametrize(
    ("signature", "result"),
    [
        ("", "()"),
        ("profile", "(3,)"),
        ("profile, provider", "(3, 1)"),
        ("provider, claims, profile", "(1, 2, 3)"),
    ],
)
def test_an_implementation_gets_the_arguments_that_it_names(
    install, load, signature: str, result: str
) -> None:
    """Fewer arguments, in any order, by name."""
    names = f"({signature},)" if signature else "()"
    install(f"{HEAD}@hookimpl\ndef dockmesh_auth_resolve_roles({signature}):\n    return {names}")

    ask = load().loaded["toy"].hooks["dockmesh_auth_resolve_roles"].ask

    assert repr(ask(1, 2, 3)) == result


def test_a_hook_may_be_implemented_under_another_name_of_the_function(install, load) -> None:
    """`specname` is pluggy's; it makes nobody else's hook."""
    install(f"{HEAD}@hookimpl(specname='dockmesh_auth_resolve_roles')\ndef mine(): return 5")

    assert load().loaded["toy"].hooks["dockmesh_auth_resolve_roles"].ask(1, 2, 3) == 5


def test_specifications_that_a_plugin_imports_are_not_its_hooks(install, load) -> None:
    """An import of the contract is not an implementation."""
    install("from dockmesh_auth.hookspecs import dockmesh_auth_resolve_roles")

    assert list(load().loaded["toy"].hooks) == ["dockmesh_auth_describe"]

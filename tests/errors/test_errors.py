"""Errors: a tree whose branches say who acts, codes that say what happened, text that is safe."""

from __future__ import annotations

import copy
import string
from enum import EnumMeta

import pytest

import dockmesh_auth.errors
from dockmesh_auth.errors import (
    AccessDenied,
    AuthError,
    ConfigurationError,
    ErrorCode,
    PluginError,
    ProviderError,
    SignInRejected,
    StorageError,
    TokenRejected,
    explain,
)
from dockmesh_auth.errors.explanations import EXPLANATIONS

BRANCHES = [
    ConfigurationError,
    StorageError,
    PluginError,
    ProviderError,
    SignInRejected,
    TokenRejected,
    AccessDenied,
]


def test_the_tree() -> None:
    """Six branches below the root, one below a branch; a class more or less is a decision."""
    parents = {
        kind: kind.__mro__[1]
        for kind in vars(dockmesh_auth.errors).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    }
    assert parents == {
        AuthError: Exception,
        ConfigurationError: AuthError,
        StorageError: AuthError,
        PluginError: AuthError,
        ProviderError: AuthError,
        SignInRejected: AuthError,
        TokenRejected: SignInRejected,
        AccessDenied: AuthError,
    }


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_is_explained(code: ErrorCode) -> None:
    """One sentence of cause and what to do, each as a sentence."""
    cause, remedy = explain(code)
    for text in (cause, remedy):
        assert text[0] in string.ascii_uppercase
        assert text.endswith(".")
        assert 12 < len(text) < 120
        assert text.isprintable()
    assert cause != remedy


def test_nothing_else_is_explained() -> None:
    """Explanations and codes are one set, and the set cannot be changed."""
    assert set(EXPLANATIONS) == set(ErrorCode)
    with pytest.raises(TypeError):
        EXPLANATIONS[ErrorCode.NO_ROLE] = explain(ErrorCode.NO_ROLE)  # type: ignore[index]


def test_causes_tell_codes_apart() -> None:
    """No two codes have one cause."""
    assert len({explain(code).cause for code in ErrorCode}) == len(ErrorCode)


def test_a_code_is_its_name_in_lower_case() -> None:
    """What a log shows can be searched for in the source."""
    assert isinstance(ErrorCode, EnumMeta)
    assert {code.value for code in ErrorCode} == {code.name.lower() for code in ErrorCode}


@pytest.mark.parametrize("branch", BRANCHES)
def test_an_error_says_what_where_and_what_to_do(branch: type[AuthError]) -> None:
    """Code and detail first, then whom it concerns."""
    error = branch(ErrorCode.NO_ROLE, "ada is in 3 groups", provider="main", plugin="authentik")
    assert str(error) == "no_role: ada is in 3 groups (provider main, plugin authentik)"
    assert repr(error) == f"{branch.__name__}({str(error)!r})"
    assert (error.code, error.detail) == (ErrorCode.NO_ROLE, "ada is in 3 groups")
    assert (error.provider, error.plugin, error.hook) == ("main", "authentik", None)
    assert error.remedy == explain(ErrorCode.NO_ROLE).remedy


def test_a_hook_is_named() -> None:
    """An error of a plugin names the hook."""
    error = PluginError(ErrorCode.PLUGIN_RAISED, "KeyError", hook="dockmesh_auth_resolve_roles")
    assert str(error) == "plugin_raised: KeyError (hook dockmesh_auth_resolve_roles)"


def test_without_detail_the_cause_is_said() -> None:
    """No error is mute."""
    assert str(AccessDenied(ErrorCode.NO_ROLE)) == f"no_role: {explain(ErrorCode.NO_ROLE).cause}"


@pytest.mark.parametrize("location", ["dockmesh.yaml:3:7", None])
def test_a_configuration_error_says_where(location: str | None) -> None:
    """File, line and column come first, in the form that editors follow."""
    error = ConfigurationError(ErrorCode.CONFIG_SYNTAX, "x", location=location, provider="main")
    text = "config_syntax: x (provider main)"
    assert str(error) == (f"{location}: {text}" if location else text)
    assert error.location == location


def test_a_configuration_error_names_all_faults() -> None:
    """One to a line: whoever mends the file mends it once."""
    first = ConfigurationError(ErrorCode.CONFIG_SYNTAX, "x", location="a.yaml:1:1")
    second = ConfigurationError(ErrorCode.CONFIG_MISSING_KEY, "y", location="a.yaml:2:1")
    assert first.others == ()
    first.others = (second,)
    assert str(first) == "a.yaml:1:1: config_syntax: x\na.yaml:2:1: config_missing_key: y"


@pytest.mark.attack("CFG-05", "JOS-22")
@pytest.mark.parametrize("branch", BRANCHES)
def test_evidence_stays_out_of_the_text(branch: type[AuthError]) -> None:
    """Evidence goes to structured logs only: pages and terminals show the sentence alone."""
    error = branch(ErrorCode.ISSUER_MISMATCH, "issuers differ", evidence={"seen": "canary"})
    assert "canary" not in f"{error} {error!r} {error.args}"
    assert error.evidence == {"seen": "canary"}


def test_evidence_is_copied_and_read_only() -> None:
    """What an error saw does not change on its way."""
    seen = {"seen": "a"}
    error = TokenRejected(ErrorCode.ISSUER_MISMATCH, evidence=seen)
    seen["seen"] = "b"
    assert error.evidence == {"seen": "a"}
    with pytest.raises(TypeError):
        error.evidence["seen"] = "b"  # type: ignore[index]
    assert TokenRejected(ErrorCode.ISSUER_MISMATCH).evidence == {}


def test_the_provider_is_named_once() -> None:
    """`about` adds what is not known and overrides nothing; it is the same error."""
    error = ProviderError(ErrorCode.PROVIDER_TIMEOUT)
    assert error.about("main") is error
    assert error.about("other").provider == "main"
    assert str(error).endswith("(provider main)")


def test_branches_are_caught_as_what_they_are() -> None:
    """A refused token is a refused sign-in; no fault of a plugin is."""
    with pytest.raises(SignInRejected):
        raise TokenRejected(ErrorCode.TOKEN_EXPIRED)
    assert not issubclass(PluginError, SignInRejected)
    assert not issubclass(AccessDenied, SignInRejected)


def test_an_error_can_be_copied() -> None:
    """Groups of exceptions and test tools do it."""
    error = ConfigurationError(ErrorCode.CONFIG_SYNTAX, "x", location="a:1:1", evidence={"a": "b"})
    copied = copy.copy(error)
    assert (str(copied), copied.evidence, type(copied)) == (str(error), {"a": "b"}, type(error))


def test_an_error_again_says_the_same_and_knows_nothing_of_the_first() -> None:
    """Every field is there; frames, cause and context are not."""
    first = PluginError(
        ErrorCode.PLUGIN_RAISED, "d", provider="p", plugin="q", hook="h", evidence={"a": "b"}
    )
    fault = ConfigurationError(ErrorCode.CONFIG_SYNTAX, "d", location="f:1:1")
    fault.others = (ConfigurationError(ErrorCode.CONFIG_SYNTAX, "e"),)
    for error in (first, fault):
        try:
            raise error from ValueError("t0ken")
        except AuthError as caught:
            again = caught.again()
        assert again is not error
        assert type(again) is type(error)
        assert vars(again) == vars(error)
        assert str(again) == str(error)
        assert (again.__traceback__, again.__cause__, again.__context__) == (None, None, None)

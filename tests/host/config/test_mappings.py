"""Group mappings: exact names, no scope by omission, nobody where there is no row."""

# ruff: noqa: RUF001 - letters that look like others are what is tested

from __future__ import annotations

import sys
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth.errors import ConfigurationError
from dockmesh_auth.host.config.kinds import Refused
from dockmesh_auth.host.config.letters import oddities, visible_text

BAD = "CONFIG_INVALID_VALUE"


def _rows(small: dict[str, Any], *values: str) -> dict[str, Any]:
    rows = [{"claim_value": value, "role": "admin", "scope": "all"} for value in values]
    small["auth"]["group_mappings"] = rows
    return small


@pytest.mark.attack("CLM-08", "CLM-10")
@pytest.mark.parametrize(
    ("mapped", "group"),
    [
        ("Admins", "admins"),
        ("admins", "ADMINS"),
        ("admin", "admın"),
        ("ISTANBUL", "istanbul"),
        ("İstanbul", "istanbul"),
        ("straße", "strasse"),
        ("STRASSE", "straße"),
        ("ﬁn", "fin"),
        ("admins", "аdmins"),
        ("admins", "ａdmins"),
        ("é", "e\u0301"),
        ("K", "\u212a"),
        ("admins", "admins "),
        ("admins", " admins"),
    ],
)
def test_names_are_compared_exactly(
    load: Any, small: dict[str, Any], mapped: str, group: str
) -> None:
    """The row's own name gives its role; a name that looks or folds alike gives nothing."""
    table = load(_rows(small, mapped)).providers[0].mappings
    assert table.rows[0].claim_value == mapped
    assert len(table.resolve([mapped])) == 1
    assert len(table.resolve([group])) == 0


@pytest.mark.attack("CLM-10")
@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("аdmins", "scripts"),
        ("αdmins", "scripts"),
        ("admιns", "scripts"),
        ("Groupе", "scripts"),
        ("e\u0301quipe", "composed"),
        ("ａｄｍｉｎｓ", "compatibility"),
        ("ﬁnance", "compatibility"),
        ("admins ", "blank"),
        (" admins", "blank"),
    ],
)
def test_odd_names_are_warned_of(load: Any, small: dict[str, Any], name: str, word: str) -> None:
    """Mixed scripts, other forms and blanks at the ends: allowed, with a warning at the row."""
    (warning,) = load(_rows(small, "fine", name)).warnings
    assert word in warning
    assert "auth.group_mappings[1].claim_value" in warning
    assert "dockmesh.yaml:1:" in warning


@pytest.mark.attack("CLM-10")
@pytest.mark.parametrize(
    "name",
    ["équipe", "администраторы", "運用チーム", "かなカナ", "관리자組", "grp_42-ä", "٤٢", "a b"],
)
def test_names_of_one_script_are_fine(load: Any, small: dict[str, Any], name: str) -> None:
    """Other languages are no reason to warn, nor are the scripts that belong together."""
    assert load(_rows(small, name)).warnings == ()


@pytest.mark.attack("CLM-10")
@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "\u00a0",
        "a\u200bb",
        "a\u200d",
        "\u202eadmins",
        "a\u00adb",
        "a\nb",
        "a\0b",
        "\ufeffa",
        *("a\u3164b", "a\ufe0fb", "a\u034fb", "\u2800", "a\U000e0100", "a\u2028b", "x" * 1025),
    ],
)
def test_invisible_names_are_refused(faults: Any, small: dict[str, Any], name: str) -> None:
    """A name with a character that cannot be seen, or with none that can, is refused."""
    ((code, path, _),) = faults(_rows(small, name))
    assert (code, path) == (BAD, "auth.group_mappings[0].claim_value")


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8))
def test_a_name_is_never_changed(name: str) -> None:
    """Whatever is accepted is returned as it is; what a provider cannot send is refused."""
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    invisible = any(unicodedata.category(letter) in hidden for letter in name)
    try:
        accepted = visible_text(name)
    except Refused:
        accepted = None
    assert accepted in {name, None}
    assert not (invisible and accepted)
    if name.isascii() and name.isprintable() and name.strip():
        assert accepted == name
        assert bool(oddities(name)) == (name != name.strip())


def test_every_letter_can_be_asked_about() -> None:
    """No code point, named or not, breaks the look at scripts."""
    for code in range(0, sys.maxunicode, 97):
        oddities("a" + chr(code))


@pytest.mark.attack("CLM-12")
@pytest.mark.parametrize("how", ["empty", "missing", "of another provider"])
def test_no_row_and_no_default_means_nobody(load: Any, small: dict[str, Any], how: str) -> None:
    """Without rows nobody gets anything, and a warning says so."""
    if how == "empty":
        small["auth"]["group_mappings"] = []
    elif how == "missing":
        del small["auth"]["group_mappings"]
    else:
        small["auth"]["group_mappings"][0]["provider"] = "other"
        other = {"slug": "other", "client_id": "o", "enabled": False}
        small["auth"]["providers"].append(small["auth"]["providers"][0] | other)
    config = load(small)
    (provider,) = config.providers
    assert len(provider.mappings.resolve(["sre-team", "", "*"])) == 0
    assert provider.default_grant is None
    (warning,) = config.warnings
    assert "nobody can sign in" in warning


@pytest.mark.attack("CLM-12")
@pytest.mark.parametrize("providers", [[], "disabled"])
def test_no_provider_means_nobody(load: Any, small: dict[str, Any], providers: object) -> None:
    """Without an enabled provider nobody can sign in, and a warning says so."""
    if providers == "disabled":
        small["auth"]["providers"][0]["enabled"] = False
    else:
        small["auth"]["providers"] = providers
    config = load(small)
    assert config.providers == ()
    assert "nobody can sign in" in config.warnings[0]


@pytest.mark.attack("CLM-12")
@pytest.mark.parametrize(
    "scope",
    [
        [],
        "",
        "tag=",
        "tag",
        "tags=a",
        "tag=a,,b",
        "tag=a,",
        "*",
        "ALL",
        "host=x",
        [""],
        ["A"],
        ["a b"],
        *("tag=a, b", ["all hosts"], ["x" * 33]),
    ],
)
def test_scopes_that_are_none(faults: Any, small: dict[str, Any], scope: object) -> None:
    """An empty list of tags is an error and never means all; so is what is no tag."""
    small["auth"]["group_mappings"][0]["scope"] = scope
    small["auth"]["default_role"] = {"role": "viewer", "scope": scope}
    found = faults(small)
    assert {code for code, *_ in found} == {BAD}
    assert len(found) == 2


@pytest.mark.attack("CLM-12")
def test_a_scope_is_never_left_out(faults: Any, small: dict[str, Any]) -> None:
    """`all` has to be written."""
    del small["auth"]["group_mappings"][0]["scope"]
    small["auth"]["default_role"] = {"role": "viewer"}
    assert [found[:2] for found in faults(small)] == [
        ("CONFIG_MISSING_KEY", "auth.group_mappings[0]"),
        ("CONFIG_MISSING_KEY", "auth.default_role"),
    ]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("role", "amdin", "no role 'amdin'; did you mean 'admin'"),
        ("role", "Admin", "must be the name of a role"),
        (
            "role",
            "root",
            "no role 'root'; there are: viewer, operator, deployer, host-admin, admin",
        ),
        ("provider", "wrok", "no provider 'wrok'; did you mean 'work'"),
        ("provider", "elsewhere", "no provider 'elsewhere'"),
    ],
)
def test_rows_name_what_exists(
    load: Any, small: dict[str, Any], key: str, value: str, message: str
) -> None:
    """A role or provider that does not exist is refused, and the nearest one named."""
    small["auth"]["group_mappings"][0][key] = value
    with pytest.raises(ConfigurationError, match=message) as caught:
        load(small)
    assert caught.value.code.name == BAD
    assert caught.value.evidence["key"] == f"auth.group_mappings[0].{key}"
    assert caught.value.others == ()


def test_one_name_may_be_odd_in_two_ways() -> None:
    """Wide letters count as those they are variants of."""
    assert len(oddities("ＡdminsЖ")) == 2
    assert len(oddities("ＡdminsЖ ")) == 3
    assert len(oddities("Ａdmins")) == 1


@pytest.mark.parametrize("default", ["boss", {"role": "boss", "scope": "all"}])
def test_the_default_role_exists(faults: Any, small: dict[str, Any], default: object) -> None:
    """A default role that does not exist is refused."""
    small["auth"]["default_role"] = default
    ((code, path, _),) = faults(small)
    assert (code, path) == (BAD, "auth.default_role")


def test_a_row_twice_is_warned_of(load: Any, small: dict[str, Any]) -> None:
    """The same row twice is harmless, and probably not meant."""
    small["auth"]["group_mappings"] *= 2
    (warning,) = load(small).warnings
    assert "row 1" in warning
    assert "auth.group_mappings[1]" in warning


@pytest.mark.attack("CLM-14")
@pytest.mark.parametrize(
    "text", ["__import__('os').abort()", "{{ 7 * 7 }}", "${HOME}", "{0.__class__}", "$(id)", "%s"]
)
def test_nothing_is_evaluated(load: Any, small: dict[str, Any], text: str) -> None:
    """Templates and code are letters: a claim of that name, a group of that name."""
    provider = small["auth"]["providers"][0]
    provider |= {"groups_claim": text, "display_name": text}
    small["auth"]["group_mappings"][0]["claim_value"] = text
    (found,) = load(small).providers
    assert found.groups_claim.text == text
    assert found.groups_claim.find({text: "hit"}) == "hit"
    assert found.display_name == text
    assert len(found.mappings.resolve([text])) == 1

"""What a plugin says of itself has to make sense before anything else is asked of it."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from dockmesh_auth.descriptions import OptionType, PluginDescription, PluginOption, TenantRule
from dockmesh_auth.errors import ErrorCode, PluginError
from dockmesh_auth.hookspecs import CONTRACT_VERSION, SUPPORTED_CONTRACT_VERSIONS
from dockmesh_auth.host.descriptions import check_description

PLAIN = PluginDescription(name="toy", display_name="Toy", contract_version=1)
LIST = PluginOption(name="tenants", type=OptionType.LIST, description="Whose people.")
RULE = TenantRule(claim="tid", placeholder="{tid}", shared=("common",), option="tenants")
SHARED = evolve(PLAIN, options=(LIST,), tenants=RULE)


def refusal(description: Any, **more: Any) -> PluginError:
    with pytest.raises(PluginError) as caught:
        check_description(description, "toy", **more)
    return caught.value


def bad(**fields: Any) -> str:
    """Why a description with *fields* is refused."""
    error = refusal(evolve(PLAIN, **fields))
    assert error.code is ErrorCode.PLUGIN_BAD_DESCRIPTION
    assert error.plugin == "toy"
    return error.detail


def test_a_description_is_taken_as_a_copy() -> None:
    """Of the same value."""
    checked = check_description(SHARED, "toy")
    assert checked == SHARED
    assert checked is not SHARED


# --- the version of the contract ---------------------------------------------------------------


def test_this_contract_is_supported() -> None:
    """A release that raises the version decides how long it keeps the former one."""
    assert CONTRACT_VERSION == 1
    assert frozenset({1}) == SUPPORTED_CONTRACT_VERSIONS


@pytest.mark.parametrize("version", [2, 3])
def test_every_supported_contract_is_taken(version: int) -> None:
    """The former one as well as this one."""
    written = evolve(PLAIN, contract_version=version)
    assert check_description(written, "toy", {2, 3}).contract_version == version


@pytest.mark.attack("PLG-11")
@pytest.mark.parametrize(
    ("version", "supported", "told"),
    [
        (
            4,
            {2, 3},
            (
                "it was written for contract 4, this host supports 2 and 3:"
                " install a dockmesh-auth that supports contract 4"
            ),
        ),
        (
            1,
            {2, 3},
            (
                "it was written for contract 1, this host supports 2 and 3:"
                " install a release of the plugin for contract 3"
            ),
        ),
        (
            2,
            {1, 3},
            (
                "it was written for contract 2, this host supports 1 and 3:"
                " install a release of the plugin for contract 3"
            ),
        ),
        (
            2,
            {1},
            (
                "it was written for contract 2, this host supports 1:"
                " install a dockmesh-auth that supports contract 2"
            ),
        ),
    ],
)
def test_another_contract_says_what_to_install(
    version: int, supported: set[int], told: str
) -> None:
    """A newer host for a newer plugin, a newer plugin for a newer host."""
    error = refusal(evolve(PLAIN, contract_version=version), supported=supported)
    assert error.code is ErrorCode.PLUGIN_CONTRACT_VERSION
    assert error.detail == told


@pytest.mark.parametrize("version", [True, 1.0, "1", None])
def test_what_is_no_number_is_no_version(version: object) -> None:
    """`True` is not 1."""
    assert "contract_version" in bad(contract_version=version)


# --- who says who it is ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"scopes": ("profile",)}, "its scopes lack `openid`"),
        ({"scopes": ()}, "its scopes lack `openid`"),
        ({"id_token": False}, "its scopes hold `openid`"),
        ({"id_token": False, "scopes": ("a", "openid")}, "its scopes hold `openid`"),
    ],
)
def test_id_tokens_are_asked_for_where_they_are_looked_at_and_nowhere_else(
    fields: dict[str, Any], told: str
) -> None:
    """Nobody gets round the validation of tokens that the provider would send: who asks for them
    looks at them.
    """
    assert told in bad(**fields)


def test_without_id_tokens_there_are_other_scopes() -> None:
    """Or none."""
    for scopes in ((), ("read:user",)):
        described = evolve(PLAIN, id_token=False, scopes=scopes)
        assert check_description(described, "toy") == described


@pytest.mark.parametrize("claim", ["sub", "oid", "https://example.org/id", "a.b", "x" * 255])
def test_people_may_be_known_by_a_claim_that_is_theirs_for_good(claim: str) -> None:
    """It is the claim's name, not a path."""
    assert check_description(evolve(PLAIN, subject_claim=claim), "toy").subject_claim == claim


@pytest.mark.parametrize("claim", ["", " ", "o id", "oid\n", "\u00f6id", "x" * 256])
def test_what_is_no_name_of_a_claim_is_refused(claim: str) -> None:
    """Also what only looks like one."""
    assert "subject_claim is not the name of a claim" in bad(subject_claim=claim)


@pytest.mark.attack("ACC-01", "ACC-02", "ACC-03")
@pytest.mark.parametrize(
    "claim",
    [
        "address",
        "birthdate",
        "email",
        "email_verified",
        "family_name",
        "gender",
        "given_name",
        "locale",
        "middle_name",
        "name",
        "nickname",
        "phone_number",
        "phone_number_verified",
        "picture",
        "preferred_username",
        "profile",
        "updated_at",
        "website",
        "zoneinfo",
    ],
)
def test_nobody_is_known_by_what_changes_hands(claim: str) -> None:
    """All claims of OpenID Connect Core 1.0, section 5.1, but `sub`: section 5.7 forbids it."""
    assert "can be given to somebody else" in bad(subject_claim=claim)


@pytest.mark.parametrize(
    "claim",
    [
        "acr",
        "amr",
        "at_hash",
        "aud",
        "auth_time",
        "azp",
        "c_hash",
        "cnf",
        "events",
        "exp",
        "iat",
        "iss",
        "jti",
        "nbf",
        "nonce",
        "s_hash",
        "sid",
    ],
)
def test_nobody_is_known_by_a_claim_of_the_protocol(claim: str) -> None:
    """All who use one client, or everybody at every sign-in, would be one person, or a new one."""
    assert "names no person" in bad(subject_claim=claim)


# --- hosts -------------------------------------------------------------------------------------


def test_hosts_are_hosts() -> None:
    """With or without a port."""
    hosts = ("api.example.com", "graph.example.com:8443", "[2001:db8::1]:8443")
    assert check_description(evolve(PLAIN, hosts=hosts), "toy").hosts == hosts


@pytest.mark.parametrize(
    "host",
    [
        "",
        "https://api.example.com",
        "api.example.com/",
        "api.example.com/v1",
        "*.example.com",
        ".example.com",
        "user@api.example.com",
        "api.example.com:0",
        "api.example.com:99999",
        "api.example.com?x",
        "127.1",
        "0x7f000001",
        "a b",
        "\u0430pi.example.com",
    ],
)
def test_what_is_no_host_is_refused(host: str) -> None:
    """No address, no wildcard, no spelling that could be read in two ways."""
    assert f"its host {host!r}" in bad(hosts=("api.example.com", host))


def test_hosts_are_a_tuple_of_texts() -> None:
    """Not one text, whose letters would be hosts."""
    for hosts in ("api.example.com", ["api.example.com"], (1,)):
        assert "hosts" in bad(hosts=hosts)


# --- options -----------------------------------------------------------------------------------


def test_a_list_may_have_a_default() -> None:
    """A tuple of texts, as the plugin gets it."""
    for default in ((), ("a", "b")):
        described = evolve(PLAIN, options=(evolve(LIST, default=default),))
        assert check_description(described, "toy").options[0].default == default


@pytest.mark.parametrize("default", ["a", ["a"], ("",), ("a", "x" * 1025), (1,), ("a", None), 1])
def test_a_default_that_could_not_be_written_is_refused(default: object) -> None:
    """Its own kind refuses it."""
    assert bad(options=(evolve(LIST, default=default),))


@pytest.mark.parametrize("type_", [OptionType.TEXT, OptionType.BOOLEAN, OptionType.INTEGER])
def test_a_list_is_the_default_of_a_list_only(type_: OptionType) -> None:
    """Nothing turns it into something else."""
    option = PluginOption(name="a", type=type_, default=("a",), description="A.")
    assert "the default of 'a': must be" in bad(options=(option,))


# --- tenants -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"claim": ""}, "names no claim"),
        ({"placeholder": ""}, "no placeholder"),
        ({"shared": ()}, "no shared name"),
        ({"shared": ("common", "")}, "not a segment"),
        ({"shared": ("a/b",)}, "not a segment"),
        ({"shared": ("https:",)}, "not a segment"),
        ({"option": "other"}, "needs an option 'other' of type list"),
    ],
)
def test_a_rule_of_tenants_is_whole(changes: dict[str, Any], told: str) -> None:
    """Half a rule would let in nobody, or everybody."""
    assert told in bad(options=(LIST,), tenants=evolve(RULE, **changes))


def test_tenants_are_listed_in_a_list() -> None:
    """Not in a text."""
    assert "of type list" in bad(options=(evolve(LIST, type=OptionType.TEXT),), tenants=RULE)


def test_tenants_are_the_operators_to_list() -> None:
    """No plugin says whose people may sign in; an empty default says nobody."""
    assert "the operator's to list" in bad(options=(evolve(LIST, default=("acme",)),), tenants=RULE)
    empty = evolve(SHARED, options=(evolve(LIST, default=()),))
    assert check_description(empty, "toy") == empty


def test_tenants_are_named_by_id_tokens() -> None:
    """Where there are none, nothing that is signed names the tenant."""
    assert "no ID tokens" in bad(options=(LIST,), tenants=RULE, id_token=False, scopes=("read",))


def test_a_rule_is_a_rule() -> None:
    """Of the exact type."""
    assert "tenants" in bad(options=(LIST,), tenants={"claim": "tid"})

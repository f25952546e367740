"""The operator lists whose people may sign in; in YAML and in the values that come of it."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth.descriptions import OptionType, PluginDescription, PluginOption, TenantRule
from dockmesh_auth.domain.tenants import Tenants
from dockmesh_auth.host.config.options import read_options
from dockmesh_auth.host.config.tenants import tenants_of

RULE = TenantRule(
    claim="tid", placeholder="{tid}", shared=("common", "organizations"), option="tenants"
)
PATH = ("auth", "providers", 0)
COMMON = "https://login.example.com/common/v2.0"
SAFE = st.from_regex("[A-Za-z0-9][A-Za-z0-9._-]{0,30}", fullmatch=True).filter(
    lambda name: name not in RULE.shared
)


def read(issuer: str, tenants: Any = None) -> tuple[Tenants | None, list[tuple[Any, str, bool]]]:
    """The tenants, and what is wrong: place, code, and whether it is the key."""
    found, problems = tenants_of(issuer, RULE, {"tenants": tenants}, PATH)
    return found, [(problem.path, problem.code.name, problem.at_key) for problem in problems]


@given(st.lists(SAFE, min_size=1, max_size=5), st.sampled_from(RULE.shared))
def test_each_tenant_has_the_issuer_with_its_name_in_it(names: list[str], shared: str) -> None:
    """And the document has the placeholder there; nothing else of the address changes."""
    tenants, problems = read(f"https://login.example.com/a/{shared}/v2.0/", tuple(names))
    assert problems == []
    assert tenants is not None
    assert tenants.claim == "tid"
    assert tenants.document_issuer == "https://login.example.com/a/{tid}/v2.0/"
    assert dict(tenants.issuers) == {
        f"https://login.example.com/a/{name}/v2.0/": name for name in names
    }


@given(st.lists(st.text(max_size=12), min_size=1, max_size=4))
def test_a_tenant_never_makes_more_of_the_address_than_one_segment(names: list[str]) -> None:
    """Whatever is written: a good name, or a problem at its place."""
    tenants, problems = read(COMMON, tuple(names))
    if problems:
        assert tenants is None
        assert {place for place, *_ in problems} <= {
            (*PATH, "tenants", number) for number in range(len(names))
        }
        return
    assert tenants is not None
    for issuer, name in tenants.issuers.items():
        assert issuer.split("/") == ["https:", "", "login.example.com", name, "v2.0"]
        assert name not in RULE.shared


@pytest.mark.parametrize(
    "name",
    [
        "common",
        "organizations",
        "",
        "*",
        ".",
        "..",
        "-a",
        "a/b",
        "a%2fb",
        "a b",
        "a?b",
        "a#b",
        "a@b",
        "a\n",
        "{tid}",
        "\u0430cme",
        "a" * 129,
    ],
)
def test_what_is_no_tenant_is_told_with_its_place(name: str) -> None:
    """The names that stand for all are no tenant either: everybody would be one."""
    place = (*PATH, "tenants", 1)
    assert read(COMMON, ("acme", name)) == (None, [(place, "CONFIG_INVALID_VALUE", False)])


@pytest.mark.parametrize("tenants", [None, ()])
def test_a_shared_address_needs_a_list(tenants: Any) -> None:
    """No list, and an empty one, are never everybody."""
    assert read(COMMON, tenants) == (None, [(PATH, "CONFIG_MISSING_KEY", True)])


@pytest.mark.parametrize(
    "issuer",
    [
        "https://login.example.com/acme/v2.0",
        "https://login.example.com",
        "https://common/acme",
        "https://common",
        "https://login.example.com/common-acme",
        "https://login.example.com/Common/v2.0",
        "https://login.example.com/xcommon/v2.0",
    ],
)
def test_a_list_belongs_to_a_shared_address(issuer: str) -> None:
    """Where the issuer is one tenant's own the list would be a promise that nobody keeps. The
    host's name is no segment of the path.
    """
    place = (*PATH, "tenants")
    assert read(issuer, ("acme",)) == (None, [(place, "CONFIG_INVALID_VALUE", False)])
    assert read(issuer) == (None, [])
    assert read(issuer, ()) == (None, [])


def test_one_segment_is_replaced_and_the_host_never() -> None:
    """The first of the path that is shared."""
    tenants, _ = read("https://common/common/common", ("acme",))
    assert tenants is not None
    assert list(tenants.issuers) == ["https://common/acme/common"]


def test_without_a_rule_there_are_no_tenants() -> None:
    """Whatever the address and the options are."""
    assert tenants_of(COMMON, None, {"tenants": ("acme",)}, PATH) == (None, [])


# --- in the file -------------------------------------------------------------------------------

EXAMPLE = PluginDescription(
    name="example",
    display_name="Example",
    contract_version=1,
    hosts=("graph.example.com", "API.example.com:8443"),
    options=(
        PluginOption(name="tenants", type=OptionType.LIST, description="Whose people."),
        PluginOption(
            name="names", type=OptionType.LIST, default=("a", "b"), description="Some texts."
        ),
    ),
    tenants=RULE,
    subject_claim="oid",
)
PLAIN = PluginDescription(
    name="example", display_name="Plain", contract_version=1, scopes=("read",), id_token=False
)


@pytest.fixture(name="plugin")
def plugin_setter(descriptions: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Replace the description of `example`, the plugin of the small file's provider."""

    def set_plugin(description: PluginDescription, **fields: Any) -> None:
        monkeypatch.setitem(descriptions, "example", evolve(description, **fields))

    set_plugin(EXAMPLE)
    return set_plugin


@pytest.fixture(name="written")
def small_with_keys(small: dict[str, Any]) -> Any:
    """The small file with keys of its provider."""

    def write(**keys: Any) -> dict[str, Any]:
        small["auth"]["providers"][0] |= {"plugin": "example", **keys}
        return small

    return write


def test_what_the_plugin_says_is_in_the_provider(load: Any, plugin: Any, written: Any) -> None:
    """Tenants, the claim that names people, and the hosts beside those of the file."""
    (provider,) = load(
        written(issuer_url=COMMON, tenants=["acme", "globex"], allowed_hosts=["other.example.com"])
    ).providers

    assert provider.issuer == COMMON
    assert provider.document_issuer == "https://login.example.com/{tid}/v2.0"
    assert provider.tenants is not None
    assert dict(provider.tenants.issuers) == {
        "https://login.example.com/acme/v2.0": "acme",
        "https://login.example.com/globex/v2.0": "globex",
    }
    assert (provider.subject_claim, provider.id_token) == ("oid", True)
    assert provider.options == {"tenants": ("acme", "globex"), "names": ("a", "b")}
    assert {"graph.example.com", "other.example.com"} < provider.network.allowed_hosts


def test_lists_are_tuples_or_the_default(load: Any, plugin: Any, written: Any) -> None:
    """Not written is not empty."""
    (default,) = load(written()).providers
    (empty,) = load(written(names=[])).providers
    (one,) = load(written(names=["x"])).providers
    assert [provider.options["names"] for provider in (default, empty, one)] == [
        ("a", "b"),
        (),
        ("x",),
    ]
    assert default.options["tenants"] is None


@pytest.mark.attack("CFG-02")
@pytest.mark.parametrize(
    ("value", "faults_there"),
    [
        ("acme", [("CONFIG_WRONG_TYPE", "names")]),
        (5, [("CONFIG_WRONG_TYPE", "names")]),
        (True, [("CONFIG_WRONG_TYPE", "names")]),
        (None, [("CONFIG_WRONG_TYPE", "names")]),
        ({"a": 1}, [("CONFIG_WRONG_TYPE", "names")]),
        ([1], [("CONFIG_WRONG_TYPE", "names[0]")]),
        (["a", None], [("CONFIG_WRONG_TYPE", "names[1]")]),
        (["a", ["b"]], [("CONFIG_WRONG_TYPE", "names[1]")]),
        (["a", ""], [("CONFIG_INVALID_VALUE", "names[1]")]),
        (["x" * 1025], [("CONFIG_INVALID_VALUE", "names[0]")]),
        (
            [1, "a", False],
            [("CONFIG_WRONG_TYPE", "names[0]"), ("CONFIG_WRONG_TYPE", "names[2]")],
        ),
    ],
)
def test_every_wrong_item_of_a_list_is_told(
    faults: Any, plugin: Any, written: Any, value: Any, faults_there: list[tuple[str, str]]
) -> None:
    """With its number."""
    found = faults(written(names=value))
    assert [(code, key) for code, key, _ in found] == [
        (code, f"auth.providers[0].{place}") for code, place in faults_there
    ]


def test_a_wrong_item_is_told_with_line_and_column(faults: Any, plugin: Any) -> None:
    """That of the item, not of the list."""
    text = """\
server: {base_url: "https://dockmesh.example.com"}
database: {driver: sqlite, dsn: dockmesh.db}
auth:
  providers:
    - slug: work
      plugin: example
      issuer_url: https://login.example.com/common/v2.0
      client_id: dockmesh
      client_authentication: none
      tenants:
        - acme
        - common
      names: [a,
              7]
  group_mappings: [{claim_value: a, role: admin, scope: all}]
"""
    assert faults(text) == [
        ("CONFIG_WRONG_TYPE", "auth.providers[0].names[1]", "14:15"),
    ]
    assert faults(text.replace("7]", "b]")) == [
        ("CONFIG_INVALID_VALUE", "auth.providers[0].tenants[1]", "12:11"),
    ]


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=10), max_size=4))
def test_a_list_is_read_as_it_is_written(names: list[str]) -> None:
    """Not stripped, not sorted, nothing left out."""
    values, problems = read_options({"names": names}, EXAMPLE, PATH)
    assert problems == []
    assert values["names"] == tuple(names)


def test_tenants_that_cannot_be_read_are_told_once(faults: Any, plugin: Any, written: Any) -> None:
    """Not as missing as well."""
    found = faults(written(issuer_url=COMMON, tenants="acme"))
    assert [(code, key) for code, key, _ in found] == [
        ("CONFIG_WRONG_TYPE", "auth.providers[0].tenants")
    ]


def test_a_shared_address_without_a_list_is_told_at_the_provider(
    faults: Any, plugin: Any, written: Any
) -> None:
    """The key is missing, or there and empty."""
    for keys in ({}, {"tenants": []}):
        found = faults(written(issuer_url=COMMON, **keys))
        assert [(code, key) for code, key, _ in found] == [
            ("CONFIG_MISSING_KEY", "auth.providers[0]")
        ]


# --- without ID tokens -------------------------------------------------------------------------


def test_a_provider_without_id_tokens_says_so(load: Any, plugin: Any, written: Any) -> None:
    """And asks for no `openid`."""
    plugin(PLAIN)
    (provider,) = load(written()).providers
    assert (provider.id_token, provider.scopes) == (False, ("read",))


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ({"scopes": ["read", "openid"]}, "scopes"),
        ({"max_age": "8h"}, "max_age"),
        ({"max_age": "0s"}, "max_age"),
    ],
)
def test_what_only_an_id_token_could_keep_is_refused(
    faults: Any, plugin: Any, written: Any, keys: dict[str, Any], place: str
) -> None:
    """Nobody believes in a limit that nothing holds, nor asks for tokens that nobody looks at."""
    plugin(PLAIN)
    found = faults(written(**keys))
    assert [(code, key) for code, key, _ in found] == [
        ("CONFIG_INVALID_VALUE", f"auth.providers[0].{place}")
    ]


def test_a_provider_with_id_tokens_is_asked_for_them(
    faults: Any, plugin: Any, written: Any
) -> None:
    """Whatever the plugin's own scopes are."""
    found = faults(written(scopes=["profile"]))
    assert [(code, key) for code, key, _ in found] == [
        ("CONFIG_INVALID_VALUE", "auth.providers[0].scopes")
    ]


# --- several providers that speak for the same people ------------------------------------------


def other(**keys: Any) -> dict[str, Any]:
    """One more provider."""
    return {
        "slug": "other",
        "issuer_url": "https://login.example.com/acme/v2.0",
        "client_id": "other",
        "client_authentication": "none",
        **keys,
    }


def second(written: Any, *, keys: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """The small file with one more provider."""
    content: dict[str, Any] = written(**keys)
    content["auth"]["providers"].append(other(**more))
    return content


SHARED = {"issuer_url": COMMON, "tenants": ["acme", "globex"]}
ALONE = {"issuer_url": "https://login.example.com/acme/v2.0"}


@pytest.mark.attack("ACC-06", "ACC-04")
@pytest.mark.parametrize("keys", [SHARED, ALONE])
def test_the_same_people_are_known_by_the_same_claim(
    faults: Any, plugin: Any, written: Any, keys: dict[str, Any]
) -> None:
    """Else one person's `sub` could be another's `oid`: both would be the same user here."""
    found = faults(second(written, keys=keys, more={"plugin": "oidc"}))
    assert [(code, key) for code, key, _ in found] == [
        ("CONFIG_INVALID_VALUE", "auth.providers[1].plugin")
    ]


@pytest.mark.attack("ACC-06")
def test_the_same_people_are_known_from_the_same_witness(
    faults: Any, plugin: Any, written: Any
) -> None:
    """An interface's account number is not the `sub` of an ID token, though both are called so."""
    plugin(PLAIN)
    found = faults(second(written, keys=ALONE, more={"plugin": "oidc"}))
    assert [(code, key) for code, key, _ in found] == [
        ("CONFIG_INVALID_VALUE", "auth.providers[1].plugin")
    ]


@pytest.mark.attack("ACC-06")
def test_two_plugins_without_id_tokens_do_not_name_the_same_people(
    faults: Any, plugin: Any, written: Any, descriptions: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one calls `sub` is whatever it asked for: a number, or a name that changes hands."""
    plugin(PLAIN)
    monkeypatch.setitem(descriptions, "another", evolve(PLAIN, name="another"))
    found = faults(second(written, keys=ALONE, more={"plugin": "another"}))
    assert [(code, key) for code, key, _ in found] == [
        ("CONFIG_INVALID_VALUE", "auth.providers[1].plugin")
    ]


def test_one_plugin_without_id_tokens_may_have_two_clients(
    load: Any, plugin: Any, written: Any
) -> None:
    """It names people in one way."""
    plugin(PLAIN)
    content = second(written, keys=ALONE, more={"plugin": "example"})
    assert [provider.slug for provider in load(content).providers] == ["work", "other"]


@pytest.mark.attack("CFG-03")
def test_one_client_at_one_tenant_is_one_provider(faults: Any, plugin: Any, written: Any) -> None:
    """Also where one of the two names the tenant in a list (RFC 9700, section 4.4)."""
    more = {"plugin": "example", "client_id": "dockmesh"}
    found = faults(second(written, keys=SHARED, more=more))
    assert [(code, key) for code, key, _ in found] == [
        ("CONFIG_DUPLICATE", "auth.providers[1].client_id")
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"plugin": "example"},
        {"plugin": "oidc", "issuer_url": "https://login.example.com/initech/v2.0"},
        {"plugin": "oidc", "issuer_url": "https://other.example.com"},
        {"plugin": "oidc", "enabled": False},
        {"plugin": "oidc", "issuer_url": "https://login.example.com/%7Btid%7D/v2.0"},
    ],
)
def test_providers_that_agree_or_have_nothing_in_common_stand_side_by_side(
    load: Any, plugin: Any, written: Any, more: dict[str, Any]
) -> None:
    """The same claim of the same people, other people, or a provider that is not in use."""
    content = second(written, keys=SHARED, more=more)
    assert load(content).providers[0].slug == "work"

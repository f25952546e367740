"""A good file becomes the values of the domain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from dockmesh_auth.domain.claims import ClaimPath
from dockmesh_auth.domain.grants import Grant, GroupMapping, Origin
from dockmesh_auth.domain.provider import (
    DEFAULT_ALGORITHMS,
    ClientAuthentication,
    MissingGroups,
    NetworkRules,
    Provider,
    PushedAuthorization,
    ResponseMode,
    UserinfoPolicy,
)
from dockmesh_auth.domain.roles import BUILT_IN_ROLES
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.session import SessionPolicy
from dockmesh_auth.hookspecs import PluginDescription
from dockmesh_auth.host.config import build_config, parse_config

VIEWER, OPERATOR, *_, ADMIN = BUILT_IN_ROLES


def test_every_key_arrives(load: Any, complete: str, folder: Any, private_key: str) -> None:
    """Each key of the complete file is in the value that the host gets."""
    config = load(complete)
    (provider,) = config.providers
    lead = config.roles.named("lead")
    rows = (
        GroupMapping("sre-team", lead, Scope.all_hosts()),
        GroupMapping("dev", OPERATOR, Scope.of_tags(["a", "b"])),
        GroupMapping("guests", VIEWER, Scope.of_tags(["c"])),
    )
    expected = Provider(
        slug="work",
        plugin="example",
        display_name="Work",
        issuer="https://login.example.com/o/work/",
        discovery_url="https://login.example.com/well-known?tenant=1",
        client_id="dockmesh",
        client_secret=Secret("canary-7f3a91-of-more-than-thirty-two-bytes"),
        client_authentication=ClientAuthentication.CLIENT_SECRET_POST,
        scopes=("openid", "profile", "groups"),
        groups_claim=ClaimPath("realm.groups"),
        missing_groups=MissingGroups.NO_GROUPS,
        id_token_algorithms=("HS256", "RS256"),
        clock_skew=30,
        max_age=8 * 3600,
        trusted_audiences=frozenset({"sibling"}),
        userinfo=UserinfoPolicy.ALWAYS,
        response_mode=ResponseMode.FORM_POST,
        pushed_authorization_requests=PushedAuthorization.ALWAYS,
        own_callback=True,
        auto_login=True,
        decryption_keys=(Secret(private_key.removesuffix("\n")),),
        mappings=provider.mappings,
        default_grant=Grant(VIEWER, Scope.of_tags(["lobby"]), Origin.DEFAULT),
        network=NetworkRules(
            allow_private_addresses=True,
            insecure_allow_http=True,
            allowed_hosts=frozenset({"api.example.com", "api.example.com:8443"}),
            ca_file=str(folder / "ca.pem"),
            timeout=2.0,
        ),
        options={"flavour": "sour", "strict": False, "retries": 3, "realm": "main"},
    )
    assert provider == expected
    assert provider.mappings.rows == rows
    assert VIEWER < OPERATOR < lead < ADMIN
    assert config.base_url == "https://dockmesh.example.com"
    assert config.database.driver == "postgres"
    assert config.database.dsn.reveal().startswith("postgresql://u:")
    assert config.session == SessionPolicy(idle=1800, absolute=43200)
    assert config.plugin_names == ("example",)
    assert config.path == folder / "dockmesh.yaml"


def test_defaults_of_the_built_in(load: Any, small: dict[str, Any], canary: str) -> None:
    """What is not written is as the built-in plugin and the reference page say."""
    config = load(small)
    (provider,) = config.providers
    expected = Provider(
        slug="work",
        display_name="work",
        issuer="https://login.example.com",
        client_id="dockmesh",
        client_secret=Secret(canary),
        client_authentication=ClientAuthentication.CLIENT_SECRET_BASIC,
        scopes=("openid", "profile", "email"),
        id_token_algorithms=DEFAULT_ALGORITHMS,
        mappings=provider.mappings,
        network=NetworkRules(timeout=5.0),
    )
    assert provider == expected
    assert provider.mappings.rows == (GroupMapping("sre-team", ADMIN, Scope.all_hosts()),)
    assert config.session == SessionPolicy(idle=3600, absolute=86_400)
    assert config.plugin_names == ("oidc",)
    assert config.warnings == ()


def test_defaults_of_a_plugin(load: Any, small: dict[str, Any]) -> None:
    """Scopes, groups claim, client authentication and options default as the plugin says."""
    small["auth"]["providers"][0]["plugin"] = "example"
    (provider,) = load(small).providers
    assert provider.scopes == ("openid", "groups")
    assert provider.groups_claim == ClaimPath("groups")
    assert provider.client_authentication is ClientAuthentication.CLIENT_SECRET_POST
    assert dict(provider.options) == {
        "flavour": "sweet",
        "strict": True,
        "retries": 1,
        "realm": None,
    }


def test_null_means_no_groups_claim(load: Any, small: dict[str, Any]) -> None:
    """A groups claim that is null is not the same as one that is not written."""
    small["auth"]["providers"][0] |= {"plugin": "example", "groups_claim": None}
    assert load(small).providers[0].groups_claim is None


def test_scopes_as_text_or_list(load: Any, small: dict[str, Any]) -> None:
    """Blanks, commas and a list say the same; each scope counts once, in the order written."""
    for written in ("openid a,b", "openid,a b a", ["openid", "a", "b"]):
        small["auth"]["providers"][0]["scopes"] = written
        assert load(small).providers[0].scopes == ("openid", "a", "b")


def test_default_role_by_its_name_holds_everywhere(load: Any, small: dict[str, Any]) -> None:
    """`default_role: viewer` is the role viewer on all hosts."""
    small["auth"]["default_role"] = "viewer"
    expected = Grant(VIEWER, Scope.all_hosts(), Origin.DEFAULT)
    assert load(small).providers[0].default_grant == expected


def test_rows_of_one_provider_hold_for_it_alone(load: Any, small: dict[str, Any]) -> None:
    """A row that names a provider is in that provider's table and in no other."""
    second = small["auth"]["providers"][0] | {"slug": "home", "client_id": "second"}
    small["auth"]["providers"].append(second)
    small["auth"]["group_mappings"].append(
        {"claim_value": "x", "role": "viewer", "scope": ["a"], "provider": "home"}
    )
    work, home = load(small).providers
    assert [row.claim_value for row in work.mappings.rows] == ["sre-team"]
    assert [row.claim_value for row in home.mappings.rows] == ["sre-team", "x"]


def test_a_public_client_needs_no_secret(load: Any, small: dict[str, Any]) -> None:
    """`client_authentication: none` goes without a secret."""
    del small["auth"]["providers"][0]["client_secret"]
    small["auth"]["providers"][0]["client_authentication"] = "none"
    assert load(small).providers[0].client_secret is None


def test_a_single_decryption_key_needs_no_list(
    load: Any, small: dict[str, Any], private_key: str
) -> None:
    """One key and a list of one key say the same."""
    for written in (private_key, {"env": "KEY"}, [private_key]):
        small["auth"]["providers"][0]["decryption_key"] = written
        (provider,) = load(small, {"KEY": private_key}).providers
        assert provider.decryption_keys == (Secret(private_key),)


def test_disabled_providers_need_neither_plugin_nor_secret(
    load: Any, small: dict[str, Any], folder: Any
) -> None:
    """A disabled provider is not built, its plugin not asked for, its secret not fetched."""
    small["auth"]["providers"].append(
        {
            "slug": "later",
            "plugin": "not-installed",
            "issuer_url": "https://later.example.com",
            "client_id": "dockmesh",
            "client_secret": {"env": "NOT_SET"},
            "enabled": False,
        }
    )
    config = load(small)
    assert [provider.slug for provider in config.providers] == ["work"]
    assert config.plugin_names == ("oidc",)
    parsed = parse_config(folder / "dockmesh.yaml", environ={})
    assert dict(parsed.plugin_of_provider) == {"work": "oidc"}


def test_listed_plugins_are_enabled_and_the_built_in_needs_no_listing(
    load: Any, small: dict[str, Any]
) -> None:
    """`plugins` says what is loaded; `oidc` joins it where a provider uses it."""
    small["auth"]["plugins"] = ["example", "example"]
    assert load(small).plugin_names == ("example", "oidc")
    small["auth"]["providers"][0]["plugin"] = "example"
    assert load(small).plugin_names == ("example",)


def test_a_plugin_that_is_not_listed_is_refused(faults: Any, small: dict[str, Any]) -> None:
    """An enabled provider may only name a listed plugin."""
    small["auth"]["plugins"] = []
    small["auth"]["providers"][0]["plugin"] = "example"
    ((code, key, _),) = faults(small)
    assert (code, key) == ("CONFIG_INVALID_VALUE", "auth.providers[0].plugin")


def test_a_plugin_that_is_not_installed_is_told_with_its_place(
    faults: Any, small: dict[str, Any]
) -> None:
    """A plugin without a description stops the start."""
    small["auth"]["providers"][0]["plugin"] = "nowhere"
    ((code, key, _),) = faults(small)
    assert (code, key) == ("PLUGIN_NOT_INSTALLED", "auth.providers[0].plugin")


def test_the_base_url_may_come_from_dockmeshs_variable(load: Any, small: dict[str, Any]) -> None:
    """The file has precedence, then DOCKMESH_BASE_URL; there is no default."""
    other = {"DOCKMESH_BASE_URL": "https://other.example.com/"}
    config = load(small, other)
    assert config.base_url == "https://dockmesh.example.com"
    assert any("DOCKMESH_BASE_URL" in warning for warning in config.warnings)
    assert load(small, {"DOCKMESH_BASE_URL": "https://dockmesh.example.com/"}).warnings == ()
    del small["server"]
    assert load(small, other).base_url == "https://other.example.com"


def test_no_base_url_anywhere_is_refused(faults: Any, small: dict[str, Any]) -> None:
    """Without a base URL there is no redirect URI; a bad variable is refused as a bad key is."""
    small["server"] = {}
    assert faults(small)[0][:2] == ("CONFIG_MISSING_KEY", "server")
    bad = {"DOCKMESH_BASE_URL": "http://dockmesh.example.com"}
    assert faults(small, bad)[0][:2] == ("CONFIG_INVALID_VALUE", "server")


def test_repr_of_the_whole_is_readable_and_safe(load: Any, complete: str, canary: str) -> None:
    """The configuration can be printed."""
    config = load(complete)
    assert canary not in repr(config)
    assert "login.example.com" in repr(evolve(config))


def test_a_relative_configuration_gives_absolute_paths(
    load: Any, small: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ca_file` stays right when the process changes its folder."""
    small["auth"]["providers"][0]["ca_file"] = "ca.pem"
    load(small)
    monkeypatch.chdir(folder)
    parsed = parse_config(Path("dockmesh.yaml"), environ={})
    (provider,) = build_config(parsed, descriptions_of_the_built_in(), environ={}).providers
    assert provider.network.ca_file == str(folder / "ca.pem")


def descriptions_of_the_built_in() -> dict[str, PluginDescription]:
    """What the host has when no plugin is installed."""
    described = PluginDescription(name="oidc", display_name="OpenID Connect", contract_version=1)
    return {"oidc": described}

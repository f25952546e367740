"""What is read out of claims: groups as paths or parts, realm roles, roles of our own client."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from dockmesh_auth_keycloak import plugin
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth import Claims, Groups, GroupState, OptionType, PluginDescription

from .conftest import ACCESS, ISSUER, SUBJECT, provider_with

ALL = ("groups", "realm_roles", "client_roles")


def read(
    *sources: str, group_names: str = "full_path", client: str = "dockmesh", **more: Any
) -> Groups:
    provider = provider_with(*sources, group_names=group_names, client_id=client)
    members = {"iss": ISSUER, "sub": SUBJECT, **more}
    return plugin.read_sources(provider, Claims(members, issuer=ISSUER, subject=SUBJECT))


def parts(*groups: Any) -> Groups:
    return read(group_names="last_part", groups=list(groups))


def test_it_describes_itself() -> None:
    """The defaults that a Keycloak needs: no scope that it does not have, and paths."""
    description = plugin.dockmesh_auth_describe()
    assert isinstance(description, PluginDescription)
    assert (description.name, description.contract_version) == ("keycloak", 1)
    assert description.scopes == ("openid", "profile", "email")
    assert description.groups_claim == "groups"
    sources, names = description.options
    assert (sources.name, sources.type, sources.default) == (
        "sources",
        OptionType.LIST,
        ("groups",),
    )
    assert sources.choices == ALL
    assert (names.name, names.default) == ("group_names", "full_path")


# --- groups ---------------------------------------------------------------------------------


def test_groups_are_paths_as_they_are() -> None:
    """With the slash at the beginning; two with the same last part are two."""
    groups = read(groups=["/docker-admins", "/staff/ops", "/choir/ops"])
    assert groups == Groups.of(["/docker-admins", "/staff/ops", "/choir/ops"])


def test_one_text_is_one_group() -> None:
    """A mapper without "multivalued" sends no list."""
    assert read(groups="/staff/ops").names == ("/staff/ops",)
    assert read(group_names="last_part", groups="/staff/ops").names == ("ops",)


@pytest.mark.parametrize(
    "groups", [["docker-admins"], ["/a", "docker-admin"], "ops", ["offline_access", "on-call"]]
)
def test_a_name_without_a_slash_is_no_path(groups: Any) -> None:
    """Full paths are off, or something else fills the claim: `microprofile-jwt`, with roles."""
    found = read(groups=groups)
    assert found.state is GroupState.MALFORMED
    assert "no path" in found.detail


def test_the_last_part_of_a_path() -> None:
    """Also of names that come without one."""
    assert parts("/docker-admins", "/staff/ops", "web").names == ("docker-admins", "ops", "web")


@pytest.mark.parametrize(
    "groups", [("/staff/ops", "/choir/ops"), ("ops", "ops"), ("/ops", "ops"), ("/a/b/ops", "/ops")]
)
def test_two_groups_with_the_same_last_part_are_not_told_apart(groups: tuple[str, ...]) -> None:
    """Which of them the row means, nobody knows."""
    found = parts(*groups)
    assert found.state is GroupState.MALFORMED
    assert "same last part" in found.detail


@pytest.mark.parametrize("name", ["realm:docker-admin", "client:operator", "/staff/realm:x"])
def test_a_group_that_is_called_like_a_role_gives_nothing(name: str) -> None:
    """As a path it cannot be mistaken; as a last part it could."""
    assert parts("/staff", name).state is GroupState.MALFORMED
    assert read(*ALL, groups=[f"/{name}"]).names == (f"/{name}",)


@pytest.mark.parametrize("name", ["/", "/staff/", ""])
def test_a_path_without_a_last_part(name: str) -> None:
    """Is no name."""
    assert parts(name).state is GroupState.MALFORMED


@pytest.mark.parametrize("group_names", ["full_path", "last_part"])
@pytest.mark.parametrize(
    ("claims", "state"),
    [
        ({}, GroupState.ABSENT),
        ({"groups": []}, GroupState.EMPTY),
        ({"groups": None}, GroupState.MALFORMED),
        ({"groups": {"/a": True}}, GroupState.MALFORMED),
        ({"groups": ["/a", 1]}, GroupState.MALFORMED),
        ({"groups": ["/a\u200b"]}, GroupState.MALFORMED),
        ({"groups": [f"/{n}" for n in range(10_001)]}, GroupState.OVERAGE),
    ],
)
def test_how_much_is_known_of_groups(
    group_names: str, claims: dict[str, Any], state: GroupState
) -> None:
    """Nothing said is not "none"."""
    assert read(group_names=group_names, **claims).state is state


# --- roles ----------------------------------------------------------------------------------


def test_realm_roles_without_those_that_everybody_has() -> None:
    """Composites are expanded by Keycloak; names that only begin alike are roles."""
    assert read("realm_roles", **ACCESS).names == ("realm:deputy", "realm:on-call")
    names = ["offline_access_2", "uma_authorizations", "default-roles", "Offline_access"]
    found = read("realm_roles", realm_access={"roles": names})
    assert found.names == tuple(f"realm:{name}" for name in names)


def test_only_those_that_everybody_has_is_none() -> None:
    """The list is there, so it is known."""
    noise = ["default-roles-main", "offline_access", "uma_authorization"]
    assert read("realm_roles", realm_access={"roles": noise}).state is GroupState.EMPTY


def test_roles_of_our_own_client_and_of_no_other() -> None:
    """`another: [admin]` is not ours, nor is a client whose id only looks alike."""
    assert read("client_roles", **ACCESS).names == ("client:viewer", "client:operator")
    for client in ("another2", "Dockmesh", "dockmesh.roles", "ockmesh"):
        assert read("client_roles", client=client, **ACCESS).state is GroupState.ABSENT


@pytest.mark.parametrize("client", ["https://mesh.example.com/", "a.b", "a\\.b", "roles", "."])
def test_a_client_id_is_taken_literally(client: str) -> None:
    """Dots are no path into it."""
    access = {client: {"roles": ["operator"]}, "a": {"b": {"roles": ["admin"]}}}
    found = read("client_roles", client=client, resource_access=access)
    assert found.names == ("client:operator",)


@pytest.mark.parametrize(
    ("claims", "state"),
    [
        ({}, GroupState.ABSENT),
        ({"realm_access": {}, "resource_access": {}}, GroupState.ABSENT),
        ({"resource_access": {"another": {"roles": ["admin"]}}}, GroupState.ABSENT),
        ({"realm_access": [], "resource_access": "admin"}, GroupState.MALFORMED),
        ({"realm_access": None}, GroupState.MALFORMED),
        ({"resource_access": {"dockmesh": ["admin"]}}, GroupState.MALFORMED),
        ({"resource_access": {"dockmesh": {"roles": {"admin": 1}}}}, GroupState.MALFORMED),
        ({"realm_access": {"roles": ["admin", None]}}, GroupState.MALFORMED),
        ({"realm_access.roles": ["admin"]}, GroupState.ABSENT),
        ({"resource_access.dockmesh.roles": ["admin"]}, GroupState.ABSENT),
    ],
)
def test_how_much_is_known_of_roles(claims: dict[str, Any], state: GroupState) -> None:
    """No shape but Keycloak's own is taken for roles."""
    assert read("realm_roles", "client_roles", **claims).state is state


def test_one_text_is_one_role() -> None:
    """A mapper without "multivalued"."""
    assert read("realm_roles", realm_access={"roles": "admin"}).names == ("realm:admin",)


# --- several sources ------------------------------------------------------------------------


def test_sources_are_told_apart_by_their_spelling() -> None:
    """A group, a realm role and a client role of one name are three names."""
    claims = {
        "groups": ["/ops"],
        "realm_access": {"roles": ["ops"]},
        "resource_access": {"dockmesh": {"roles": ["ops"]}},
    }
    assert read(*ALL, **claims).names == ("/ops", "realm:ops", "client:ops")
    assert read("realm_roles", **claims).names == ("realm:ops",)
    assert read("groups", **claims).names == ("/ops",)


def test_a_silent_source_does_not_hide_the_names_of_another() -> None:
    """Keycloak says nothing of an empty one."""
    assert read(*ALL, realm_access={"roles": ["ops"]}).names == ("realm:ops",)


def test_nothing_but_silence_and_empty_lists_is_not_known() -> None:
    """Unless every source is there and empty."""
    noise = {"realm_access": {"roles": ["offline_access"]}}
    found = read("groups", "realm_roles", **noise)
    assert found.state is GroupState.ABSENT
    assert found.detail == "there is no claim groups"
    assert read("groups", "realm_roles", groups=[], **noise).state is GroupState.EMPTY


@pytest.mark.parametrize("bad", [None, 1, ["/a", ""], {"roles": "x"}])
def test_one_malformed_source_is_all_malformed(bad: Any) -> None:
    """Part of what was meant is not what was meant."""
    found = read(*ALL, groups=bad, realm_access={"roles": ["ops"]})
    assert found.state is GroupState.MALFORMED


def test_no_source_is_no_knowledge() -> None:
    """An empty list in the configuration."""
    options = {"sources": (), "group_names": "full_path"}
    provider = evolve(provider_with("groups"), options=options)
    claims = Claims({"groups": ["/a"]}, issuer=ISSUER, subject=SUBJECT)
    assert plugin.read_sources(provider, claims).state is GroupState.ABSENT


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["roles", "dockmesh", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(
    groups=JSON, realm=JSON, resources=JSON, group_names=st.sampled_from(["full_path", "last_part"])
)
def test_any_json_is_read_or_refused(
    groups: Any, realm: Any, resources: Any, group_names: str
) -> None:
    """Never a crash; each name says where it is from."""
    found = read(
        *ALL,
        group_names=group_names,
        groups=groups,
        realm_access=realm,
        resource_access=resources,
    )
    for name in found.names:
        if name.startswith("realm:"):
            assert name[6:] in _texts(realm)
        elif name.startswith("client:"):
            assert name[7:] in _texts(resources)
        else:
            assert any(text.endswith(name) for text in _texts(groups))


def _texts(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        value = list(value.values())
    return {text for item in value for text in _texts(item)} if isinstance(value, list) else set()


NAMES = st.lists(st.text("ab/:", min_size=1, max_size=6), max_size=5)


@given(NAMES, st.sampled_from(["full_path", "last_part"]))
def test_no_group_has_the_name_of_a_role(names: list[str], group_names: str) -> None:
    """Whatever groups are called: `realm:` and `client:` are not said by any."""
    more = [name.replace("a", "realm:").replace("b", "client:") for name in names]
    found = read(group_names=group_names, groups=[*names, *more])
    assert not any(name.startswith(("realm:", "client:")) for name in found.names)


@given(NAMES)
def test_paths_are_never_changed(names: list[str]) -> None:
    """Exactly what Keycloak sent, or nothing."""
    assert set(read(groups=names).names) <= set(names)


@given(NAMES)
def test_last_parts_are_as_many_as_there_are_groups(names: list[str]) -> None:
    """No two groups become one, and none holds a slash."""
    found = parts(*names)
    if found.state is GroupState.PRESENT:
        assert len(found.names) == len(names)
        assert not any("/" in name for name in found.names)

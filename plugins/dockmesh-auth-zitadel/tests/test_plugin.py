"""What is read out of the claim of a project's roles."""

from __future__ import annotations

from typing import Any

import pytest
from dockmesh_auth_zitadel import plugin
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth import ClaimPath, Claims, Groups, GroupState, PluginDescription
from dockmesh_auth.domain.provider import Provider

ISSUER = "https://acme.zitadel.example"
GENERIC = "urn:zitadel:iam:org:project:roles"
OURS, THEIRS = "278100000000000001", "278100000000000009"


def read(
    value: Any = None, *, organisation: str | None = None, claim: str = GENERIC, **more: Any
) -> Groups:
    members = {"iss": ISSUER, "sub": "1", **more}
    if value is not None:
        members[GENERIC] = value
    provider = Provider(
        slug="z",
        plugin="zitadel",
        display_name="Z",
        issuer=ISSUER,
        client_id="c",
        groups_claim=ClaimPath(claim),
        options={"organisation": organisation},
    )
    return plugin.read_roles(provider, Claims(members, issuer=ISSUER, subject="1"))


def test_it_describes_itself() -> None:
    """No scope that is not standard; one option."""
    description = plugin.dockmesh_auth_describe()
    assert isinstance(description, PluginDescription)
    assert (description.name, description.contract_version) == ("zitadel", 1)
    assert description.scopes == ("openid", "profile", "email")
    assert description.groups_claim == GENERIC
    (option,) = description.options
    assert (option.name, option.default) == ("organisation", None)


def test_the_members_of_the_object_are_the_roles() -> None:
    """In their order, whatever organisation gave them."""
    roles = {"operator": {OURS: "acme.example"}, "admin": {THEIRS: "x.example"}}
    assert read(roles).names == ("operator", "admin")


def test_a_list_of_such_objects() -> None:
    """As the documentation shows it; a role that stands twice is one."""
    roles = [{"operator": {OURS: "a"}}, {"admin": {OURS: "a"}, "operator": {THEIRS: "x"}}]
    assert read(roles).names == ("operator", "admin")
    assert read(roles, organisation=THEIRS).names == ("operator",)


def test_only_roles_of_the_organisation_count() -> None:
    """The same role from another is not the same."""
    roles = {
        "operator": {OURS: "acme.example", THEIRS: "x.example"},
        "admin": {THEIRS: "x.example"},
        "viewer": {OURS: "acme.example"},
    }
    assert read(roles, organisation=OURS).names == ("operator", "viewer")
    assert read(roles, organisation=THEIRS).names == ("operator", "admin")


@pytest.mark.parametrize(
    "organisation", ["27810000000000000", "acme.example", "2781000000000000010"]
)
def test_an_organisation_is_its_whole_id(organisation: str) -> None:
    """Not part of it, nor its domain, which can be given to somebody else."""
    found = read({"admin": {OURS: "acme.example"}}, organisation=organisation)
    assert found.state is GroupState.EMPTY


def test_roles_of_others_alone_are_known_to_be_none() -> None:
    """The claim is there: it says who gave what."""
    assert read({"admin": {THEIRS: "x"}}, organisation=OURS).state is GroupState.EMPTY
    assert read({}).state is GroupState.EMPTY
    assert read([]).state is GroupState.EMPTY


def test_nothing_said_is_not_known() -> None:
    """Zitadel leaves the claim out; so does a project that asserts no roles."""
    assert read().state is GroupState.ABSENT
    assert read(organisation=OURS).state is GroupState.ABSENT
    assert read(_claim_names={GENERIC: "x"}).state is GroupState.OVERAGE


def test_roles_of_other_projects_do_not_count() -> None:
    """They may have the same names."""
    other = "urn:zitadel:iam:org:project:4711:roles"
    roles = {"admin": {OURS: "acme.example"}}
    assert read(**{other: roles}).state is GroupState.ABSENT
    assert read({"viewer": {OURS: "a"}}, **{other: roles}).names == ("viewer",)
    assert read({"viewer": {OURS: "a"}}, claim=other, **{other: roles}).names == ("admin",)


@pytest.mark.parametrize(
    "value",
    [
        "admin",
        "",
        1,
        False,
        ["admin"],
        [{"admin": {OURS: "a"}}, "admin"],
        [[{"admin": {OURS: "a"}}]],
        {"admin": OURS},
        {"admin": [OURS]},
        {"admin": None},
        {"admin": True},
        {"admin": {}},
        {"admin": {OURS: 1}},
        {"admin": {OURS: None}},
        {"viewer": {OURS: "a"}, "admin": {}},
        {"": {OURS: "a"}},
        {"ad\u200bmin": {OURS: "a"}},
    ],
)
@pytest.mark.parametrize("organisation", [None, OURS])
def test_another_form_is_refused_whole(value: Any, organisation: str | None) -> None:
    """Part of what was meant is not what was meant."""
    found = read(value, organisation=organisation)
    assert found.state is GroupState.MALFORMED
    assert "admin" not in found.detail


def test_more_roles_than_are_read() -> None:
    """Overage, never some of them."""
    roles = {f"role-{number}": {OURS: "a"} for number in range(10_001)}
    assert read(roles).state is GroupState.OVERAGE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([OURS, "admin", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON, st.sampled_from([None, OURS]))
def test_any_json_is_read_or_refused(value: Any, organisation: str | None) -> None:
    """Never a crash; a role is the name of a member that some organisation gave."""
    found = read(value, organisation=organisation)
    objects = value if isinstance(value, list) else [value]
    for name in found.names:
        assert any(isinstance(it, dict) and isinstance(it.get(name), dict) for it in objects)


ROLES = st.dictionaries(
    st.text("abc", min_size=1, max_size=3),
    st.dictionaries(st.sampled_from([OURS, THEIRS, "3"]), st.just("a.example"), min_size=1),
    max_size=5,
)


@given(ROLES, st.sampled_from([OURS, THEIRS, "4"]))
def test_an_organisation_takes_away_and_gives_nothing(
    roles: dict[str, dict[str, str]], organisation: str
) -> None:
    """Exactly the roles that it gave."""
    some, every = read(roles, organisation=organisation), read(roles)
    assert set(some.names) == {role for role, given in roles.items() if organisation in given}
    assert set(every.names) == set(roles)


@given(ROLES)
def test_object_and_list_say_the_same(roles: dict[str, dict[str, str]]) -> None:
    """Both forms are read alike."""
    listed = [{role: given} for role, given in roles.items()]
    assert read(listed, organisation=OURS) == read(roles, organisation=OURS)

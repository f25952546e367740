"""The plugin's own rules, one by one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from attrs import field, frozen
from dockmesh_auth_entra import plugin
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth import (
    Answer,
    AuthError,
    ClaimPath,
    Claims,
    ErrorCode,
    Groups,
    GroupState,
    Profile,
    Provider,
    ProviderError,
    ProviderMetadata,
    Tenants,
    TokenRejected,
)
from dockmesh_auth.domain.provider import ClientAuthentication, MissingGroups

HOST = "https://login.microsoftonline.com"
TENANT = "0e6bf6a5-2a1f-4f0b-9a53-6d1b8f4f7c11"
OTHER_TENANT = "7f1c2b3a-5d4e-4f60-8172-93a4b5c6d7e8"
OID = "5f0c3a52-7d6e-4c8b-9a43-1d2e3f405162"
GROUP = "a3c8f2d1-4b5e-4f60-8172-93a4b5c6d7e8"
OTHER_GROUP = "b4d9e3c2-5c6f-4071-9283-a4b5c6d7e8f9"
PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"
ISSUER = f"{HOST}/{TENANT}/v2.0"
OVERAGE = {
    "_claim_names": {"groups": "src1"},
    "_claim_sources": {"src1": {"endpoint": "https://attacker.example/getMemberObjects"}},
}
MEMBERSHIPS = "/v1.0/me/transitiveMemberOf/microsoft.graph.group?$count=true&$select=id&$top=999"
GRAPH = "https://graph.microsoft.com"


@frozen
class Asked:
    """A fetch that answers from a table; what it was asked for is kept."""

    answers: Mapping[str, Any] = field(factory=dict)
    calls: list[tuple[str, bool, Mapping[str, str] | None]] = field(factory=list)

    async def __call__(
        self,
        url: str,
        *,
        method: str = "GET",
        with_access_token: bool = False,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> Answer:
        assert (method, json) == ("GET", None)
        self.calls.append((url, with_access_token, headers))
        return page(self.answers[url])


def page(body: Any) -> Answer:
    return Answer(status=200, headers={}, body=json.dumps(body).encode())


def ids(*groups: str, **more: Any) -> dict[str, Any]:
    return {"@odata.count": len(groups), "value": [{"id": group} for group in groups], **more}


def provider(issuer: str = ISSUER, **settings: Any) -> Provider:
    options = {"tenants": (), "sources": ("app_roles",), "graph_url": None}
    options |= settings.pop("options", {})
    return Provider(
        slug="e",
        display_name="E",
        issuer=issuer,
        client_id="c",
        options=options,
        **settings,
    )


def extract(
    claims: Mapping[str, Any] | None = None,
    fetch: Asked | None = None,
    *,
    issuer: str = ISSUER,
    userinfo: str | None = f"{GRAPH}/oidc/userinfo",
    without: str = "",
    **settings: Any,
) -> Profile:
    members = {"iss": issuer, "sub": "s", "ver": "2.0", "tid": TENANT, "oid": OID, **(claims or {})}
    members.pop(without, None)
    metadata = ProviderMetadata(
        issuer=issuer,
        authorization_endpoint=f"{HOST}/authorize",
        token_endpoint=f"{HOST}/token",
        userinfo_endpoint=userinfo,
    )
    return asyncio.run(
        plugin.dockmesh_auth_extract_claims(
            provider(issuer, **settings),
            metadata,
            Claims(members, issuer=issuer, subject="s"),
            fetch or Asked(),
        )
    )


def groups_of(
    claims: Mapping[str, Any], *sources: str, fetch: Asked | None = None, **more: Any
) -> Groups:
    options = {"sources": sources, **more.pop("options", {})}
    return extract(claims, fetch, options=options, **more).groups


# --- what it says of itself -----------------------------------------------------------------


def test_it_describes_itself() -> None:
    """`oid` names the person; tenants are listed; Graph is another host."""
    description = plugin.dockmesh_auth_describe()
    assert (description.name, description.contract_version) == ("entra", 1)
    assert description.subject_claim == "oid"
    assert description.hosts == ("graph.microsoft.com",)
    assert description.groups_claim is None
    assert description.client_authentication is ClientAuthentication.CLIENT_SECRET_POST
    rule = description.tenants
    assert rule is not None
    assert (rule.claim, rule.placeholder, rule.option) == ("tid", "{tenantid}", "tenants")
    assert rule.shared == ("common", "organizations")
    assert [(it.name, it.default) for it in description.options] == [
        ("tenants", ()),
        ("sources", ("app_roles",)),
        ("graph_url", None),
    ]


# --- issuers --------------------------------------------------------------------------------


def shared(*tenants: str) -> Provider:
    issuers = {f"{HOST}/{tenant}/v2.0": tenant for tenant in tenants}
    rule = Tenants(document_issuer=f"{HOST}/{{tenantid}}/v2.0", claim="tid", issuers=issuers)
    return provider(f"{HOST}/common/v2.0", tenants=rule)


def test_a_tenant_of_ones_own_and_listed_ones_are_fine() -> None:
    """The built-in then fetches the document."""
    assert plugin.dockmesh_auth_discover(provider()) is None
    assert plugin.dockmesh_auth_discover(shared(TENANT, OTHER_TENANT)) is None


@pytest.mark.parametrize(
    ("issuer", "problem"),
    [
        (f"{HOST}/{TENANT}", "has to look like"),
        (f"{HOST}/{TENANT}/v2.0/", "has to look like"),
        (f"{HOST}/{TENANT}/V2.0", "has to look like"),
        (f"{HOST}/{TENANT}/v2x0", "has to look like"),
        (f"{HOST}/a/{TENANT}/v2.0", "has to look like"),
        (f"https://sts.windows.net/{TENANT}/", "has to look like"),
        (f"{HOST}/lab.example/v2.0", "not a tenant's id"),
        (f"{HOST}/{TENANT.upper()}/v2.0", "not a tenant's id"),
        (f"{HOST}/common/v2.0", "not a tenant's id"),
        (f"{HOST}/consumers/v2.0", "anybody can make"),
        (f"{HOST}/{PERSONAL}/v2.0", "anybody can make"),
    ],
)
def test_another_issuer_is_told_at_once(issuer: str, problem: str) -> None:
    """The old endpoint, a domain that can change hands, personal accounts."""
    with pytest.raises(ProviderError, match=problem) as got:
        plugin.dockmesh_auth_discover(provider(issuer))
    assert got.value.code is ErrorCode.DISCOVERY_UNSUPPORTED


@pytest.mark.parametrize("tenant", ["lab.example", PERSONAL, "consumers", TENANT.upper()])
def test_each_listed_tenant_is_looked_at(tenant: str) -> None:
    """Also beside a good one."""
    with pytest.raises(ProviderError) as got:
        plugin.dockmesh_auth_discover(shared(TENANT, tenant))
    assert got.value.code is ErrorCode.DISCOVERY_UNSUPPORTED


# --- tokens ---------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.0", "2", 2.0, 2, None, ["2.0"], ""])
def test_a_token_of_another_version_is_refused(version: Any) -> None:
    """Those of the v1.0 endpoint have other claims under the same names."""
    with pytest.raises(TokenRejected, match=r"has to end in /v2\.0") as got:
        extract({"ver": version})
    assert got.value.code is ErrorCode.TOKEN_KIND_WRONG
    with pytest.raises(TokenRejected):
        extract(without="ver")


@pytest.mark.attack("ACC-01")
@pytest.mark.parametrize("claim", ["oid", "tid"])
@pytest.mark.parametrize(
    "value",
    [None, "", 5, True, "ada@lab.example", OID.upper(), OID[:-1], OID + "0", f" {OID}", [OID]],
)
def test_person_and_tenant_are_ids_and_never_names(claim: str, value: Any) -> None:
    """nOAuth: no address, no user name. The value is nobody's business in a log."""
    with pytest.raises(TokenRejected) as got:
        extract({claim: value})
    assert got.value.code is ErrorCode.CLAIM_MALFORMED
    assert dict(got.value.evidence) == {"claim": claim}
    assert "lab.example" not in str(got.value)
    with pytest.raises(TokenRejected):
        extract(without=claim)


@pytest.mark.attack("DIS-23")
@pytest.mark.parametrize(
    "issuer",
    [f"{HOST}/{OTHER_TENANT}/v2.0", f"{HOST}/v2.0", f"{HOST}/{TENANT}", f"{HOST}/x/{TENANT}/v2.0"],
)
def test_the_tenant_is_the_issuers(issuer: str) -> None:
    """Person and tenant belong together: an id is one person only in its tenant."""
    with pytest.raises(TokenRejected) as got:
        extract(issuer=issuer)
    assert got.value.code is ErrorCode.ISSUER_MISMATCH


def test_names_are_shown() -> None:
    """They may change and prove nothing."""
    claims = {"preferred_username": "ada@lab.example", "name": "Ada", "email": "a@lab.example"}
    profile = extract(claims)
    assert (profile.username, profile.display_name) == ("ada@lab.example", "Ada")
    assert profile.email == "a@lab.example"


# --- app roles ------------------------------------------------------------------------------


def test_app_roles_are_the_groups_unless_it_is_said_otherwise() -> None:
    """Nothing is fetched, and ids of groups do not count."""
    groups = extract({"roles": ["Admin", "Reader"], "groups": [GROUP]}).groups
    assert groups.names == ("Admin", "Reader")
    assert groups_of({"roles": ["Admin"], **OVERAGE}, "app_roles").names == ("Admin",)


def test_no_claim_of_app_roles_says_that_there_are_none() -> None:
    """Entra leaves an empty list out and has no setting that would: a withdrawn role is known."""
    assert extract().groups.state is GroupState.EMPTY
    assert extract({"roles": []}).groups.state is GroupState.EMPTY
    assert groups_of({"hasgroups": True}, "app_roles").state is GroupState.EMPTY


@pytest.mark.parametrize("roles", [None, 5, {"Admin": True}, [None], ["Admin", 5], [["Admin"]]])
def test_app_roles_that_cannot_be_read_are_not_none(roles: Any) -> None:
    """Nobody gets the default role by them."""
    assert extract({"roles": roles}).groups.state is GroupState.MALFORMED


@pytest.mark.parametrize("value", [GROUP, GROUP.upper()])
def test_an_app_role_cannot_pass_for_a_group(value: str) -> None:
    """Whoever may define app roles must not get what a group gives."""
    for sources in (("app_roles",), ("app_roles", "groups")):
        found = groups_of({"roles": ["Admin", value], "groups": []}, *sources)
        assert found.state is GroupState.MALFORMED


# --- groups ---------------------------------------------------------------------------------


def test_ids_of_groups_are_read_from_the_token() -> None:
    """Nothing is fetched, and app roles do not count."""
    found = groups_of({"groups": [GROUP, OTHER_GROUP], "roles": ["Admin"]}, "groups")
    assert found.names == (GROUP, OTHER_GROUP)


@pytest.mark.attack("CLM-19")
@pytest.mark.parametrize("name", ["dockmesh-admins", "LAB\\admins", GROUP.upper(), GROUP + "0"])
def test_a_name_of_a_group_is_refused(name: str) -> None:
    """Whoever makes a group chooses its name, and two can have one."""
    assert groups_of({"groups": [GROUP, name]}, "groups").state is GroupState.MALFORMED


def test_a_missing_claim_of_groups_says_nothing() -> None:
    """It is off unless an administrator switches it on; the operator may decide otherwise."""
    assert groups_of({}, "groups").state is GroupState.ABSENT
    no_groups = MissingGroups.NO_GROUPS
    assert groups_of({}, "groups", missing_groups=no_groups).state is GroupState.EMPTY
    known = groups_of({"groups": [GROUP]}, "groups", missing_groups=no_groups)
    assert known.names == (GROUP,)
    odd = groups_of({"groups": 5}, "groups", missing_groups=no_groups)
    assert odd.state is GroupState.MALFORMED


def test_of_two_sources_both_are_known_or_nothing_is() -> None:
    """Part of what somebody has is not what they have."""
    both = ("app_roles", "groups")
    assert groups_of({"roles": ["Admin"], "groups": [GROUP]}, *both).names == ("Admin", GROUP)
    assert groups_of({"groups": [GROUP]}, *both).names == (GROUP,)
    assert groups_of({"roles": ["Admin"]}, *both).state is GroupState.ABSENT
    assert groups_of({"roles": [5], "groups": [GROUP]}, *both).state is GroupState.MALFORMED
    known = groups_of({"roles": ["Admin"]}, *both, missing_groups=MissingGroups.NO_GROUPS)
    assert known.names == ("Admin",)


def test_an_empty_list_of_sources_is_the_default() -> None:
    """It cannot mean that nothing is known of anybody."""
    assert groups_of({"roles": ["Admin"]}).names == ("Admin",)


def test_the_claim_of_groups_can_have_another_name() -> None:
    """As the configuration says; without one it is `groups`."""
    path = ClaimPath("teams")
    assert groups_of({"teams": [GROUP]}, "groups", groups_claim=path).names == (GROUP,)
    assert groups_of({"groups": [GROUP]}, "groups").names == (GROUP,)
    assert groups_of({"groups": [GROUP]}, "groups", groups_claim=path).state is GroupState.ABSENT


# --- too many groups ------------------------------------------------------------------------


@pytest.mark.attack("CLM-06")
@pytest.mark.attack("IDT-21")
@pytest.mark.parametrize("sign", [OVERAGE, {"hasgroups": True}, {"hasgroups": "true"}])
def test_too_many_groups_are_asked_for_at_graph(sign: dict[str, Any]) -> None:
    """With the token, page by page; never at the address that the token names."""
    second = f"{GRAPH}/v1.0/me/transitiveMemberOf/microsoft.graph.group?$skiptoken=x"
    fetch = Asked(
        {
            GRAPH + MEMBERSHIPS: ids(GROUP, **{"@odata.nextLink": second}),
            second: ids(OTHER_GROUP),
        }
    )
    assert groups_of(sign, "groups", fetch=fetch).names == (GROUP, OTHER_GROUP)
    eventual = {"ConsistencyLevel": "eventual"}
    assert fetch.calls == [
        (GRAPH + MEMBERSHIPS, True, eventual),
        (second, True, eventual),
    ]


@pytest.mark.parametrize(
    ("userinfo", "configured", "graph"),
    [
        (f"{GRAPH}/oidc/userinfo", None, GRAPH),
        (None, None, GRAPH),
        ("https://graph.microsoft.us/oidc/userinfo", None, "https://graph.microsoft.us"),
        (f"{GRAPH}/oidc/userinfo", "https://graph.microsoft.us", "https://graph.microsoft.us"),
        (None, "https://graph.microsoft.us/", "https://graph.microsoft.us"),
    ],
)
def test_graph_is_where_userinfo_is_unless_it_is_configured(
    userinfo: str | None, configured: str | None, graph: str
) -> None:
    """National clouds have their own."""
    fetch = Asked({graph + MEMBERSHIPS: ids(GROUP)})
    options = {"graph_url": configured}
    found = groups_of(OVERAGE, "groups", fetch=fetch, userinfo=userinfo, options=options)
    assert found.names == (GROUP,)


def test_graph_that_shows_nothing_is_not_believed() -> None:
    """The token has just said that there are more than 200."""
    fetch = Asked({GRAPH + MEMBERSHIPS: ids()})
    assert groups_of(OVERAGE, "groups", fetch=fetch).state is GroupState.OVERAGE


def test_graph_gives_ids_or_nothing() -> None:
    """As the token does."""
    fetch = Asked({GRAPH + MEMBERSHIPS: ids(GROUP, "dockmesh-admins")})
    assert groups_of(OVERAGE, "groups", fetch=fetch).state is GroupState.MALFORMED


BAD_PAGES = [
    None,
    [],
    [{"id": GROUP}],
    {},
    {"value": None},
    {"value": GROUP},
    {"value": {"id": GROUP}},
    {"value": [{"id": GROUP}, None]},
    {"value": [{"id": GROUP}, {}]},
    {"value": [{"id": GROUP}, {"id": None}]},
    {"value": [{"id": GROUP}, {"id": 5}]},
    {"value": [{"id": GROUP}, GROUP]},
]


@pytest.mark.parametrize("body", BAD_PAGES)
def test_a_page_that_cannot_be_read_is_not_left_out(body: Any) -> None:
    """Part of the list is not the list."""
    with pytest.raises(ProviderError) as got:
        groups_of(OVERAGE, "groups", fetch=Asked({GRAPH + MEMBERSHIPS: body}))
    assert got.value.code is ErrorCode.PROVIDER_ANSWER_MALFORMED


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([GROUP, "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "value", "groups"]), inner)
    ),
    max_leaves=6,
)


@given(JSON)
def test_whatever_graph_answers_only_ids_come_of_it(body: Any) -> None:
    """Or an error, or the state that nothing is known."""
    try:
        found = groups_of(OVERAGE, "groups", fetch=Asked({GRAPH + MEMBERSHIPS: body}))
    except AuthError as refusal:
        assert refusal.code is ErrorCode.PROVIDER_ANSWER_MALFORMED  # noqa: PT017
        return
    assert found.state is not GroupState.EMPTY
    assert found.state is not GroupState.ABSENT
    assert set(found.names) <= {GROUP}


@given(JSON, JSON)
def test_whatever_the_token_says_only_what_it_lists_comes_of_it(roles: Any, groups: Any) -> None:
    """Never the letters of a text, or the keys of an object."""
    found = groups_of({"roles": roles, "groups": groups}, "app_roles", "groups")
    assert set(found.names) <= {GROUP, "x"}
    if found.state is GroupState.PRESENT:
        assert isinstance(roles, str | list)
        assert isinstance(groups, str | list)

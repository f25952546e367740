"""The plugin's own rules, one by one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from attrs import field, frozen
from dockmesh_auth_github import plugin
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth import (
    AccessDenied,
    Answer,
    AuthError,
    Claims,
    ErrorCode,
    Grant,
    GroupState,
    Profile,
    Provider,
    ProviderError,
    TokenRejected,
)
from dockmesh_auth.domain.grants import Origin
from dockmesh_auth.domain.provider import ClientAuthentication
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.scope import Scope

CLOUD = "https://github.com/login/oauth"
API = "https://api.github.com"
MEMBERSHIPS = f"{API}/user/memberships/orgs?state=active&per_page=50"
TEAMS = f"{API}/user/teams?per_page=50"
ACCOUNT = {"id": 7, "login": "ada", "name": "Ada", "email": "ada@lab.example"}


@frozen
class Asked:
    """A fetch that answers from a table; what it was asked for is kept."""

    answers: Mapping[str, Any]
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
        found = self.answers[url]
        return found if isinstance(found, Answer) else page(found)


def page(body: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status=status, headers=headers, body=json.dumps(body).encode())


def provider(issuer: str = CLOUD, **settings: Any) -> Provider:
    options = {"organisations": (), "spelling": "names"} | settings.pop("options", {})
    return Provider(
        slug="g", display_name="G", issuer=issuer, client_id="c", options=options, **settings
    )


def organisation(login: Any = "acme", number: Any = 10) -> dict[str, Any]:
    return {"login": login, "id": number}


def membership(login: Any = "acme", number: Any = 10, state: Any = "active") -> dict[str, Any]:
    return {"state": state, "organization": organisation(login, number)}


def team(slug: Any = "ops", number: Any = 5, of: Any = 10) -> dict[str, Any]:
    return {"slug": slug, "id": number, "organization": organisation("acme", of)}


def extract(memberships: Any, teams: Any = (), **options: Any) -> Profile:
    fetch = Asked({MEMBERSHIPS: memberships, TEAMS: teams})
    claims = Claims({"preferred_username": "ada"}, issuer=CLOUD, subject="7")
    return asyncio.run(
        plugin.dockmesh_auth_extract_claims(provider(options=options), claims, fetch)
    )


def names(memberships: Any, teams: Any = (), **options: Any) -> tuple[str, ...]:
    return extract(memberships, teams, **options).groups.names


def fetch_user(account: Any, issuer: str = CLOUD, api: str = API) -> Claims:
    fetch = Asked({f"{api}/user": account})
    return asyncio.run(plugin.dockmesh_auth_fetch_user(provider(issuer), fetch))


# --- what it says of itself -----------------------------------------------------------------


def test_it_describes_itself() -> None:
    """No ID token, the API's host, two options, and the secret in the body."""
    description = plugin.dockmesh_auth_describe()
    assert (description.name, description.contract_version) == ("github", 1)
    assert description.id_token is False
    assert description.scopes == ("read:user", "read:org")
    assert description.hosts == ("api.github.com",)
    assert description.client_authentication is ClientAuthentication.CLIENT_SECRET_POST
    assert [(it.name, it.default) for it in description.options] == [
        ("organisations", ()),
        ("spelling", "names"),
    ]


# --- endpoints ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("site", "api"),
    [
        ("https://github.com", "https://api.github.com"),
        ("https://octo.ghe.com", "https://api.octo.ghe.com"),
        ("https://git.corp.example", "https://git.corp.example/api/v3"),
        ("https://git.corp.example:8443", "https://git.corp.example:8443/api/v3"),
        ("https://github.com.example", "https://github.com.example/api/v3"),
        ("https://ghe.com", "https://ghe.com/api/v3"),
        ("https://evilghe.com", "https://evilghe.com/api/v3"),
        ("http://github.com", "http://github.com/api/v3"),
    ],
)
def test_the_endpoints_follow_from_the_issuer(site: str, api: str) -> None:
    """GitHub's cloud has a host for the API; a server of one's own has a path."""
    found = plugin.dockmesh_auth_discover(provider(f"{site}/login/oauth"))
    assert found.issuer == f"{site}/login/oauth"
    assert found.authorization_endpoint == f"{site}/login/oauth/authorize"
    assert found.token_endpoint == f"{site}/login/oauth/access_token"
    assert (found.jwks_uri, found.userinfo_endpoint) == (None, None)
    assert fetch_user(ACCOUNT, f"{site}/login/oauth", api).subject == "7"


@pytest.mark.parametrize(
    "issuer",
    [
        "https://github.com",
        "https://github.com/",
        "https://github.com/login/oauth/",
        "https://github.com/LOGIN/oauth",
        "https://proxy.example/github/login/oauth",
        "https:///login/oauth/login/oauth",
    ],
)
def test_another_issuer_is_told_at_once(issuer: str) -> None:
    """GitHub names itself with that path (RFC 9207); anything else would fail one step later."""
    with pytest.raises(ProviderError, match="has to be the host's address and /login/oauth") as got:
        plugin.dockmesh_auth_discover(provider(issuer))
    assert got.value.code is ErrorCode.DISCOVERY_UNSUPPORTED


def test_the_default_role_is_not_for_the_whole_world() -> None:
    """Everybody has an account at github.com. At one's own server, or with a list, it is fine."""
    default = Grant(RoleCatalogue().named("viewer"), Scope.all_hosts(), Origin.DEFAULT)
    with pytest.raises(ProviderError, match="everybody at GitHub would be let in") as got:
        plugin.dockmesh_auth_discover(provider(default_grant=default))
    assert got.value.code is ErrorCode.DISCOVERY_UNSUPPORTED
    listed = {"organisations": ("acme",)}
    plugin.dockmesh_auth_discover(provider(default_grant=default, options=listed))
    own = "https://git.corp.example/login/oauth"
    plugin.dockmesh_auth_discover(provider(own, default_grant=default))


# --- who it is ------------------------------------------------------------------------------


def test_a_person_is_the_number_of_the_account() -> None:
    """Names are there to be shown."""
    claims = fetch_user(ACCOUNT)
    assert (claims.issuer, claims.subject) == (CLOUD, "7")
    assert claims.text("preferred_username") == "ada"
    assert claims.text("name") == "Ada"
    assert claims.text("email") == "ada@lab.example"


def test_the_api_is_asked_as_github_wants_it() -> None:
    """With the token, the media type and the version of the API, in each request."""
    fetch = Asked({f"{API}/user": ACCOUNT, MEMBERSHIPS: [membership()], TEAMS: []})
    claims = asyncio.run(plugin.dockmesh_auth_fetch_user(provider(), fetch))
    asyncio.run(plugin.dockmesh_auth_extract_claims(provider(), claims, fetch))
    wanted = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    assert fetch.calls == [
        (f"{API}/user", True, wanted),
        (MEMBERSHIPS, True, wanted),
        (TEAMS, True, wanted),
    ]


@pytest.mark.attack("ACC-01")
@pytest.mark.parametrize(
    "account",
    [
        {},
        [],
        None,
        "7",
        7,
        [ACCOUNT],
        ACCOUNT | {"id": None},
        ACCOUNT | {"id": "7"},
        ACCOUNT | {"id": True},
        ACCOUNT | {"id": 7.0},
        ACCOUNT | {"id": 0},
        ACCOUNT | {"id": -7},
        ACCOUNT | {"id": 2**63},
        ACCOUNT | {"id": [7]},
        {"login": "ada", "node_id": "x", "email": "ada@lab.example"},
    ],
)
def test_who_has_no_number_is_nobody(account: Any) -> None:
    """Never by login, which can be taken by somebody else, and never by address."""
    with pytest.raises(TokenRejected) as got:
        fetch_user(account)
    assert got.value.code is ErrorCode.CLAIM_MALFORMED


@given(st.integers(1, 2**63 - 1), st.integers(1, 2**63 - 1))
def test_two_accounts_are_two_people(one: int, other: int) -> None:
    """And the same account is the same person, whatever it is called."""
    first, second = fetch_user({"id": one, "login": "a"}), fetch_user({"id": other, "login": "a"})
    assert (first.subject == second.subject) is (one == other)
    assert fetch_user({"id": one, "login": "b"}).subject == first.subject == f"{one:d}"


# --- groups ---------------------------------------------------------------------------------


def test_organisations_and_their_teams_are_groups() -> None:
    """By name."""
    found = names([membership(), membership("other", 11)], [team(), team("dev", 6)])
    assert found == ("acme", "other", "acme/ops", "acme/dev")


def test_by_number_they_keep_their_spelling_for_good() -> None:
    """Whoever renames or takes a name changes nothing."""
    assert names([membership()], [team()], spelling="ids") == ("10", "10/5")
    renamed = names([membership("taken")], [team("new")], spelling="ids")
    assert renamed == ("10", "10/5")
    assert names([membership("acme", 99)], [team("ops", 98, of=99)], spelling="ids") == (
        "99",
        "99/98",
    )


@pytest.mark.parametrize("state", ["pending", "Active", "", None, True, ["active"]])
def test_who_is_invited_is_no_member(state: Any) -> None:
    """Neither of the organisation nor of a team there."""
    assert names([membership(state=state)], [team()]) == ()


def test_a_team_counts_in_an_organisation_that_the_person_has_joined() -> None:
    """By the number of the organisation; teams of a whole enterprise have none."""
    enterprise = {"slug": "all", "id": 1, "type": "enterprise", "organization": None}
    assert names([membership()], [team(of=11), enterprise]) == ("acme",)
    del enterprise["organization"]
    assert names([membership()], [enterprise]) == ("acme",)


def test_somebody_without_an_organisation_is_known_to_have_none() -> None:
    """That is knowledge: what they had before is withdrawn."""
    assert extract([]).groups.state is GroupState.EMPTY


def test_of_several_organisations_one_is_enough_and_others_do_not_count() -> None:
    """A row for another organisation gives nothing."""
    joined = [membership(), membership("other", 11)]
    teams = [team(), {"slug": "ops", "id": 9, "organization": organisation("other", 11)}]
    assert names(joined, teams, organisations=("acme", "third")) == ("acme", "acme/ops")
    assert names(joined, teams, organisations=("11",), spelling="ids") == ("11", "11/9")


@pytest.mark.parametrize(
    ("memberships", "listed", "spelling"),
    [
        ([], "acme", "names"),
        ([membership("other")], "acme", "names"),
        ([membership("ACME")], "acme", "names"),
        ([membership(state="pending")], "acme", "names"),
        ([membership("10", 11)], "10", "ids"),
        ([membership("10", 11)], "acme", "names"),
    ],
)
def test_members_of_other_organisations_are_denied(
    memberships: Any, listed: str, spelling: str
) -> None:
    """An organisation called like another's number is not the other."""
    with pytest.raises(AccessDenied, match="has not approved the OAuth app") as got:
        extract(memberships, [], organisations=(listed,), spelling=spelling)
    assert got.value.code is ErrorCode.PLUGIN_DENIED


BAD_ENTRIES = [
    None,
    5,
    "acme",
    [],
    {},
    membership("a/b"),
    membership(""),
    membership(None),
    membership(5),
    membership("acme", None),
    membership("acme", "10"),
    membership("acme", True),
    membership("acme", 0),
    {"state": "active", "organization": "acme"},
]


@pytest.mark.parametrize("entry", BAD_ENTRIES)
@pytest.mark.parametrize("spelling", ["names", "ids"])
def test_a_membership_that_cannot_be_read_is_not_left_out(entry: Any, spelling: str) -> None:
    """Part of the list is not the list."""
    with pytest.raises(ProviderError) as got:
        extract([membership(), entry], [], spelling=spelling)
    assert got.value.code is ErrorCode.PROVIDER_ANSWER_MALFORMED


@pytest.mark.parametrize(
    "entry", [None, 5, "ops", [], {}, team("a/b"), team(""), team(None), team("ops", None)]
)
def test_a_team_that_cannot_be_read_is_not_left_out(entry: Any) -> None:
    """Nor is a name with a slash taken for a team of another organisation."""
    with pytest.raises(ProviderError) as got:
        extract([membership()], [team(), entry])
    assert got.value.code is ErrorCode.PROVIDER_ANSWER_MALFORMED


@pytest.mark.parametrize("body", [None, {}, {"message": "Not Found"}, "acme", 5, True])
@pytest.mark.parametrize("where", [MEMBERSHIPS, TEAMS])
def test_an_answer_that_is_no_list_is_not_an_empty_one(body: Any, where: str) -> None:
    """Whatever it is."""
    answers = {MEMBERSHIPS: [membership()], TEAMS: [team()], where: body}
    with pytest.raises(ProviderError) as got:
        extract(answers[MEMBERSHIPS], answers[TEAMS])
    assert got.value.code is ErrorCode.PROVIDER_ANSWER_MALFORMED


NAMES = st.text("abc-1/", max_size=4)
ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(["active", "pending", None]),
        "slug": NAMES,
        "id": st.integers(-1, 3),
        "organization": st.none()
        | st.fixed_dictionaries({}, optional={"login": NAMES, "id": st.integers(-1, 3)}),
    },
)


@given(st.lists(ENTRIES, max_size=4), st.lists(ENTRIES, max_size=4))
def test_a_group_is_always_told_by_what_was_listed(
    memberships: list[dict[str, Any]], teams: list[dict[str, Any]]
) -> None:
    """Any group is an organisation that was joined, or a team in one; else it is an error."""
    try:
        found = names(memberships, teams)
    except AuthError as refusal:
        assert refusal.code is ErrorCode.PROVIDER_ANSWER_MALFORMED  # noqa: PT017
        return
    joined = {
        it["organization"]["login"]: it["organization"]["id"]
        for it in memberships
        if it.get("state") == "active"
    }
    for group in found:
        name, slash, slug = group.partition("/")
        assert name in joined
        assert not slash or any(it["slug"] == slug for it in teams)

"""Standard OpenID Connect as a plugin."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from dockmesh_auth.domain.claims import ClaimPath, Claims
from dockmesh_auth.domain.grants import Grant, Origin
from dockmesh_auth.domain.groups import Groups, GroupState
from dockmesh_auth.domain.identity import Profile
from dockmesh_auth.domain.ports import Answer
from dockmesh_auth.domain.provider import MissingGroups, UserinfoPolicy
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.errors import AccessDenied, AuthError, ErrorCode
from dockmesh_auth.host import builtin


@attrs.define
class Userinfo:
    """An endpoint that answers with what it is given."""

    claims: dict[str, Any] = attrs.field(factory=dict)
    asked: list[tuple[str, bool]] = attrs.field(factory=list)

    async def __call__(self, url: str, *, with_access_token: bool = False, **_: object) -> Answer:
        self.asked.append((url, with_access_token))
        body = json.dumps({"sub": "u1", **self.claims}).encode()
        return Answer(status=200, headers={"content-type": "application/json"}, body=body)


@pytest.fixture(name="userinfo")
def userinfo_endpoint() -> Userinfo:
    return Userinfo()


def claims_of(provider, **members: Any) -> Claims:
    return Claims(members, issuer=provider.issuer, subject="u1")


async def test_groups_in_the_id_token_need_no_second_request(provider, metadata, userinfo) -> None:
    """Userinfo is asked only when it must be."""
    claims = claims_of(
        provider, groups=["a", "b", "a"], name="N", preferred_username="n", email="e@x"
    )

    profile = await builtin.dockmesh_auth_extract_claims(provider, metadata, claims, userinfo)

    assert profile == Profile(
        username="n", display_name="N", email="e@x", groups=Groups.of(["a", "b"])
    )
    assert userinfo.asked == []


async def test_groups_that_are_missing_are_asked_of_userinfo(provider, metadata, userinfo) -> None:
    """With the access token, which the plugin never sees."""
    userinfo.claims = {"groups": ["x"], "name": "other", "iss": "https://evil.example"}
    claims = claims_of(provider, name="signed", nickname="nick")

    profile = await builtin.dockmesh_auth_extract_claims(provider, metadata, claims, userinfo)

    assert profile.groups.names == ("x",)
    assert (profile.display_name, profile.username) == ("signed", "nick")
    assert userinfo.asked == [("https://id.example/userinfo", True)]


@pytest.mark.attack("IDT-19", "CLM-20")
async def test_what_is_signed_has_precedence_over_userinfo(provider, metadata, userinfo) -> None:
    """Userinfo adds; it never overrides."""
    provider = attrs.evolve(provider, userinfo=UserinfoPolicy.ALWAYS)
    userinfo.claims = {"groups": ["dockmesh-admins"]}
    claims = claims_of(provider, groups=["dockmesh-viewers"])

    profile = await builtin.dockmesh_auth_extract_claims(provider, metadata, claims, userinfo)

    assert profile.groups.names == ("dockmesh-viewers",)
    assert len(userinfo.asked) == 1


@pytest.mark.attack("IDT-19", "CLM-20")
async def test_signed_groups_at_a_path_stay_whatever_userinfo_is_called(
    provider, metadata, userinfo
) -> None:
    """A literal name is found before a path, and userinfo could have one."""
    path = ClaimPath("realm_access.roles")
    provider = attrs.evolve(provider, userinfo=UserinfoPolicy.ALWAYS, groups_claim=path)
    userinfo.claims = {"realm_access.roles": ["dockmesh-admins"]}
    claims = claims_of(provider, realm_access={"roles": ["dockmesh-viewers"]})

    profile = await builtin.dockmesh_auth_extract_claims(provider, metadata, claims, userinfo)

    assert userinfo.asked
    assert profile.groups.names == ("dockmesh-viewers",)


@pytest.mark.parametrize(
    "change",
    [{"userinfo": UserinfoPolicy.NEVER}, {"groups_claim": None}],
)
async def test_userinfo_is_not_asked_when_nothing_would_come_of_it(
    provider, metadata, userinfo, change
) -> None:
    """The configuration says never, or there is no groups claim to look for."""
    provider = attrs.evolve(provider, **change)

    profile = await builtin.dockmesh_auth_extract_claims(
        provider, metadata, claims_of(provider), userinfo
    )

    assert userinfo.asked == []
    assert profile.groups.state in {GroupState.ABSENT, GroupState.EMPTY}


async def test_a_provider_without_userinfo_leaves_groups_absent(
    provider, metadata, userinfo
) -> None:
    """Absent is not empty."""
    metadata = attrs.evolve(metadata, userinfo_endpoint=None)

    profile = await builtin.dockmesh_auth_extract_claims(
        provider, metadata, claims_of(provider), userinfo
    )

    assert profile.groups.state is GroupState.ABSENT


@pytest.mark.attack("IDT-18")
async def test_userinfo_of_another_person_ends_the_sign_in(provider, metadata, userinfo) -> None:
    """OpenID Connect Core 1.0, section 5.3.2."""
    userinfo.claims = {"sub": "u2", "groups": ["dockmesh-admins"]}

    with pytest.raises(AuthError) as caught:
        await builtin.dockmesh_auth_extract_claims(
            provider, metadata, claims_of(provider), userinfo
        )

    assert caught.value.code is ErrorCode.USERINFO_SUBJECT_MISMATCH


@pytest.mark.attack("CFG-06")
@pytest.mark.parametrize("value", [7, None, ["a"], {"a": 1}, True])
async def test_names_of_other_types_are_no_names(provider, metadata, userinfo, value) -> None:
    """A claim that is not text is not shown."""
    claims = claims_of(provider, groups=[], name=value, preferred_username=value, email=value)

    profile = await builtin.dockmesh_auth_extract_claims(provider, metadata, claims, userinfo)

    assert (profile.username, profile.display_name, profile.email) == ("", "", "")


@pytest.mark.attack("CFG-06")
async def test_names_are_cut_and_visible(provider, metadata, userinfo) -> None:
    """No name forges a line of the log."""
    claims = claims_of(
        provider, groups=[], preferred_username="x\nINFO admin ok\x1b[0m" + "y" * 9999
    )

    profile = await builtin.dockmesh_auth_extract_claims(provider, metadata, claims, userinfo)

    assert profile.username.isprintable()
    assert len(profile.username) <= 255


async def test_nested_claims_are_found_by_path(provider, metadata, userinfo) -> None:
    """The literal name first, then the path."""
    provider = attrs.evolve(provider, groups_claim=ClaimPath("realm.roles"))
    claims = claims_of(provider, realm={"roles": ["a"]})

    profile = await builtin.dockmesh_auth_extract_claims(provider, metadata, claims, userinfo)

    assert profile.groups.names == ("a",)


@pytest.mark.attack("CLM-01", "CLM-06", "CLM-02")
@pytest.mark.parametrize(
    ("groups", "code"),
    [
        (Groups.absent("there is no claim groups"), ErrorCode.GROUPS_ABSENT),
        (Groups.malformed("the claim groups is not a list of names"), ErrorCode.GROUPS_MALFORMED),
        (Groups.overage("the claim groups is only referred to"), ErrorCode.GROUPS_OVERAGE),
    ],
)
@pytest.mark.parametrize("with_default", [False, True])
def test_groups_that_are_not_known_are_refused_and_say_why(
    provider, groups: Groups, code: ErrorCode, *, with_default: bool
) -> None:
    """Not knowing is not the same as none: no default role makes up for it."""
    if with_default:
        default = Grant(RoleCatalogue().named("viewer"), Scope.all_hosts(), Origin.DEFAULT)
        provider = attrs.evolve(provider, default_grant=default)

    with pytest.raises(AccessDenied) as caught:
        builtin.dockmesh_auth_resolve_roles(provider, Profile(groups=groups))

    assert caught.value.code is code
    assert caught.value.detail == groups.detail


def test_missing_groups_can_be_taken_for_none_by_configuration(provider) -> None:
    """An explicit policy, for providers that leave an empty list out."""
    default = Grant(RoleCatalogue().named("viewer"), Scope.all_hosts(), Origin.DEFAULT)
    provider = attrs.evolve(provider, missing_groups=MissingGroups.NO_GROUPS, default_grant=default)

    grants = builtin.dockmesh_auth_resolve_roles(provider, Profile(groups=Groups.absent("")))

    assert list(grants) == [default]


def test_without_a_match_there_is_nothing_unless_there_is_a_default(provider) -> None:
    """No match, no grant."""
    profile = Profile(groups=Groups.of(["unmapped"]))

    assert len(builtin.dockmesh_auth_resolve_roles(provider, profile)) == 0


@pytest.mark.attack("CLM-12")
def test_who_has_a_role_does_not_get_the_default_instead(provider) -> None:
    """The default is for those whom no row matches, and for nobody else."""
    row = provider.mappings.resolve(["dockmesh-viewers"])
    admin = provider.mappings.resolve(["dockmesh-admins"]).items[0]
    provider = attrs.evolve(provider, default_grant=admin)
    profile = Profile(groups=Groups.of(["dockmesh-viewers"]))

    assert builtin.dockmesh_auth_resolve_roles(provider, profile) == row


@pytest.mark.attack("CLM-06", "IDT-21")
async def test_groups_that_did_not_fit_are_asked_of_userinfo(provider, metadata, userinfo) -> None:
    """Never of the address that the token names for them."""
    userinfo.claims = {"groups": ["x"]}
    claims = claims_of(
        provider,
        _claim_names={"groups": "src"},
        _claim_sources={"src": {"endpoint": "https://evil.example"}},
    )

    profile = await builtin.dockmesh_auth_extract_claims(provider, metadata, claims, userinfo)

    assert profile.groups.names == ("x",)
    assert userinfo.asked == [("https://id.example/userinfo", True)]


def test_it_describes_itself() -> None:
    """The built-in is a plugin like any other."""
    assert builtin.dockmesh_auth_describe().name == "oidc"

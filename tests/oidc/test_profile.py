"""The built-in extraction as a function: for plugins that read groups in another way."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from dockmesh_auth.domain.claims import ClaimPath, Claims
from dockmesh_auth.domain.groups import Groups, GroupState
from dockmesh_auth.domain.identity import Profile
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Answer
from dockmesh_auth.domain.provider import Provider, UserinfoPolicy
from dockmesh_auth.oidc.profile import build_profile, fetch_profile

ISSUER = "https://id.example"
PROVIDER = Provider(
    slug="idp",
    display_name="IdP",
    issuer=ISSUER,
    client_id="c",
    groups_claim=ClaimPath("groups"),
)
METADATA = ProviderMetadata(
    issuer=ISSUER,
    authorization_endpoint=f"{ISSUER}/authorize",
    token_endpoint=f"{ISSUER}/token",
    userinfo_endpoint=f"{ISSUER}/userinfo",
)


@attrs.define
class Userinfo:
    """An endpoint that answers with what it is given."""

    claims: dict[str, Any] = attrs.field(factory=dict)
    asked: list[tuple[str, bool]] = attrs.field(factory=list)

    async def __call__(self, url: str, *, with_access_token: bool = False, **_: Any) -> Answer:
        self.asked.append((url, with_access_token))
        body = json.dumps({"sub": "u1", **self.claims}).encode()
        return Answer(status=200, headers={"content-type": "application/json"}, body=body)


def claims(**members: Any) -> Claims:
    return Claims(members, issuer=ISSUER, subject="u1")


def roles(members: Claims) -> Groups:
    """Reads another claim than the configured one."""
    found = members.get("roles")
    return Groups.of(found) if isinstance(found, tuple) else Groups.absent("no roles")


async def test_a_plugin_can_read_groups_in_its_own_way() -> None:
    """The configured claim is then not looked at; the names are the standard's."""
    userinfo = Userinfo()
    given = claims(groups=["g"], roles=["r"], preferred_username="ada", name="Ada", email="a@x")

    profile = await fetch_profile(PROVIDER, METADATA, given, userinfo, read_groups=roles)

    assert profile == Profile(
        username="ada", display_name="Ada", email="a@x", groups=Groups.of(["r"])
    )
    assert userinfo.asked == []


@pytest.mark.attack("IDT-19")
async def test_what_it_does_not_find_is_asked_of_userinfo_and_read_in_the_same_way() -> None:
    """With the access token; what is signed has precedence, the protocol's claims stay out."""
    userinfo = Userinfo({"roles": ["r"], "name": "Forged", "nickname": "ada", "iss": "x"})

    profile = await fetch_profile(
        PROVIDER, METADATA, claims(name="Ada"), userinfo, read_groups=roles
    )

    assert profile == Profile(username="ada", display_name="Ada", groups=Groups.of(["r"]))
    assert userinfo.asked == [(f"{ISSUER}/userinfo", True)]


async def test_userinfo_that_does_not_tell_either_leaves_them_unknown() -> None:
    """Unknown is not none."""
    profile = await fetch_profile(PROVIDER, METADATA, claims(), Userinfo(), read_groups=roles)
    assert profile.groups.state is GroupState.ABSENT


async def test_signed_groups_are_not_read_again_from_userinfo() -> None:
    """Also where userinfo is always asked."""
    always = attrs.evolve(PROVIDER, userinfo=UserinfoPolicy.ALWAYS)
    userinfo = Userinfo({"roles": ["admin"], "email": "a@x"})

    profile = await fetch_profile(
        always, METADATA, claims(roles=["r"]), userinfo, read_groups=roles
    )

    assert (profile.groups, profile.email) == (Groups.of(["r"]), "a@x")


@pytest.mark.attack("IDT-19")
async def test_userinfo_cannot_put_a_claim_before_the_signed_one() -> None:
    """Where a reader would find it first: what the token told is not read again."""

    def either(members: Claims) -> Groups:
        found = members.get("roles", members.get("groups"))
        return Groups.of(found) if isinstance(found, tuple) else Groups.absent("neither")

    always = attrs.evolve(PROVIDER, userinfo=UserinfoPolicy.ALWAYS)
    forged = Userinfo({"roles": ["admin"]})

    profile = await fetch_profile(
        always, METADATA, claims(groups=["g"]), forged, read_groups=either
    )

    assert profile.groups == Groups.of(["g"])


@pytest.mark.parametrize("where", ["never", "nowhere"])
async def test_userinfo_is_not_asked_where_it_must_not_or_cannot_be(where: str) -> None:
    """The operator's word, and a provider that has none."""
    userinfo = Userinfo({"roles": ["r"]})
    provider = attrs.evolve(PROVIDER, userinfo=UserinfoPolicy.NEVER)
    nowhere = attrs.evolve(METADATA, userinfo_endpoint=None)

    profile = await (
        fetch_profile(provider, METADATA, claims(), userinfo, read_groups=roles)
        if where == "never"
        else fetch_profile(PROVIDER, nowhere, claims(), userinfo, read_groups=roles)
    )

    assert profile.groups.state is GroupState.ABSENT
    assert userinfo.asked == []


async def test_the_configured_claim_is_read_where_a_plugin_has_no_way_of_its_own() -> None:
    """And without one there are no groups, which is known."""
    without = attrs.evolve(PROVIDER, groups_claim=None)
    given = claims(groups=["g"])

    read = await fetch_profile(PROVIDER, METADATA, given, Userinfo())
    unread = await fetch_profile(without, METADATA, given, Userinfo())

    assert read.groups == Groups.of(["g"])
    assert unread.groups.state is GroupState.EMPTY


@pytest.mark.parametrize(
    ("members", "names"),
    [
        ({}, ("", "", "")),
        ({"preferred_username": "ada"}, ("ada", "ada", "")),
        ({"nickname": "ada", "name": "Ada L."}, ("ada", "Ada L.", "")),
        ({"preferred_username": "a", "nickname": "b", "email": "e@x"}, ("a", "a", "e@x")),
        ({"name": 7, "email": ["e@x"], "preferred_username": {}}, ("", "", "")),
        ({"name": "a\u202eb\nc", "email": "\t"}, ("", "a b c", "")),
        ({"name": "n" * 256}, ("", "n" * 255, "")),
    ],
)
def test_names_are_the_standard_claims(members: dict[str, Any], names: tuple[str, ...]) -> None:
    """OpenID Connect Core 1.0, section 5.1: texts only, visible, at most 255 characters."""
    profile = build_profile(claims(**members), Groups.of(["g"]))
    assert (profile.username, profile.display_name, profile.email) == names
    assert profile.groups == Groups.of(["g"])

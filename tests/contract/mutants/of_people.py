"""Plugins that take one person for another, or for nobody, or say too little of them."""

from __future__ import annotations

import uuid

import attrs

from dockmesh_auth import Claims, Profile
from tests.contract.mutants.families import FORGE, STRICT
from tests.contract.mutants.mutant import instead, wrong


def knows_people_by(plugin, name_of):
    """Another way to name the person of an account."""

    @instead(plugin)
    def subject_of(account):
        return name_of(account)


@wrong(FORGE, "a-new-name-is-the-same-person")
def knows_people_by_their_login(plugin):
    knows_people_by(plugin, lambda account: account["login"])


@wrong(FORGE, "the-same-name-is-another-person")
def knows_people_by_their_address(plugin):
    knows_people_by(plugin, lambda account: account["email"])


@wrong(FORGE, "odd-names-do-no-harm")
def knows_people_by_their_full_name(plugin):
    knows_people_by(plugin, lambda account: f"{account['id']} {account['name']}"[:255])


@wrong(FORGE, "the-identity-stays")
def makes_a_number_up_where_there_is_none(plugin):
    knows_people_by(plugin, lambda account: account.get("uuid") or str(uuid.uuid4()))


@wrong(FORGE, "claims-that-are-null")
def makes_a_text_of_whatever_the_number_is(plugin):
    knows_people_by(plugin, lambda account: str(account.get("id")))


@wrong(FORGE, "the-identity-is-the-providers")
def takes_another_issuer(plugin):
    right = plugin.dockmesh_auth_fetch_user

    @instead(plugin)
    async def dockmesh_auth_fetch_user(provider, fetch):
        claims = await right(provider, fetch)
        return Claims(claims, issuer="https://forge.example", subject=claims.subject)


@wrong(STRICT, "names-are-shown")
def shows_no_name(plugin):
    @instead(plugin)
    def dockmesh_auth_extract_claims(claims):
        return Profile(username="", groups=plugin.read_teams(claims))


@wrong(STRICT, "odd-names-do-no-harm")
def fails_on_a_person_without_a_name(plugin):
    right = plugin.dockmesh_auth_extract_claims

    @instead(plugin)
    def dockmesh_auth_extract_claims(claims):
        first = str(claims.get("name")).split()[0]
        return attrs.evolve(right(claims), display_name=first)


@wrong(STRICT, "twenty-sign-ins-are-like-the-first")
def numbers_the_sign_ins(plugin):
    right = plugin.dockmesh_auth_extract_claims
    people = []

    @instead(plugin)
    def dockmesh_auth_extract_claims(claims):
        profile = right(claims)
        people.append(profile)
        name = profile.display_name
        return attrs.evolve(profile, display_name=name if len(people) < 15 else f"{name} (15+)")

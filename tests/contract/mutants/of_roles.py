"""Plugins that give what nobody allowed, or not what the table says."""

from __future__ import annotations

import itertools

from dockmesh_auth import Grant, Grants, Origin, Profile
from tests.contract.mutants.families import STRICT
from tests.contract.mutants.mutant import instead, wrong


def grants(plugin, decide):
    """Another way to decide what a person gets."""

    @instead(plugin)
    def grants_of(provider, profile):
        return decide(provider, profile)


@wrong(STRICT, "nothing-but-what-a-row-gives")
def makes_operators_administrators(plugin):
    def decide(provider, profile):
        given = provider.mappings.resolve(profile.groups.names)
        rows = {str(row.role): row.role for row in provider.mappings.rows}
        role = rows.get("admin")
        return Grants(
            Grant(role or grant.role, grant.scope, Origin.MAPPING, grant.claim_value)
            for grant in given
        )

    grants(plugin, decide)


@wrong(STRICT, "nothing-but-what-a-row-gives")
def gives_every_row_to_whoever_has_one(plugin):
    def decide(provider, profile):
        given = provider.mappings.resolve(profile.groups.names)
        names = [row.claim_value for row in provider.mappings.rows]
        return provider.mappings.resolve(names) if given else given

    grants(plugin, decide)


@wrong(STRICT, "nothing-but-what-a-row-gives")
def compares_names_without_case(plugin):
    def decide(provider, profile):
        names = {name.casefold() for name in profile.groups.names}
        rows = [row.claim_value for row in provider.mappings.rows]
        return provider.mappings.resolve([row for row in rows if row.casefold() in names])

    grants(plugin, decide)


@wrong(STRICT, "nothing-but-what-a-row-gives")
def takes_a_star_for_everybody(plugin):
    def decide(provider, profile):
        return provider.mappings.resolve([*profile.groups.names, "*"])

    grants(plugin, decide)


@wrong(STRICT, "the-same-input-gives-the-same-grants")
def gives_a_role_every_other_time(plugin):
    count = itertools.count()

    def decide(provider, profile):
        return provider.mappings.resolve(profile.groups.names) if next(count) % 2 else Grants()

    grants(plugin, decide)


@wrong(STRICT, "an-empty-table-gives-nothing")
def expects_a_row(plugin):
    def decide(provider, profile):
        first = provider.mappings.rows[0]
        return provider.mappings.resolve(profile.groups.names or (first.claim_value,)[1:])

    grants(plugin, decide)


def gives_the_default_role_when(plugin, fits):
    @instead(plugin)
    def dockmesh_auth_resolve_roles(provider, profile):
        if not fits(profile.groups.state):
            raise plugin.AccessDenied(plugin.ErrorCode.GROUPS_MALFORMED, profile.groups.detail)
        return plugin.grants_of(provider, profile) or plugin.default_of(provider)


@wrong(STRICT, "unknown-groups-give-no-default-role")
def takes_unknown_groups_for_none(plugin):
    gives_the_default_role_when(plugin, lambda state: state != "absent")


@wrong(STRICT, "missing-groups-are-refused-as-configured")
def takes_missing_groups_for_none(plugin):
    gives_the_default_role_when(plugin, lambda state: state in {"present", "empty", "absent"})


@wrong(STRICT, "a-row-that-fits-is-used")
def wants_two_groups(plugin):
    def decide(provider, profile):
        names = profile.groups.names
        return provider.mappings.resolve(names if len(names) > 1 else ())

    grants(plugin, decide)


@wrong(STRICT, "what-is-shown-of-a-person-gives-nothing")
def takes_names_of_people_for_groups(plugin):
    def decide(provider, profile):
        return provider.mappings.resolve([*profile.groups.names, profile.username])

    grants(plugin, decide)


@wrong(STRICT, "what-is-shown-of-a-person-gives-nothing")
def gives_roles_by_address(plugin):
    def decide(provider, profile):
        return provider.mappings.resolve([*profile.groups.names, profile.email])

    grants(plugin, decide)


# --- answers of other types --------------------------------------------------------------------


@wrong(STRICT, "every-hook-gives-one-of-three-answers")
def answers_with_a_list_of_objects(plugin):
    @instead(plugin)
    def dockmesh_auth_resolve_roles(provider, profile):
        return [{"role": "operator", "scope": "all"}]


@wrong(STRICT, "every-hook-gives-one-of-three-answers")
def answers_with_an_object(plugin):
    @instead(plugin)
    def dockmesh_auth_extract_claims(claims):
        return {"username": claims.get("preferred_username"), "groups": claims.get("teams")}


@wrong(STRICT, "every-hook-gives-one-of-three-answers")
def answers_with_a_class_of_its_own(plugin):
    class OurProfile(Profile):
        pass

    right = plugin.dockmesh_auth_extract_claims

    @instead(plugin)
    def dockmesh_auth_extract_claims(claims):
        profile = right(claims)
        return OurProfile(username=profile.username, groups=profile.groups)


@wrong(STRICT, "every-hook-gives-one-of-three-answers")
def answers_later_where_it_must_not(plugin):
    right = plugin.dockmesh_auth_resolve_roles

    class Later:
        def __init__(self, value):
            self.value = value

        def __await__(self):
            yield from ()
            return self.value

    @instead(plugin)
    def dockmesh_auth_resolve_roles(provider, profile):
        return Later(right(provider, profile))


@wrong(STRICT, "every-hook-gives-one-of-three-answers")
def refuses_with_an_exception_of_its_own(plugin):
    @instead(plugin)
    def check_audience(provider, claims):
        if claims.get("aud") not in (provider.client_id, [provider.client_id]):
            raise PermissionError("not for us")

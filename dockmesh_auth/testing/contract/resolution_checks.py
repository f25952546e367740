"""What a person may do: what must hold of `resolve_roles`."""

from __future__ import annotations

import random
from typing import Final

from attrs import evolve

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.grants import Grants, GroupMapping, MappingTable
from dockmesh_auth.domain.groups import Groups
from dockmesh_auth.domain.identity import Profile
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.errors import AuthError, PluginError
from dockmesh_auth.testing.contract.bench import Bench
from dockmesh_auth.testing.contract.check import Part, Registry, broken
from dockmesh_auth.testing.contract.places import ROLES, UNKNOWN_GROUPS

__all__ = ["RESOLUTION"]

RESOLUTION: Final = Registry(Part.RESOLUTION)

_TABLE: Final = "The operator's table is the only source of rights."
_ROLES: Final = RoleCatalogue()


def _profile(groups: Groups) -> Profile:
    return Profile(username="ada", display_name="Ada Example", groups=groups)


def _claims(bench: Bench) -> Claims:
    members = {"sub": bench.person.subject, "iss": bench.provider.issuer}
    return Claims(members, issuer=bench.provider.issuer, subject=bench.person.subject)


async def _resolved(bench: Bench, groups: Groups) -> Grants | AuthError:
    try:
        return await bench.connection.resolve(_claims(bench), _profile(groups))
    except PluginError as fault:
        broken(f"the plugin failed: {fault.code}, {fault.detail}")
    except AuthError as refusal:
        return refusal


@RESOLUTION.add(why=_TABLE, where=ROLES)
async def nothing_but_what_a_row_gives(bench: Bench) -> None:
    """Of a hundred random tables and people, every grant is one that a row of a group gives."""
    dice = random.Random(20_261_123)  # noqa: S311 - the same tables in every run
    names = [bench.under_test.group, "engineers", "ops", "", "a,b", "*", "admin", "ENGINEERS"]
    for _ in range(100):
        rows = [
            GroupMapping(
                dice.choice(names),
                _ROLES.named(dice.choice(["admin", "operator", "viewer"])),
                Scope.parse(dice.choice(["all", "tag=prod", "tag=dev"])),
            )
            for _ in range(dice.randrange(6))
        ]
        bench.connect(evolve(bench.provider, mappings=MappingTable(rows)))
        groups = [name for name in dice.sample(names, dice.randrange(4)) if name]
        outcome = await _resolved(bench, Groups.of(groups))
        if isinstance(outcome, AuthError):
            continue
        given = {(row.claim_value, str(row.role), str(row.scope)) for row in rows}
        for grant in outcome:
            row = (grant.claim_value, str(grant.role), str(grant.scope))
            if row not in given or grant.claim_value not in groups:
                broken(f"`{grant}` was granted, which no row of the person's groups gives")


@RESOLUTION.add(why="What cannot be repeated cannot be explained.", where=ROLES)
async def the_same_input_gives_the_same_grants(bench: Bench) -> None:
    """Asked ten times with equal values, the answer is equal ten times."""
    groups = Groups.of((bench.under_test.group, "somewhere-else"))
    answers = [await _resolved(bench, groups) for _ in range(10)]
    told = {
        str(answer.code) if isinstance(answer, AuthError) else str(answer.items)
        for answer in answers
    }
    if len(told) > 1:
        broken("the same input gave different grants")


@RESOLUTION.add(why=_TABLE, where=ROLES)
async def an_empty_table_gives_nothing(bench: Bench) -> None:
    """Without a row nobody gets anything, whatever their groups are called."""
    bench.connect(evolve(bench.provider, mappings=MappingTable()))
    for name in (bench.under_test.group, "admin", "administrators", "root", "operator"):
        outcome = await _resolved(bench, Groups.of((name,)))
        if not isinstance(outcome, AuthError) and outcome:
            broken(f"the group {name!r} gave something though the table is empty")


@RESOLUTION.add(
    why="Nobody would be in the groups that are not known, and the default role would do instead.",
    where=UNKNOWN_GROUPS,
)
async def unknown_groups_give_no_default_role(bench: Bench) -> None:
    """Groups that are malformed or too many give no grant, not even the default role."""
    bench.give_everybody_a_role()
    for groups in (Groups.malformed("a number"), Groups.overage("too many to send")):
        outcome = await _resolved(bench, groups)
        if not isinstance(outcome, AuthError) and outcome:
            broken(f"groups that are {groups.state} gave {outcome.items[0]}")


@RESOLUTION.add(
    why="A refusal that one setting turns off by accident is none.",
    where=UNKNOWN_GROUPS,
)
async def missing_groups_are_refused_as_configured(bench: Bench) -> None:
    """With `missing_groups: refuse`, groups that were not sent give nothing."""
    bench.give_everybody_a_role()
    outcome = await _resolved(bench, Groups.absent("nothing was sent"))
    if not isinstance(outcome, AuthError) and outcome:
        broken(f"groups that were not sent gave {outcome.items[0]}")


@RESOLUTION.add(why="The table says who may do what.", where=ROLES)
async def a_row_that_fits_is_used(bench: Bench) -> None:
    """Groups that are known and named by a row give its role."""
    outcome = await _resolved(bench, Groups.of((bench.under_test.group,)))
    if isinstance(outcome, AuthError) or "operator on all" not in map(str, outcome):
        broken("a row that names the person's group gave nothing")


@RESOLUTION.add(why=_TABLE, where=ROLES)
async def what_is_shown_of_a_person_gives_nothing(bench: Bench) -> None:
    """A user name, full name or address that is called like a group gives nothing."""
    group = bench.under_test.group
    profile = Profile(username=group, display_name=group, email=group, groups=Groups.of(()))
    try:
        grants = await bench.connection.resolve(_claims(bench), profile)
    except PluginError as fault:
        broken(f"the plugin failed: {fault.code}, {fault.detail}")
    except AuthError:
        return
    if grants:
        broken(f"somebody called like the group got {grants.items[0]}")

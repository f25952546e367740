"""What is known of a person: what must hold of `extract_claims`, and of what it leads to."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from attrs import evolve

from dockmesh_auth.domain.grants import Origin
from dockmesh_auth.errors import AuthError, ErrorCode
from dockmesh_auth.testing.contract.bench import Bench
from dockmesh_auth.testing.contract.check import (
    NotApplicable,
    Part,
    Registry,
    broken,
)
from dockmesh_auth.testing.contract.faulty_answers import FAULTY_ANSWERS, FaultyAnswer
from dockmesh_auth.testing.contract.ledger import told
from dockmesh_auth.testing.contract.people import another
from dockmesh_auth.testing.contract.places import CONDUCT, GROUPS, NAMES, UNKNOWN_GROUPS
from dockmesh_auth.testing.fake_provider.edits import TokenDraft

__all__ = ["EXTRACTION"]

EXTRACTION: Final = Registry(Part.EXTRACTION)

_ACCIDENT: Final = "A role that nobody gave would be root on somebody's machines."
_UNKNOWN: Final = "Groups that are not known, taken for none, take rights away or bypass a refusal."

MANY: Final = 300
"""Groups of somebody who has many: more than some providers put into a token."""


@EXTRACTION.add(why="What the table says is what people expect.", where=GROUPS)
async def the_group_gives_its_role(bench: Bench) -> None:
    """The person's group gives the role of its row, and nothing else."""
    grants = (await bench.sign_in()).grants
    if [str(grant) for grant in grants] != ["operator on all"]:
        broken(f"the row of the group gives `operator on all`, the sign-in gave {told(grants)}")


@EXTRACTION.add(why=_ACCIDENT, where=GROUPS)
async def no_group_no_role(bench: Bench) -> None:
    """Somebody in no group gets no role and does not get in."""
    outcome = await bench.outcome(evolve(bench.person, groups=()))
    if not isinstance(outcome, AuthError):
        broken(f"somebody in no group got {told(outcome.grants)}")


@EXTRACTION.add(why=_ACCIDENT, where=GROUPS)
async def a_group_that_only_looks_alike_gives_nothing(bench: Bench) -> None:
    """Names that differ in case, blanks, invisible letters, a prefix or a suffix give nothing."""
    for name in _look_alikes(bench.person.groups):
        outcome = await bench.outcome(evolve(bench.person, groups=(name,)))
        if not isinstance(outcome, AuthError):
            broken(f"the group {name!r} gave {told(outcome.grants)}")


def _look_alikes(groups: tuple[str, ...]) -> list[str]:
    names = []
    for name in groups:
        names += [f"{name}2", f"x{name}", f" {name}", f"{name} ", f"{name}\u200b", f"{name},x"]
        names += [other for other in (name.upper(), name.title(), name.swapcase()) if other != name]
    return [name for name in names if name not in groups]


@EXTRACTION.add(why=_UNKNOWN, where=UNKNOWN_GROUPS)
async def many_groups_are_all_known_or_refused(bench: Bench) -> None:
    """Of somebody in 300 groups all are known, or the sign-in is refused."""
    group = bench.person.groups
    filler = tuple(_numbered(group[0], number) for number in range(MANY - len(group)))
    for groups in ((*group, *filler), (*filler, *group)):
        outcome = await bench.outcome(evolve(bench.person, groups=groups))
        if isinstance(outcome, AuthError):
            # That nobody is in a group that is mapped was not for this plugin to say.
            if outcome.code is ErrorCode.NO_ROLE:
                broken(f"of {MANY} groups the one that is mapped was not known")
        elif len(outcome.profile.groups.names) < MANY:
            known = len(outcome.profile.groups.names)
            broken(f"of {MANY} groups {known} were known, and the person was let in")


def _numbered(name: str, number: int) -> str:
    """A name of the same form as *name*: where it ends in digits of its own, so does this."""
    return f"{name[:-3]}{number:03x}" if _is_hexadecimal(name[-3:]) else f"{name}-{number}"


def _is_hexadecimal(text: str) -> bool:
    return bool(text) and all(letter in "0123456789abcdef" for letter in text)


@EXTRACTION.add(why="The order is the provider's whim.", where=GROUPS)
async def the_order_of_groups_changes_nothing(bench: Bench) -> None:
    """The same groups in another order give the same grants."""
    bench.give_everybody_a_role()
    first = await bench.sign_in()
    groups = tuple(reversed(bench.person.groups))
    second = await bench.sign_in(evolve(bench.person, groups=groups))
    if {str(grant) for grant in first.grants} != {str(grant) for grant in second.grants}:
        broken("the order of the groups changed the grants")


@EXTRACTION.add(why="Whoever was let go would keep what a stale answer gives.", where=GROUPS)
async def a_group_that_is_left_gives_nothing_any_more(bench: Bench) -> None:
    """Somebody who has left the group gets nothing at the next sign-in."""
    await bench.sign_in()
    outcome = await bench.outcome(evolve(bench.person, groups=()))
    if not isinstance(outcome, AuthError):
        broken("the groups of the sign-in before were used again")


@EXTRACTION.add(why="One person would act with the rights of another.", where=CONDUCT)
async def nothing_is_kept_from_person_to_person(bench: Bench) -> None:
    """Another person's sign-in does not change what the first one gets."""
    first = await bench.sign_in()
    other = evolve(
        another(bench),
        name="other",
        full_name="O. Ther",
        email="other@example.test",
        groups=(_numbered(bench.person.groups[0], 7),),
    )
    await bench.outcome(other)
    again = await bench.sign_in()
    if (again.profile, again.grants) != (first.profile, first.grants):
        broken("a sign-in of somebody else changed what was known of the person")
    outcome = await bench.outcome(evolve(another(bench), groups=()))
    if not isinstance(outcome, AuthError):
        broken("another account of the same name got what the first one had got")


@EXTRACTION.add(why=_UNKNOWN, where=UNKNOWN_GROUPS)
async def groups_that_cannot_be_read_give_no_default_role(bench: Bench) -> None:
    """A groups claim that is no list of names lets nobody in by the default role."""
    path = bench.provider.groups_claim
    if path is None or not bench.provider.id_token:
        raise NotApplicable("no groups claim is configured")
    bench.give_everybody_a_role()
    for value in (5, True, [1, 2], [None]):
        bench.fake.edits.id_token = lambda draft, value=value: draft.claims.update(
            {path.root: value}
        )
        outcome = await bench.outcome()
        # Roles of rows are no harm: the plugin has read the names elsewhere.
        if not isinstance(outcome, AuthError) and any(
            grant.origin is Origin.DEFAULT for grant in outcome.grants
        ):
            broken(f"with the claim {path.root} as {value!r}: {told(outcome.grants)}")


@EXTRACTION.add(why=_UNKNOWN, where="OpenID Connect Core 1.0, section 5.6.2")
async def groups_that_are_only_referred_to_give_no_default_role(bench: Bench) -> None:
    """A groups claim that stands somewhere else, as `_claim_names` says, is not "no groups"."""
    path = bench.provider.groups_claim
    if path is None or not bench.provider.id_token:
        raise NotApplicable("no groups claim is configured")
    name = path.root
    bench.give_everybody_a_role()

    def referred(claims: dict[str, Any]) -> dict[str, Any]:
        kept = {claim: value for claim, value in claims.items() if claim != name}
        sources = {"elsewhere": {"endpoint": "https://attacker.example/groups"}}
        return kept | {"_claim_names": {name: "elsewhere"}, "_claim_sources": sources}

    def refer(draft: TokenDraft) -> None:
        draft.claims = referred(draft.claims)

    bench.fake.edits.id_token = refer
    bench.fake.edits.userinfo = referred
    outcome = await bench.outcome()
    if not isinstance(outcome, AuthError) and any(
        grant.origin is Origin.DEFAULT for grant in outcome.grants
    ):
        broken(f"the claim {name} is said to stand elsewhere, and the default role was given")


@EXTRACTION.add(why="Pages and logs show these names; the host can only cut them.", where=NAMES)
async def names_are_shown(bench: Bench) -> None:
    """The profile has a user name or a full name to show."""
    profile = (await bench.sign_in()).profile
    if not profile.username and not profile.display_name:
        broken("there is neither a user name nor a full name")


@EXTRACTION.add(
    why="Markup, control and right-to-left letters in a name deceive whoever reads a page or log.",
    where=NAMES,
)
async def odd_names_do_no_harm(bench: Bench) -> None:
    """A person with empty, long, or strange names is let in, or refused with an error of ours."""
    expected = (await bench.sign_in()).identity
    for text in (
        "",
        "x" * 3000,
        "<script>",
        "\u202eada\u0000",
        "a\nb\tc",
        "\U0001f600",
        "\u0131 \u0130 \u00df",
    ):
        person = evolve(bench.person, full_name=text, email=text)
        outcome = await bench.outcome(person)
        if not isinstance(outcome, AuthError) and outcome.identity != expected:
            broken("a person with a strange name became another person")


# --- faulty answers ----------------------------------------------------------------------------


async def _fails_closed(faulty: FaultyAnswer, bench: Bench) -> None:
    await bench.sign_in()
    endpoints = bench.endpoints_of_the_person()
    if not endpoints:
        raise NotApplicable("the ID token says all; nothing else is asked about the person")
    faulty.prepare(bench)
    # Whoever takes what failed for "no groups" would let everybody in by the default role.
    bench.give_everybody_a_role()
    for endpoint in endpoints:
        bench.fake.faults.clear()
        bench.fake.faults.always(endpoint, faulty.fault)
        outcome = await bench.outcome()
        if not isinstance(outcome, AuthError):
            broken(f"somebody signed in though what {endpoint} answers is {faulty.what}")


for _faulty in FAULTY_ANSWERS:
    EXTRACTION.put(
        f"person-{_faulty.name}",
        partial(_fails_closed, _faulty),
        law=f"An answer about the person that is {_faulty.what} lets nobody in.",
        why=_faulty.why,
        where=_faulty.where,
    )

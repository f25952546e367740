"""From groups to roles: the table decides, exactly, and an empty table gives nobody anything."""

from __future__ import annotations

import inspect
import itertools
import re
import string
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dockmesh_auth
from dockmesh_auth import hookspecs
from dockmesh_auth.domain.claims import ClaimPath, Claims
from dockmesh_auth.domain.grants import Grant, Grants, GroupMapping, MappingTable, Origin
from dockmesh_auth.domain.groups import MAX_GROUPS, Groups
from dockmesh_auth.domain.identity import Profile
from dockmesh_auth.domain.ports import TokenVerifier
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.tokens import Expectation, TokenResponse

PACKAGE = Path(dockmesh_auth.__file__).parent

ROLES = RoleCatalogue()
ALL = Scope.all_hosts()


def row(value: str, role: str = "admin", scope: str = "all") -> GroupMapping:
    return GroupMapping(value, ROLES.named(role), Scope.parse(scope))


def table(*values: str) -> MappingTable:
    return MappingTable(row(value) for value in values)


def entitle(mappings: MappingTable, claim: Any) -> Grants:
    """What somebody gets whose groups claim is *claim*."""
    claims = Claims({"groups": claim}, issuer="https://id.example/", subject="u1")
    return mappings.resolve(Groups.read(claims, ClaimPath("groups")).names)


# --- the table of the guide, as a policy ------------------------------------------------------

GUIDE = MappingTable(
    [
        row("dockmesh-admins", "admin", "all"),
        row("dockmesh-ops", "operator", "all"),
        row("dockmesh-ops-prod", "operator", "tag=prod"),
        row("dockmesh-viewers", "viewer", "all"),
    ]
)
HOSTS: dict[str, list[str]] = {"plain": [], "prod": ["prod"], "staging": ["staging"]}


@pytest.mark.parametrize(
    ("groups", "plain", "prod", "staging"),
    [
        ([], "", "", ""),
        (["somebody-else"], "", "", ""),
        (["dockmesh-viewers"], "viewer", "viewer", "viewer"),
        (["dockmesh-ops"], "operator", "operator", "operator"),
        (["dockmesh-ops-prod"], "", "operator", ""),
        (["dockmesh-admins"], "admin", "admin", "admin"),
        (["dockmesh-viewers", "dockmesh-ops-prod"], "viewer", "viewer operator", "viewer"),
        (
            ["dockmesh-ops-prod", "dockmesh-ops"],
            *("operator", "operator", "operator"),
        ),
        (
            ["dockmesh-viewers", "dockmesh-ops"],
            *("viewer operator", "viewer operator", "viewer operator"),
        ),
        (
            ["dockmesh-viewers", "dockmesh-admins", "dockmesh-ops-prod"],
            *("viewer admin", "viewer operator admin", "viewer admin"),
        ),
        (
            ["dockmesh-admins", "dockmesh-ops", "dockmesh-ops-prod", "dockmesh-viewers"],
            *("viewer operator admin", "viewer operator admin", "viewer operator admin"),
        ),
        (["dockmesh-ops-staging", "DOCKMESH-ADMINS", "dockmesh-admins "], "", "", ""),
    ],
)
def test_the_guides_table(groups: list[str], plain: str, prod: str, staging: str) -> None:
    """Who may do what where, and the highest of it; in whatever order the groups come."""
    expected = {"plain": plain.split(), "prod": prod.split(), "staging": staging.split()}
    for ordered in itertools.permutations(groups):
        grants = entitle(GUIDE, list(ordered))
        for host, roles in expected.items():
            assert {role.name for role in grants.roles_on(HOSTS[host])} == set(roles)
            highest = grants.highest_role_on(HOSTS[host])
            assert (highest.name if highest else None) == (roles[-1] if roles else None)


def test_a_grant_says_which_row_gave_it() -> None:
    """So that a person can be told why they may do what they may."""
    assert entitle(GUIDE, ["dockmesh-viewers", "dockmesh-ops-prod"]).items == (
        Grant(
            ROLES.named("operator"), Scope.of_tags(["prod"]), Origin.MAPPING, "dockmesh-ops-prod"
        ),
        Grant(ROLES.named("viewer"), ALL, Origin.MAPPING, "dockmesh-viewers"),
    )


def test_rows_and_grants_in_words() -> None:
    """As a log or a command shows them."""
    assert [str(mapping) for mapping in GUIDE.rows] == [
        "dockmesh-admins -> admin on all",
        "dockmesh-ops -> operator on all",
        "dockmesh-ops-prod -> operator on tag=prod",
        "dockmesh-viewers -> viewer on all",
    ]
    assert str(Grant(ROLES.named("viewer"), ALL)) == "viewer on all"


# --- what gives nobody anything ---------------------------------------------------------------


@pytest.mark.attack("CLM-12")
@pytest.mark.parametrize("mappings", [MappingTable(), MappingTable([])])
@pytest.mark.parametrize(
    "claim", [["dockmesh-admins"], ["admin"], [""], ["*"], ["all"], [], None, "admin", "*"]
)
def test_an_empty_table_gives_nothing(mappings: MappingTable, claim: Any) -> None:
    """No row: nobody gets anything, whatever groups they are in."""
    grants = entitle(mappings, claim)
    assert (grants, len(grants)) == (Grants(), 0)
    assert [grants.highest_role_on(tags) for tags in HOSTS.values()] == [None, None, None]


@pytest.mark.attack("CLM-12")
@pytest.mark.parametrize("value", ["*", "", ".*", "all", "dockmesh-*", "%", "?", "None", "null"])
def test_no_row_matches_everybody(value: str) -> None:
    """There is no wildcard: a row gives to those in a group of exactly that name."""
    for claim in (["dockmesh-admins"], [], None, "dockmesh-admins", [None], ["x"]):
        assert not entitle(table(value), claim).items


@pytest.mark.attack("CLM-01", "CLM-02")
@pytest.mark.parametrize(
    "claim",
    [
        None,
        "",
        {},
        {"dockmesh-admins": True},
        {"name": "dockmesh-admins"},
        5,
        0,
        1.5,
        True,
        False,
        [],
        [["dockmesh-admins"]],
        ["dockmesh-admins", None],
        ["dockmesh-admins", 5],
        ["dockmesh-admins", ["dockmesh-ops"]],
        [{"name": "dockmesh-admins"}],
        ["dockmesh-admins", {}],
        ["dockmesh-admins", ""],
    ],
)
def test_no_other_shape_gives_a_role(claim: Any) -> None:
    """Not a list of names: no role and no exception."""
    assert not entitle(GUIDE, claim).items


@pytest.mark.attack("CLM-06")
def test_overage_gives_no_role() -> None:
    """Groups that are only referred to give nothing, neither old roles nor new ones."""
    claims = Claims(
        {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://x"}}},
        issuer="https://id.example/",
        subject="u1",
    )
    assert not GUIDE.resolve(Groups.read(claims, ClaimPath("groups")).names).items


# --- exact comparison -------------------------------------------------------------------------


@pytest.mark.attack("CLM-03")
@pytest.mark.parametrize(
    ("value", "claim", "given"),
    [
        ("admin", "admins", False),
        ("admins", "admin", False),
        ("admin", "not-admin", False),
        ("a", "admin", False),
        ("a", ["admin"], False),
        ("admin", "admin", True),
        ("admin", "admin,ops", False),
        ("admin", "ops admin", False),
        ("a,b", "a,b", True),
        ("a", "a,b", False),
        ("admin", ["not-admin", "admins"], False),
    ],
)
def test_a_string_is_one_name_and_no_substring(value: str, claim: Any, *, given: bool) -> None:
    """Whole names are compared, never parts or letters of them."""
    assert bool(entitle(table(value), claim).items) is given


@pytest.mark.attack("CLM-03")
def test_a_string_handed_to_the_table_is_one_group() -> None:
    """A plugin that passes text instead of a list does not grant by single letters."""
    assert not table("a", "d").resolve("ad").items
    assert len(table("a", "ad").resolve("ad")) == 1


SAME_TO_A_CARELESS_EYE = [
    ("Admins", "admins"),
    ("ADMINS", "admins"),
    ("admins", "adm\u0131ns"),
    ("ADMINS", "ADM\u0130NS"),
    ("admins", "ADM\u0130NS"),
    ("stra\u00dfe", "strasse"),
    ("stra\u00dfe", "STRASSE"),
    ("stra\u00dfe", "STRA\u1e9eE"),
    ("\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3"),
    ("kelvin", "\u212aelvin"),
    ("sys", "\u017fys"),
    ("fin", "\ufb01n"),
]


@pytest.mark.attack("CLM-08")
@pytest.mark.parametrize(("one", "other"), SAME_TO_A_CARELESS_EYE)
def test_case_is_kept(one: str, other: str) -> None:
    """Names that only folding would make equal are two names, in both directions."""
    assert len(entitle(table(one), [one])) == len(entitle(table(other), [other])) == 1
    assert not entitle(table(one), [other]).items
    assert not entitle(table(other), [one]).items


@pytest.mark.attack("CLM-09")
@pytest.mark.parametrize(
    "claim",
    [
        *(" admins", "admins ", "admins\u00a0", "\u00a0admins", "admins\n", "\tadmins"),
        *("admins\r", "adm\u200dins", "admins\u200b", "\ufeffadmins", "admins\x00", "adm ins"),
        *("admins\u2028", "admins\u3000", "\u202eadmins", "admins\u00ad"),
    ],
)
def test_no_space_or_invisible_character_makes_a_match(claim: str) -> None:
    """Nothing is trimmed on either side."""
    assert not entitle(table("admins"), [claim]).items
    assert not entitle(table(claim), ["admins"]).items
    assert not entitle(table("admins"), claim).items


def forms(name: str) -> list[str]:
    return [unicodedata.normalize(form, name) for form in ("NFC", "NFD", "NFKC", "NFKD")]  # type: ignore[arg-type]


@pytest.mark.attack("CLM-10")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("admins", "\u0430dmins"),
        ("admins", "\u0251dmins"),
        ("ops", "\u043eps"),
        ("ops", "o\u0440s"),
        ("admins", "\uff41dmins"),
        ("admins", "\U0001d41admins"),
        ("\u00e9quipe", "e\u0301quipe"),
        ("\u00c5ngstr\u00f6m", "\u212bngstr\u00f6m"),
        ("1", "\u0661"),
        ("a-b", "a\u2010b"),
        ("office", "o\ufb03ce"),
    ],
)
def test_code_points_are_compared(one: str, other: str) -> None:
    """Look-alikes and other normal forms are other names."""
    assert not entitle(table(one), [other]).items
    assert not entitle(table(other), [one]).items
    for form in forms(other):
        assert bool(entitle(table(one), [form]).items) is (form == one)


@pytest.mark.attack("CLM-19")
def test_groups_may_be_named_by_an_id_that_never_changes() -> None:
    """The table takes whatever value the provider writes, also an id; a new name is no match."""
    by_id = table("3f2b8a1e-5d67-4a44-9a6e-0d5a1f6c7b21")
    assert len(entitle(by_id, ["3f2b8a1e-5d67-4a44-9a6e-0d5a1f6c7b21"])) == 1
    assert not entitle(by_id, ["dockmesh-admins"]).items
    assert not entitle(table("dockmesh-admins"), ["dockmesh-admins-renamed"]).items


@pytest.mark.attack("CLM-22", "ACC-01", "ACC-02")
@pytest.mark.parametrize(
    "email",
    [
        "admin@corp.example",
        "ADMIN@CORP.EXAMPLE",
        "a@evil.example@corp.example",
        "a@corp.example.evil.example",
        '"x@corp.example"@evil.example',
        "a@c\u043erp.example",
        "a@xn--crp-tna.example",
        "dockmesh-admins",
        "dockmesh-admins@corp.example",
        "",
    ],
)
def test_no_address_gives_a_role(email: str) -> None:
    """There is no rule about e-mail domains: no address changes what is granted."""
    rows = [
        row("dockmesh-viewers", "viewer"),
        row("corp.example"),
        row("@corp.example"),
        row(email),
    ]
    mappings = MappingTable(rows)
    groups = Groups.of(["dockmesh-viewers"])
    profile = Profile(username=email, display_name=email, email=email, groups=groups)
    claims = Claims(
        {"groups": ["dockmesh-viewers"], "email": email, "email_verified": True, "name": email},
        issuer="https://id.example/",
        subject=email or "u1",
    )
    from_claims = mappings.resolve(Groups.read(claims, ClaimPath("groups")).names)
    assert from_claims == mappings.resolve(profile.groups.names)
    assert [grant.role.name for grant in from_claims] == ["viewer"]


# --- many rows, many groups -------------------------------------------------------------------


@pytest.mark.attack("CLM-05")
def test_the_largest_claim_is_resolved() -> None:
    """10 000 groups: the mapped one is found; one more: nothing is known and nothing is given."""
    names = [f"group-{number}" for number in range(MAX_GROUPS - 1)]
    assert len(entitle(GUIDE, [*names, "dockmesh-ops"])) == 1
    assert not entitle(GUIDE, [*names, "x", "dockmesh-ops"]).items


@pytest.mark.attack("CLM-05")
def test_an_endless_name_gives_nothing() -> None:
    """One name of a megabyte: no role, not even of the other groups."""
    assert not entitle(GUIDE, ["dockmesh-admins", "a" * 1_000_000]).items
    assert not entitle(GUIDE, "a" * 1_000_000).items


@pytest.mark.attack("CLM-07")
def test_duplicate_groups_and_rows_give_one_grant() -> None:
    """A group named twice, or a row written twice, is one grant."""
    assert len(entitle(GUIDE, ["dockmesh-ops", "dockmesh-ops"])) == 1
    assert GUIDE.resolve(["dockmesh-ops", "dockmesh-ops"]) == GUIDE.resolve({"dockmesh-ops"})
    assert len(table("a", "a").resolve(["a"])) == 1
    assert len(table("a", "b", "a").resolve(["b", "a"])) == 2


names = st.text(string.ascii_lowercase[:4], max_size=2)
rows = st.builds(
    row,
    names,
    st.sampled_from(["viewer", "operator", "admin"]),
    st.sampled_from(["all", "tag=prod", "tag=prod,eu", "tag=eu"]),
)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(rows, max_size=12),
    st.lists(names, max_size=8),
    st.lists(st.sampled_from(["prod", "eu", "us"]), max_size=3),
)
def test_resolution_is_what_a_reader_of_the_table_would_say(
    written: list[GroupMapping], groups: list[str], tags: list[str]
) -> None:
    """Row by row from the top: those whose group the person is in; the index changes nothing."""
    mappings = MappingTable(written)
    grants = mappings.resolve(groups)
    read_by_hand: list[Grant] = []
    for mapping in written:
        grant = Grant(mapping.role, mapping.scope, Origin.MAPPING, mapping.claim_value)
        if mapping.claim_value in groups and grant not in read_by_hand:
            read_by_hand.append(grant)
    assert list(grants) == read_by_hand
    held = {g.role for g in read_by_hand if g.scope.tags is None or g.scope.tags & set(tags)}
    assert grants.roles_on(tags) == held
    assert all(mappings.gives(grant) for grant in grants)


@settings(deadline=None)
@given(st.lists(rows, max_size=8), st.sets(names, max_size=5), names)
def test_one_more_group_never_takes_away(
    written: list[GroupMapping], groups: set[str], more: str
) -> None:
    """Grants are a union."""
    mappings = MappingTable(written)
    assert set(mappings.resolve(groups)) <= set(mappings.resolve({*groups, more}))


# --- whose grants -----------------------------------------------------------------------------


@pytest.mark.attack("PLG-04")
@pytest.mark.parametrize(
    "grant",
    [
        Grant(ROLES.named("admin"), ALL, Origin.MAPPING, "dockmesh-ops"),
        Grant(ROLES.named("operator"), ALL, Origin.MAPPING, "dockmesh-ops-prod"),
        Grant(
            ROLES.named("operator"), Scope.of_tags(["prod", "eu"]), claim_value="dockmesh-ops-prod"
        ),
        Grant(ROLES.named("admin"), ALL, Origin.MAPPING, "nobody"),
        Grant(ROLES.named("admin"), ALL, Origin.MAPPING, None),
        Grant(ROLES.named("admin"), ALL, Origin.DEFAULT, "dockmesh-admins"),
        Grant(ROLES.named("admin"), ALL, Origin.MANUAL, "dockmesh-admins"),
        Grant(ROLES.named("admin"), ALL, Origin.DEFAULT),
    ],
)
def test_the_table_does_not_vouch_for_what_it_does_not_give(grant: Grant) -> None:
    """Role, scope, origin and group must be those of one row."""
    assert not GUIDE.gives(grant)


def test_the_table_vouches_for_its_rows() -> None:
    """Each row's grant is given."""
    for mapping in GUIDE.rows:
        grant = Grant(mapping.role, mapping.scope, Origin.MAPPING, mapping.claim_value)
        assert GUIDE.gives(grant)


@pytest.mark.attack("CLM-20")
def test_roles_are_resolved_from_verified_claims_only() -> None:
    """The stages that read groups and give roles are handed claims, which validation alone makes:
    neither the token endpoint's answer nor an access token to read them from."""
    for stage in (hookspecs.dockmesh_auth_extract_claims, hookspecs.dockmesh_auth_resolve_roles):
        types = inspect.get_annotations(stage, eval_str=True)
        assert types["claims"] is Claims
        assert not {TokenResponse, Secret, Expectation, TokenVerifier} & set(types.values())
    makers = [
        path.relative_to(PACKAGE).as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        if re.search(r"\bClaims\(", path.read_text("utf-8").replace("class Claims(", ""))
    ]
    assert [maker for maker in makers if not maker.startswith("testing/")] == [
        "domain/claims.py",  # those of userinfo beside the verified ones
        "host/answers.py",  # a plugin's, copied
        "oidc/id_token.py",
    ]


@pytest.mark.attack("CLM-17")
def test_grants_of_two_origins_stay_apart() -> None:
    """A union keeps who gave what, so that one source can be taken back without the other."""
    mapped = Grant(ROLES.named("viewer"), ALL, Origin.MAPPING, "dockmesh-viewers")
    manual = Grant(ROLES.named("viewer"), ALL, Origin.MANUAL)
    union = Grants([mapped]) | Grants([manual, mapped])
    assert union == Grants([mapped, manual])
    assert [grant.origin for grant in union] == [Origin.MAPPING, Origin.MANUAL]


def test_no_grants_no_role() -> None:
    """The empty value gives nothing on any host."""
    assert Grants().roles_on(["prod"]) == frozenset()
    assert Grants().highest_role_on([]) is None
    assert (len(Grants()), list(Grants())) == (0, [])


def test_the_table_shows_its_rows_only() -> None:
    """The index is no part of what a log sees."""
    assert repr(table("a")) == f"MappingTable(rows=({row('a')!r},))"

"""Groups in five states: no shape of the claim raises, and none but a list of names gives names."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockmesh_auth.domain.claims import ClaimPath, Claims
from dockmesh_auth.domain.groups import MAX_GROUP_NAME, MAX_GROUPS, Groups, GroupState
from dockmesh_auth.domain.strict_json import freeze

GROUPS = ClaimPath("groups")


def read(members: dict[str, Any], path: ClaimPath = GROUPS) -> Groups:
    return Groups.read(Claims(members, issuer="https://id.example/", subject="u1"), path)


def test_a_list_of_names_is_present() -> None:
    """In the provider's order."""
    assert read({"groups": ["b", "a"]}) == Groups(GroupState.PRESENT, ("b", "a"))


def test_an_empty_list_is_knowledge() -> None:
    """The provider says: in no group."""
    assert read({"groups": []}) == Groups(GroupState.EMPTY)


@pytest.mark.attack("CLM-01")
def test_no_claim_is_absence() -> None:
    """Which is not the same as no groups."""
    assert read({"other": []}) == Groups(GroupState.ABSENT, detail="there is no claim groups")
    assert read({}, ClaimPath("realm.roles")).state is GroupState.ABSENT


@pytest.mark.attack("CLM-03", "CLM-04")
@pytest.mark.parametrize("name", ["admins", "a,b", "a b", "a;b", "[a]", '["a"]', "/a/b", "a=b"])
def test_a_string_is_one_name(name: str) -> None:
    """Never split, never a set of letters, never parsed again."""
    assert read({"groups": name}).names == (name,)
    assert Groups.of(name).names == (name,)


@pytest.mark.attack("CLM-02")
@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        {},
        {"dockmesh-admins": True},
        5,
        0,
        1.5,
        True,
        False,
        [["dockmesh-admins"]],
        [None],
        ["dockmesh-admins", None],
        ["dockmesh-admins", 5],
        ["dockmesh-admins", True],
        ["dockmesh-admins", {"name": "dockmesh-admins"}],
        ["dockmesh-admins", ""],
        [[], []],
        [{}],
    ],
)
def test_other_shapes_are_malformed(value: Any) -> None:
    """Not a list of names: nothing is known and nothing is guessed from a part of it."""
    groups = read({"groups": value})
    assert (groups.state, groups.names) == (GroupState.MALFORMED, ())
    assert "groups" in groups.detail


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.just("dockmesh-admins"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@pytest.mark.attack("CLM-02")
@settings(deadline=None, max_examples=500)
@given(json_values, json_values, json_values)
def test_any_json_gives_one_of_the_five_states(value: Any, names: Any, hint: Any) -> None:
    """No shape raises. Names come out only if a list of text, or one text, went in."""
    groups = read({"groups": value, "_claim_names": names, "hasgroups": hint})
    assert groups.state in GroupState
    if groups.names:
        written = [value] if isinstance(value, str) else value
        assert isinstance(written, list)
        assert list(groups.names) == list(dict.fromkeys(written))
        assert all(isinstance(name, str) for name in written)


@pytest.mark.attack("CLM-07")
def test_duplicates_count_once() -> None:
    """A set in the order of first appearance."""
    assert read({"groups": ["b", "a", "b", "a"]}).names == ("b", "a")
    assert Groups.of(["b", "a", "b"]).names == ("b", "a")


@pytest.mark.attack("CLM-05")
def test_as_many_names_as_the_limit_are_read() -> None:
    """10 000 groups are read; one more is overage and never a cut-off list."""
    names = [f"group-{number}" for number in range(MAX_GROUPS)]
    assert MAX_GROUPS == 10_000
    assert read({"groups": names}).names == tuple(names)
    assert Groups.of(names).names == tuple(names)
    for groups in (read({"groups": [*names, "x"]}), Groups.of([*names, "x"])):
        assert (groups.state, groups.names) == (GroupState.OVERAGE, ())


@pytest.mark.attack("CLM-05")
@pytest.mark.parametrize("length", [MAX_GROUP_NAME + 1, 1_000_000])
def test_an_endless_name_is_malformed(length: int) -> None:
    """A name up to the limit is one; a longer one is refused without being quoted."""
    assert read({"groups": ["a" * MAX_GROUP_NAME]}).state is GroupState.PRESENT
    groups = read({"groups": ["dockmesh-admins", "a" * length]})
    assert (groups.state, groups.names) == (GroupState.MALFORMED, ())
    assert len(groups.detail) < 200


@pytest.mark.attack("CLM-06", "IDT-21")
@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {}}}, "groups"),
        ({"_claim_names": {"groups": "src1"}}, "groups"),
        ({"_claim_names": {"groups": None}}, "groups"),
        ({"_claim_names": {"realm_access": "src1"}}, "realm_access.roles"),
        ({"_claim_names": {"realm_access.roles": "src1"}}, "realm_access.roles"),
        ({"_claim_names": {"a.b": "src1"}}, r"a\.b"),
        ({"hasgroups": True}, "groups"),
        ({"hasgroups": "true"}, "groups"),
    ],
)
def test_groups_that_are_referred_to_are_overage(members: dict[str, Any], path: str) -> None:
    """Distributed claims say that there are groups: never "none", and never fetched."""
    groups = read(members, ClaimPath(path))
    assert (groups.state, groups.names) == (GroupState.OVERAGE, ())


@pytest.mark.parametrize(
    "members",
    [
        {"_claim_names": {"address": "src1"}},
        {"_claim_names": None},
        {"_claim_names": ["groups"]},
        {"_claim_names": "groups"},
        {"hasgroups": False},
        {"hasgroups": "false"},
        {"hasgroups": None},
        {"hasgroups": {}},
    ],
)
def test_other_references_are_none_to_groups(members: dict[str, Any]) -> None:
    """What refers to something else leaves the groups absent."""
    assert read(members).state is GroupState.ABSENT


def test_sent_groups_need_no_reference() -> None:
    """A list that is there is read, whatever else is referred to."""
    assert read({"groups": ["a"], "_claim_names": {"groups": "s"}, "hasgroups": True}).names == (
        "a",
    )


INVISIBLE = [
    "\x00",
    "\t",
    "\n",
    "\r",
    "\x1b",
    "\x7f",
    "\x85",
    "\u00ad",
    "\u200b",
    "\u200d",
    "\u200e",
    "\u202e",
    "\u2028",
    "\u2029",
    "\u2060",
    "\ufeff",
    "\ud800",
    "\U000e0041",
]


@pytest.mark.attack("CLM-09", "CFG-06")
@pytest.mark.parametrize("letter", INVISIBLE, ids=lambda letter: f"U+{ord(letter):04X}")
@pytest.mark.parametrize("form", ["{}admins", "adm{}ins", "admins{}", "{}", "\u00e9{}"])
def test_invisible_characters_are_refused(letter: str, form: str) -> None:
    """A name that looks like another must not hide a difference, nor forge a line of a log."""
    groups = read({"groups": ["viewers", form.format(letter)]})
    assert (groups.state, groups.names) == (GroupState.MALFORMED, ())
    assert groups.detail == "entry 2 of the claim groups holds an invisible character"
    assert Groups.of([form.format(letter)]).state is GroupState.MALFORMED


@pytest.mark.attack("CLM-09")
@pytest.mark.parametrize("name", [" admins", "admins ", "ad mins", "admins\u00a0", "\u3000", " "])
def test_spaces_are_kept(name: str) -> None:
    """Nothing is trimmed."""
    assert read({"groups": [name]}).names == (name,)


@pytest.mark.attack("CLM-10")
@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize(
    "name", ["\u00e9quipe", "e\u0301quipe", "\uff41dmins", "\ufb01n", "\u212b"]
)
def test_no_normal_form_is_applied(form: Any, name: str) -> None:
    """Names keep their code points: two forms of one word are two names."""
    forms = [name, unicodedata.normalize(form, name)]
    assert read({"groups": forms}).names == tuple(dict.fromkeys(forms))


@pytest.mark.parametrize("names", [[5], [None], [["a"]], [{}], ["a", b"b"], {5: 1}])
def test_a_plugin_cannot_hand_in_what_is_not_names(names: Any) -> None:
    """`Groups.of` holds the same rules as the claim."""
    groups = Groups.of(names)
    assert (groups.state, groups.names) == (GroupState.MALFORMED, ())


def test_known_groups() -> None:
    """Names from any iterable; none at all is `empty`."""
    assert Groups.of(name for name in ("a", "b")) == Groups(GroupState.PRESENT, ("a", "b"))
    assert Groups.of(()) == Groups(GroupState.EMPTY)


@pytest.mark.parametrize(
    ("made", "state"),
    [
        (Groups.absent("why"), GroupState.ABSENT),
        (Groups.malformed("why"), GroupState.MALFORMED),
        (Groups.overage("why"), GroupState.OVERAGE),
    ],
)
def test_unknown_groups_say_why(made: Groups, state: GroupState) -> None:
    """The three states of not knowing have a reason and no names."""
    assert made == Groups(state, (), "why")


@pytest.mark.parametrize(
    "state", [state for state in GroupState if state is not GroupState.PRESENT]
)
def test_only_present_groups_have_names(state: GroupState) -> None:
    """No value can say "not known" and carry names that somebody might use all the same."""
    with pytest.raises(ValueError, match="only then"):
        Groups(state, ("dockmesh-admins",))


def test_present_groups_have_names() -> None:
    """Present without names would be `empty`."""
    with pytest.raises(ValueError, match="if they are present"):
        Groups(GroupState.PRESENT)


@pytest.mark.parametrize(
    "members",
    [
        {"groups": ["canary-group", 5]},
        {"groups": {"canary-group": 1}},
        {"groups": ["canary-group" * 200]},
        {"groups": ["canary-group\n"]},
        {"groups": ["canary-group"] * (MAX_GROUPS + 1)},
    ],
)
def test_no_reason_quotes_a_claim(members: dict[str, Any]) -> None:
    """Reasons go to pages and logs: they name the place, not the value."""
    groups = read(members)
    assert groups.detail
    assert "canary" not in groups.detail


def test_raw_and_frozen_claims_read_alike() -> None:
    """Merged claims are plain frozen mappings."""
    members = {"groups": ["a", "b"]}
    assert Groups.read(freeze(members), GROUPS) == read(members)  # type: ignore[arg-type]

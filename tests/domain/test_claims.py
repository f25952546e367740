"""Claims are read-only, and a path finds a claim in one way."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockmesh_auth.domain.claims import MISSING, ClaimPath, Claims, Missing
from dockmesh_auth.domain.strict_json import freeze


def claims(**members: Any) -> Claims:
    return Claims(members, issuer="https://id.example/", subject="u1")


@pytest.mark.parametrize(
    ("path", "members", "found"),
    [
        ("groups", {"groups": ["a"]}, ("a",)),
        ("groups", {"groups": None}, None),
        ("groups", {}, MISSING),
        ("groups", {"Groups": ["a"]}, MISSING),
        ("realm_access.roles", {"realm_access": {"roles": ["a"]}}, ("a",)),
        ("realm_access.roles", {"realm_access.roles": ["b"], "realm_access": {}}, ("b",)),
        ("realm_access.roles", {"realm_access": ["roles"]}, MISSING),
        ("realm_access.roles", {"realm_access": "roles"}, MISSING),
        ("realm_access.roles", {"realm_access": None}, MISSING),
        ("realm_access.roles", {"realm_access": {}}, MISSING),
        ("a.b.c", {"a": {"b": {"c": 1}}}, 1),
        ("a.b.c", {"a": {"b.c": 1}}, MISSING),
        (r"a\.b.c", {"a.b": {"c": 1}}, 1),
        (r"a\.b", {"a.b": 1}, 1),
        (r"a\.b", {"a": {"b": 1}}, MISSING),
        ("https://dockmesh.example/groups", {"https://dockmesh.example/groups": ["a"]}, ("a",)),
        ("a..b", {"a": {"": {"b": 1}}}, 1),
        ("a.0", {"a": ["b"]}, MISSING),
        ("", {"": 1}, 1),
        (".", {"": {"": 2}}, 2),
    ],
)
def test_a_path_finds_a_claim(path: str, members: dict[str, Any], found: Any) -> None:
    """The literal name first, then through objects; never into lists or text."""
    value = ClaimPath(path).find(claims(**members))
    assert (type(value), value) == (type(found), found)


@pytest.mark.attack("CLM-14")
@pytest.mark.parametrize(
    "path",
    [
        "__class__",
        "__import__('os').system('id')",
        "{{7*7}}",
        "${jndi:ldap://x}",
        "groups[0]",
        "groups.__len__",
        "*",
        "$..groups",
        "%(groups)s",
        "{0.issuer}",
        "issuer",
        "_members",
    ],
)
def test_a_path_is_no_expression(path: str) -> None:
    """A path is names and dots: nothing in it is evaluated, matched or looked up as attribute."""
    assert ClaimPath(path).find(claims(groups=["dockmesh-admins"])) is MISSING


@settings(deadline=None)
@given(
    path=st.text("ab.\\*", max_size=8),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text("ab.", max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.", max_size=3), inner)
        ),
        max_leaves=10,
    ),
)
def test_any_path_in_any_claims_finds_or_misses(path: str, value: Any) -> None:
    """No path and no shape of claims raises, and what is found was there."""
    members = {"a": value, "b": value}
    found = ClaimPath(path).find(claims(**members))
    if not isinstance(found, Missing):
        assert repr(found) in repr(freeze(members))


@settings(deadline=None)
@given(st.lists(st.text("ab. é", min_size=1, max_size=5), min_size=1, max_size=4))
def test_an_escaped_path_reaches_any_names(names: list[str]) -> None:
    """With its dots escaped, every chain of names can be written."""
    members: Any = "here"
    for name in reversed(names):
        members = {name: members}
    path = ClaimPath(".".join(name.replace(".", "\\.") for name in names))
    assert path.find(claims(**members)) == "here"
    assert path.root == names[0]


def test_paths_are_values() -> None:
    """Equal by text, usable as keys, printed as written."""
    assert ClaimPath("a.b") == ClaimPath("a.b")
    assert ClaimPath("a.b") != ClaimPath(r"a\.b")
    assert ClaimPath("a") != "a"
    assert len({ClaimPath("a"), ClaimPath("a"), ClaimPath("b")}) == 2
    assert (str(ClaimPath("a.b")), repr(ClaimPath("a.b"))) == ("a.b", "ClaimPath('a.b')")


def test_missing_is_neither_null_nor_true() -> None:
    """Absence is a value of its own."""
    assert not MISSING
    assert MISSING is not None
    assert repr(MISSING) == "MISSING"


@pytest.mark.attack("PLG-08")
def test_no_reader_changes_what_the_next_one_sees() -> None:
    """Everything handed out is immutable, at any depth."""
    seen = claims(groups=["a"], realm={"roles": ["b"]})
    with pytest.raises(TypeError):
        seen["groups"] = ("dockmesh-admins",)  # type: ignore[index]
    with pytest.raises(AttributeError):
        seen["groups"].append("dockmesh-admins")  # type: ignore[union-attr]
    with pytest.raises(TypeError):
        seen["realm"]["roles"] = ()  # type: ignore[index, call-overload]
    with pytest.raises(AttributeError):
        seen["realm"]["roles"].append("x")  # type: ignore[index, call-overload, union-attr]
    with pytest.raises(AttributeError):
        seen.extra = 1  # type: ignore[attr-defined]
    assert dict(seen) == {"groups": ("a",), "realm": {"roles": ("b",)}}


@pytest.mark.attack("PLG-10")
def test_nobody_changes_whose_claims_they_are() -> None:
    """Issuer and subject are read, never written."""
    seen = claims()
    for name in ("issuer", "subject"):
        with pytest.raises(AttributeError):
            setattr(seen, name, "https://other.example/")
    assert (seen.issuer, seen.subject) == ("https://id.example/", "u1")


def test_claims_are_a_mapping() -> None:
    """They read like a dict."""
    seen = claims(sub="u1", email="")
    assert (len(seen), list(seen), "sub" in seen, "nope" in seen) == (
        2,
        ["sub", "email"],
        True,
        False,
    )
    assert seen.get("nope") is None
    assert seen == {"sub": "u1", "email": ""}
    assert copy.copy(seen) == seen
    with pytest.raises(KeyError):
        seen["nope"]


@pytest.mark.parametrize("value", ["", None, 1, True, ["x"], {"x": "y"}])
def test_text_is_non_empty_text_or_nothing(value: Any) -> None:
    """Other types are never turned into text."""
    assert claims(name=value).text("name") is None


def test_text_gives_text() -> None:
    """And a missing claim gives None."""
    assert claims(name=" Ada ").text("name") == " Ada "
    assert claims().text("name") is None


@pytest.mark.attack("IDT-19")
@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "nonce", "groups"])
def test_what_is_signed_has_precedence(name: str) -> None:
    """Merging adds what is new and overrides nothing."""
    merged = claims(**{name: "signed"}).merged_with({name: "other", "new": 1})
    assert merged == {name: "signed", "new": 1}


def test_the_names_of_claims_are_shown_and_their_values_are_not() -> None:
    """A log may show which claims there were."""
    text = repr(claims(email="ada@example.org", groups=["secret-group"]))
    assert text == "<Claims of https://id.example/: email, groups>"

"""A scope is all hosts or some tags, and never all by accident."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockmesh_auth.domain.scope import TAG_PATTERN, Scope
from dockmesh_auth.errors import ConfigurationError, ErrorCode

tags = st.from_regex(TAG_PATTERN, fullmatch=True, alphabet=string.ascii_lowercase + "0123456789-")


def refused(given_text: Any) -> ErrorCode:
    with pytest.raises(ConfigurationError) as failure:
        Scope.parse(given_text)
    return failure.value.code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("all", None),
        ("tag=prod", {"prod"}),
        ("tag=prod,staging", {"prod", "staging"}),
        ("tag=prod,prod", {"prod"}),
        ("tag=all", {"all"}),
        (["prod"], {"prod"}),
        (["prod", "staging"], {"prod", "staging"}),
        (("prod", "prod"), {"prod"}),
        (["all"], {"all"}),
        ("tag=" + "a" * 32, {"a" * 32}),
        ("tag=7-", {"7-"}),
    ],
)
def test_a_scope_is_read(text: Any, expected: set[str] | None) -> None:
    """`all`, tags, or a list of tags. In a list, `all` is a tag like others."""
    assert Scope.parse(text).tags == expected


@pytest.mark.attack("CLM-12")
@pytest.mark.parametrize("text", ["tag=", "tag=,", "tag=,,", "", [], ()])
def test_no_tag_is_an_error(text: Any) -> None:
    """An empty list never means everywhere, and not silently nowhere."""
    assert refused(text) == ErrorCode.CONFIG_INVALID_VALUE


@pytest.mark.parametrize(
    "text",
    [
        *("All", "ALL", " all", "all ", "all\n", "*", "any", "tag", "tags=prod", "Tag=prod"),
        *("tag:prod", "prod", "tag=Prod", "tag= prod", "tag=prod ", "tag=prod\n", "tag=a.b"),
        *(
            "tag=-prod",
            "tag=pr_od",
            "tag=pr\u00f6d",
            "tag=" + "a" * 33,
            "tag=prod;staging",
            "=prod",
        ),
        *("tag=prod,", "tag=,prod", "tag=a,,b", "tag=a=b", "all,tag=prod", "host=x"),
        *([""], ["prod", ""], ["Prod"], ["tag=prod"], ["prod\n"], ["prod,staging"]),
    ],
)
def test_what_is_no_scope_is_refused(text: Any) -> None:
    """Nothing is trimmed, folded or guessed."""
    assert refused(text) == ErrorCode.CONFIG_INVALID_VALUE


def test_the_empty_set_of_tags_cannot_be_made() -> None:
    """Neither by name nor by hand."""
    with pytest.raises(ConfigurationError):
        Scope.of_tags(())
    with pytest.raises(ConfigurationError):
        Scope(frozenset())


@settings(deadline=None)
@given(st.text(max_size=40) | st.lists(st.text(max_size=5), max_size=4))
def test_any_text_is_a_scope_or_a_configuration_error(text: str | list[str]) -> None:
    """Only `all` holds on a host without tags."""
    try:
        scope = Scope.parse(text)
    except ConfigurationError:
        return
    assert scope.holds_on(()) == (text == "all")


@settings(deadline=None)
@given(st.none() | st.frozensets(tags, min_size=1, max_size=5))
def test_a_written_scope_reads_as_itself(held: frozenset[str] | None) -> None:
    """`str` and `parse` are inverse."""
    scope = Scope.all_hosts() if held is None else Scope.of_tags(held)
    assert Scope.parse(str(scope)) == scope


def test_tags_are_written_in_order() -> None:
    """One scope has one text."""
    assert str(Scope.parse("tag=staging,prod")) == "tag=prod,staging"
    assert str(Scope.all_hosts()) == "all"


@pytest.mark.parametrize(
    ("scope", "host_tags", "holds"),
    [
        ("all", [], True),
        ("all", ["prod"], True),
        ("tag=prod", [], False),
        ("tag=prod", ["prod"], True),
        ("tag=prod", ["staging"], False),
        ("tag=prod", ["Prod"], False),
        ("tag=prod", ["production"], False),
        ("tag=production", ["prod"], False),
        ("tag=prod,eu", ["eu", "staging"], True),
        ("tag=prod", {"prod", "eu"}, True),
        ("tag=prod", ("eu", "us"), False),
    ],
)
def test_one_common_tag_is_enough_and_needed(scope: str, host_tags: Any, *, holds: bool) -> None:
    """Whole tags are compared, exactly."""
    assert Scope.parse(scope).holds_on(host_tags) is holds


@pytest.mark.attack("CLM-03")
def test_a_string_is_one_tag() -> None:
    """Never a set of letters, neither in the table nor on the host."""
    assert Scope.of_tags("prod") == Scope.parse("tag=prod")
    assert Scope.parse("tag=prod").holds_on("prod")
    assert not Scope.parse("tag=p").holds_on("prod")
    with pytest.raises(ConfigurationError):
        Scope.of_tags("prod,staging")

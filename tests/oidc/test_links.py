"""The header `Link` is read by the grammar of RFC 8288, section 3, and by nothing looser."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth.oidc.links import Link, parse_links

NAMES = st.text("!#$%&'*+.^_`|~0123456789abcXYZ-", min_size=1, max_size=8)
TARGETS = st.text("abc/?=&%,;:'()@!$*+~._-#[]", max_size=30)
QUOTED = st.text("abc <>,;=\\\"'\t\u00e9", max_size=20)
PLAIN = st.text("abc<>=:/'.", max_size=10)
SPACE = st.text(" \t", max_size=2)


@st.composite
def written_links(draw: st.DrawFn) -> tuple[str, list[tuple[str, dict[str, str]]]]:
    """A header and, put together beside it, what it says."""
    header, meaning = "", []
    for number in range(draw(st.integers(0, 4))):
        target = draw(TARGETS)
        header += ("," if number else "") + draw(SPACE) + f"<{target}>"
        parameters: dict[str, str] = {}
        for name in draw(st.lists(NAMES, max_size=3)):
            header += f"{draw(SPACE)};{draw(SPACE)}{name}"
            form = draw(st.sampled_from(["bare", "plain", "quoted"]))
            value = ""
            if form != "bare":
                header += f"{draw(SPACE)}={draw(SPACE)}"
                value = draw(PLAIN if form == "plain" else QUOTED)
            if form == "plain":
                header += value
            if form == "quoted":
                escaped = value.replace("\\", "\\\\").replace('"', '\\"')
                header += f'"{escaped}"'
            parameters.setdefault(name.lower(), value)
        header += draw(SPACE)
        meaning.append((target, parameters))
    return header, meaning


@given(written_links())
def test_whatever_is_written_by_the_grammar_is_read_as_it_was_meant(
    written: tuple[str, list[tuple[str, dict[str, str]]]],
) -> None:
    """Commas and semicolons belong to the address in <> and to the text in quotes; a backslash
    makes a quote part of the text; of a parameter that stands twice the first counts.
    """
    header, meaning = written
    assert [(link.target, dict(link.parameters)) for link in parse_links(header)] == meaning


@given(st.text('<>;,="\\ \trelnxt/', max_size=60))
def test_anything_else_is_a_value_error(text: str) -> None:
    """Never another exception, and never a link out of what stands in no <>."""
    try:
        links = parse_links(text)
    except ValueError:
        return
    assert len(links) <= text.count("<")
    assert all(f"<{link.target}>" in text for link in links)


@pytest.mark.parametrize(
    "header",
    [
        "https://a.example/2; rel=next",
        "<https://a.example/2> rel=next",
        "<https://a.example/2",
        "<https://a.example/2; rel=next",
        '<https://a.example/2>; rel="next',
        '<https://a.example/2>; rel="next\\"',
        '<https://a.example/2>; rel=ne"xt"',
        "<a b>; rel=next",
        "<a>; rel=prev, b; rel=next",
        "<a>; rel=prev; <b>; rel=next",
        "<a>; r\u00e9l=next",
    ],
)
def test_what_cannot_be_read_is_not_passed_over(header: str) -> None:
    """The rest could have been the link that matters."""
    with pytest.raises(ValueError, match="link"):
        parse_links(header)


@pytest.mark.parametrize("header", ["", " ", ",", " , ,\t"])
def test_an_empty_list_has_no_links(header: str) -> None:
    """RFC 9110, section 5.6.1: empty elements of a list are none."""
    assert parse_links(header) == ()


def test_empty_elements_and_parameters_are_passed_over() -> None:
    """As servers write them that put lists together carelessly."""
    assert parse_links(', <a>;; rel="next"; , ,<b>,') == (Link("a", {"rel": "next"}), Link("b", {}))


@pytest.mark.parametrize(
    ("header", "relations"),
    [
        ("<a>; rel=next", {"next"}),
        ('<a>; REL="Prev NEXT"', {"prev", "next"}),
        ('<a>; rel="prev"; rel="next"', {"prev"}),
        ('<a>; title="x; rel=next"; rel=prev', {"prev"}),
        ('<a>; title="\\"; rel=next; x=\\""; rel=prev', {"prev"}),
        ("<a>; rel", set()),
        ("<a>; rel*=next; xrel=next", set()),
        ('<a>; rel=next; anchor="/elsewhere"', set()),
        ("<a>; anchor; rel=next", set()),
        ("<a>", set()),
    ],
)
def test_relations_are_those_of_the_first_rel(header: str, relations: set[str]) -> None:
    """Section 3.3; a link with an anchor is not about this page (section 3.2)."""
    assert [link.relations for link in parse_links(header)] == [frozenset(relations)]


def test_the_parameters_cannot_be_changed() -> None:
    """Nor through the mapping that they were made of."""
    parameters = {"rel": "next"}
    link = Link("a", parameters)
    parameters["rel"] = "prev"
    assert link.relations == {"next"}
    with pytest.raises(TypeError):
        link.parameters["rel"] = "prev"  # type: ignore[index]


@pytest.mark.parametrize(
    "part",
    [
        "<",
        "<a>;",
        "<a>" + " " * 50,
        "<a>; rel=" + "a" * 50,
        '<a>; rel="',
        '<a>; rel="\\',
        "; ;",
        "<a>;a ",
        "<a>;a =",
        ", ",
    ],
)
def test_no_header_takes_long(part: str) -> None:
    """A hundred thousand characters of anything are read, or refused, within a moment."""
    header = (part * (100_000 // len(part))) + "!"
    started = time.perf_counter()
    with contextlib.suppress(ValueError):
        parse_links(header)
    assert time.perf_counter() - started < 1.0

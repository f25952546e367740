"""JSON from outside: any bytes give a value or a ValueError, and no text has two readings."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dockmesh_auth.domain import strict_json
from dockmesh_auth.domain.strict_json import MAX_DEPTH, freeze, parse_json, parse_object

PATIENT = settings(deadline=None, max_examples=150)

letters = st.characters(exclude_categories=["Cs"])
texts = st.text(letters, max_size=12)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(10**60), max_value=10**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def nested(depth: int, kind: str) -> bytes:
    opening, closing = {"array": ("[", "]"), "object": ('{"a":', "}")}[kind]
    core = "" if kind == "array" else "1"
    return (opening * depth + core + closing * depth).encode()


def spelled(name: str, escaped: list[bool]) -> str:
    """*name* as a JSON string in which some letters are written as \\uXXXX."""
    units = []
    for index, letter in enumerate(name):
        if letter in '"\\' or ord(letter) < 0x20 or escaped[index % len(escaped)]:
            pairs = letter.encode("utf-16-be")
            units += [f"\\u{pairs[i]:02x}{pairs[i + 1]:02X}" for i in range(0, len(pairs), 2)]
        else:
            units.append(letter)
    return '"' + "".join(units) + '"'


@PATIENT
@given(
    value=values,
    indent=st.sampled_from([None, 1]),
    ascii_only=st.booleans(),
    separators=st.sampled_from([(",", ":"), (", ", ": ")]),
)
def test_every_value_survives(
    *, value: Any, indent: int | None, ascii_only: bool, separators: tuple[str, str]
) -> None:
    """What an encoder wrote, compact or with spaces, is read as what it was."""
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only, separators=separators)
    assert repr(parse_json(text.encode())) == repr(value)


@PATIENT
@given(st.binary(max_size=60))
def test_any_bytes_give_a_value_or_a_value_error(text: bytes) -> None:
    """Nothing but ValueError leaves; what is accepted is what the standard library reads."""
    try:
        value = parse_json(text)
    except ValueError:
        return
    assert repr(value) == repr(json.loads(text.decode("utf-8")))


@PATIENT
@given(values, st.data())
def test_damaged_json_gives_a_value_or_a_value_error(value: Any, data: st.DataObject) -> None:
    """The same holds close to valid JSON, where parsers differ."""
    text = bytearray(json.dumps(value, ensure_ascii=False).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text)))
        text[place : place + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from(
                [b"", b"{", b"]", b'"', b"\\", b",", b":", b"\x00", b"\xff", b"e", b"-"]
            )
        )
    try:
        accepted = parse_json(bytes(text))
    except ValueError:
        return
    assert repr(accepted) == repr(json.loads(text.decode("utf-8")))


@pytest.mark.attack("JOS-19", "DIS-22")
@PATIENT
@given(
    name=texts.filter(bool),
    escapes=st.tuples(
        st.lists(st.booleans(), min_size=1, max_size=4),
        st.lists(st.booleans(), min_size=1, max_size=4),
    ),
    members=st.tuples(values, values),
    others=st.dictionaries(texts, scalars, max_size=3),
    way=st.lists(st.sampled_from(["array", "object"]), max_size=12),
    spaced=st.booleans(),
)
def test_a_repeated_name_is_refused(
    *,
    name: str,
    escapes: tuple[list[bool], list[bool]],
    members: tuple[Any, Any],
    others: dict[str, Any],
    way: list[str],
    spaced: bool,
) -> None:
    """A name that stands twice in one object, however spelled and however deep, is refused."""
    assume(name not in others)
    space = " " if spaced else ""
    between = "".join(
        f"{json.dumps(other)}:{space}{json.dumps(value)},{space}" for other, value in others.items()
    )
    text = (
        f"{{{spelled(name, escapes[0])}:{space}{json.dumps(members[0])},{between}"
        f"{spelled(name, escapes[1])}:{json.dumps(members[1])}}}"
    )
    for step in way:
        text = f'[1,{text},"x"]' if step == "array" else f'{{"outer":{text},"after":[]}}'
    with pytest.raises(ValueError, match="repeats a member name"):
        parse_json(text.encode())


@pytest.mark.attack("JOS-19")
@pytest.mark.parametrize(
    "text",
    [
        '{"sub":"u1","sub":"admin"}',
        '{"sub":"u1","sub":"u1"}',
        '{"sub":"u1","s\\u0075b":"admin"}',
        '{"sub":null,"iss":"x","sub":null}',
        '{"":1,"":2}',
        '{"\\ud83d\\ude00":1,"😀":2}',
        '{"a/b":1,"a\\/b":2}',
        '{"a":[[{"b":{"c":1,"c":1}}]]}',
    ],
)
def test_a_repeated_name_is_refused_in_each_spelling(text: str) -> None:
    """Examples that a person can read."""
    with pytest.raises(ValueError, match="repeats a member name"):
        parse_object(text.encode())


@pytest.mark.parametrize(
    "text", ['{"a":1,"A":2}', '{"é":1,"e\\u0301":2}', '[{"a":1},{"a":2}]', '{"a":{"a":{"a":1}}}']
)
def test_names_that_differ_or_stand_apart_are_not_repeated(text: str) -> None:
    """Case, normal form and the object they stand in tell names apart."""
    assert parse_json(text.encode()) == json.loads(text)


@pytest.mark.attack("DIS-22")
@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"NaN",
        b"-NaN",
        b'{"exp":NaN}',
        b"[Infinity]",
        b"-Infinity",
        b"1e400",
        b"-1e400",
        b'{"exp": 1e999}',
        b"[1,]",
        b'{"a":1,}',
        b"01",
        b"+1",
        b".5",
        b"1.",
        b"0x10",
        b"'a'",
        b"{a:1}",
        b"// comment\n1",
        b"1 2",
        b"{}{}",
        b"[1]\x00",
        b"\x0c1",
        b"\xc2\xa01",
        b"True",
        b"nul",
        b'"\x01"',
        b'"a\nb"',
        b'"\\x41"',
        b'"\\u00g0"',
        b'"open',
        b"[",
        b'{"a"',
    ],
)
def test_what_is_not_json_is_refused(text: bytes) -> None:
    """RFC 8259 to the letter: no constants, no commas too many, no text behind the value."""
    with pytest.raises(ValueError, match="JSON"):
        parse_json(text)


@pytest.mark.attack("DIS-22")
@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        '{"a":1}'.encode("utf-16-le"),
        '{"a":1}'.encode("utf-16-be"),
        '{"a":1}'.encode("utf-32"),
        '"é"'.encode("latin-1"),
        b'"\xc0\xaf"',
        b'"\xed\xa0\x80"',
        b'"\xf4\x90\x80\x80"',
        b'"\xe2\x82"',
    ],
)
def test_only_utf8_without_a_mark_is_read(text: bytes) -> None:
    """RFC 8259, section 8.1: other encodings, marks and ill-formed UTF-8 are refused."""
    with pytest.raises(ValueError, match="UTF-8"):
        parse_json(text)


@pytest.mark.attack("DIS-22")
@pytest.mark.parametrize(
    "text",
    [b'"\\ud800"', b'"\\udc00"', b'"\\ud800x"', b'"\\ud800\\u0041"', b'"\\udc00\\ud800"'],
)
@pytest.mark.parametrize("frame", [b"%s", b"[%s]", b"{%s:1}", b'{"sub": %s}'])
def test_half_a_surrogate_pair_is_refused(text: bytes, frame: bytes) -> None:
    """A lone surrogate is no character: it could not be stored, compared or written again."""
    with pytest.raises(ValueError, match="JSON"):
        parse_json(frame % text)


def test_a_surrogate_pair_is_one_character() -> None:
    """Both halves together are read."""
    assert parse_json(b'"\\ud83d\\ude00"') == "\U0001f600"


@pytest.mark.parametrize("kind", ["array", "object"])
def test_nesting_ends_at_the_limit(kind: str) -> None:
    """Exactly `MAX_DEPTH` levels are read and one more is refused."""
    assert parse_json(nested(MAX_DEPTH, kind)) is not None
    with pytest.raises(ValueError, match="too deeply"):
        parse_json(nested(MAX_DEPTH + 1, kind))


@pytest.mark.attack("DIS-22", "JOS-21")
@pytest.mark.parametrize("depth", [1_000, 20_000, 100_000])
@pytest.mark.parametrize("kind", ["array", "object"])
@pytest.mark.parametrize("closed", [True, False])
def test_a_tower_of_brackets_is_refused(depth: int, kind: str, *, closed: bool) -> None:
    """No depth reaches the interpreter's own limit."""
    text = nested(depth, kind)
    with pytest.raises(ValueError, match="JSON"):
        parse_json(text if closed else text[: len(text) // 2])


def test_the_deepest_branch_counts() -> None:
    """A deep branch beside shallow ones is found; many brackets side by side are no depth."""
    wide = b"[" + b",".join([b"[{}]"] * 500) + b"]"
    assert len(parse_json(wide)) == 500  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="too deeply"):
        parse_json(b'{"a":[],"b":' + nested(MAX_DEPTH, "array") + b',"c":{}}')


def test_brackets_in_text_are_text() -> None:
    """Only structure counts as depth."""
    assert parse_json(b'"' + b"[{" * 500 + b'"') == "[{" * 500


@pytest.mark.parametrize("digits", [19, 20, 40, 400, 4300])
def test_large_integers_keep_their_value(digits: int) -> None:
    """An integer is never rounded to a float."""
    text = "9" * digits
    value = parse_json(text.encode())
    assert (type(value), value) == (int, int(text))


@pytest.mark.attack("IDT-10")
def test_an_integer_without_end_is_refused() -> None:
    """More digits than the interpreter converts are an error, not an exception of another kind."""
    with pytest.raises(ValueError, match="JSON"):
        parse_json(b'{"exp":' + b"9" * 100_000 + b"}")


CANARY = "canary-7f3a"


@pytest.mark.attack("JOS-22", "CFG-05")
@pytest.mark.parametrize(
    "text",
    [
        f'{{"token":"{CANARY}","token":"{CANARY}"}}'.encode(),
        f'{{"{CANARY}":1, "{CANARY}":2}}'.encode(),
        f'{{"token":"{CANARY}"'.encode(),
        f'{{"token":"{CANARY}",}}'.encode(),
        f'{{"token":"{CANARY}","exp":NaN}}'.encode(),
        f'{{"token":"{CANARY}"}} trailing'.encode(),
        f'"{CANARY}'.encode() + b'\xff"',
        f'"{CANARY}"'.encode("utf-16"),
        f'["{CANARY}",'.encode() + nested(MAX_DEPTH, "array") + b"]",
        f'["{CANARY}",'.encode() + nested(50_000, "array") + b"]",
        f'"{CANARY}"'.encode(),
    ],
)
def test_no_refusal_quotes_the_text(text: bytes) -> None:
    """Neither message nor printed traceback shows what was refused: it may be a token."""
    with pytest.raises(ValueError, match="JSON") as refused:
        parse_object(text)
    shown = "".join(traceback.format_exception(refused.value)) + repr(refused.value)
    assert CANARY not in shown
    assert not hasattr(refused.value, "doc")


@pytest.mark.parametrize("text", [b"NaN", b"[Infinity]", b'{"a": -Infinity}'])
def test_the_second_reading_refuses_constants_too(text: bytes) -> None:
    """The careful parser does not lean on the fast one for it."""
    with pytest.raises(ValueError, match="NaN or Infinity"):
        strict_json._parse_carefully(text)


@pytest.mark.attack("JOS-20")
@pytest.mark.parametrize("text", [b"[]", b"1", b'"a"', b"null", b"true", b"[{}]"])
def test_an_object_is_asked_for(text: bytes) -> None:
    """`parse_object` takes objects and nothing else."""
    with pytest.raises(ValueError, match="not an object"):
        parse_object(text)


def test_an_object_is_given() -> None:
    """Members keep their order."""
    assert list(parse_object(b'{"b":1,"a":[2]}').items()) == [("b", 1), ("a", [2])]


@PATIENT
@given(values)
def test_frozen_values_equal_and_cannot_change(value: Any) -> None:
    """A frozen value reads as the value and has no place to write to, at any depth."""

    def same(frozen: Any, original: Any) -> bool:
        if isinstance(original, dict):
            assert isinstance(frozen, Mapping)
            with pytest.raises(TypeError):
                frozen["new"] = 1  # type: ignore[index]
            return list(frozen) == list(original) and all(
                same(frozen[name], original[name]) for name in original
            )
        if isinstance(original, list):
            return (
                type(frozen) is tuple
                and len(frozen) == len(original)
                and all(map(same, frozen, original))
            )
        return frozen is original

    assert same(freeze(value), value)


def test_a_frozen_copy_does_not_follow_the_original() -> None:
    """Freezing copies: what is changed afterwards does not show."""
    original: dict[str, Any] = {"groups": ["a"], "realm": {"roles": ["b"]}}
    frozen = freeze(original)
    original["groups"].append("dockmesh-admins")
    original["realm"]["roles"].append("dockmesh-admins")
    original["new"] = 1
    assert frozen == {"groups": ("a",), "realm": {"roles": ("b",)}}

"""YAML 1.2 and nothing beyond: types, tags, anchors, limits, and places."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dockmesh_auth.errors import ConfigurationError
from dockmesh_auth.host.config import build_config, parse_config
from dockmesh_auth.host.config.document import Node, expand, parse_document
from dockmesh_auth.host.config.problems import Positions, Problem
from dockmesh_auth.host.config.scalars import resolve_plain


@pytest.mark.attack("CFG-02")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, None) for text in ("", "~", "null", "Null", "NULL")),
        *((text, True) for text in ("true", "True", "TRUE")),
        *((text, False) for text in ("false", "False", "FALSE")),
        *((text, text) for text in ("yes", "no", "on", "off", "y", "n", "tRUE", "nULL")),
        *((text, text) for text in ("2026-01-01", "1:30", "1_000", "0b1", "+0x1", "1e", ".", "-")),
        ("0", 0),
        ("-12", -12),
        ("+12", 12),
        ("010", 10),
        ("0o10", 8),
        ("0xFf", 255),
        ("9" * 41, "9" * 41),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1e3", -1000.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("+.Inf", math.inf),
        ("1e999", math.inf),
    ],
)
def test_plain_scalars_are_those_of_the_core_schema(text: str, value: object) -> None:
    """YAML 1.2.2, section 10.3.2, type and value."""
    found = resolve_plain(text)
    assert (type(found), found) == (type(value), value)


def test_not_a_number() -> None:
    """`.nan` is a number that equals nothing."""
    assert all(math.isnan(resolve_plain(text)) for text in (".nan", ".NaN", ".NAN"))  # type: ignore[arg-type]


def _value(text: str) -> object:
    tree = parse_document(text)
    assert isinstance(tree, Node), tree
    return expand(tree, Positions(Path("f")))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        ("# nothing\n", {}),
        ("a: 'true'", {"a": "true"}),
        ('a: "1"', {"a": "1"}),
        ("a: |\n  1\n", {"a": "1\n"}),
        ("a: >\n  1\n", {"a": "1\n"}),
        ("a: !!str 1", {"a": "1"}),
        ("a: ! 1", {"a": "1"}),
        ('a: !!int "1"', {"a": 1}),
        ("a: !!float 1", {"a": 1}),
        ("a: !!bool true", {"a": True}),
        ("a: !!null ~", {"a": None}),
        ("a: !!seq [1]", {"a": [1]}),
        ("a: !!map {b: 1}", {"a": {"b": 1}}),
        ("a: &x [1, {b: c}]\nd: *x", {"a": [1, {"b": "c"}], "d": [1, {"b": "c"}]}),
        ("a: &x 1\nb: &x 2\nc: *x", {"a": 1, "b": 2, "c": 2}),
        ("1: a\ntrue: b\n~: c", {"1": "a", "true": "b", "~": "c"}),
        ("%YAML 1.1\n---\na: no", {"a": "no"}),
        ("--- {a: b}\n...\n", {"a": "b"}),
        ("- a\n- [b]", ["a", ["b"]]),
    ],
)
def test_what_documents_mean(text: str, value: object) -> None:
    """Quotes and tags decide as YAML says; anchors stand for their value."""
    assert _value(text) == value


@pytest.mark.attack("CLM-14")
@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: !!python/object/apply:os.system [x]", 1, 4),
        ("a: !!python/name:os.system x", 1, 4),
        ("a: !include x.yaml", 1, 4),
        ("a: !!binary eA==", 1, 4),
        ("a: !!timestamp 2026-01-01", 1, 4),
        ("a: !!set {b}", 1, 4),
        ("a: !!omap [b: c]", 1, 4),
        ("!!x a: b", 1, 1),
        ("a: !!int x", 1, 4),
        ("a: !!bool 1", 1, 4),
        ("a: !!seq {b: c}", 1, 4),
        ("a: !!map [b]", 1, 4),
        ("a: 1\n---\nb: 2", 2, 1),
        ("a: *b", 1, 4),
        ("a: &b [*b]", 1, 8),
        ("? [a]\n: b", 1, 3),
        ("? {a: b}\n: b", 1, 3),
        ("a: 1\n\tb: 2", 2, 1),
        ("a: b: c", 1, 5),
        ("a: [1", 1, 6),
        ('a: "\\q"', 1, 6),
        ("a: '\x00'", 1, 1),
        ("a: " + "[" * 33 + "]" * 33, 1, 36),
        ('a: "\\ud800"', 1, 4),
    ],
)
def test_refused_documents(text: str, line: int, column: int) -> None:
    """Tags that make objects, several documents, cycles, unfinished text: refused, with a place."""
    problem = parse_document(text)
    assert isinstance(problem, Problem)
    assert problem.code.name == "CONFIG_SYNTAX"
    assert problem.mark == (line, column)


def test_thirty_two_levels_are_enough_for_anybody() -> None:
    """The limit of nesting itself is accepted."""
    assert isinstance(parse_document("a: " + "[" * 31 + "]" * 31), Node)


@pytest.mark.parametrize(
    "text",
    [
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)),
        "a0: &a0 x\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 2000)),
    ],
    ids=["laughs", "tower"],
)
def test_aliases_that_grow_are_refused(faults: Any, text: str) -> None:
    """A billion laughs, and a tower that is too deep, end in an error."""
    ((code, _, _),) = faults(text)
    assert code == "CONFIG_SYNTAX"


def test_files_that_are_not_read(faults: Any, folder: Path) -> None:
    """Too large, not UTF-8, missing, a directory: each is told with its file."""
    assert faults("#" * 1_048_577)[0][0] == "CONFIG_FILE_UNREADABLE"
    assert faults(b"a: b\nc: \xff\n")[0] == ("CONFIG_SYNTAX", "", "2:1")
    for path in (folder / "missing.yaml", folder):
        with pytest.raises(ConfigurationError) as caught:
            parse_config(path, environ={})
        assert caught.value.code.name == "CONFIG_FILE_UNREADABLE"
        assert str(path) in str(caught.value)


def test_a_byte_order_mark_before_the_file_is_no_fault(load: Any, complete: str) -> None:
    """YAML 1.2.2, section 5.2: a document may begin with one."""
    assert load("\ufeff" + complete).providers
    assert load(complete.replace("\n", "\r\n")).providers


def test_what_is_not_ours_may_be_anything(load: Any, complete: str) -> None:
    """Sections of dockmesh, and its keys in server and database, are not looked at."""
    assert load("zzz: [1, {2: 3}, ~]\nstacks: text\n" + complete).warnings
    assert load(complete.replace("pool: 5", "pool: {drivr: [1]}")).providers


@pytest.mark.parametrize("text", ["", "[]", "text", "5", "~", "auth:", "auth: []", "auth: 1"])
def test_files_without_a_configuration(faults: Any, text: str) -> None:
    """An empty file, or one of another shape, lacks what it must have."""
    assert {code for code, *_ in faults(text)} <= {"CONFIG_MISSING_KEY", "CONFIG_WRONG_TYPE"}


_PIECES = st.sampled_from(
    [
        *("auth: ", "providers: ", "- ", "slug: ", "server: ", "database: ", "<<: ", "env: "),
        *("{", "}", "[", "]", ", ", "\n", "  ", "\n    ", "? ", ": ", "# ", "|", ">", "~"),
        *("&a ", "*a ", "!x ", "!!int ", "'", '"', "a", "1", "%YAML 1.2", "---\n", "...", "@", "`"),
        *("\t", "\\", "\0", "\ufeff", "\x85", "\u2028"),
    ]
)


def _only_configuration_errors(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        build_config(parse_config(path, environ={}), {}, environ={})
    except ConfigurationError as error:
        assert (error.location or "").startswith(str(path))  # noqa: PT017 - errors are allowed


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.lists(_PIECES, max_size=30).map("".join) | st.text(max_size=60))
@example(content="%YAML 1")
@example(content="%TAG ! !\n--- !a\n")
@example(content="a: |9999999999\n b")
@example(content='"\\U99999999"')
@example(content="&")
@example(content="!<")
@example(content="- \n-\n- : :")
def test_only_configuration_errors_leave(tmp_path: Path, content: str) -> None:
    """Whatever the text, a ConfigurationError with a place leaves, or nothing."""
    _only_configuration_errors(tmp_path / "f.yaml", content.encode("utf-8", "surrogatepass"))


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=40))
def test_only_configuration_errors_leave_bytes(tmp_path: Path, content: bytes) -> None:
    """The same for bytes."""
    _only_configuration_errors(tmp_path / "f.yaml", content)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_only_configuration_errors_leave_a_damaged_file(
    tmp_path: Path, complete: str, data: st.DataObject
) -> None:
    """The same for the complete file with a piece put in or taken out."""
    start = data.draw(st.integers(0, len(complete)))
    end = min(len(complete), start + data.draw(st.integers(0, 20)))
    damaged = complete[:start] + data.draw(_PIECES | st.text(max_size=3)) + complete[end:]
    _only_configuration_errors(tmp_path / "f.yaml", damaged.encode("utf-8", "surrogatepass"))

"""Read YAML 1.2 into a tree that knows where everything stands.

ruamel.yaml scans and parses; what the events mean is decided here, so that there is no tag that
makes objects, no key that wins over its double, and no alias that grows without bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias, cast

from attrs import evolve, field, frozen
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from dockmesh_auth.errors import ErrorCode
from dockmesh_auth.host.config.problems import KeyPath, Mark, Positions, Problem
from dockmesh_auth.host.config.scalars import Scalar, resolve_plain

__all__ = ["MAX_DEPTH", "MAX_FILE", "MAX_VALUES", "Node", "Plain", "expand", "parse_document"]

MAX_FILE: Final = 1_048_576
"""Bytes that a configuration file may have."""

MAX_DEPTH: Final = 32
"""How deeply lists and mappings may be nested."""

MAX_VALUES: Final = 250_000
"""How many values a file may have once its aliases are expanded."""

Plain: TypeAlias = "Scalar | list[Plain] | dict[str, Plain]"

_QUOTING: Final = re.compile(
    r"""\b(found|character|handle|tag|alias|anchor) (['"]).*\2""", re.DOTALL
)
_TAG: Final = "tag:yaml.org,2002:"
_SCALAR_TAGS: Final[Mapping[str, tuple[type, ...]]] = {
    _TAG + "str": (str,),
    _TAG + "bool": (bool,),
    _TAG + "int": (int,),
    _TAG + "float": (float, int),
    _TAG + "null": (type(None),),
}


@frozen(repr=False, eq=False)
class Node:
    """A value of the file and where it stands. Its repr shows the place, never the value.

    Attributes:
        content: A scalar, a list of nodes, or nodes under their keys, with the keys' places.
        mark: Where it begins.
    """

    content: Scalar | list[Node] | dict[str, tuple[Mark, Node]]
    mark: Mark

    def __repr__(self) -> str:
        return f"<Node at {self.mark[0]}:{self.mark[1]}>"


class _Refused(Exception):  # noqa: N818 - an answer, not a failure
    def __init__(self, text: str, mark: Mark, code: ErrorCode = ErrorCode.CONFIG_SYNTAX) -> None:
        super().__init__(text)
        self.problem = Problem((), code, text, mark=mark)


def parse_document(text: str) -> Node | Problem:
    """The tree of *text*, or what is wrong with it.

    A fault is returned, not raised: no traceback then has a frame that holds the text.
    """
    try:
        return _Composer(text).document()
    except _Refused as refused:
        return refused.problem
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Problem((), ErrorCode.CONFIG_SYNTAX, _said(error), mark=place)
    except Exception:  # noqa: BLE001 - ruamel.yaml lets more than its own errors out of odd text
        return Problem((), ErrorCode.CONFIG_SYNTAX, "the file is not YAML", mark=(1, 1))


def _said(error: MarkedYAMLError) -> str:
    # What follows these words quotes the file, of which any part may be a secret.
    said = str(error.problem or error.context or "the file is not YAML")
    return _QUOTING.sub(r"\1", said).removesuffix(", but found").removesuffix(" but found")


@frozen(eq=False, repr=False)
class _Composer:
    text: str
    _anchors: dict[str, Node] = field(init=False, factory=dict)
    _events: Iterator[Any] = field(init=False)

    def __attrs_post_init__(self) -> None:
        events = YAML(typ="safe", pure=True).parse(self.text)
        object.__setattr__(self, "_events", iter(events))

    def document(self) -> Node:
        root = Node({}, (1, 1))
        documents = 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _Refused("the file holds more than one YAML document", _mark(event))
                root = self._node(next(self._events), 0)
        return root

    def _node(self, event: Any, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise _Refused(f"nested more than {MAX_DEPTH} levels deep", _mark(event))
        if isinstance(event, AliasEvent):
            # An anchor counts from the end of its own value on: no value contains itself.
            node = self._anchors.get(event.anchor)
            if node is None:
                raise _Refused("an alias refers to no anchor before it", _mark(event))
            return node
        if isinstance(event, ScalarEvent):
            node = Node(_scalar(event), _mark(event))
        elif isinstance(event, SequenceStartEvent):
            node = self._sequence(event, depth)
        else:
            node = self._mapping(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _sequence(self, start: Any, depth: int) -> Node:
        _check_tag(start, "seq")
        items: list[Node] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return Node(items, _mark(start))

    def _mapping(self, start: MappingStartEvent, depth: int) -> Node:
        _check_tag(start, "map")
        members: dict[str, tuple[Mark, Node]] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                raise _Refused("a key must be a plain word", _mark(event))
            _scalar(event)
            name, mark = cast("str", event.value), _mark(event)
            if name in members:
                line = members[name][0][0]
                raise _Refused(
                    f"this key stands in line {line} of the same section already",
                    mark,
                    ErrorCode.CONFIG_DUPLICATE,
                )
            member = self._node(next(self._events), depth + 1)
            # A value that is not written has no place of its own; its key has.
            members[name] = (mark, evolve(member, mark=mark) if _is_empty(member) else member)
        return Node(members, _mark(start))


def _is_empty(node: Node) -> bool:
    return node.content is None


def _mark(event: Any) -> Mark:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _check_tag(event: Any, allowed: str) -> None:
    if event.tag not in {None, "!", _TAG + allowed}:
        raise _Refused("a tag that is not of YAML's core schema is refused", _mark(event))


def _scalar(event: Any) -> Scalar:
    text: str = event.value
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise _Refused("half of a character (a lone surrogate) is refused", _mark(event))
    if event.tag is None:
        # style is None or "" for plain scalars, else the quote or the block's sign
        return text if event.style else resolve_plain(text)
    if event.tag == "!":
        return text
    types = _SCALAR_TAGS.get(event.tag)
    if types is None:
        raise _Refused("a tag that is not of YAML's core schema is refused", _mark(event))
    if types == (str,):
        return text
    value = resolve_plain(text)
    if type(value) not in types:
        raise _Refused("the value is not of the type that its tag says", _mark(event))
    return value


def expand(node: Node, positions: Positions, path: KeyPath = ()) -> Plain | Problem:
    """The plain value of *node* with its aliases expanded; notes all places in *positions*.

    A `Problem` if the aliases make it grow beyond `MAX_VALUES`.
    """
    try:
        return _expanded(node, positions, path)
    except _Refused as refused:
        return refused.problem


def _expanded(node: Node, positions: Positions, path: KeyPath) -> Plain:
    positions.values[path] = node.mark
    if len(positions.values) > MAX_VALUES or len(path) > MAX_DEPTH:
        raise _Refused("the file's aliases make it grow beyond the limit", node.mark)
    if isinstance(node.content, list):
        return [_expanded(item, positions, (*path, i)) for i, item in enumerate(node.content)]
    if isinstance(node.content, dict):
        plain: dict[str, Plain] = {}
        for name, (mark, member) in node.content.items():
            positions.keys[*path, name] = mark
            plain[name] = _expanded(member, positions, (*path, name))
        return plain
    return node.content

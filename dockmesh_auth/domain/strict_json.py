"""Read JSON from outside, strictly (RFC 8259; RFC 7519, section 4 for duplicate names).

Refused: duplicate member names, NaN and Infinity, anything but UTF-8 without a byte order mark,
nesting deeper than `MAX_DEPTH`, and trailing text. Every refusal is a `ValueError`; nothing else
leaves this module, however hostile the text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NoReturn, TypeAlias, TypeGuard

import msgspec

__all__ = ["MAX_DEPTH", "FrozenJson", "Json", "freeze", "parse_json", "parse_object"]

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""What a JSON text may hold (RFC 8259, section 3)."""

FrozenJson: TypeAlias = (
    "bool | int | float | str | tuple[FrozenJson, ...] | Mapping[str, FrozenJson] | None"
)
"""The same, and nobody can change it: tuples for arrays, read-only mappings for objects."""

MAX_DEPTH: Final = 32
"""How deeply arrays and objects may be nested; no provider goes beyond a handful."""

_Scalar: TypeAlias = bool | int | float | str | None
_Flat: TypeAlias = _Scalar | list[_Scalar] | dict[str, _Scalar]

_decode = msgspec.json.Decoder().decode
_decode_flat = msgspec.json.Decoder(dict[str, _Flat]).decode
_encode = msgspec.json.Encoder().encode


def parse_json(text: bytes) -> Json:
    """The value of *text*.

    Raises:
        ValueError: The text is not strict JSON. The message never quotes it.
    """
    try:
        value, is_flat = _decoded(text)
        # A text that is exactly what its value encodes to can hold no duplicate name: the value
        # has none. That is the cheap proof for what compact encoders write; anything else is
        # read once more by a parser that sees every name.
        if _encode(value) != text:
            value = _parse_carefully(text)
        if not is_flat:
            _check_depth(value)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError, json.JSONDecodeError):
        # The cause may hold the text: not chained.
        raise ValueError("the text is not JSON in UTF-8") from None
    return value


def parse_object(text: bytes) -> dict[str, Json]:
    """The members of *text*, which must be an object.

    Raises:
        ValueError: The text is not strict JSON, or not an object.
    """
    value = parse_json(text)
    if type(value) is not dict:
        raise ValueError("the JSON is not an object")
    return value


def freeze(value: Json) -> FrozenJson:
    """A copy of *value* that nobody can change: arrays as tuples, objects as read-only maps."""
    if isinstance(value, dict):
        return MappingProxyType({name: freeze(member) for name, member in value.items()})
    if isinstance(value, list):
        return tuple(value) if _is_text(value) else tuple([freeze(item) for item in value])
    return value


def _is_text(values: list[Json]) -> TypeGuard[list[str]]:
    """Whether all *values* are strings, asked in one call and not one by one."""
    try:
        "".join(values)  # type: ignore[arg-type]
    except TypeError:
        return False
    return True


def _decoded(text: bytes) -> tuple[Json, bool]:
    """The value of *text*, and whether its type is proof that it is nested little.

    Nearly all tokens are objects whose members are no deeper than a list of names: the decoder
    that takes nothing else costs the same and leaves nothing to be counted.
    """
    try:
        flat: Any = _decode_flat(text)
    except msgspec.ValidationError:
        return _decode(text), False
    return flat, True


def _parse_carefully(text: bytes) -> Json:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            raise ValueError("the JSON repeats a member name")
        return members

    def no_constant(_: str) -> NoReturn:
        raise ValueError("the JSON holds NaN or Infinity")

    value: Json = json.loads(
        text.decode("utf-8"), object_pairs_hook=unique, parse_constant=no_constant
    )
    return value


def _check_depth(value: Json) -> None:
    level: Sequence[Json] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise ValueError("the JSON is nested too deeply")

"""Sections: attrs classes whose fields carry the kind and the meaning of their keys.

cattrs structures them and collects every fault; `faults_in` turns its notes into key paths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final, TypeVar

import attrs
import cattrs
from attrs import frozen
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn, override

from dockmesh_auth.errors import ErrorCode
from dockmesh_auth.host.config.kinds import Kind, Refused, Schema, wrong_type
from dockmesh_auth.host.config.problems import KeyPath, Problem, quoted_key, suggestion

__all__ = ["Key", "Section", "faults_in", "key", "keys_of", "misspelt", "unknown_key"]

_METADATA: Final = "dockmesh.yaml"
_CONVERTER: Final = cattrs.Converter(detailed_validation=True)

T = TypeVar("T")


@frozen
class Key:
    """What a key of the file takes and means.

    Attributes:
        kind: What it takes.
        meaning: One sentence for administrators.
        unset: What holds if it is not written, in words; empty if the default says it.
    """

    kind: Kind
    meaning: str
    unset: str = ""


def key(
    kind: Kind,
    meaning: str,
    *,
    default: Any = attrs.NOTHING,
    unset: str = "",
    converter: Callable[[Any], Any] | None = None,
) -> Any:
    """A field of a section."""
    metadata = {_METADATA: Key(kind, meaning, unset)}
    return attrs.field(default=default, converter=converter, metadata=metadata)


def keys_of(cls: type) -> Mapping[str, tuple[Key, Any]]:
    """The keys of the section *cls* with their defaults (`attrs.NOTHING`: required)."""
    return {
        attribute.name: (attribute.metadata[_METADATA], attribute.default)
        for attribute in attrs.fields(cls)
        if _METADATA in attribute.metadata
    }


@frozen
class Section:
    """A mapping that becomes an instance of *cls*.

    Attributes:
        cls: The attrs class.
        words: What it is called.
        foreign: Keys that belong to others and are not looked at; None: any that is not ours.
        rest: The field that takes all other keys, if they are decided on later.
    """

    cls: type
    words: str
    foreign: frozenset[str] | None = frozenset()
    rest: str | None = None

    def read(self, value: object) -> Any:
        """See `Kind.read`."""
        if type(value) is not dict:
            raise wrong_type(self.words, value)
        return _structure(self.cls)(self._own(value), self.cls)

    def _own(self, members: dict[str, Any]) -> dict[str, Any]:
        known = keys_of(self.cls)
        own = {name: member for name, member in members.items() if name in known}
        others = {name: member for name, member in members.items() if name not in known}
        if self.rest is not None:
            return own | {self.rest: others}
        if self.foreign is None:
            return own
        return own | {name: others[name] for name in others if name not in self.foreign}

    def schema(self) -> Schema:
        """See `Kind.schema`."""
        keys = keys_of(self.cls)
        properties: Schema = {}
        for name, (entry, default) in keys.items():
            properties[name] = entry.kind.schema() | {"description": _described(entry)}
            if isinstance(default, (bool, int, float, str)):
                properties[name]["default"] = str(default) if isinstance(default, str) else default
        for name in sorted(self.foreign or ()):
            properties[name] = {"description": "dockmesh's own; not used for sign-in here."}
        schema: Schema = {"type": "object", "properties": properties}
        required = [name for name, (_, default) in keys.items() if default is attrs.NOTHING]
        if required:
            schema["required"] = required
        if self.foreign is not None and self.rest is None:
            schema["additionalProperties"] = False
        return schema


def _described(entry: Key) -> str:
    return entry.meaning + (f" Default: {entry.unset}." if entry.unset else "")


@cache
def _structure(cls: type) -> Callable[[Mapping[str, Any], Any], Any]:
    hooks: dict[str, Any] = {
        name: override(struct_hook=_hook(entry.kind)) for name, (entry, _) in keys_of(cls).items()
    }
    for attribute in attrs.fields(cls):
        hooks.setdefault(attribute.name, override(struct_hook=lambda value, _: value))
    return make_dict_structure_fn(cls, _CONVERTER, _cattrs_forbid_extra_keys=True, **hooks)


def _hook(kind: Kind) -> Callable[[Any, Any], Any]:
    return lambda value, _: kind.read(value)


def faults_in(fault: BaseException, path: KeyPath, value: Any) -> Iterator[Problem]:
    """The problems that *fault* is made of; *value* is what stands at *path*."""
    if isinstance(fault, Refused):
        yield Problem(path, fault.code, fault.text)
        return
    assert isinstance(fault, BaseValidationError)
    missing = []
    for part in fault.exceptions:
        if isinstance(part, ForbiddenExtraKeysError):
            yield from (unknown_key((*path, name), keys_of(part.cl)) for name in part.extra_fields)
            continue
        step = _step(part)
        if isinstance(part, KeyError):
            missing.append(str(step))
        else:
            yield from faults_in(part, (*path, step), value[step])
    if missing:
        known = keys_of(fault.cl)
        yield from _missing(missing, path, [name for name in value if name not in known])


def _step(fault: BaseException) -> str | int:
    notes = [
        note
        for note in fault.__notes__
        if isinstance(note, (AttributeValidationNote, IterableValidationNote))
    ]
    note = notes[0]  # cattrs notes every fault but that of extra keys
    return note.name if isinstance(note, AttributeValidationNote) else note.index


def _missing(names: list[str], path: KeyPath, strangers: list[str]) -> Iterator[Problem]:
    meant = {
        wanted: written
        for written in strangers
        if (wanted := suggestion(written, names)) is not None
    }
    for name in names:
        if name in meant:
            yield _misspelt((*path, meant[name]), name)
        else:
            yield Problem(
                path, ErrorCode.CONFIG_MISSING_KEY, f"the key {name!r} is missing", at_key=True
            )


def misspelt(members: Mapping[str, Any], known: Mapping[str, Any], path: KeyPath) -> list[Problem]:
    """The keys of *members* that can hardly be anything but one of *known* that is not there."""
    absent = [name for name in known if name not in members]
    return [
        _misspelt((*path, name), wanted)
        for name in members
        if name not in known and (wanted := suggestion(name, absent, likeness=0.8))
    ]


def unknown_key(path: KeyPath, known: Mapping[str, Any] | list[str]) -> Problem:
    """The problem of a key that means nothing, with the nearest of *known*."""
    wanted = suggestion(str(path[-1]), known)
    if wanted is not None:
        return _misspelt(path, wanted)
    text = f"unknown key {quoted_key(str(path[-1]))}; there are: {', '.join(sorted(known))}"
    return Problem(path, ErrorCode.CONFIG_UNKNOWN_KEY, text, at_key=True)


def _misspelt(path: KeyPath, wanted: str) -> Problem:
    text = f"unknown key {quoted_key(str(path[-1]))}; did you mean {wanted!r}?"
    return Problem(path, ErrorCode.CONFIG_UNKNOWN_KEY, text, at_key=True)

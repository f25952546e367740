"""Claims and answers in which one member is JSON of another shape than it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, TypeAlias

from dockmesh_auth.errors import AuthError
from dockmesh_auth.testing.contract.bench import Bench
from dockmesh_auth.testing.contract.check import Part, Registry, broken
from dockmesh_auth.testing.contract.configuration import CANARY_GROUP
from dockmesh_auth.testing.contract.ledger import SignedIn, told
from dockmesh_auth.testing.contract.places import ANSWERS
from dockmesh_auth.testing.fake_provider.faults import edited

__all__ = ["ODD_ANSWERS", "SHAPES"]

ODD_ANSWERS: Final = Registry(Part.EXTRACTION)

# Whichever of them somebody splits it at, the canary is a name by itself.
_IN_ONE_TEXT: Final = "a" + "".join(f"{mark}{CANARY_GROUP}{mark}b" for mark in ",; |/")

SHAPES: Final[tuple[tuple[str, Any], ...]] = (
    ("null", None),
    ("true", True),
    ("false", False),
    ("number", 5),
    ("fraction", -0.5),
    ("empty-text", ""),
    ("text", "nobody-is-in-this"),
    ("names-in-one-text", _IN_ONE_TEXT),
    ("invisible-text", "\u202ea\u0000b\u200b"),
    ("long-text", "x" * 5000),
    ("empty-list", []),
    ("list-of-null", [None]),
    ("list-of-numbers", [1, 2.5, True]),
    ("list-of-lists", [[CANARY_GROUP]]),
    ("list-of-objects", [{"name": CANARY_GROUP, "id": CANARY_GROUP}]),
    ("list-with-one-odd", ["a-name", {"name": "b"}, None]),
    ("empty-object", {}),
    ("object-of-names", {"groups": None, "roles": {}, "": [], "a": {"b": {"c": []}}}),
    ("deep-object", {"a": {"a": {"a": {"a": {"a": {"a": [[[[1]]]]}}}}}}),
)
"""JSON of all shapes, none of which says that the person is in a group that gives a role."""


_DEEP: Final = frozenset({"null", "number", "text", "list-of-objects", "empty-object"})
"""Of these every member inside of members is tried as well."""

_DEPTH: Final = 4

_PROTOCOL: Final = frozenset(
    {"aud", "auth_time", "at_hash", "azp", "exp", "iat", "iss", "nbf", "nonce", "sub"}
)
"""Their faults are the bad tokens."""

_Path: TypeAlias = tuple[str | int, ...]
_Outcome: TypeAlias = "SignedIn | AuthError"


async def _survives(name: str, value: Any, bench: Bench) -> None:
    good = await bench.sign_in()
    given = {str(grant) for grant in good.grants}
    depth = _DEPTH if name in _DEEP else 1
    outcomes = await _with_odd_claims(value, depth, bench)
    for endpoint in bench.endpoints_of_the_person():
        outcomes += await _with_odd_members(endpoint, value, depth, bench)
    for place, outcome, may_be_another in outcomes:
        if isinstance(outcome, AuthError):
            continue
        if not {str(grant) for grant in outcome.grants} <= given:
            broken(f"{place} of this shape gave {told(outcome.grants)}")
        if outcome.identity != good.identity and not may_be_another:
            broken(f"{place} of this shape made another person")


async def _with_odd_claims(
    value: Any, depth: int, bench: Bench
) -> list[tuple[str, _Outcome, bool]]:
    """Every claim of the ID token that is not the protocol's, replaced by *value*."""
    if not bench.provider.id_token:
        return []
    found: list[_Path] = []

    def replaced(path: _Path) -> Callable[[Any], None]:
        return lambda draft: draft.claims.update(_replacing(path, value, draft.claims))

    bench.fake.edits.id_token = lambda draft: found.extend(
        _paths(draft.claims, depth, objects=_is_list_of_objects(value))
    )
    await bench.sign_in()
    outcomes = []
    for path in dict.fromkeys(path for path in found if path[0] not in _PROTOCOL):
        bench.fake.edits.id_token = replaced(path)
        outcomes.append((f"the claim {_written(path)}", await bench.outcome(), False))
    bench.fake.edits.id_token = None
    return outcomes


async def _with_odd_members(
    endpoint: str, value: Any, depth: int, bench: Bench
) -> list[tuple[str, _Outcome, bool]]:
    """Every member of what *endpoint* tells of the person, replaced by *value*."""
    # Where the answer itself says who it is, another number or text in it is another account.
    may_name = isinstance(value, str | int) and not isinstance(value, bool)
    names_the_person = endpoint in bench.recorder.asked.get("dockmesh_auth_fetch_user", ())
    found: list[_Path] = []
    bench.fake.faults.always(
        endpoint, edited(partial(_noting, found, depth, _is_list_of_objects(value)))
    )
    await bench.outcome()
    outcomes = []
    for path in dict.fromkeys(found):
        bench.fake.faults.always(endpoint, edited(partial(_replacing, path, value)))
        outcome = await bench.outcome()
        place = f"the member {_written(path)} of what {endpoint} answers"
        outcomes.append((place, outcome, may_name and names_the_person))
    bench.fake.faults.clear()
    return outcomes


def _noting(found: list[_Path], depth: int, objects: bool, document: Any) -> Any:  # noqa: FBT001
    found.extend(_paths(document, depth, objects=objects))
    return document


def _paths(document: Any, depth: int, *, objects: bool) -> Iterator[_Path]:
    """Where something stands in *document*, of a list its ends; with *objects*, that is no list of
    objects.
    """
    if depth == 0:
        return
    names: list[Any] = []
    if isinstance(document, dict):
        names = list(document)
    elif isinstance(document, list) and document:
        names = sorted({0, len(document) - 1})
    for name in names:
        # Where objects are what is expected, the odd ones could be good ones.
        if not (objects and _is_list_of_objects(document[name])):
            yield (name,)
        for path in _paths(document[name], depth - 1, objects=objects):
            yield (name, *path)


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _replacing(path: _Path, value: Any, document: Any) -> Any:
    """*document* with *value* at *path*; as it is, if it has no such place."""
    if not path:
        return value
    name: Any = path[0]
    if isinstance(document, dict) and name in document:
        return document | {name: _replacing(path[1:], value, document[name])}
    if isinstance(document, list) and isinstance(name, int) and name < len(document):
        changed = _replacing(path[1:], value, document[name])
        return [*document[:name], changed, *document[name + 1 :]]
    return document


def _written(path: _Path) -> str:
    return "`" + ".".join(map(str, path)) + "`"


for _name, _value in SHAPES:
    ODD_ANSWERS.put(
        f"claims-that-are-{_name}",
        partial(_survives, _name, _value),
        law="Whatever JSON stands in a claim or answer: an answer or an error, and no new role.",
        why="A role that nobody gave would be root on somebody's machines.",
        where=ANSWERS,
    )

"""What a plugin's answer must be: the exact type, with fields of the exact types, copied.

A subclass with an evil `__eq__`, a list where a tuple is promised, a value that changes later:
none of it gets past this border. Answers of the built-in do not come by here.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import attrs

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.grants import Grants, Origin
from dockmesh_auth.domain.groups import Groups, GroupState
from dockmesh_auth.domain.identity import Profile
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.strict_json import MAX_DEPTH, Json
from dockmesh_auth.errors import ErrorCode, PluginError
from dockmesh_auth.hookspecs import PluginDescription
from dockmesh_auth.oidc.subject import MAX_SUBJECT

__all__ = [
    "check_claims",
    "check_description_types",
    "check_grants",
    "check_metadata_type",
    "check_profile",
    "type_name",
]

T = TypeVar("T")

MAX_TEXT: Final = 1024
"""Characters of a name that a plugin gives; the rest is cut off."""

_NAME_OF_TYPE: Final = vars(type)["__name__"]


class _WrongTypeError(Exception):
    """Where the first wrong type is."""


def check_description_types(answer: object) -> PluginDescription:
    """*answer* as a description whose fields have the right types."""
    return _guarded(_copied, answer, PluginDescription)


def check_metadata_type(answer: object) -> ProviderMetadata:
    """*answer* as metadata of the right types; what it says is held against the rules later."""
    return _guarded(_copied, answer, ProviderMetadata)


def check_claims(answer: object, opened: Mapping[str, object] | None, provider: Provider) -> Claims:
    """*answer* as claims of a person of *provider*, and of nobody but whom the token names.

    The issuer must be the provider's also where the token says otherwise: its keys are good for
    its own people alone (RFC 8725, section 3.8). Whatever names the person must be as the token
    has it: its subject, the claim that the plugin's description names instead, and the tenant.

    Args:
        answer: What the plugin gave.
        opened: The members of the ID token, opened by the host itself; None if the provider
            sends none.
        provider: Whose people it may be.
    """
    claims = _guarded(_copied_claims, answer, Claims)
    if not provider.vouches_as(claims.issuer) or (
        opened is not None and not _of_token(claims, opened, provider)
    ):
        raise PluginError(ErrorCode.PLUGIN_FOREIGN_IDENTITY)
    return claims


def _of_token(claims: Claims, opened: Mapping[str, object], provider: Provider) -> bool:
    """Whether *claims*, of an issuer of *provider*, are of the person whom the token names."""
    if claims.issuer != opened.get("iss") or claims.subject != opened.get("sub"):
        return False
    named_by, tenants = provider.subject_claim, provider.tenants
    if named_by != "sub" and claims.get(named_by) != opened.get(named_by):
        return False
    return tenants is None or opened.get(tenants.claim) == tenants.issuers[claims.issuer]


def check_profile(answer: object) -> Profile:
    """*answer* as a profile of the right types, its names cut to a sane length."""
    profile = _guarded(_copied, answer, Profile)
    return attrs.evolve(
        profile,
        username=_shown(profile.username),
        display_name=_shown(profile.display_name),
        email=_shown(profile.email),
        groups=_judged(profile.groups),
    )


def check_grants(answer: object, provider: Provider) -> Grants:
    """*answer* as grants, each of which a row of the provider's mappings or the default gives."""
    grants = _guarded(_copied, answer, Grants)
    for grant in grants:
        given = (
            grant == provider.default_grant
            if grant.origin is Origin.DEFAULT
            else provider.mappings.gives(grant)
        )
        if not given:
            raise PluginError(
                ErrorCode.PLUGIN_UNMAPPED_GRANT, f"no row of the mappings gives {grant}"
            )
    # Each once: what is stored is bounded by the table.
    return Grants(dict.fromkeys(grants))


def type_name(value: object) -> str:
    """The name of the type of *value*, whatever its class says when it is asked."""
    return str(_NAME_OF_TYPE.__get__(type(value)))


def _guarded(check: Callable[[object, type[T], str], T], answer: object, expected: type[T]) -> T:
    try:
        return check(answer, expected, expected.__name__)
    except _WrongTypeError as error:
        problem = str(error)
    except (AttributeError, RecursionError, TypeError, ValueError):
        problem = f"gave a value of {expected.__name__} that was not made whole"
    raise _wrong(problem)


def _wrong(detail: str) -> PluginError:
    return PluginError(ErrorCode.PLUGIN_WRONG_TYPE, detail)


def _copied(value: Any, expected: type[T], where: str) -> T:
    if type(value) is not expected:
        raise _WrongTypeError(f"gave {type_name(value)} for {where}, not {expected.__name__}")
    hints = _hints(expected)
    copies = {
        attribute.alias: _field(
            getattr(value, attribute.name), hints[attribute.name], f"{where}.{attribute.name}"
        )
        for attribute in attrs.fields(expected)  # type: ignore[arg-type]
        if attribute.init
    }
    return expected(**copies)


_CACHE: dict[type, dict[str, Any]] = {}


def _hints(expected: type) -> dict[str, Any]:
    if expected not in _CACHE:
        _CACHE[expected] = typing.get_type_hints(expected)
    return _CACHE[expected]


def _field(value: Any, hint: Any, where: str) -> Any:
    origin = typing.get_origin(hint)
    if origin is types.UnionType or origin is typing.Union:
        arms = [arm for arm in typing.get_args(hint) if arm is not type(None)]
        if value is None:
            return value
        fitting = [arm for arm in arms if type(value) is (typing.get_origin(arm) or arm)]
        return _field(value, (fitting or arms)[0], where)
    if origin in (tuple, frozenset):
        if type(value) is not origin:
            raise _WrongTypeError(f"gave {type_name(value)} for {where}, not {origin.__name__}")
        inner = typing.get_args(hint)[0]
        return origin(_field(item, inner, f"an entry of {where}") for item in value)
    if attrs.has(hint):
        return _copied(value, hint, where)
    if type(value) is not hint:
        raise _WrongTypeError(f"gave {type_name(value)} for {where}, not {hint.__name__}")
    return value


def _copied_claims(value: object, expected: type[Claims], where: str) -> Claims:
    if type(value) is not expected:
        raise _WrongTypeError(f"gave {type_name(value)}, not {where}")
    # A text that equals every other would pass for any person.
    issuer = _field(value.issuer, str, "the issuer of Claims")
    subject = _field(value.subject, str, "the subject of Claims")
    if not 0 < len(subject) <= MAX_SUBJECT:
        raise _WrongTypeError(f"gave a subject that is not 1 to {MAX_SUBJECT} characters long")
    members = {_field(name, str, "a claim's name"): _json(value[name], 1) for name in value}
    return Claims(members, issuer=issuer, subject=subject)


def _json(value: Any, depth: int) -> Json:
    """A copy of a value that is JSON, frozen or not, with nothing in it that is another's."""
    if depth > MAX_DEPTH:
        raise _WrongTypeError("gave claims that are nested too deeply")
    if value is None or type(value) in (str, int, float, bool):
        return typing.cast("Json", value)
    if type(value) in (list, tuple):
        return [_json(item, depth + 1) for item in value]
    if type(value) in (dict, types.MappingProxyType):
        return {
            _field(name, str, "a name in Claims"): _json(member, depth + 1)
            for name, member in value.items()
        }
    raise _WrongTypeError(f"gave {type_name(value)} in Claims, which is not JSON")


def _judged(groups: Groups) -> Groups:
    """*groups* by the rules of `Groups.of`, which a plugin can do without."""
    if groups.state is GroupState.PRESENT:
        return Groups.of(groups.names)
    return attrs.evolve(groups, detail=_shown(groups.detail))


def _shown(text: str) -> str:
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for letter in text[:MAX_TEXT]
    )

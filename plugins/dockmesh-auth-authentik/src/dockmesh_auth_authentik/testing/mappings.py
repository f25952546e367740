"""Authentik's scope mappings: what they return, and how their results are merged."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as AnyMapping
from typing import Any, TypeAlias

from dockmesh_auth.testing.fake_provider import FakeUser

__all__ = ["Mapping", "default_mappings", "merged"]

Mapping: TypeAlias = Callable[[FakeUser], Any]
"""The expression of a scope mapping."""


def _profile(user: FakeUser) -> dict[str, Any]:
    return {
        "name": user.full_name,
        "given_name": user.full_name,
        "preferred_username": user.name,
        "nickname": user.name,
        "groups": list(user.groups),
    }


def default_mappings() -> dict[str, Mapping]:
    """Those that a provider has unless its administrator changes them, by scope."""
    return {
        "openid": lambda _user: {},
        "email": lambda user: {"email": user.email, "email_verified": False},
        "profile": _profile,
        "offline_access": lambda _user: {},
    }


def merged(first: dict[str, Any], second: AnyMapping[str, Any]) -> dict[str, Any]:
    """Merge as Authentik does: objects deep, lists joined, anything else replaced."""
    result = dict(first)
    for name, value in second.items():
        known = result.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            result[name] = merged(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            result[name] = known + value
        else:
            result[name] = value
    return result

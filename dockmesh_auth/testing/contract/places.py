"""Where the project's own laws for plugins are written."""

from __future__ import annotations

from typing import Final

__all__ = [
    "ANSWERS",
    "CONDUCT",
    "DESCRIBING",
    "FAULTS",
    "FINDING",
    "GROUPS",
    "LOADED",
    "NAMES",
    "PACKAGED",
    "PERSON",
    "ROLES",
    "TRUST",
    "UNKNOWN_GROUPS",
    "VERSIONS",
]

_KIT: Final = "docs/reference/contract-kit.md"

DESCRIBING: Final = f"{_KIT}#describing-itself"
FINDING: Final = f"{_KIT}#finding-the-provider"
PERSON: Final = f"{_KIT}#who-it-is"
GROUPS: Final = f"{_KIT}#groups"
NAMES: Final = f"{_KIT}#names"
FAULTS: Final = f"{_KIT}#faulty-answers"
ROLES: Final = f"{_KIT}#roles"
CONDUCT: Final = f"{_KIT}#conduct"
PACKAGED: Final = f"{_KIT}#packaging"
ANSWERS: Final = "docs/reference/hooks.md#three-answers"
LOADED: Final = "docs/reference/hooks.md#when-a-plugin-is-not-loaded"
TRUST: Final = "docs/explanation/trust-model.md#a-plugin"
VERSIONS: Final = "docs/explanation/contract-versions.md#why-a-plugin-writes-the-number-itself"
UNKNOWN_GROUPS: Final = "docs/decisions/0007-groups-that-are-not-known.md"

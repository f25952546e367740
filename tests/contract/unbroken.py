"""Checks that no mutant can break, and why the host makes that so."""

from __future__ import annotations

from typing import Final

UNBROKEN: Final[dict[str, str]] = {}

"""The distribution: what must hold of what is installed."""

from __future__ import annotations

from typing import Final

from dockmesh_auth.testing.contract.check import Part, Registry

__all__ = ["PACKAGING"]

PACKAGING: Final = Registry(Part.PACKAGING)

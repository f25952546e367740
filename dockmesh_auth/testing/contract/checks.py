"""All checks of the contract, in the order in which they are run."""

from __future__ import annotations

from typing import Final

from dockmesh_auth.testing.contract.check import Check, Part
from dockmesh_auth.testing.contract.description_checks import DESCRIPTION
from dockmesh_auth.testing.contract.discovery_checks import DISCOVERY
from dockmesh_auth.testing.contract.extraction_checks import EXTRACTION
from dockmesh_auth.testing.contract.odd_answers import ODD_ANSWERS
from dockmesh_auth.testing.contract.packaging_checks import PACKAGING
from dockmesh_auth.testing.contract.resolution_checks import RESOLUTION
from dockmesh_auth.testing.contract.validation_checks import VALIDATION
from dockmesh_auth.testing.contract.whole_checks import WHOLE

__all__ = ["CHECKS", "checks_of"]

CHECKS: Final[tuple[Check, ...]] = tuple(
    check
    for registry in (
        DESCRIPTION,
        DISCOVERY,
        VALIDATION,
        EXTRACTION,
        ODD_ANSWERS,
        RESOLUTION,
        WHOLE,
        PACKAGING,
    )
    for check in registry.checks
)
"""Every check; no two have one name."""


def checks_of(part: Part) -> tuple[Check, ...]:
    """The checks of one part."""
    return tuple(check for check in CHECKS if check.part is part)

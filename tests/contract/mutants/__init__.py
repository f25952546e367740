"""Wrong plugins, each with the check that is meant for it."""

from tests.contract.mutants import (
    of_conduct,
    of_descriptions,
    of_discovery,
    of_groups,
    of_people,
    of_roles,
    of_tokens,
)
from tests.contract.mutants.mutant import MUTANTS, Mutant

__all__ = [
    "MUTANTS",
    "Mutant",
    "of_conduct",
    "of_descriptions",
    "of_discovery",
    "of_groups",
    "of_people",
    "of_roles",
    "of_tokens",
]

"""People beside the one under test."""

from __future__ import annotations

from attrs import evolve

from dockmesh_auth.testing.contract.bench import Bench
from dockmesh_auth.testing.fake_provider import FakeUser

__all__ = ["another"]


def another(bench: Bench) -> FakeUser:
    """Another account, with everything that is shown of a person the same."""
    subject = bench.person.subject
    letter = "1" if subject[-1:] != "1" else "2"
    return evolve(bench.person, subject=subject[:-1] + letter)

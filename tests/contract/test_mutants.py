"""Each wrong plugin breaks the check that is meant for it.

That the right ones, which they were made of, keep all checks is held by `test_contracts.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dockmesh_auth.testing.contract.checks import CHECKS
from dockmesh_auth.testing.contract.switchboard import Switchboard, open_switchboard
from dockmesh_auth.testing.contract.trial import Verdict, try_check
from dockmesh_auth.testing.contract.workshop import Workshop
from tests.contract.mutants import MUTANTS, Mutant
from tests.contract.mutants.also import ALSO
from tests.contract.mutants.of_packaging import PACKAGED

BY_NAME = {check.name: check for check in CHECKS}


@pytest.fixture(name="switchboard", scope="module")
def one_socket_for_all() -> Iterator[Switchboard]:
    with open_switchboard() as switchboard:
        yield switchboard


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_the_check_meant_for_it_is_broken(mutant: Mutant, switchboard: Switchboard) -> None:
    """Were it kept, a plugin with that fault would pass for a right one."""
    under_test = mutant.family.under_test(mutant.plugin())
    workshop = Workshop(under_test, switchboard, mutant.deadlines)

    result = try_check(BY_NAME[mutant.check], workshop)

    assert result.verdict is Verdict.BROKEN


@pytest.mark.parametrize(
    ("name", "check"), [(name, check) for name, checks in ALSO.items() for check in checks]
)
def test_a_check_without_a_mutant_of_its_own_is_broken_by_another(
    name: str, check: str, switchboard: Switchboard
) -> None:
    """One that lets good people in: else it would break every check."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    workshop = Workshop(mutant.family.under_test(mutant.plugin()), switchboard)

    result = try_check(BY_NAME[check], workshop)

    assert result.verdict is Verdict.BROKEN


@pytest.mark.parametrize("name", ALSO)
def test_who_breaks_many_checks_lets_good_people_in(name: str, switchboard: Switchboard) -> None:
    """Its faults are what the checks find."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    workshop = Workshop(mutant.family.under_test(mutant.plugin()), switchboard)

    assert try_check(BY_NAME["the-person-is-let-in"], workshop).verdict is Verdict.KEPT


def test_no_check_is_kept_by_all_mutants() -> None:
    """A check that nothing breaks says nothing."""
    own = [mutant.check for mutant in MUTANTS] + [packaged.check for packaged in PACKAGED]
    others = [check for checks in ALSO.values() for check in checks]
    assert {*own, *others} == set(BY_NAME)
    assert not set(own) & set(others)


def test_no_two_mutants_have_one_name() -> None:
    """One would stand for two faults in the table."""
    names = [mutant.name for mutant in MUTANTS] + [packaged.name for packaged in PACKAGED]
    assert len(set(names)) == len(names)
    assert len(names) >= 40

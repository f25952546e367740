"""Each distribution that is packaged wrong breaks the check that is meant for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dockmesh_auth.testing.contract import ProviderUnderTest
from dockmesh_auth.testing.contract.check import Part
from dockmesh_auth.testing.contract.checks import CHECKS, checks_of
from dockmesh_auth.testing.contract.installation import bounds_of
from dockmesh_auth.testing.contract.switchboard import Switchboard, open_switchboard
from dockmesh_auth.testing.contract.trial import Verdict, try_check
from dockmesh_auth.testing.contract.workshop import Workshop
from tests.contract.mutants.of_packaging import PACKAGED, Distribution, Packaged

BY_NAME = {check.name: check for check in CHECKS}


@pytest.fixture(name="switchboard", scope="module")
def one_socket_for_all() -> Iterator[Switchboard]:
    with open_switchboard() as switchboard:
        yield switchboard


def workshop_of(distribution: Distribution, folder: Path, switchboard: Switchboard) -> Workshop:
    """Where *distribution* is tried, installed in *folder* and nowhere else."""
    module = distribution.install(folder)
    return Workshop(ProviderUnderTest(plugin=module), switchboard, search_path=[str(folder)])


@pytest.mark.parametrize("packaged", PACKAGED, ids=[packaged.name for packaged in PACKAGED])
def test_the_check_meant_for_it_is_broken(
    packaged: Packaged, tmp_path: Path, switchboard: Switchboard
) -> None:
    """Were it kept, it would be released like that."""
    distribution = packaged.change(Distribution(packaged.package), tmp_path)
    workshop = workshop_of(distribution, tmp_path, switchboard)

    result = try_check(BY_NAME[packaged.check], workshop)

    assert result.verdict is Verdict.BROKEN


def test_the_right_distribution_keeps_all(tmp_path: Path, switchboard: Switchboard) -> None:
    """What the wrong ones were made of."""
    workshop = workshop_of(Distribution("packaged_right"), tmp_path, switchboard)

    for check in checks_of(Part.PACKAGING):
        result = try_check(check, workshop)
        assert result.verdict is Verdict.KEPT, result.text


def test_what_is_not_installed_is_told_once(tmp_path: Path, switchboard: Switchboard) -> None:
    """With what to do; what its metadata would say is not asked."""
    distribution = Distribution("packaged_nowhere", entry_points=())
    workshop = workshop_of(distribution, tmp_path, switchboard)

    results = {check.name: try_check(check, workshop) for check in checks_of(Part.PACKAGING)}

    assert "pip install -e ." in results["the-plugin-is-installed"].text
    broken = [name for name, result in results.items() if result.verdict is Verdict.BROKEN]
    assert broken == ["the-plugin-is-installed"]


@pytest.mark.parametrize(
    ("requirement", "bounds"),
    [
        ("dockmesh-auth>=0.1,<0.2", (True, True, True)),
        ("Dockmesh.Auth ~= 0.1", (True, True, True)),
        ("dockmesh-auth==0.1.*", (True, True, True)),
        ("dockmesh-auth[testing]>=0.1", (True, True, False)),
        ("dockmesh-auth (<1)", (True, False, True)),
        ("dockmesh-auth!=0.1.3", (True, False, False)),
        ("dockmesh-auth-extra>=0.1,<0.2", (False, False, False)),
    ],
)
def test_bounds_are_read(requirement: str, bounds: tuple[bool, bool, bool]) -> None:
    """However the requirement is written (PEP 508)."""
    assert bounds_of(["attrs>=1", requirement]) == bounds

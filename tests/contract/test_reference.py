"""What the kit says of itself: each check is explained, and the reference has them all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dockmesh_auth.testing import contract
from dockmesh_auth.testing.contract.bad_tokens import BAD_TOKENS
from dockmesh_auth.testing.contract.check import Check
from dockmesh_auth.testing.contract.checks import CHECKS
from tests.contract.reference_table import PAGE, page_with_tables

ROOT = Path(__file__).parents[2]
SPECIFICATION = (
    r"(?:OpenID Connect (?:Core|Discovery|Back-Channel Logout) 1\.0|RFC \d{4}),"
    r" sections? \d[\d.]*(?: and \d[\d.]*)?(?:, steps? \d+(?: and \d+)?)?(?:: [\w ]+)?|PEP \d+"
)


def slug(heading: str) -> str:
    """The anchor that a repository's page gives to *heading*."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def test_the_tables_are_those_of_the_kit() -> None:
    """`python -m tests.contract.reference_table` writes them."""
    page = PAGE.read_text("utf-8")
    assert page == page_with_tables(page)


def test_every_name_of_the_kit_is_on_the_page() -> None:
    """Classes, and what an author makes for them."""
    page = PAGE.read_text("utf-8")
    public = {name for name in contract.__all__ if name.endswith("Contract")}
    attributes = contract.ProviderUnderTest.__annotations__
    for name in sorted(public | {"ProviderUnderTest"} | set(attributes)):
        assert f"`{name}`" in page


def test_there_are_many_checks_and_each_has_one_name() -> None:
    """A name stands for one law, in reports and in the mutation table."""
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    assert len(names) >= 80


@pytest.mark.parametrize("check", CHECKS, ids=[check.name for check in CHECKS])
def test_a_failure_says_what_why_and_where(check: Check) -> None:
    """In whole sentences, and with a place that there is."""
    assert re.fullmatch(r"[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*", check.name)
    for sentence in (check.law, check.why):
        assert re.match("[A-Z`]", sentence)
        assert sentence.endswith(".")
        assert "\n" not in sentence
    for place in check.where.split("; "):
        if place.startswith("docs/"):
            page, _, anchor = place.partition("#")
            headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
            assert not anchor or anchor in map(slug, headings)
        else:
            assert re.fullmatch(SPECIFICATION, place)
    told = check.explain("this was seen")
    assert told.splitlines() == [
        f"{check.name}: this was seen",
        f"  the law: {check.law}",
        f"  why it matters: {check.why}",
        f"  where it is written: {check.where}",
    ]


def test_each_bad_token_has_a_check_of_its_name() -> None:
    """An author who looks a failure up finds the token by the same name."""
    assert set(BAD_TOKENS) <= {check.name for check in CHECKS}

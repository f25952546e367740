"""What comes of a check, and how pytest and people are told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from types import ModuleType

import pytest

from dockmesh_auth.errors import AccessDenied, ErrorCode
from dockmesh_auth.testing.contract import ProviderUnderTest, StagesContract
from dockmesh_auth.testing.contract.bench import Bench
from dockmesh_auth.testing.contract.check import Check, NotApplicable, Part, broken
from dockmesh_auth.testing.contract.switchboard import Switchboard, open_switchboard
from dockmesh_auth.testing.contract.trial import Result, Verdict, try_check
from dockmesh_auth.testing.contract.workshop import Workshop
from dockmesh_auth.testing.fake_provider import FakeUser
from tests.contract.mutants.families import STRICT


@pytest.fixture(name="switchboard", scope="module")
def one_socket_for_all() -> Iterator[Switchboard]:
    with open_switchboard() as switchboard:
        yield switchboard


@pytest.fixture(name="workshop")
def workshop_of_the_strict_plugin(switchboard: Switchboard) -> Workshop:
    return Workshop(STRICT.under_test(STRICT.plugin()), switchboard)


def check_that(run: Callable[[Bench], Awaitable[None]]) -> Check:
    """A check of one's own."""
    return Check("a-check", Part.WHOLE, "The law.", "It matters.", "Here.", run)


async def keeps(bench: Bench) -> None:
    await bench.sign_in()


async def breaks(bench: Bench) -> None:
    broken("it was seen")


async def says_nothing(bench: Bench) -> None:
    raise NotApplicable("there is nothing to say")


async def refuses(bench: Bench) -> None:
    raise AccessDenied(ErrorCode.PLUGIN_DENIED, "not today")


async def configures_nonsense(bench: Bench) -> None:
    bench.configured(timeout="a while")


async def asks_for_what_there_is_not(bench: Bench) -> None:
    bench.connect(bench.configured(scopes=["openid"]))
    bench.fake.clients = ()
    await bench.sign_in()


def test_a_check_that_ends_is_kept(workshop: Workshop) -> None:
    """And has nothing to say."""
    check = check_that(keeps)
    assert try_check(check, workshop) == Result(check, Verdict.KEPT)


@pytest.mark.parametrize(
    ("run", "text"),
    [
        (breaks, "a-check: it was seen"),
        (refuses, "the check begins with was refused: plugin_denied, not today"),
        (configures_nonsense, "the provider cannot be configured so: "),
        (asks_for_what_there_is_not, "the provider takes no such request: "),
    ],
)
def test_a_check_that_is_broken_says_why(
    run: Callable[[Bench], Awaitable[None]], text: str, workshop: Workshop
) -> None:
    """With the law and its place, whatever went wrong."""
    result = try_check(check_that(run), workshop)

    assert result.verdict is Verdict.BROKEN
    assert text in result.text
    assert result.text.endswith(
        "the law: The law.\n  why it matters: It matters.\n  where it is written: Here."
    )


def test_a_check_that_does_not_apply_says_why(workshop: Workshop) -> None:
    """It is neither kept nor broken."""
    result = try_check(check_that(says_nothing), workshop)
    assert (result.verdict, result.text) == (Verdict.NOT_APPLICABLE, "there is nothing to say")


def describes_itself_not_at_all(module: ModuleType) -> None:
    del module.dockmesh_auth_describe


def fails(module: ModuleType) -> None:
    def description() -> None:
        raise LookupError("something secret")

    module.description = description


@pytest.mark.parametrize(
    ("spoil", "text"),
    [(describes_itself_not_at_all, "ended in AttributeError"), (fails, "ended in LookupError")],
)
def test_a_plugin_that_cannot_be_loaded_breaks_every_check(
    spoil: Callable[[ModuleType], None], text: str, switchboard: Switchboard
) -> None:
    """Told by kind: the text of a foreign exception may hold anything."""
    module = STRICT.plugin()
    spoil(module)

    result = try_check(check_that(keeps), Workshop(STRICT.under_test(module), switchboard))

    assert result.verdict is Verdict.BROKEN
    assert text in result.text
    assert "something secret" not in result.text


def test_pytest_fails_and_skips_with_the_text(workshop: Workshop) -> None:
    """And passes in silence."""
    contract = StagesContract()
    contract._hold(check_that(keeps), workshop)
    with pytest.raises(pytest.fail.Exception, match="the law: The law"):
        contract._hold(check_that(breaks), workshop)
    with pytest.raises(pytest.skip.Exception, match="there is nothing to say"):
        contract._hold(check_that(says_nothing), workshop)


def test_a_class_without_the_fixture_says_so() -> None:
    """By the name of the class."""
    fixture = StagesContract.provider_under_test.__wrapped__  # type: ignore[attr-defined]
    with pytest.raises(pytest.UsageError, match="StagesContract needs a fixture"):
        fixture(StagesContract())


def test_each_check_has_a_bench_of_its_own(workshop: Workshop) -> None:
    """Nothing of one is seen by the next: requests, faults, edits, time."""

    async def spoils(bench: Bench) -> None:
        bench.clock.advance(3600)
        bench.fake.edits.id_token = lambda draft: "nonsense"
        bench.fake.users = ()

    first = try_check(check_that(spoils), workshop)
    second = try_check(check_that(keeps), workshop)

    assert (first.verdict, second.verdict) == (Verdict.KEPT, Verdict.KEPT)


def test_the_configuration_is_read_once(workshop: Workshop) -> None:
    """As long as it says the same."""

    async def providers() -> list[object]:
        found = []
        for timeout in (10, 10, 5):
            async with workshop.bench() as bench:
                found.append(bench.configured(timeout=timeout))
        return found

    first, again, other = asyncio.run(providers())

    assert first is again
    assert other is not first


def test_the_person_under_test_is_ada_unless_said_otherwise() -> None:
    """With a subject of her own, and in groups."""
    ada = ProviderUnderTest(plugin=STRICT.plugin())
    bob = ProviderUnderTest(plugin=STRICT.plugin(), person=FakeUser(name="bob", groups=("ops",)))

    assert (ada.person.name, ada.group, ada.issuer) == ("ada", "engineers", "{base}")
    assert ada.person.subject
    assert bob.group == "ops"

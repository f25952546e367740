"""The provider's word counts for the last administrator too, and then there is an alarm."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import structlog

from dockmesh_auth.domain.grants import Grant, Origin
from dockmesh_auth.domain.identity import Identity
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.errors import AccessDenied
from dockmesh_auth.store import SqlStore, find_user, grant_by_hand, set_disabled

pytestmark = pytest.mark.attack("CLM-18")

Others = Callable[[SqlStore, Any], Awaitable[None]]


async def alarms_of(
    store: SqlStore, person: Any, grants: tuple[Grant, ...], **changes: Any
) -> list[dict[str, Any]]:
    """What a sign-in as alice with *grants* logs of missing administrators."""
    with structlog.testing.capture_logs() as logs:
        await person.try_to_sign_in(store, grants=grants, **changes)
    return [dict(entry) for entry in logs if entry["event"] == "no_admin_left"]


def given_to(*grants: tuple[str, str]) -> Others:
    """Bert, to whom the provider gave *grants*: role and scope."""

    async def sign_in(store: SqlStore, person: Any) -> None:
        await person.sign_in(store, "bert", grants=tuple(person.grant(*each) for each in grants))

    return sign_in


def by_hand(role: str, scope: str, *, to: str = "bert") -> Others:
    """Somebody whom the provider made a viewer or alice an admin, and a hand what is said."""

    async def sign_in(store: SqlStore, person: Any) -> None:
        opened = await person.sign_in(
            store, to, grants=(person.grant("admin" if to == "alice" else "viewer"),)
        )
        await grant_by_hand(store, opened.session.user.id, role, Scope.parse(scope))

    return sign_in


def disabled(others: Others) -> Others:
    """The same, and bert is disabled."""

    async def sign_in(store: SqlStore, person: Any) -> None:
        await others(store, person)
        opened = await person.sign_in(store, "bert", grants=(person.grant("admin"),))
        await set_disabled(store, opened.session.user.id, disabled=True)

    return sign_in


async def nobody(store: SqlStore, person: Any) -> None:
    """Alice is alone."""


@pytest.mark.parametrize(
    "others",
    [
        nobody,
        given_to(("viewer", "all")),
        given_to(("deployer", "all"), ("operator", "all")),
        given_to(("admin", "tag=prod")),
        by_hand("deployer", "all"),
        by_hand("admin", "tag=prod"),
        by_hand("admin", "tag=all", to="alice"),
        disabled(given_to(("admin", "all"))),
        disabled(by_hand("admin", "all")),
    ],
    ids=[
        "nobody else",
        "a viewer",
        "other roles",
        "an admin of some hosts",
        "another role by hand",
        "an admin of some hosts by hand",
        "alice herself is an admin of some hosts by hand",
        "a disabled admin",
        "a disabled admin by hand",
    ],
)
async def test_it_is_said_when_nobody_is_admin_everywhere_any_more(
    store: SqlStore, person: Any, others: Others
) -> None:
    """An error with whom it was taken from and nothing else, and once."""
    await others(store, person)
    opened = await person.sign_in(store, grants=(person.grant("admin"),))
    assert await alarms_of(store, person, ()) == [
        {"event": "no_admin_left", "log_level": "error", "user": opened.session.user.id}
    ]
    assert await alarms_of(store, person, ()) == []


@pytest.mark.parametrize(
    "left",
    [
        (),
        (("viewer", "all"),),
        (("admin", "tag=prod"),),
        (("deployer", "all"), ("viewer", "all")),
    ],
    ids=["nothing", "viewer", "admin of some hosts", "two other roles"],
)
async def test_the_alarm_does_not_hinder_what_it_is_about(
    store: SqlStore, person: Any, left: tuple[tuple[str, str], ...]
) -> None:
    """Whatever the last administrator has left: it is said, and it is what they have left."""
    await person.sign_in(store, grants=(person.grant("admin"),))
    assert len(await alarms_of(store, person, tuple(person.grant(*each) for each in left))) == 1
    user = await find_user(store, Identity(person.issuer, "alice"))
    assert user is not None
    assert [(grant.role.name, str(grant.scope)) for grant in user.grants] == list(left)


@pytest.mark.parametrize(
    "others",
    [
        given_to(("admin", "all")),
        given_to(("viewer", "tag=a"), ("admin", "all")),
        by_hand("admin", "all"),
        by_hand("admin", "all", to="alice"),
    ],
    ids=["another admin", "with more roles", "an admin by hand", "alice herself is one by hand"],
)
async def test_it_is_not_said_while_somebody_is_admin(
    store: SqlStore, person: Any, others: Others
) -> None:
    """Given by the provider or by hand, to another or to the same person."""
    await others(store, person)
    await person.sign_in(store, grants=(person.grant("admin"),))
    assert await alarms_of(store, person, (person.grant("viewer"),)) == []
    await person.sign_in(store, grants=(person.grant("admin"),))
    assert await alarms_of(store, person, ()) == []


async def test_the_last_of_two_is_the_one_it_is_said_of(store: SqlStore, person: Any) -> None:
    """Bert goes first, in silence; then there is only alice to lose."""
    await person.sign_in(store, "bert", grants=(person.grant("admin"),))
    opened = await person.sign_in(store, grants=(person.grant("admin"),))
    assert await alarms_of(store, person, (), subject="bert") == []
    assert [entry["user"] for entry in await alarms_of(store, person, ())] == [
        opened.session.user.id
    ]


async def test_it_is_said_again_when_it_happens_again(store: SqlStore, person: Any) -> None:
    """An administrator who comes back and goes again is missed again."""
    for _ in range(2):
        await person.sign_in(store, grants=(person.grant("admin"),))
        assert len(await alarms_of(store, person, ())) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((("viewer", "all"),), ()),
        ((("deployer", "all"), ("operator", "all")), (("viewer", "all"),)),
        ((("admin", "tag=prod"),), ()),
        ((("admin", "tag=prod"),), (("admin", "tag=lab"),)),
    ],
)
async def test_who_was_not_admin_everywhere_is_no_alarm(
    store: SqlStore,
    person: Any,
    before: tuple[tuple[str, str], ...],
    after: tuple[tuple[str, str], ...],
) -> None:
    """Where nobody has been admin, as at the very start, nobody is lost."""
    await person.sign_in(store, grants=tuple(person.grant(*each) for each in before))
    assert await alarms_of(store, person, tuple(person.grant(*each) for each in after)) == []


async def test_a_stranger_is_no_alarm(store: SqlStore, person: Any) -> None:
    """With or without a grant: they had nothing to lose."""
    assert await alarms_of(store, person, ()) == []
    assert await alarms_of(store, person, (person.grant("viewer"),)) == []


async def test_an_admin_who_stays_one_is_no_alarm(store: SqlStore, person: Any) -> None:
    """The same again, by another group, by the default role, with more roles, by another slug."""
    await person.sign_in(store, grants=(person.grant("admin"),))
    for grants in (
        (person.grant("admin"),),
        (person.grant("admin", value="another group"),),
        (person.grant("admin", value=None, origin=Origin.DEFAULT),),
        (person.grant("viewer"), person.grant("admin")),
    ):
        assert await alarms_of(store, person, grants) == []
        assert await alarms_of(store, person, grants, provider="renamed") == []


async def test_a_refused_sign_in_of_a_disabled_admin_is_no_alarm(
    store: SqlStore, person: Any
) -> None:
    """Nothing was replaced, so nothing is said."""
    opened = await person.sign_in(store, grants=(person.grant("admin"),))
    await set_disabled(store, opened.session.user.id, disabled=True)
    with structlog.testing.capture_logs() as logs, pytest.raises(AccessDenied):
        await person.try_to_sign_in(store, grants=())
    assert logs == []

"""Several processes on one database, one of which may be killed at any moment."""

from __future__ import annotations

import signal
import time
from typing import Any

import pytest
from sqlalchemy import text

from dockmesh_auth.domain.identity import Identity
from dockmesh_auth.store import SqlStore, find_user, grant_by_hand

STEPS_OF_A_FIRST_SIGN_IN = 7
"""Six statements and the commit."""

STEPS_OF_A_DEMOTION = 8
"""One more: whether anybody is left who is admin."""

STEPS_OF_A_REFUSAL = 8
"""No session is made, and those that are there end."""


@pytest.mark.attack("DOS-11")
async def test_fifty_first_sign_ins_in_four_processes_make_one_user(
    driver: str, store: SqlStore, dsn: str, person: Any, count: Any, spawn: Any
) -> None:
    """One user, fifty sessions, no error, and exactly one sign-in that calls itself the first."""
    task = {"driver": driver, "dsn": dsn, "issuer": person.issuer, "subject": "alice"}
    start_at = time.time() + 1.5
    children = [
        spawn(**task, now=person.now, sign_ins=sign_ins, start_at=start_at)
        for sign_ins in (13, 13, 12, 12)
    ]
    output = [child.communicate(timeout=60) for child in children]
    assert [
        (child.returncode, errors) for child, (_, errors) in zip(children, output, strict=True)
    ] == [(0, "")] * 4
    assert sum(int(new) for new, _ in output) == 1
    assert count(store, "users") == 1
    assert count(store, "sessions") == 50
    assert count(store, "grants") == 1


@pytest.mark.attack("DOS-10")
@pytest.mark.parametrize(
    ("known", "length"),
    [(False, STEPS_OF_A_FIRST_SIGN_IN), (True, STEPS_OF_A_DEMOTION)],
    ids=["new", "known"],
)
async def test_a_kill_at_any_step_leaves_all_or_nothing_and_the_next_sign_in_heals(
    driver: str,
    store: SqlStore,
    dsn: str,
    person: Any,
    spawn: Any,
    known: bool,  # noqa: FBT001 - a parameter of the test
    length: int,
) -> None:
    """After each statement and at the commit: no user without session, no half of the grants."""
    steps = range(1, length + 2)
    old = (person.grant("admin"), person.grant("operator", "tag=a"))
    if known:
        for step in steps:
            opened = await person.sign_in(store, f"s{step}", grants=old)
            await grant_by_hand(
                store, opened.session.user.id, "auditor", person.grant("viewer").scope
            )
    children = [
        spawn(
            driver=driver,
            dsn=dsn,
            issuer=person.issuer,
            subject=f"s{step}",
            now=person.now,
            sign_ins=1,
            die_after=step,
        )
        for step in steps
    ]
    for child in children:
        child.communicate(timeout=60)
    killed = [child.returncode == -signal.SIGKILL for child in children]
    assert killed == [True] * length + [False]
    for step, was_killed in zip(steps, killed, strict=True):
        identity = Identity(person.issuer, f"s{step}")
        user = await find_user(store, identity)
        if not known and was_killed:
            assert user is None
        if known and was_killed:
            assert user is not None
            assert [str(grant) for grant in user.grants] == [
                "admin on all",
                "operator on tag=a",
                "auditor on all",
            ]
        healed = await person.sign_in(store, f"s{step}", grants=(person.grant("viewer"),))
        assert [str(grant) for grant in healed.session.user.grants] == [
            "viewer on all",
            *(["auditor on all"] if known else []),
        ]
    with store.engine.connect() as connection:
        assert (
            connection.execute(
                text("SELECT max(n) FROM (SELECT count(*) AS n FROM users GROUP BY subject) AS c")
            ).scalar()
            == 1
        )


@pytest.mark.attack("DOS-10")
async def test_a_kill_at_any_step_of_a_refusal_leaves_all_or_nothing(
    driver: str, store: SqlStore, dsn: str, person: Any, count: Any, spawn: Any
) -> None:
    """An administrator who is one no more keeps rights and sessions, or loses both: never half."""
    steps = range(1, STEPS_OF_A_REFUSAL + 2)
    tokens = {step: person.token() for step in steps}
    for step, token in tokens.items():
        await person.sign_in(store, f"s{step}", token=token, grants=(person.grant("admin"),))
    children = [
        spawn(
            driver=driver,
            dsn=dsn,
            issuer=person.issuer,
            subject=f"s{step}",
            now=person.now,
            sign_ins=1,
            roles=[],
            die_after=step,
        )
        for step in steps
    ]
    for child in children:
        child.communicate(timeout=60)
    killed = [child.returncode == -signal.SIGKILL for child in children]
    assert killed == [True] * STEPS_OF_A_REFUSAL + [False]
    for step, was_killed in zip(steps, killed, strict=True):
        user = await find_user(store, Identity(person.issuer, f"s{step}"))
        session = await store.read_session(tokens[step], policy=person.policy, now=person.now)
        assert user is not None
        assert [str(grant) for grant in user.grants] == (["admin on all"] if was_killed else [])
        assert (session is not None) is was_killed
    assert count(store, "sessions") == STEPS_OF_A_REFUSAL


async def test_first_starts_at_once_make_one_schema(
    driver: str, dsn: str, person: Any, count: Any, spawn: Any, opened: Any
) -> None:
    """Four replicas that find an empty database: each of them starts."""
    children = [
        spawn(
            driver=driver,
            dsn=dsn,
            issuer=person.issuer,
            subject="alice",
            now=person.now,
            sign_ins=1,
        )
        for _ in range(4)
    ]
    assert [child.communicate(timeout=60)[1] for child in children] == [""] * 4
    assert [child.returncode for child in children] == [0] * 4
    store = opened(driver, dsn)
    assert count(store, "users") == 1
    assert count(store, "sessions") == 4
    await store.close()

"""Somebody who has no grant: a stranger leaves no trace, and who was let in is out at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from dockmesh_auth.domain.grants import Grant, Origin
from dockmesh_auth.domain.groups import Groups
from dockmesh_auth.domain.identity import Identity
from dockmesh_auth.domain.roles import Role, RoleCatalogue
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.session import User
from dockmesh_auth.errors import AccessDenied, ErrorCode, PluginError
from dockmesh_auth.store import SqlStore, find_user, grant_by_hand, set_disabled

ROLES = RoleCatalogue.with_custom([("auditor", "viewer")])

WITHOUT_A_ROLE = [
    Groups.of([]),
    Groups.of(["a group that gives nothing"]),
    Groups.absent("there is no claim groups"),
    Groups.malformed("it is a number"),
    Groups.overage("it is elsewhere"),
]


async def known(store: SqlStore, person: Any, subject: str = "alice") -> User:
    user = await find_user(store, Identity(person.issuer, subject))
    assert user is not None
    return user


async def roles_in_session(store: SqlStore, person: Any, token: Secret) -> list[str] | None:
    """What the session of *token* may do; None if it is no session."""
    session = await store.read_session(token, policy=person.policy, now=person.now)
    return None if session is None else [str(grant) for grant in session.user.grants]


@pytest.mark.attack("ACC-10", "CLM-12")
@pytest.mark.parametrize("groups", WITHOUT_A_ROLE, ids=lambda groups: groups.state.value)
async def test_a_stranger_without_a_grant_leaves_no_row(
    store: SqlStore, person: Any, count: Any, groups: Groups
) -> None:
    """Whatever the reason for having none: no user, no grant, no session; the token opens none."""
    token = person.token()
    assert await person.try_to_sign_in(store, grants=(), groups=groups, token=token) is None
    assert await find_user(store, Identity(person.issuer, "alice")) is None
    assert await roles_in_session(store, person, token) is None
    assert {table: count(store, table) for table in ("users", "grants", "sessions")} == {
        "users": 0,
        "grants": 0,
        "sessions": 0,
    }


@pytest.mark.attack("ACC-10")
async def test_a_refused_stranger_is_new_when_a_grant_comes(store: SqlStore, person: Any) -> None:
    """The refusal has reserved nothing: neither the id nor the token."""
    for _ in range(2):
        assert await person.try_to_sign_in(store, user_id="once", token=Secret("once")) is None
    opened = await person.sign_in(store, user_id="once", token=Secret("once"))
    assert opened.is_new_user
    assert opened.session.user.id == "once"


@pytest.mark.attack("ACC-10", "CLM-17")
async def test_a_refused_stranger_costs_nobody_else_anything(store: SqlStore, person: Any) -> None:
    """Others keep grants and sessions, also the one of the same subject at another issuer."""
    tokens = {"bert": person.token(), "alice": person.token()}
    await person.sign_in(store, "bert", token=tokens["bert"])
    await person.sign_in(store, "alice", issuer="https://other.example.test", token=tokens["alice"])
    assert await person.try_to_sign_in(store, "alice") is None
    for token in tokens.values():
        assert await roles_in_session(store, person, token) == ["viewer on all"]


@pytest.mark.attack("CLM-01", "CLM-17", "CLM-18", "SES-07")
@pytest.mark.parametrize("groups", WITHOUT_A_ROLE, ids=lambda groups: groups.state.value)
async def test_an_administrator_without_groups_is_out_on_all_devices(
    store: SqlStore, person: Any, count: Any, groups: Groups
) -> None:
    """The provider's grants are gone, and so are the sessions of every browser; other people's
    are not, and what is known of the person is what was seen last.
    """
    devices = [person.token() for _ in range(3)]
    for token in devices:
        await person.sign_in(
            store, token=token, grants=(person.grant("admin"), person.grant("viewer", "tag=a"))
        )
    bert, refused = person.token(), person.token()
    await person.sign_in(store, "bert", token=bert, grants=(person.grant("admin"),))
    again = await person.try_to_sign_in(
        store, grants=(), groups=groups, token=refused, username="new name"
    )
    assert again is None
    for token in [*devices, refused]:
        assert await roles_in_session(store, person, token) is None
    assert count(store, "sessions") == 1
    assert await roles_in_session(store, person, bert) == ["admin on all"]
    user = await known(store, person)
    assert user.grants.items == ()
    assert user.groups == groups
    assert user.username == "new name"
    assert not user.disabled


@pytest.mark.attack("CLM-17", "SES-01")
async def test_who_comes_back_with_a_group_is_the_same_user_with_a_new_session(
    store: SqlStore, person: Any
) -> None:
    """A refusal is no deletion, and a later sign-in revives no session."""
    old, new = person.token(), person.token()
    first = await person.sign_in(store, token=old, grants=(person.grant("admin"),))
    assert await person.try_to_sign_in(store) is None
    second = await person.sign_in(store, token=new, grants=(person.grant("operator"),))
    assert not second.is_new_user
    assert second.session.user.id == first.session.user.id
    assert await roles_in_session(store, person, old) is None
    assert await roles_in_session(store, person, new) == ["operator on all"]


@pytest.mark.attack("CLM-17", "CLM-18")
async def test_what_was_given_by_hand_stays_and_lets_in(store: SqlStore, person: Any) -> None:
    """Only the provider's part goes; sessions go on with what is left."""
    old = person.token()
    opened = await person.sign_in(store, token=old, grants=(person.grant("admin"),))
    await grant_by_hand(store, opened.session.user.id, "operator", Scope.of_tags(["a"]))
    by_hand = Grant(ROLES.named("operator"), Scope.of_tags(["a"]), Origin.MANUAL)
    new = person.token()
    for _ in range(2):
        again = await person.sign_in(store, token=new, grants=())
        assert not again.is_new_user
        assert again.session.user.grants.items == (by_hand,)
        assert (await known(store, person)).grants.items == (by_hand,)
        assert await roles_in_session(store, person, old) == ["operator on tag=a"]
        assert await roles_in_session(store, person, new) == ["operator on tag=a"]
        new = person.token()


@pytest.mark.attack("CLM-18")
async def test_the_last_administrator_who_was_made_one_by_hand_stays_one(
    store: SqlStore, person: Any
) -> None:
    """The way back in: no provider takes it away, by no groups claim and by no group."""
    opened = await person.sign_in(store, grants=(person.grant("admin"),))
    await grant_by_hand(store, opened.session.user.id, "admin", Scope.all_hosts())
    for groups in WITHOUT_A_ROLE:
        again = await person.sign_in(store, grants=(), groups=groups)
        assert [(str(it), it.origin) for it in again.session.user.grants] == [
            ("admin on all", Origin.MANUAL)
        ]


async def test_a_grant_by_hand_that_gives_nothing_any_more_lets_nobody_in(
    driver: str, dsn: str, person: Any, opened: Callable[..., SqlStore]
) -> None:
    """Its role is not declared: refused. Declared again, it is still there."""
    store = opened(driver, dsn, ROLES)
    first = await person.sign_in(store)
    await grant_by_hand(store, first.session.user.id, "auditor", Scope.all_hosts())
    await store.close()
    without_role = opened(driver, dsn)
    assert await person.try_to_sign_in(without_role, grants=()) is None
    await without_role.close()
    with_role = opened(driver, dsn, ROLES)
    again = await person.sign_in(with_role, grants=())
    assert [str(grant) for grant in again.session.user.grants] == ["auditor on all"]


@pytest.mark.attack("SES-07")
async def test_a_disabled_user_without_groups_is_refused_as_disabled(
    store: SqlStore, person: Any, count: Any
) -> None:
    """Nothing is changed: an unlocked account finds what the provider last gave."""
    opened = await person.sign_in(store, grants=(person.grant("admin"),))
    await set_disabled(store, opened.session.user.id, disabled=True)
    with pytest.raises(AccessDenied) as caught:
        await person.try_to_sign_in(store, grants=(), username="new name")
    assert caught.value.code is ErrorCode.USER_DISABLED
    user = await known(store, person)
    assert (user.username, user.disabled) == ("alice", True)
    assert user.grants.items == (person.grant("admin"),)
    assert count(store, "sessions") == 0


async def test_an_error_on_the_way_takes_nothing_from_anybody(store: SqlStore, person: Any) -> None:
    """A sign-in that fails is no refusal: grants and sessions are as they were."""
    token = person.token()
    await person.sign_in(store, token=token, grants=(person.grant("operator"),))
    with pytest.raises(PluginError):
        await person.try_to_sign_in(
            store, username="new name", grants=(person.grant("admin", origin=Origin.MANUAL),)
        )
    assert await roles_in_session(store, person, token) == ["operator on all"]
    assert (await known(store, person)).username == "alice"


@pytest.mark.attack("CLM-17", "DOS-11")
async def test_grants_and_sessions_agree_whoever_of_twenty_comes_last(
    store: SqlStore, person: Any
) -> None:
    """Sign-ins with and without groups at once: never a session of somebody without a grant."""
    await asyncio.gather(
        *(
            person.try_to_sign_in(store, grants=(person.grant("admin"),) if n % 2 else ())
            for n in range(20)
        )
    )
    with store.engine.connect() as connection:
        grants, sessions = (
            connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("grants", "sessions")
        )
    assert (await known(store, person)).grants.items == (person.grant("admin"),) * grants
    assert (grants > 0) is (sessions > 0)
    assert grants <= 1


@pytest.mark.attack("ACC-10")
async def test_a_stranger_whose_only_role_is_not_declared_leaves_no_row(
    store: SqlStore, person: Any, count: Any
) -> None:
    """What the store would not read back gives nothing, and nothing is written of them."""
    ghost = Grant(Role(1, "ghost"), Scope.all_hosts(), Origin.MAPPING, "ghosts")

    session = await person.try_to_sign_in(store, "stranger", grants=(ghost,))

    assert session is None
    assert [count(store, table) for table in ("users", "grants", "sessions")] == [0, 0, 0]


@pytest.mark.attack("ACC-10", "CLM-12")
async def test_what_is_withdrawn_is_gone_at_once(store: SqlStore, person: Any) -> None:
    """The provider's grants and every session of this one person; what was given by hand stays."""
    tokens = [person.token(), person.token(), person.token()]
    for token in tokens[:2]:
        await person.sign_in(store, "alice", token=token)
    await person.sign_in(store, "bert", token=tokens[2])
    user = await known(store, person)
    await grant_by_hand(store, user.id, "auditor", Scope.all_hosts())
    await store.withdraw(user.identity, provider="main")
    assert [await roles_in_session(store, person, token) for token in tokens] == [
        None,
        None,
        ["viewer on all"],
    ]
    left = await known(store, person)
    assert [(str(grant), grant.origin) for grant in left.grants] == [
        ("auditor on all", Origin.MANUAL)
    ]


async def test_to_withdraw_from_a_stranger_does_nothing(
    store: SqlStore, person: Any, count: Any
) -> None:
    """Nobody is created by being refused."""
    await store.withdraw(Identity(person.issuer, "nobody"), provider="main")
    assert count(store, "users") == 0

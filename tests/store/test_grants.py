"""Grants: the provider's are replaced, those given by hand stay, unreadable ones give nothing."""

from __future__ import annotations

from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from dockmesh_auth.domain.grants import Grant, Origin
from dockmesh_auth.domain.groups import Groups, GroupState
from dockmesh_auth.domain.identity import Identity
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.domain.session import User
from dockmesh_auth.errors import ConfigurationError, ErrorCode, PluginError
from dockmesh_auth.store import SqlStore, find_user, grant_by_hand

ROLES = RoleCatalogue.with_custom([("auditor", "viewer")])


async def alice(store: SqlStore, person: Any) -> User:
    user = await find_user(store, Identity(person.issuer, "alice"))
    assert user is not None
    return user


def change(store: SqlStore, statement: str, **values: object) -> None:
    with store.engine.begin() as connection:
        connection.execute(text(statement), values)


@pytest.mark.attack("CLM-01")
async def test_an_administrator_whose_groups_are_gone_is_none(store: SqlStore, person: Any) -> None:
    """Without groups there are no mapped roles: never those of the sign-in before."""
    await person.sign_in(store, grants=(person.grant("admin"),))
    groups = Groups.absent("there is no claim groups")
    assert await person.try_to_sign_in(store, grants=(), groups=groups) is None
    user = await alice(store, person)
    assert user.grants.items == ()
    assert user.groups == groups


@pytest.mark.attack("CLM-17")
async def test_a_sign_in_replaces_its_own_grants_and_leaves_those_given_by_hand(
    store: SqlStore, person: Any
) -> None:
    """A group that is gone takes its role along; an administrator's hand stays."""
    opened = await person.sign_in(store, grants=(person.grant("admin", "all", "admins"),))
    user_id = opened.session.user.id
    assert await grant_by_hand(store, user_id, "operator", Scope.of_tags(["prod"]))
    by_hand = Grant(ROLES.named("operator"), Scope.of_tags(["prod"]), Origin.MANUAL)
    new = person.grant("viewer", "tag=lab", "staff")
    again = await person.sign_in(store, grants=(new,))
    assert again.session.user.grants.items == (new, by_hand)
    assert (await alice(store, person)).grants.items == (new, by_hand)
    without = await person.sign_in(store, grants=())
    assert without.session.user.grants.items == (by_hand,)
    assert (await alice(store, person)).grants.items == (by_hand,)


@pytest.mark.attack("CLM-17")
async def test_a_default_role_does_not_outlive_the_mapping(store: SqlStore, person: Any) -> None:
    """A default role is the provider's word too: replaced like the others."""
    default = person.grant("viewer", "all", None, Origin.DEFAULT)
    await person.sign_in(store, grants=(default,))
    mapped = person.grant("operator", "tag=a")
    await person.sign_in(store, grants=(mapped,))
    assert (await alice(store, person)).grants.items == (mapped,)


@pytest.mark.attack("CLM-17")
async def test_a_renamed_provider_leaves_no_grants_behind(store: SqlStore, person: Any) -> None:
    """The same issuer under another slug is the same authority with a newer word."""
    await person.sign_in(store, grants=(person.grant("admin"),), provider="old")
    again = await person.sign_in(store, grants=(person.grant("viewer"),), provider="new")
    assert again.session.user.grants.items == (person.grant("viewer"),)


async def test_no_sign_in_gives_by_hand(store: SqlStore, person: Any, count: Any) -> None:
    """A grant that claims to be an administrator's would stay for ever: refused."""
    with pytest.raises(PluginError) as caught:
        await person.sign_in(store, grants=(person.grant("admin", origin=Origin.MANUAL),))
    assert caught.value.code is ErrorCode.PLUGIN_UNMAPPED_GRANT
    assert count(store, "users") == 0


async def test_giving_twice_gives_once(store: SqlStore, person: Any, count: Any) -> None:
    """A repeated grant by hand changes nothing; an unknown user or role is told."""
    opened = await person.sign_in(store)
    user_id = opened.session.user.id
    for _ in range(2):
        assert await grant_by_hand(store, user_id, "auditor", Scope.all_hosts())
    by_hand = Grant(ROLES.named("auditor"), Scope.all_hosts(), Origin.MANUAL)
    assert (await alice(store, person)).grants.items == (person.grant("viewer"), by_hand)
    assert count(store, "grants") == 2
    assert not await grant_by_hand(store, "nobody", "auditor", Scope.all_hosts())
    with pytest.raises(ConfigurationError) as caught:
        await grant_by_hand(store, user_id, "root", Scope.all_hosts())
    assert caught.value.code is ErrorCode.CONFIG_INVALID_VALUE


async def test_a_role_that_is_no_longer_declared_gives_nothing(
    driver: str, dsn: str, person: Any, opened: Any
) -> None:
    """A stored grant of an unknown role is dropped and logged, never taken for another role."""
    store = opened(driver, dsn, ROLES)
    token = person.token()
    await person.sign_in(
        store, token=token, grants=(person.grant("auditor"), person.grant("viewer", "tag=a"))
    )
    await store.close()
    reopened = opened(driver, dsn)
    with structlog.testing.capture_logs() as logs:
        session = await reopened.read_session(token, policy=person.policy, now=person.now)
    assert session is not None
    assert session.user.grants.items == (person.grant("viewer", "tag=a"),)
    assert [(entry["event"], entry["role"]) for entry in logs] == [
        ("stored_grant_dropped", "auditor")
    ]
    with structlog.testing.capture_logs() as logs:
        again = await person.try_to_sign_in(reopened, grants=(person.grant("auditor"),))
    assert again is None
    assert [(entry["event"], entry["role"]) for entry in logs] == [
        ("stored_grant_dropped", "auditor")
    ]
    await reopened.close()


@pytest.mark.parametrize("scope", ["", "ALL", "tag=", "tag", "tag=Prod", "*", "all,tag=a", "[]"])
async def test_an_unreadable_scope_gives_nothing(store: SqlStore, person: Any, scope: str) -> None:
    """Least of all does it mean every host."""
    await person.sign_in(store, grants=(person.grant("admin", "tag=prod"),))
    change(store, "UPDATE grants SET scope = :scope", scope=scope)
    with structlog.testing.capture_logs() as logs:
        user = await alice(store, person)
    assert user.grants.items == ()
    assert logs[0]["reason"] == "unreadable scope or origin"
    healed = await person.sign_in(store, grants=(person.grant("admin", "tag=prod"),))
    assert healed.session.user.grants.items == (person.grant("admin", "tag=prod"),)


async def test_an_unknown_origin_gives_nothing(store: SqlStore, person: Any) -> None:
    """What gave a right must be known, or there is no right."""
    await person.sign_in(store, grants=(person.grant("admin"),))
    change(store, "UPDATE grants SET origin = 'magic'")
    assert (await alice(store, person)).grants.items == ()
    assert await person.try_to_sign_in(store, grants=()) is None
    change(store, "UPDATE grants SET origin = 'mapping'")
    assert (await alice(store, person)).grants.items == ()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("groups_names", "not json"),
        ("groups_names", '{"a": 1}'),
        ("groups_names", '["a", 1]'),
        ("groups_state", "many"),
    ],
)
async def test_unreadable_groups_are_not_no_groups(
    store: SqlStore, person: Any, column: str, value: str
) -> None:
    """Of the five states damaged data is `malformed`, never `empty`."""
    await person.sign_in(store)
    change(store, f"UPDATE users SET {column} = :value", value=value)
    assert (await alice(store, person)).groups.state is GroupState.MALFORMED


any_text = st.text(st.characters(exclude_categories=[]), max_size=20)
a_scope = st.one_of(
    st.just(Scope.all_hosts()),
    st.builds(
        Scope.of_tags, st.sets(st.from_regex(r"[a-z0-9][a-z0-9-]{0,9}", fullmatch=True), min_size=1)
    ),
)
a_grant = st.builds(
    Grant,
    st.sampled_from(list(ROLES)),
    a_scope,
    st.sampled_from([Origin.MAPPING, Origin.DEFAULT]),
    st.one_of(st.none(), any_text),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    grants=st.lists(a_grant, max_size=6).map(tuple),
    groups=st.one_of(
        st.lists(any_text, max_size=6).map(Groups.of),
        any_text.map(Groups.absent),
        any_text.map(Groups.malformed),
        any_text.map(Groups.overage),
    ),
)
async def test_grants_and_groups_come_back_as_they_were(
    store: SqlStore, person: Any, grants: tuple[Grant, ...], groups: Groups
) -> None:
    """Order, origin, claim value, scope, state: whatever the sign-in before gave."""
    await person.sign_in(store)
    opened = await person.try_to_sign_in(store, grants=grants, groups=groups)
    user = await alice(store, person)
    assert user.grants.items == grants
    assert user.groups == groups
    if grants:
        assert opened.session.user == user
    else:
        assert opened is None

"""Sessions: judged when they are read, with the user as they are at that moment."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from sqlalchemy import text

from dockmesh_auth.domain.grants import Grant, Origin
from dockmesh_auth.domain.groups import Groups
from dockmesh_auth.domain.identity import Identity
from dockmesh_auth.domain.login import LoginAttempt
from dockmesh_auth.domain.provider import ResponseMode
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.session import SessionPolicy
from dockmesh_auth.errors import AccessDenied, ErrorCode, StorageError
from dockmesh_auth.store import SqlStore, find_user, grant_by_hand, set_disabled


def column(store: SqlStore, query: str) -> list[Any]:
    with store.engine.connect() as connection:
        return list(connection.execute(text(query)).scalars())


def attempt(now: float) -> LoginAttempt:
    """Some sign-in that begins at *now*."""
    return LoginAttempt(
        state_digest="d" * 64,
        browser_digest="b" * 64,
        provider="company",
        redirect_uri="https://dockmesh.example.test/auth/oidc/callback",
        response_mode=ResponseMode.QUERY,
        nonce="n",
        code_verifier=Secret("v"),
        return_to="/",
        expires_at=now + 600,
    )


async def is_good(
    store: SqlStore, token: Secret, person: Any, now: float, policy: SessionPolicy | None = None
) -> bool:
    return await store.read_session(token, policy=policy or person.policy, now=now) is not None


async def test_a_session_comes_back_as_it_was_opened(store: SqlStore, person: Any) -> None:
    """What `sign_in` returned is what the token gives."""
    token = person.token()
    opened = await person.sign_in(store, token=token, grants=(person.grant("operator", "tag=a"),))
    session = await store.read_session(token, policy=person.policy, now=person.now + 1)
    assert session == opened.session
    assert session is not None
    assert session.created_at == person.now
    assert session.expires_at == person.now + 86_400
    assert session.provider == "company"
    assert session.provider_session == "sid-1"
    assert opened.token is token


@pytest.mark.attack("SES-06")
async def test_only_the_hash_of_a_token_is_stored(store: SqlStore, person: Any) -> None:
    """Ten thousand groups stay here; the browser keeps a token, of which we keep SHA-256."""
    token = person.token("secret-token")
    await person.sign_in(store, token=token, groups=Groups.of(f"g{n}" for n in range(10_000)))
    assert column(store, "SELECT digest FROM sessions") == [
        hashlib.sha256(b"secret-token").hexdigest()
    ]
    session = await store.read_session(token, policy=person.policy, now=person.now)
    assert session is not None
    assert len(session.user.groups.names) == 10_000


@pytest.mark.attack("SES-01")
async def test_a_planted_token_becomes_no_session(store: SqlStore, person: Any, count: Any) -> None:
    """A token that has a session cannot be opened again, by the same person or by another."""
    planted = person.token("planted")
    await person.sign_in(store, "mallory", token=planted)
    for subject in ("alice", "mallory"):
        with pytest.raises(StorageError):
            await person.sign_in(store, subject, token=planted)
    session = await store.read_session(planted, policy=person.policy, now=person.now)
    assert session is not None
    assert session.user.identity.subject == "mallory"
    assert count(store, "users") == 1


@pytest.mark.attack("SES-04")
@pytest.mark.parametrize(
    "forged",
    ["", "x", "\x00", "\ud800", "é" * 5000, "' OR '1'='1", "%", "token\n", "TOKEN", "toke"],
)
async def test_a_forged_token_is_nobody(store: SqlStore, person: Any, forged: str) -> None:
    """Unknown, cut short, another case, hostile: no session and no error; ending it is harmless."""
    token = person.token("token")
    await person.sign_in(store, token=token)
    assert not await is_good(store, Secret(forged), person, person.now)
    await store.end_session(Secret(forged))
    assert await is_good(store, token, person, person.now)


@pytest.mark.attack("SES-04")
async def test_the_digest_is_not_a_token(store: SqlStore, person: Any) -> None:
    """Who has read the database cannot open a session with what stands there."""
    token = person.token("token")
    opened = await person.sign_in(store, token=token)
    assert not await is_good(store, Secret(opened.session.digest), person, person.now)


@pytest.mark.attack("SES-08", "DOS-14")
async def test_a_session_that_is_used_all_the_time_ends(store: SqlStore, person: Any) -> None:
    """Thirty days of activity: good to the last second of the first day, then never again."""
    token = person.token()
    await person.sign_in(store, token=token)
    for minutes in range(0, 24 * 60, 30):
        assert await is_good(store, token, person, person.now + minutes * 60)
    assert await is_good(store, token, person, person.now + 86_399.9)
    for day in range(1, 31):
        assert not await is_good(store, token, person, person.now + day * 86_400)


@pytest.mark.attack("SES-08", "DOS-14")
async def test_an_idle_session_ends(store: SqlStore, person: Any, count: Any) -> None:
    """After an hour without a request, although nothing has cleaned up."""
    token = person.token()
    await person.sign_in(store, token=token)
    assert await is_good(store, token, person, person.now + 3599)
    assert await is_good(store, token, person, person.now + 3599 + 3599)
    assert not await is_good(store, token, person, person.now + 3599 + 3599 + 3600)
    assert count(store, "sessions") == 1


@pytest.mark.attack("DOS-14")
async def test_a_stricter_policy_holds_at_once(store: SqlStore, person: Any) -> None:
    """The limits of today judge the sessions of yesterday; laxer ones revive nothing."""
    token = person.token()
    await person.sign_in(store, token=token, policy=SessionPolicy(idle=3600, absolute=7200))
    short = SessionPolicy(idle=3600, absolute=600)
    long = SessionPolicy(idle=10**6, absolute=10**6)
    session = await store.read_session(token, policy=short, now=person.now + 599)
    assert session is not None
    assert session.expires_at == person.now + 600
    assert not await is_good(store, token, person, person.now + 600, short)
    assert not await is_good(
        store, token, person, person.now + 60, SessionPolicy(idle=60, absolute=7200)
    )
    assert not await is_good(store, token, person, person.now + 7200, long)


@pytest.mark.attack("DOS-13")
async def test_a_session_from_the_future_is_not_good(store: SqlStore, person: Any) -> None:
    """A clock that ran ahead and was set back would give sessions years of life."""
    token = person.token()
    await person.sign_in(store, token=token, now=person.now + 10**8)
    assert not await is_good(store, token, person, person.now)
    near = person.token()
    await person.sign_in(store, token=near, now=person.now + 299)
    assert await is_good(store, near, person, person.now)
    assert not await is_good(store, near, person, person.now - 2)


@pytest.mark.attack("DOS-14")
async def test_expired_sessions_are_removed_by_later_sign_ins(store: SqlStore, person: Any) -> None:
    """Cleaning up is only hygiene: done beside a sign-in, with nothing that is still good."""
    old, young = person.token(), person.token()
    await person.sign_in(store, token=old)
    await person.sign_in(store, token=young, now=person.now + 1)
    later = person.now + 86_400
    await store.save_attempt(attempt(later), later)
    await person.sign_in(store, "bert", now=later)
    left = column(store, "SELECT created_at FROM sessions ORDER BY created_at")
    assert left == [person.now + 1, person.now + 86_400]


async def test_being_seen_is_noted_once_a_minute(store: SqlStore, person: Any) -> None:
    """Reading is cheap: a session is written to once a minute, and never backwards."""
    token = person.token()
    await person.sign_in(store, token=token)
    seen = "SELECT last_seen_at FROM sessions"
    assert await is_good(store, token, person, person.now + 59)
    assert column(store, seen) == [person.now]
    assert await is_good(store, token, person, person.now + 60)
    assert column(store, seen) == [person.now + 60]
    assert await is_good(store, token, person, person.now + 30)
    assert column(store, seen) == [person.now + 60]


async def test_being_seen_is_noted_in_time_for_a_short_limit(store: SqlStore, person: Any) -> None:
    """With a limit of thirty seconds a minute would be too coarse."""
    policy = SessionPolicy(idle=30, absolute=86_400)
    token = person.token()
    await person.sign_in(store, token=token, policy=policy)
    for seconds in range(0, 300, 20):
        assert await is_good(store, token, person, person.now + seconds, policy)
    assert not await is_good(store, token, person, person.now + 280 + 30, policy)


@pytest.mark.attack("SES-07")
async def test_a_change_of_rights_holds_at_the_next_request(store: SqlStore, person: Any) -> None:
    """User and grants are read anew: another sign-in's word and an administrator's hand."""
    token = person.token()
    opened = await person.sign_in(store, token=token, grants=(person.grant("admin"),))
    await person.sign_in(store, grants=(person.grant("viewer"),))
    await grant_by_hand(store, opened.session.user.id, "operator", Scope.of_tags(["a"]))
    session = await store.read_session(token, policy=person.policy, now=person.now)
    assert session is not None
    assert [str(grant) for grant in session.user.grants] == ["viewer on all", "operator on tag=a"]


@pytest.mark.attack("SES-07", "DOS-16")
async def test_a_disabled_user_is_out_at_once_and_stays_out(store: SqlStore, person: Any) -> None:
    """Locking ends every session; unlocking revives none."""
    tokens = [person.token(), person.token()]
    for token in tokens:
        opened = await person.sign_in(store, token=token)
    user_id = opened.session.user.id
    other = person.token()
    await person.sign_in(store, "bert", token=other)
    assert await set_disabled(store, user_id, disabled=True)
    for token in tokens:
        assert not await is_good(store, token, person, person.now)
    assert await set_disabled(store, user_id, disabled=False)
    for token in tokens:
        assert not await is_good(store, token, person, person.now)
    assert await is_good(store, other, person, person.now)
    assert not await set_disabled(store, "nobody", disabled=True)


@pytest.mark.attack("SES-07")
async def test_a_session_of_a_disabled_user_is_none_even_if_it_is_there(
    store: SqlStore, person: Any
) -> None:
    """Somebody who locks an account in the database itself is understood too."""
    token = person.token()
    await person.sign_in(store, token=token)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE users SET disabled = :yes"), {"yes": True})
    assert not await is_good(store, token, person, person.now)


@pytest.mark.attack("SES-07")
async def test_a_disabled_user_does_not_get_in(store: SqlStore, person: Any, count: Any) -> None:
    """Refused, and nothing of the sign-in is kept: no name, no time, no grant, no session."""
    opened = await person.sign_in(store, grants=(person.grant("viewer"),))
    await set_disabled(store, opened.session.user.id, disabled=True)
    before = column(store, "SELECT last_sign_in_at FROM users")
    with pytest.raises(AccessDenied) as caught:
        await person.sign_in(
            store, username="new", grants=(person.grant("admin"),), now=person.now + 5
        )
    assert caught.value.code is ErrorCode.USER_DISABLED
    assert caught.value.provider == "company"
    user = await find_user(store, Identity(person.issuer, "alice"))
    assert user is not None
    assert user.disabled
    assert user.username == "alice"
    assert user.grants.items == (person.grant("viewer"),)
    assert column(store, "SELECT last_sign_in_at FROM users") == before == [person.now]
    assert count(store, "sessions") == 0
    await set_disabled(store, user.id, disabled=False)
    assert not (await person.sign_in(store)).is_new_user


async def test_ending_a_session_ends_that_one(store: SqlStore, person: Any) -> None:
    """Ending twice is harmless; other sessions of the person go on."""
    ended, other = person.token(), person.token()
    for token in (ended, other):
        await person.sign_in(store, token=token)
    for _ in range(2):
        await store.end_session(ended)
    assert not await is_good(store, ended, person, person.now)
    assert await is_good(store, other, person, person.now)


async def test_a_manual_grant_is_in_the_session(store: SqlStore, person: Any) -> None:
    """What `sign_in` returns holds all that the person has, not only the provider's part."""
    first = await person.sign_in(store)
    await grant_by_hand(store, first.session.user.id, "deployer", Scope.all_hosts())
    again = await person.sign_in(store)
    deployer = person.grant("deployer").role
    assert again.session.user.grants.items == (
        person.grant("viewer"),
        Grant(deployer, Scope.all_hosts(), Origin.MANUAL),
    )

"""Sign-ins under way: kept ten minutes, given out once."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from dockmesh_auth.domain.login import LoginAttempt
from dockmesh_auth.domain.provider import ResponseMode
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.store import SqlStore
from dockmesh_auth.store.attempts import PURGE_AT_MOST
from dockmesh_auth.store.schema import login_attempts

NOW = 1_800_000_000.0


def attempt(name: str = "a", **changes: Any) -> LoginAttempt:
    values: dict[str, Any] = {
        "state_digest": hashlib.sha256(name.encode()).hexdigest(),
        "browser_digest": "b" * 64,
        "provider": "company",
        "redirect_uri": "https://dockmesh.example.test/auth/oidc/callback",
        "response_mode": ResponseMode.FORM_POST,
        "nonce": "n-0S6_WzA2Mj",
        "code_verifier": Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        "return_to": "/hosts?tag=prod",
        "expires_at": NOW + 600.25,
    }
    return LoginAttempt(**{**values, **changes})


async def test_an_attempt_is_had_once(store: SqlStore) -> None:
    """Exactly what was saved, to the first who asks; then it was never there."""
    saved = attempt()
    await store.save_attempt(saved, NOW)
    assert await store.take_attempt("0" * 64) is None
    assert await store.take_attempt(saved.state_digest.upper()) is None
    assert await store.take_attempt(saved.state_digest) == saved
    assert await store.take_attempt(saved.state_digest) is None


async def test_of_many_who_ask_at_once_one_gets_it(store: SqlStore) -> None:
    """A replayed callback races with itself in vain."""
    for n in range(5):
        await store.save_attempt(attempt(str(n)), NOW)
        digest = attempt(str(n)).state_digest
        answers = await asyncio.gather(*(store.take_attempt(digest) for _ in range(12)))
        assert [answer for answer in answers if answer is not None] == [attempt(str(n))]


@pytest.mark.attack("DOS-02", "DOS-14")
async def test_attempts_that_nobody_returns_from_are_forgotten(store: SqlStore, count: Any) -> None:
    """Each new one makes room: rows are bounded by what ten minutes bring."""
    for n in range(30):
        await store.save_attempt(attempt(str(n), expires_at=NOW + n), NOW - 1)
    assert count(store, "login_attempts") == 30
    await store.save_attempt(attempt("new"), NOW + 10)
    assert count(store, "login_attempts") == 20
    assert await store.take_attempt(attempt("10").state_digest) is None
    assert await store.take_attempt(attempt("11").state_digest) is not None


@pytest.mark.attack("DOS-02")
async def test_a_flood_is_cleared_in_portions(store: SqlStore, count: Any) -> None:
    """No sign-in pays for the whole of somebody else's flood, and most pay for none of it."""
    with store.engine.begin() as connection:
        connection.execute(
            insert(login_attempts),
            [
                {
                    **dict.fromkeys((column.name for column in login_attempts.c), "x"),
                    "state_digest": str(n),
                    "expires_at": NOW,
                }
                for n in range(PURGE_AT_MOST + 7)
            ],
        )
    left = []
    for n, seconds in enumerate((0, 9, 10, 3)):
        await store.save_attempt(attempt(f"new-{n}"), NOW + seconds)
        left.append(count(store, "login_attempts"))
    # At once, not again within ten seconds, then again; and again after the clock was set back.
    assert left == [8, 9, 3, 4]


async def test_an_expired_attempt_is_for_the_caller_to_judge(store: SqlStore) -> None:
    """The store gives it out with its time, so that the refusal can say `expired`."""
    await store.save_attempt(attempt(expires_at=NOW - 1), NOW)
    taken = await store.take_attempt(attempt().state_digest)
    assert taken is not None
    assert taken.expires_at == NOW - 1


any_text = st.text(st.characters(exclude_categories=[]), max_size=30)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    path=any_text,
    nonce=any_text,
    mode=st.sampled_from(ResponseMode),
    expires_at=st.floats(min_value=NOW, max_value=NOW * 2),
)
async def test_any_attempt_comes_back_exactly(
    store: SqlStore, path: str, nonce: str, mode: ResponseMode, expires_at: float
) -> None:
    """Times keep their fractions, text its code points."""
    saved = attempt(
        return_to=path,
        nonce=nonce,
        code_verifier=Secret(nonce),
        response_mode=mode,
        expires_at=expires_at,
    )
    await store.save_attempt(saved, 0.0)
    assert await store.take_attempt(saved.state_digest) == saved

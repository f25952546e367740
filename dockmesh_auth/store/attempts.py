"""Sign-ins under way: written once, taken once."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select

from dockmesh_auth.domain.login import LoginAttempt
from dockmesh_auth.domain.provider import ResponseMode
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.store.schema import login_attempts

__all__ = ["PURGE_AT_MOST", "purge_attempts", "save_attempt", "take_attempt"]

PURGE_AT_MOST: Final = 5000
"""Expired rows of a table removed at a time: more than a flood adds in between, few enough to be
quick."""

_INSERT = insert(login_attempts)

# Of two that purge at once each leaves the other's rows alone: no waiting, no deadlock. SQLite
# has one writer and ignores the lock.
_PURGE = delete(login_attempts).where(
    login_attempts.c.state_digest.in_(
        select(login_attempts.c.state_digest)
        .where(login_attempts.c.expires_at <= bindparam("now"))
        .limit(PURGE_AT_MOST)
        .with_for_update(skip_locked=True)
    )
)

_TAKE = (
    delete(login_attempts)
    .where(login_attempts.c.state_digest == bindparam("digest"))
    .returning(*login_attempts.c)
)


def purge_attempts(connection: Connection, now: float) -> None:
    """Remove some attempts that expired before *now*. Only to save space."""
    connection.execute(_PURGE, {"now": now})


def save_attempt(connection: Connection, attempt: LoginAttempt) -> None:
    """Insert *attempt*."""
    connection.execute(
        _INSERT,
        {
            "state_digest": attempt.state_digest,
            "browser_digest": attempt.browser_digest,
            "provider": attempt.provider,
            "redirect_uri": attempt.redirect_uri,
            "response_mode": attempt.response_mode.value,
            "nonce": attempt.nonce,
            "code_verifier": attempt.code_verifier.reveal(),
            "return_to": attempt.return_to,
            "expires_at": attempt.expires_at,
        },
    )


def take_attempt(connection: Connection, state_digest: str) -> LoginAttempt | None:
    """Delete the attempt of *state_digest* and return what was deleted: one statement, so that
    of two callers at most one gets it. Whether it has expired is for the caller to judge.
    """
    row = connection.execute(_TAKE, {"digest": state_digest}).one_or_none()
    if row is None:
        return None
    return LoginAttempt(
        state_digest=row.state_digest,
        browser_digest=row.browser_digest,
        provider=row.provider,
        redirect_uri=row.redirect_uri,
        response_mode=ResponseMode(row.response_mode),
        nonce=row.nonce,
        code_verifier=Secret(row.code_verifier),
        return_to=row.return_to,
        expires_at=row.expires_at,
    )

"""What a sign-in would have written into the database."""

from __future__ import annotations

import hashlib

from attrs import define, field, frozen

from dockmesh_auth.domain.grants import Grants
from dockmesh_auth.domain.identity import Identity, Profile
from dockmesh_auth.domain.login import LoginAttempt
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.session import NewSession, Session, SessionPolicy, User

__all__ = ["Ledger", "SignedIn", "told"]


@frozen
class SignedIn:
    """Somebody whom a sign-in let in.

    Attributes:
        identity: Who.
        profile: What is known of them.
        grants: What they may do.
    """

    identity: Identity
    profile: Profile
    grants: Grants


def told(grants: Grants) -> str:
    """*grants* in words."""
    return ", ".join(str(grant) for grant in grants) or "nothing"


@define
class Ledger:
    """A store that keeps what it was told last; a `dockmesh_auth.domain.ports.Store`.

    Attributes:
        entry: What the last sign-in said; None if none came so far, or nobody got a grant.
        attempts: The sign-ins under way.
    """

    entry: SignedIn | None = None
    attempts: dict[str, LoginAttempt] = field(factory=dict, repr=False)

    def forget(self) -> None:
        """Nobody has signed in so far."""
        self.entry = None

    async def save_attempt(self, attempt: LoginAttempt, now: float) -> None:
        """See `Store.save_attempt`."""
        del now
        self.attempts[attempt.state_digest] = attempt

    async def take_attempt(self, state_digest: str) -> LoginAttempt | None:
        """See `Store.take_attempt`."""
        return self.attempts.pop(state_digest, None)

    async def sign_in(
        self,
        identity: Identity,
        profile: Profile,
        grants: Grants,
        *,
        provider: str,
        provider_session: str | None,
        token: Secret,
        user_id: str,
        policy: SessionPolicy,
        now: float,
    ) -> NewSession | None:
        """See `Store.sign_in`."""
        if not grants:
            return None
        self.entry = SignedIn(identity, profile, grants)
        user = User(
            id=user_id,
            identity=identity,
            provider=provider,
            username=profile.username,
            display_name=profile.display_name,
            email=profile.email,
            groups=profile.groups,
            grants=grants,
        )
        session = Session(
            digest=hashlib.sha256(token.reveal().encode()).hexdigest(),
            user=user,
            provider=provider,
            provider_session=provider_session,
            created_at=now,
            expires_at=now + policy.absolute,
        )
        return NewSession(token=token, session=session, is_new_user=True)

    async def withdraw(self, identity: Identity, *, provider: str) -> None:
        """See `Store.withdraw`."""
        del identity, provider
        self.forget()

    async def read_session(
        self, token: Secret, *, policy: SessionPolicy, now: float
    ) -> Session | None:
        """See `Store.read_session`: nobody comes back here."""
        del token, policy, now
        return None

    async def end_session(self, token: Secret) -> None:
        """See `Store.end_session`."""

    async def check(self) -> None:
        """See `Store.check`."""

    async def close(self) -> None:
        """See `Store.close`."""

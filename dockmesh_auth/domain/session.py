"""People who have signed in, and their sessions."""

from __future__ import annotations

from attrs import field, frozen

from dockmesh_auth.domain.grants import Grants
from dockmesh_auth.domain.groups import Groups
from dockmesh_auth.domain.identity import Identity
from dockmesh_auth.domain.secret import Secret

__all__ = ["NewSession", "Session", "SessionPolicy", "User"]


@frozen(kw_only=True)
class SessionPolicy:
    """How long sessions live.

    Attributes:
        idle: Seconds without a request after which a session ends.
        absolute: Seconds after sign-in at which it ends in any case.
    """

    idle: int = 3600
    absolute: int = 86_400


@frozen(kw_only=True)
class User:
    """A person as dockmesh knows them.

    Attributes:
        id: A random UUID, made at the first sign-in.
        identity: Issuer and subject; unique.
        provider: Slug of the provider of the last sign-in.
        username: As last seen; for display.
        display_name: As last seen; for display.
        email: As last seen; for display.
        groups: As last seen.
        grants: Those of the provider and those given by hand.
        disabled: Whether an administrator has locked the account.
    """

    id: str
    identity: Identity
    provider: str
    username: str
    display_name: str
    email: str = field(repr=False)
    groups: Groups
    grants: Grants
    disabled: bool = False


@frozen(kw_only=True)
class Session:
    """A session that is good at this moment.

    Attributes:
        digest: SHA-256 of the session's token, hexadecimal; the token itself is not kept.
        user: Read anew at every request.
        provider: Slug of the provider it was opened through.
        provider_session: `sid` of the ID token, if there was one.
        created_at: Unix seconds.
        expires_at: Unix seconds of the absolute end.
    """

    digest: str
    user: User
    provider: str
    provider_session: str | None = None
    created_at: float
    expires_at: float


@frozen(kw_only=True)
class NewSession:
    """A session that has just been opened.

    Attributes:
        token: What the browser keeps; 256 random bits. Exists nowhere else.
        session: The session.
        is_new_user: Whether this sign-in created the user.
    """

    token: Secret
    session: Session
    is_new_user: bool

"""What the outside does for us, as Protocols: clock, randomness, requests, storage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from attrs import field, frozen

from dockmesh_auth.domain.grants import Grants
from dockmesh_auth.domain.identity import Identity, Profile
from dockmesh_auth.domain.login import LoginAttempt
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.session import NewSession, Session, SessionPolicy
from dockmesh_auth.domain.strict_json import FrozenJson, Json, freeze, parse_json

__all__ = [
    "Answer",
    "Clock",
    "Fetch",
    "Randomness",
    "Request",
    "Send",
    "Store",
    "TokenVerifier",
]


class Clock(Protocol):
    """The time, twice: for tokens and for waiting."""

    def now(self) -> float:
        """Unix seconds, as the world sees them. May jump."""
        ...

    def monotonic(self) -> float:
        """Seconds from some start, never going back. For ages, deadlines and cool-downs."""
        ...


class Randomness(Protocol):
    """Unguessable text."""

    def token(self) -> str:
        """256 random bits, base64url without padding (43 characters of A-Z a-z 0-9 - _)."""
        ...

    def uuid(self) -> str:
        """A random UUID (RFC 9562, version 4)."""
        ...


@frozen(kw_only=True)
class Request:
    """What to ask a provider. Built by pure functions, sent by `Send`.

    Attributes:
        method: GET or POST.
        url: An absolute URL.
        headers: Names in any case; may hold credentials.
        body: The body, or None; may hold credentials.
    """

    method: str = "GET"
    url: str
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Answer:
    """What a provider answered to a request.

    Attributes:
        status: The HTTP status.
        headers: Names in lower case; may hold cookies.
        body: The body, decoded and within the size limit.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def media_type(self) -> str:
        """The media type in lower case, without parameters; empty if there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Json:
        """The body as strict JSON.

        Raises:
            ValueError: It is not.
        """
        return parse_json(self.body)

    def frozen_json(self) -> FrozenJson:
        """The body as strict JSON that nobody can change.

        Raises:
            ValueError: It is not.
        """
        return freeze(self.json())


class Send(Protocol):
    """Sends requests to one provider, within its rules (see `Fetch`)."""

    async def __call__(self, request: Request) -> Answer:
        """Send *request*.

        Raises:
            ProviderError: The address is not allowed, or there was no answer within the limits.
        """
        ...


class Fetch(Protocol):
    """A request to a provider, within its rules: https, allowed hosts and addresses, a time limit
    for the whole request, a size limit for the answer, no redirects.
    """

    async def __call__(
        self,
        url: str,
        *,
        method: str = "GET",
        with_access_token: bool = False,
        headers: Mapping[str, str] | None = None,
        json: Json = None,
    ) -> Answer:
        """Ask *url*.

        Args:
            url: An absolute URL on the issuer's host or on one of the allowed hosts.
            method: GET or POST.
            with_access_token: Whether to send this sign-in's access token as a bearer token
                (RFC 6750, section 2.1). The token itself is never handed out.
            headers: More headers.
            json: A body for POST.

        Raises:
            ProviderError: The address is not allowed, or there was no answer within the limits.
            PluginError: The request holds what must not be sent, or there is no access token yet.
        """
        ...


class TokenVerifier(Protocol):
    """Opens signed tokens of one provider: its keys, its allowed algorithms, nothing else."""

    def open(self, token: Secret) -> Mapping[str, Json]:
        """The members of a token whose signature is good. No claim of it is checked yet.

        An encrypted token (JWE) is opened with our own key first; what it holds must be signed.

        Raises:
            TokenRejected: It is malformed, its algorithm is not allowed, its key is not known
                or its signature is wrong.
        """
        ...

    def matches_access_token(self, token: Secret, at_hash: str, access_token: Secret) -> bool:
        """Whether *at_hash* is *access_token*'s hash under the algorithm that signed *token*
        (OpenID Connect Core 1.0, section 3.1.3.8).
        """
        ...


class Store(Protocol):
    """What is remembered between requests. All methods raise `StorageError` if it fails."""

    async def save_attempt(self, attempt: LoginAttempt, now: float) -> None:
        """Remember *attempt*; now and then forget what has expired, attempts and sessions."""
        ...

    async def take_attempt(self, state_digest: str) -> LoginAttempt | None:
        """Return and forget the attempt of *state_digest*: one caller gets it, ever."""
        ...

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
        """Create or update the user, replace the grants that the provider gave, leave those given
        by hand, and open a session: in one transaction.

        Somebody who has no grant then does not get in: no user is created, and one who is known
        loses what the provider gave before and all their sessions.

        Args:
            identity: Unique; 50 racing first sign-ins make one user.
            profile: What to remember of them.
            grants: The provider's grants from now on.
            provider: Slug of the provider.
            provider_session: `sid` of the ID token, if there was one.
            token: The new session's token; only its hash is stored.
            user_id: The id to use if the user is new.
            policy: How long the session may live.
            now: Unix seconds.

        Returns:
            The session; None for somebody who has no grant.

        Raises:
            AccessDenied: The user is disabled; nothing was changed.
        """
        ...

    async def withdraw(self, identity: Identity, *, provider: str) -> None:
        """Take away what *provider* gave somebody, leave what was given by hand, and end all their
        sessions: in one transaction. Nothing happens if nobody is known by *identity*.
        """
        ...

    async def read_session(
        self, token: Secret, *, policy: SessionPolicy, now: float
    ) -> Session | None:
        """The session of *token* if it is good at *now*, with the user as they are at this
        moment; None if it is unknown, idle for too long, too old, or its user is disabled.
        """
        ...

    async def end_session(self, token: Secret) -> None:
        """Forget the session of *token*, if there is one."""
        ...

    async def check(self) -> None:
        """Prove that the store answers."""
        ...

    async def close(self) -> None:
        """Give everything back. The store is not used afterwards."""
        ...

"""The inside of a fake provider: settings, keys, people, and what is under way."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from attrs import define, field, frozen
from joserfc.jwk import RSAKey
from starlette.requests import Request

from dockmesh_auth.domain.ports import Clock
from dockmesh_auth.testing.fake_provider.edits import Edits
from dockmesh_auth.testing.fake_provider.faults import Faults
from dockmesh_auth.testing.fake_provider.grants import (
    AuthorizationRequest,
    Grant,
    LoginSession,
    PushedRequest,
    RecordedRequest,
)
from dockmesh_auth.testing.fake_provider.people import FakeClient, FakeUser
from dockmesh_auth.testing.fake_provider.shape import Shape
from dockmesh_auth.testing.minting import SigningKey

__all__ = ["EncryptionKey", "FakeState"]


@frozen(eq=False)
class EncryptionKey:
    """A client's key that a provider encrypts for.

    Attributes:
        kid: Its name in token headers and in the key set.
        private: The key; a provider needs its public half only.
    """

    kid: str | None
    private: RSAKey = field(repr=False)

    @classmethod
    def generate(cls, kid: str | None = "encryption-1") -> EncryptionKey:
        """A new RSA key of 2048 bits."""
        return cls(kid, RSAKey.generate_key(2048))

    def public_jwk(self) -> dict[str, Any]:
        """The entry of a key set."""
        members: dict[str, Any] = dict(self.private.as_dict(private=False))
        members.update(use="enc", alg="RSA-OAEP-256", enc="A256CBC-HS512")
        return members if self.kid is None else members | {"kid": self.kid}


@frozen
class _RunningClock:
    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()


@cache
def _first_key() -> SigningKey:
    # Made once per process: providers that are not about keys may share one.
    return SigningKey.generate("RS256")


def _tuple(items: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(items)


@define(kw_only=True, eq=False)
class FakeState:
    """What the endpoints of a fake provider work on.

    Attributes:
        shape: What distinguishes this provider from the standard.
        users: Who can sign in.
        clients: Who may ask.
        signing_key: What signs; None for HS256 with the client's secret.
        more_keys: Keys that are published beside it.
        encryption_key: What tokens are encrypted for; None for signed tokens.
        clock: The provider's clock.
        base_url: Scheme, host and port; set when it is served.
        faults: What goes wrong, by endpoint.
        edits: What is changed before it is sent.
        requests: All requests that came in.
    """

    shape: Shape = field(factory=Shape)
    users: Sequence[FakeUser] = field(converter=_tuple)
    clients: Sequence[FakeClient] = field(converter=_tuple)
    signing_key: SigningKey | None = field(factory=_first_key)
    more_keys: list[SigningKey] = field(factory=list)
    encryption_key: EncryptionKey | None = None
    clock: Clock = field(factory=_RunningClock)
    base_url: str = "https://idp.example"
    faults: Faults = field(factory=Faults)
    edits: Edits = field(factory=Edits)
    requests: list[RecordedRequest] = field(factory=list)
    grants_by_code: dict[str, Grant] = field(factory=dict, init=False, repr=False)
    grants_by_token: dict[str, Grant] = field(factory=dict, init=False, repr=False)
    sessions: dict[str, LoginSession] = field(factory=dict, init=False, repr=False)
    pending: dict[str, AuthorizationRequest] = field(factory=dict, init=False, repr=False)
    pushed: dict[str, PushedRequest] = field(factory=dict, init=False, repr=False)
    cookie: str = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # Browsers share cookies among all ports of a host, so each provider has its own name.
        self.cookie = f"stand_in_{secrets.token_hex(4)}"

    @property
    def issuer(self) -> str:
        """The issuer under the base address, as a relying party is set up with it."""
        return self.base_url + self.shape.issuer_path

    def base_for(self, request: Request) -> str:
        """The base address that an answer to *request* names."""
        if not self.shape.issuer_follows_host:
            return self.base_url
        scheme = request.headers.get("x-forwarded-proto", self.base_url.partition("://")[0])
        return f"{scheme}://{request.headers.get('host', '')}"

    def user(self, name: str) -> FakeUser | None:
        """The user called *name*."""
        return next((user for user in self.users if user.name == name), None)

    def client(self, client_id: str) -> FakeClient | None:
        """The client called *client_id*."""
        return next((it for it in self.clients if it.client_id == client_id), None)

    def key_for(self, client: FakeClient) -> SigningKey:
        """What signs the tokens of *client*.

        Raises:
            ValueError: There is no key, and the client has no secret to sign with.
        """
        if self.signing_key is not None:
            return self.signing_key
        if client.client_secret is None:
            raise ValueError("a public client's tokens need a signing key")
        return SigningKey.from_secret(client.client_secret.reveal())

    def published_keys(self) -> list[dict[str, Any]]:
        """The entries of the key set."""
        signing = [key for key in (self.signing_key, *self.more_keys) if key is not None]
        entries = [key.public_jwk() for key in signing if not key.algorithm.startswith("HS")]
        return entries + ([self.encryption_key.public_jwk()] if self.encryption_key else [])

    def session_of(self, request: Request) -> LoginSession | None:
        """Who is signed in, in the browser that sent *request*."""
        return self.sessions.get(request.cookies.get(self.cookie, ""))

    def sign_in(self, user: FakeUser) -> str:
        """Open a session for *user*; the cookie's value comes back."""
        value = secrets.token_urlsafe(32)
        self.sessions[value] = LoginSession(
            user=user, auth_time=int(self.clock.now()), sid=secrets.token_hex(32)
        )
        return value

    def count(self, endpoint: str) -> int:
        """How many requests came to *endpoint*."""
        return sum(1 for request in self.requests if request.endpoint == endpoint)

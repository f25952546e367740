"""An Authentik that is none: for `dockmesh-auth demo` and for tests.

::

    with stand_in(redirect_uris=[CALLBACK]).serve() as provider:
        ...  # provider.issuer is up, with alice, bob and the others
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as AnyMapping
from contextlib import contextmanager

from attrs import frozen

from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.testing.contract import ProviderUnderTest
from dockmesh_auth.testing.fake_provider import FakeClient, FakeProvider, FakeUser
from dockmesh_auth.testing.minting import SigningKey
from dockmesh_auth_authentik import plugin
from dockmesh_auth_authentik.testing.mappings import Mapping
from dockmesh_auth_authentik.testing.people import USERS
from dockmesh_auth_authentik.testing.shape import AuthentikShape

__all__ = [
    "USERS",
    "AuthentikShape",
    "AuthentikStandIn",
    "Mapping",
    "signing_key",
    "stand_in",
    "under_test",
]


@frozen(kw_only=True)
class AuthentikStandIn:
    """A stand-in that is set up for one client; a `dockmesh_auth.testing.stand_in.StandIn`.

    Attributes:
        provider: The provider itself, for faults, edits and recorded requests.
        client_id: The client's name.
        client_secret: What proves it: letters and digits, made for this one stand-in.
    """

    provider: FakeProvider
    client_id: str
    client_secret: Secret

    @property
    def issuer(self) -> str:
        """What `issuer_url` has to be."""
        return self.provider.issuer

    @property
    def users(self) -> Sequence[FakeUser]:
        """Who can sign in."""
        return self.provider.users

    @property
    def settings(self) -> AnyMapping[str, str]:
        """Nothing more than is the same for all."""
        return {}

    def claim_value(self, group: str) -> str:
        """The name of *group*, as it is."""
        return group

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[FakeProvider]:
        """Serve on 127.0.0.1 for as long as the block lasts."""
        with self.provider.serve(port) as provider:
            yield provider


def signing_key(algorithm: str = "RS256") -> SigningKey:
    """A new key with a name like Authentik's: 32 hexadecimal digits."""
    return SigningKey.generate(algorithm, kid=secrets.token_hex(16))


def stand_in(
    *,
    redirect_uris: Sequence[str],
    shape: AuthentikShape | None = None,
    users: Sequence[FakeUser] = USERS,
    client_id: str = "dockmesh",
) -> AuthentikStandIn:
    """A stand-in for a client whose people may be sent back to *redirect_uris*.

    Args:
        redirect_uris: Registered as `strict`.
        shape: The settings of the provider at Authentik; None for its defaults, with the page
            that asks for consent.
        users: Who can sign in.
        client_id: The client's name.
    """
    secret = Secret(secrets.token_hex(64))
    client = FakeClient(
        client_id=client_id, client_secret=secret, redirect_uris=tuple(redirect_uris)
    )
    provider = FakeProvider(
        shape=shape or AuthentikShape(asks_consent=True),
        users=users,
        clients=[client],
        signing_key=signing_key(),
    )
    return AuthentikStandIn(provider=provider, client_id=client_id, client_secret=secret)


def under_test() -> ProviderUnderTest:
    """What the plugin is tried with: an Authentik with its default settings."""
    return ProviderUnderTest(plugin=plugin, shape=AuthentikShape())

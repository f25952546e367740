"""What a plugin offers to be tried out: a stand-in of its product, on this machine.

A plugin's distribution names a function in the entry-point group `dockmesh_auth.stand_in`, under
the plugin's name; `dockmesh-auth demo` calls it::

    [project.entry-points."dockmesh_auth.stand_in"]
    example = "dockmesh_auth_example.testing:stand_in"
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

from attrs import field, frozen

from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.testing.fake_provider.people import FakeClient, FakeUser
from dockmesh_auth.testing.fake_provider.provider import FakeProvider
from dockmesh_auth.testing.fake_provider.shape import Shape

__all__ = ["STAND_IN_GROUP", "FakeStandIn", "MakeStandIn", "StandIn", "build_stand_in"]

STAND_IN_GROUP: Final = "dockmesh_auth.stand_in"
"""The entry-point group."""


class StandIn(Protocol):
    """A stand-in that is set up for one client."""

    @property
    def issuer(self) -> str:
        """What `issuer_url` has to be; right while it is served."""
        ...

    @property
    def client_id(self) -> str:
        """The client's name at the stand-in."""
        ...

    @property
    def client_secret(self) -> Secret:
        """What proves it."""
        ...

    @property
    def users(self) -> Sequence[FakeUser]:
        """Who can sign in: `name` is what its login page says, `groups` what they are in."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """What has to stand in the provider's entry in `dockmesh.yaml` besides."""
        ...

    def claim_value(self, group: str) -> str:
        """How a row of `group_mappings` spells *group*, one of the groups of `users`."""
        ...

    def serve(self, port: int = 0) -> AbstractContextManager[object]:
        """Serve on a free port of 127.0.0.1, or on *port*, for as long as the block lasts.

        Raises:
            OSError: The port is taken.
        """
        ...


class MakeStandIn(Protocol):
    """The function that the entry point names."""

    def __call__(self, *, redirect_uris: Sequence[str]) -> StandIn:
        """A stand-in for a client whose people may be sent back to *redirect_uris*."""
        ...


@frozen(kw_only=True)
class FakeStandIn:
    """A `StandIn` made of a fake provider.

    Attributes:
        provider: The provider itself, for faults, edits and recorded requests.
        client_id: The client's name.
        client_secret: What proves it: letters and digits, made for this one stand-in.
        settings: What has to stand in the provider's entry besides.
    """

    provider: FakeProvider
    client_id: str
    client_secret: Secret
    settings: Mapping[str, Any] = field(factory=dict)
    _spelled: Callable[[str], str] = field(default=str, repr=False)

    @property
    def issuer(self) -> str:
        """What `issuer_url` has to be."""
        return self.provider.issuer

    @property
    def users(self) -> Sequence[FakeUser]:
        """Who can sign in."""
        return self.provider.users

    def claim_value(self, group: str) -> str:
        """How a row of `group_mappings` spells *group*."""
        return self._spelled(group)

    def serve(self, port: int = 0) -> AbstractContextManager[FakeProvider]:
        """Serve on 127.0.0.1 for as long as the block lasts."""
        return self.provider.serve(port)


def build_stand_in(
    shape: Shape,
    *,
    redirect_uris: Sequence[str],
    users: Sequence[FakeUser],
    client_id: str = "dockmesh",
    spelled: Callable[[str], str] = str,
    settings: Mapping[str, Any] | None = None,
) -> FakeStandIn:
    """A stand-in of the product that *shape* describes, with a client of its own.

    Args:
        shape: The product.
        redirect_uris: Where the client's people may be sent back to.
        users: Who can sign in.
        client_id: The client's name.
        spelled: How a row of `group_mappings` spells a group; as it is, if not given.
        settings: What has to stand in the provider's entry in `dockmesh.yaml` besides.
    """
    secret = Secret(secrets.token_hex(32))
    client = FakeClient(
        client_id=client_id, client_secret=secret, redirect_uris=tuple(redirect_uris)
    )
    provider = FakeProvider(shape=shape, users=users, clients=[client])
    return FakeStandIn(
        provider=provider,
        client_id=client_id,
        client_secret=secret,
        settings=settings or {},
        spelled=spelled,
    )

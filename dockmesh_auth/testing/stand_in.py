"""What a plugin offers to be tried out: a stand-in of its product, on this machine.

A plugin's distribution names a function in the entry-point group `dockmesh_auth.stand_in`, under
the plugin's name; `dockmesh-auth demo` calls it::

    [project.entry-points."dockmesh_auth.stand_in"]
    example = "dockmesh_auth_example.testing:stand_in"
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.testing.fake_provider.people import FakeUser

__all__ = ["STAND_IN_GROUP", "MakeStandIn", "StandIn"]

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

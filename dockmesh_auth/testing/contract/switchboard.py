"""One socket for all fake providers of a run: the application behind it changes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from attrs import define
from starlette.types import ASGIApp, Receive, Scope, Send

from dockmesh_auth.testing.server import served

__all__ = ["Switchboard", "open_switchboard"]


@define(eq=False)
class Switchboard:
    """One socket for all benches: the application behind it changes.

    Attributes:
        base_url: Where it listens.
        app: What answers there at the moment.
    """

    base_url: str = ""
    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the present application answer."""
        assert self.app is not None
        await self.app(scope, receive, send)


@contextlib.contextmanager
def open_switchboard() -> Iterator[Switchboard]:
    """A switchboard on loopback for as long as the block lasts."""
    switchboard = Switchboard()
    with served(switchboard) as base_url:
        switchboard.base_url = base_url
        yield switchboard

"""Who uses a provider's connections when, and when they are given up for new ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Generic, Protocol, TypeVar

from attrs import define

__all__ = ["Connections", "Turns"]


class Connections(Protocol):
    """What holds connections open until it is closed."""

    async def aclose(self) -> None:
        """Close them all."""
        ...


C = TypeVar("C", bound=Connections)


@define(eq=False)
class _Shared(Generic[C]):
    """Connections that are kept, and how many requests use them at the moment."""

    connections: C
    users: int = 0


class Turns(Generic[C]):
    """A limited number of users at one time; all of them share the same connections.

    Args:
        limit: Users at one time; more wait.
    """

    def __init__(self, limit: int) -> None:
        self._slots = asyncio.Semaphore(limit)
        self._current: _Shared[C] | None = None

    @asynccontextmanager
    async def turn(self, connect: Callable[[], C]) -> AsyncIterator[C]:
        """The connections for one request, when it is its turn; made by *connect* if none are kept.

        A request that is cut off gives them up. httpcore may keep its place in the pool, for good;
        those that are under way go on, those that come later get new ones.
        """
        async with self._slots:
            shared = self._current = self._current or _Shared(connect())
            shared.users += 1
            try:
                yield shared.connections
            except asyncio.CancelledError:
                if self._current is shared:
                    self._current = None
                raise
            finally:
                shared.users -= 1
                if shared.users == 0 and self._current is not shared:
                    await shared.connections.aclose()

    async def close(self) -> None:
        """Close the connections that are kept."""
        if self._current is not None:
            await self._current.connections.aclose()

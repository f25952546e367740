"""What discovery found, kept: the last good answer serves while the provider is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from attrs import define, field

from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Clock
from dockmesh_auth.errors import AuthError

__all__ = ["MetadataCache"]

LIFETIME: Final = 3600.0
"""Seconds after which the provider is asked again."""

RETRY_COLD: Final = 5.0
"""Seconds between attempts while nothing is known yet: a dead provider is not hammered."""

RETRY_WARM: Final = 60.0
"""Seconds between attempts while the last good answer serves."""


@define(eq=False)
class MetadataCache:
    """The metadata of one provider, fetched when it is first needed.

    Start-up needs no provider: the first sign-in asks, and while it cannot be reached every
    later one asks again, at most every five seconds. Ages are taken from the monotonic clock.

    Attributes:
        last_error: Why the last attempt failed; None after a success.
    """

    _discover: Callable[[], Awaitable[ProviderMetadata]]
    _clock: Clock
    last_error: AuthError | None = field(default=None, init=False)
    _good: ProviderMetadata | None = field(default=None, init=False)
    _ask_again_at: float = field(default=float("-inf"), init=False)
    _flight: asyncio.Task[ProviderMetadata] | None = field(default=None, init=False)

    @property
    def known(self) -> bool:
        """Whether there is a good answer to serve."""
        return self._good is not None

    async def get(self) -> ProviderMetadata:
        """The metadata.

        Raises:
            AuthError: The provider was never reached, or what it answered was refused.
        """
        too_early = self._clock.monotonic() < self._ask_again_at
        if too_early and self._good is not None:
            return self._good
        if too_early and self.last_error is not None:
            raise self.last_error.again()
        if self._flight is None:
            self._flight = asyncio.ensure_future(self._refresh())
            self._flight.add_done_callback(self._landed)
        # Shielded: a browser that goes away must not take the others' answer with it.
        try:
            return await asyncio.shield(self._flight)
        except AuthError as error:
            # All who wait are given the same object; each is to have one of their own.
            own = error.again()
        raise own

    def _landed(self, flight: asyncio.Task[ProviderMetadata]) -> None:
        self._flight = None
        if not flight.cancelled():
            flight.exception()

    async def _refresh(self) -> ProviderMetadata:
        try:
            good = await self._discover()
        except AuthError as error:
            self.last_error = error.again()  # without the frames, which hold a person's sign-in
            warm = self._good is not None
            self._ask_again_at = self._clock.monotonic() + (RETRY_WARM if warm else RETRY_COLD)
            if self._good is not None:
                return self._good
            raise
        self.last_error = None
        self._good = good
        self._ask_again_at = self._clock.monotonic() + LIFETIME
        return good

"""Threads for operations that may wait for a lock, so that the event loop never does."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar, final

from dockmesh_auth.errors import ErrorCode, StorageError

__all__ = ["PATIENCE", "Workers"]

T = TypeVar("T")

PATIENCE: Final = 5.0
"""Seconds that an operation waits for its turn, and once more for the database's lock."""


@final
class Workers:
    """A bounded number of threads; work that has waited too long is refused, not done late.

    Without that bound, fifty sign-ins behind a lock of ten seconds would each wait for the one
    before it, and the last person for minutes.
    """

    def __init__(
        self,
        threads: int,
        name: str,
        *,
        patience: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make *threads* threads at most, called after *name*; *patience* in seconds."""
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._patience = patience
        self._monotonic = monotonic
        self._closed = False

    async def run(self, work: Callable[[], T]) -> T:
        """What *work* returns, done in a thread with the caller's context variables.

        Raises:
            StorageError: It waited too long for its turn, or the store is closed.
        """
        if self._closed:
            raise StorageError(ErrorCode.STORE_UNAVAILABLE, "The store has been closed.")
        context = contextvars.copy_context()
        asked = self._monotonic()
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, context.run, self._in_time, work, asked
        )

    def _in_time(self, work: Callable[[], T], asked: float) -> T:
        if self._monotonic() - asked > self._patience:
            raise StorageError(
                ErrorCode.STORE_UNAVAILABLE,
                f"The database is too slow: nothing was done within {self._patience:g} seconds.",
            )
        return work()

    def close(self) -> None:
        """Wait for what runs, refuse what comes. Blocks; may be called twice."""
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)

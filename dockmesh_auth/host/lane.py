"""A thread of its own for every plugin, so that one that blocks blocks nobody else.

Python cannot stop a function that does not return. What can be done: run it where nobody else
waits, stop waiting at a deadline, and leave the thread behind. A plugin that leaves too many
behind is out of service until they return.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Final, Generic, TypeVar, cast

from attrs import define, field, frozen

__all__ = ["DeadlineMissed", "Lane", "LaneFull", "Outcome"]

T = TypeVar("T")

MAX_ABANDONED: Final = 4
"""Threads a plugin may have left behind before it is out of service."""

MAX_LINGERING: Final = 64
"""Calls that nobody waits for any more and that go on all the same, before the plugin is out of
service. Far more than are being cancelled at one moment."""

GRACE: Final = 0.1
"""Seconds in which a thread that is merely waiting answers, and one that is blocked does not."""


class DeadlineMissed(Exception):  # noqa: N818 - it says what happened
    """There was no outcome in time."""


class LaneFull(Exception):  # noqa: N818 - it says what happened
    """Too many earlier calls have not returned."""


@frozen
class Outcome(Generic[T]):
    """How a call ended: with a value, or with any exception at all, SystemExit included."""

    value: T | None = None
    error: BaseException | None = None

    def unwrap(self) -> T:
        """The value, or the exception raised here."""
        if self.error is not None:
            raise self.error
        return cast("T", self.value)


@define(eq=False)
class _Call:
    """One call; whether its caller has given up waiting for it."""

    given_up: bool = False


@define(eq=False)
class _Worker:
    """One thread with an event loop, and the calls that have begun and not ended."""

    name: str
    calls: set[_Call] = field(factory=set, init=False)
    loop: asyncio.AbstractEventLoop = field(factory=asyncio.new_event_loop, init=False)
    thread: threading.Thread = field(init=False)

    def __attrs_post_init__(self) -> None:
        # A daemon: a plugin that never returns must not keep the process from ending.
        self.thread = threading.Thread(target=self._run, name=f"lane-{self.name}", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        self.loop.run_forever()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
            self.loop.run_until_complete(asyncio.wait([task]))
        self.loop.close()

    def stop(self) -> None:
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.loop.stop)

    def ping(self) -> Future[None]:
        """Done as soon as the thread gets to it; never, if it is blocked."""
        return asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self.loop)


@define(eq=False)
class Lane:
    """Runs the calls of one plugin, each with a deadline.

    Attributes:
        name: The plugin's name, for the thread's.
    """

    name: str
    _worker: _Worker | None = field(default=None, init=False)
    _abandoned: list[_Worker] = field(factory=list, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    async def run(self, call: Callable[[], T | Awaitable[T]], deadline: float) -> Outcome[T]:
        """Run *call* in the plugin's thread and wait for its outcome.

        Args:
            call: What to run; if it gives an awaitable, that is awaited there as well.
            deadline: Seconds to wait at most, including the wait for the thread.

        Raises:
            DeadlineMissed: There was no outcome in time.
            LaneFull: Too many earlier calls have not returned.
        """
        worker, future, entry = self._submit(call)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), deadline)
        except TimeoutError:
            try:
                await asyncio.wait_for(asyncio.wrap_future(worker.ping()), GRACE)
            except TimeoutError:
                self._abandon(worker)
            raise DeadlineMissed from None
        finally:
            # However the wait ended: from here on nobody waits. A call that has ended is not
            # among the worker's any more.
            entry.given_up = True

    def run_blocking(self, call: Callable[[], T | Awaitable[T]], deadline: float) -> Outcome[T]:
        """The same for a caller that has no event loop: while the host starts."""
        worker, future, _ = self._submit(call)
        try:
            return future.result(deadline)
        except FutureTimeoutError:
            future.cancel()
            self._abandon(worker)
            raise DeadlineMissed from None

    def close(self) -> None:
        """Let the thread end when it has nothing left to do."""
        with self._lock:
            if self._worker is not None:
                self._worker.stop()
                self._worker = None

    def _submit(
        self, call: Callable[[], T | Awaitable[T]]
    ) -> tuple[_Worker, Future[Outcome[T]], _Call]:
        with self._lock:
            self._abandoned = [worker for worker in self._abandoned if worker.thread.is_alive()]
            if len(self._abandoned) >= MAX_ABANDONED:
                raise LaneFull
            if self._worker is None:
                self._worker = _Worker(self.name)
            worker = self._worker
            # A coroutine can refuse to be cancelled without blocking anybody.
            if sum(entry.given_up for entry in tuple(worker.calls)) >= MAX_LINGERING:
                raise LaneFull
            entry = _Call()
            work = _outcome(call, entry, worker.calls)
            future = asyncio.run_coroutine_threadsafe(work, worker.loop)
            return worker, future, entry

    def _abandon(self, worker: _Worker) -> None:
        with self._lock:
            if self._worker is worker:
                self._worker = None
                self._abandoned.append(worker)
                worker.stop()


async def _outcome(
    call: Callable[[], T | Awaitable[T]], entry: _Call, under_way: set[_Call]
) -> Outcome[T]:
    # An exception of any kind is an outcome: were SystemExit to leave a task, it would end the
    # thread's loop and with it every other call of the plugin.
    under_way.add(entry)
    try:
        answer = call()
        if inspect.isawaitable(answer):
            answer = await answer
        return Outcome(value=cast("T", answer))
    except BaseException as error:  # noqa: BLE001 - see above
        return Outcome(error=error)
    finally:
        under_way.discard(entry)

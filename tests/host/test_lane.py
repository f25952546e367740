"""A plugin's own thread."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time

import pytest

from dockmesh_auth.host.lane import (
    MAX_ABANDONED,
    MAX_LINGERING,
    DeadlineMissed,
    Lane,
    LaneFull,
)


@pytest.fixture(name="lane")
def plugin_lane():
    lane = Lane("toy")
    yield lane
    lane.close()


async def test_a_plain_call_runs_in_another_thread(lane: Lane) -> None:
    """The plugin's code never runs where requests are served."""
    outcome = await lane.run(threading.get_ident, 1)

    assert outcome.value not in (None, threading.get_ident())


async def test_an_awaitable_is_awaited_there(lane: Lane) -> None:
    """`async def` works as well as `def`."""

    async def answer() -> int:
        await asyncio.sleep(0)
        return 7

    outcome = await lane.run(answer, 1)

    assert outcome.value == 7


@pytest.mark.attack("PLG-02")
@pytest.mark.parametrize(
    "error",
    [
        ValueError(),
        SystemExit(),
        KeyboardInterrupt(),
        GeneratorExit(),
        BaseExceptionGroup("", [SystemExit()]),
    ],
)
async def test_every_exception_is_an_outcome_and_the_lane_goes_on(
    lane: Lane, error: BaseException
) -> None:
    """Not even SystemExit ends the thread or the process."""

    def fail() -> None:
        raise error

    outcome = await lane.run(fail, 1)
    after = await lane.run(lambda: "alive", 1)

    assert outcome.error is error
    assert after.value == "alive"


@pytest.mark.attack("PLG-03")
async def test_a_call_that_blocks_is_left_behind_and_the_next_one_works(lane: Lane) -> None:
    """A blocked thread is replaced."""
    release = threading.Event()

    with pytest.raises(DeadlineMissed):
        await lane.run(release.wait, 0.05)
    outcome = await lane.run(lambda: "next", 1)
    release.set()

    assert outcome.value == "next"


@pytest.mark.attack("PLG-03")
async def test_a_coroutine_that_waits_too_long_is_cancelled(lane: Lane) -> None:
    """What can be stopped is stopped."""
    seen: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    with pytest.raises(DeadlineMissed):
        await lane.run(slow, 0.05)
    for _ in range(100):
        if seen:
            break
        await asyncio.sleep(0.01)

    assert seen == ["cancelled"]


@pytest.mark.attack("PLG-03")
async def test_a_plugin_that_leaves_too_many_threads_behind_is_out_of_service(lane: Lane) -> None:
    """Threads are bounded; when the blocked calls return, the plugin is back."""
    release = threading.Event()
    for _ in range(MAX_ABANDONED):
        with pytest.raises(DeadlineMissed):
            await lane.run(release.wait, 0.02)

    with pytest.raises(LaneFull):
        await lane.run(lambda: None, 1)
    release.set()
    for _ in range(200):
        try:
            outcome = await lane.run(lambda: "back", 1)
            break
        except LaneFull:
            await asyncio.sleep(0.01)

    assert outcome.value == "back"


def test_without_a_loop_a_blocked_call_is_left_behind_too(lane: Lane) -> None:
    """While the host starts there is no event loop yet."""
    release = threading.Event()

    with pytest.raises(DeadlineMissed):
        lane.run_blocking(release.wait, 0.05)
    release.set()

    assert lane.run_blocking(lambda: 1, 1).value == 1


def test_closing_ends_the_thread(lane: Lane) -> None:
    """No thread stays behind that has nothing to do."""
    thread = lane.run_blocking(threading.current_thread, 1).value
    assert thread is not None

    lane.close()
    lane.close()
    thread.join(2)

    assert not thread.is_alive()


def test_a_worker_whose_thread_has_ended_is_not_stopped_again(lane: Lane) -> None:
    """Stopping is harmless at any time."""
    lane.run_blocking(lambda: None, 1)
    worker = lane._worker
    assert worker is not None
    worker.stop()
    worker.thread.join(2)

    worker.stop()

    assert not worker.thread.is_alive()


@pytest.mark.attack("PLG-03", "DOS-03")
async def test_calls_that_refuse_to_be_cancelled_are_bounded(lane: Lane) -> None:
    """They block nobody and can be counted; beyond the limit the plugin is out of service until
    some of them end."""
    gate = asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def stays() -> None:
        loops.append(asyncio.get_running_loop())
        while not gate.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await gate.wait()

    missed = await asyncio.gather(
        *(lane.run(stays, 0.05) for _ in range(MAX_LINGERING)), return_exceptions=True
    )
    assert {DeadlineMissed} == {type(outcome) for outcome in missed}
    with pytest.raises(LaneFull):
        await lane.run(lambda: 7, 1)

    loops[0].call_soon_threadsafe(gate.set)
    for _ in range(100):
        with contextlib.suppress(LaneFull):
            assert (await lane.run(lambda: 7, 1)).value == 7
            break
        await asyncio.sleep(0.01)
    else:
        raise AssertionError("the lane stays full")


@pytest.mark.attack("PLG-03", "DOS-03")
async def test_calls_that_were_given_up_before_they_began_do_not_count(lane: Lane) -> None:
    """Many people leave while the thread is busy: nothing of them is left."""
    busy = asyncio.create_task(lane.run(lambda: time.sleep(0.2), 5))
    await asyncio.sleep(0.05)
    waiting = [asyncio.create_task(lane.run(lambda: 1, 5)) for _ in range(2 * MAX_LINGERING)]
    await asyncio.sleep(0.05)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await busy

    assert (await lane.run(lambda: 7, 1)).value == 7


@pytest.mark.attack("PLG-03")
async def test_two_calls_that_are_blocked_leave_one_thread_behind(lane: Lane) -> None:
    """Both miss their deadline in the same thread, which is given up once."""
    release = threading.Event()

    missed = await asyncio.gather(
        lane.run(release.wait, 0.05), lane.run(release.wait, 0.05), return_exceptions=True
    )
    left_behind = len(lane._abandoned)
    release.set()

    assert [type(error) for error in missed] == [DeadlineMissed, DeadlineMissed]
    assert left_behind == 1

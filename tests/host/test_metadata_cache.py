"""What discovery found, kept."""

from __future__ import annotations

import asyncio

import attrs
import pytest

from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.errors import ErrorCode, ProviderError
from dockmesh_auth.host.metadata_cache import MetadataCache


@attrs.define
class Discovery:
    """Counts, and fails as long as it is told to."""

    metadata: ProviderMetadata
    calls: int = 0
    down: bool = False
    pause: float = 0.0

    async def __call__(self) -> ProviderMetadata:
        self.calls += 1
        await asyncio.sleep(self.pause)
        if self.down:
            raise ProviderError(ErrorCode.PROVIDER_UNREACHABLE)
        return self.metadata


@pytest.fixture(name="discovery")
def counting_discovery(metadata) -> Discovery:
    return Discovery(metadata)


@pytest.fixture(name="cache")
def cache_of_discovery(discovery, clock) -> MetadataCache:
    return MetadataCache(discovery, clock)


async def test_nothing_is_asked_before_it_is_needed(cache, discovery, metadata) -> None:
    """And then once an hour."""
    assert (discovery.calls, cache.known) == (0, False)

    assert await cache.get() is metadata
    assert await cache.get() is metadata

    assert (discovery.calls, cache.known) == (1, True)


async def test_it_is_asked_again_after_an_hour(cache, discovery, clock) -> None:
    """Moved endpoints are seen."""
    await cache.get()
    clock.advance(3599)
    await cache.get()
    clock.advance(1)
    await cache.get()

    assert discovery.calls == 2


@pytest.mark.attack("DIS-04")
async def test_a_dead_provider_is_asked_every_five_seconds_at_most(cache, discovery, clock) -> None:
    """It is not hammered, and it is noticed when it is back."""
    discovery.down = True
    for _ in range(10):
        with pytest.raises(ProviderError) as caught:
            await cache.get()
    clock.advance(5)
    discovery.down = False
    await cache.get()

    assert caught.value.code is ErrorCode.PROVIDER_UNREACHABLE
    assert discovery.calls == 2
    assert cache.last_error is None


@pytest.mark.attack("DIS-11")
async def test_the_last_good_answer_serves_while_the_provider_is_away(
    cache, discovery, clock, metadata
) -> None:
    """For as long as it takes; a failing refresh is tried once a minute."""
    await cache.get()
    discovery.down = True
    clock.advance(3600)

    answers = [await cache.get() for _ in range(5)]
    clock.advance(60)
    answers.append(await cache.get())

    assert answers == [metadata] * 6
    assert discovery.calls == 3
    assert cache.last_error is not None


async def test_fifty_callers_cause_one_request(cache, discovery) -> None:
    """Whoever comes while it is under way waits for it."""
    discovery.pause = 0.02

    await asyncio.gather(*(cache.get() for _ in range(50)))

    assert discovery.calls == 1


async def test_one_who_gives_up_does_not_end_it_for_the_others(cache, discovery, metadata) -> None:
    """A browser that goes away is nobody else's trouble."""
    discovery.pause = 0.05
    impatient = asyncio.create_task(cache.get())
    patient = asyncio.create_task(cache.get())
    await asyncio.sleep(0.01)
    impatient.cancel()

    assert await patient is metadata
    assert discovery.calls == 1


async def test_a_correction_of_the_time_moves_nothing(cache, discovery, clock) -> None:
    """Ages are taken from the monotonic clock."""
    await cache.get()
    clock.jump(86_400)
    await cache.get()

    assert discovery.calls == 1


async def test_a_refresh_that_is_ended_is_begun_anew(cache, discovery, metadata) -> None:
    """When the process is asked to stop and does not."""
    discovery.pause = 1
    first = asyncio.create_task(cache.get())
    await asyncio.sleep(0.01)
    flight = cache._flight
    assert flight is not None
    flight.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    discovery.pause = 0

    assert await cache.get() is metadata


async def test_everybody_who_waits_gets_an_error_of_their_own(cache, discovery) -> None:
    """One object for all would be changed by each, and collect the frames of all of them."""
    discovery.down, discovery.pause = True, 0.01

    errors = await asyncio.gather(*(cache.get() for _ in range(3)), return_exceptions=True)
    for _ in range(2):
        with pytest.raises(ProviderError) as later:
            await cache.get()
        errors.append(later.value)

    assert len({id(error) for error in (*errors, cache.last_error)}) == 6
    assert {ErrorCode.PROVIDER_UNREACHABLE} == {error.code for error in errors}
    assert [error.__context__ for error in errors] == [None] * 5
    assert cache.last_error.__traceback__ is None

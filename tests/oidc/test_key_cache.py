"""When a provider's keys are fetched again, and when not."""

from __future__ import annotations

import asyncio
import json
from functools import cache
from typing import Any

import pytest

from dockmesh_auth.domain.ports import Answer, Request
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.errors import ErrorCode, ProviderError, TokenRejected
from dockmesh_auth.oidc.jwks import KeySet
from dockmesh_auth.oidc.jws import SignatureVerifier
from dockmesh_auth.oidc.key_cache import CachePolicy, KeyCache
from dockmesh_auth.testing.clock import FrozenClock
from dockmesh_auth.testing.minting import SigningKey, mint

URI = "https://idp.example/jwks"
DAY = 86_400


@cache
def _key(name: str) -> SigningKey:
    """A key called by the first word of *name*."""
    return SigningKey.generate("ES256", name.split(maxsplit=1)[0])


class Published:
    """A provider's published keys: what it answers, and how often it was asked."""

    def __init__(self, *names: str) -> None:
        self.fetches = 0
        self.headers: dict[str, str] = {}
        self.failure: Exception | None = None
        self.status = 200
        self.gate: asyncio.Event | None = None
        self.publish(*names)

    def publish(self, *names: str) -> None:
        entries = [_key(name).public_jwk() for name in names]
        self.body = json.dumps({"keys": entries}).encode()

    async def __call__(self, request: Request) -> Answer:
        assert (request.method, request.url) == ("GET", URI)
        self.fetches += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return Answer(status=self.status, headers=self.headers, body=self.body)


def _names(keys: KeySet | None) -> list[str | None] | None:
    return None if keys is None else [key.kid for key in keys.keys]


def _unreachable() -> ProviderError:
    return ProviderError(ErrorCode.PROVIDER_UNREACHABLE, provider="idp")


async def _code(cache_: KeyCache) -> str:
    try:
        await cache_.keys()
    except ProviderError as error:
        return error.code
    return "served"


async def test_keys_are_fetched_once_in_their_lifetime(clock: FrozenClock) -> None:
    """Ten minutes, to the second."""
    idp = Published("a")
    cache_ = KeyCache(URI, idp, clock)
    first = await cache_.keys()
    clock.advance(599.9)
    assert await cache_.keys() is first
    assert idp.fetches == 1
    clock.advance(0.1)
    assert await cache_.keys() is first
    assert idp.fetches == 2


@pytest.mark.attack("JWK-11")
async def test_a_withdrawn_key_is_refused_after_the_lifetime(clock: FrozenClock) -> None:
    """A key that the provider no longer publishes is trusted for ten minutes at most."""
    idp = Published("a", "b")
    cache_ = KeyCache(URI, idp, clock)
    await cache_.keys()
    idp.publish("b")
    clock.advance(600)
    keys = await cache_.keys()
    assert _names(keys) == ["b"]
    with pytest.raises(TokenRejected) as caught:
        keys.select("a", "ES256")
    assert caught.value.code is ErrorCode.KEY_UNKNOWN


@pytest.mark.attack("JWK-08")
async def test_a_new_key_is_accepted_at_once(clock: FrozenClock) -> None:
    """OpenID Connect Core 1.0, section 10.1.1: an unknown name causes one fetch; both the new key
    and the one that stays are good."""
    idp = Published("a")
    cache_ = KeyCache(URI, idp, clock)
    old = await cache_.keys()
    idp.publish("a", "b")
    clock.advance(1)
    newer = await cache_.keys_after_refusal(old)
    assert _names(newer) == ["a", "b"]
    assert await cache_.keys() is newer
    assert idp.fetches == 2


@pytest.mark.attack("JWK-12")
async def test_new_material_under_the_same_name_is_found(clock: FrozenClock) -> None:
    """A provider that was restored signs with another key of the same name: one fetch."""
    idp = Published("a")
    cache_ = KeyCache(URI, idp, clock)
    provider = Provider(
        slug="idp", display_name="IdP", issuer="https://idp.example/", client_id="c"
    )
    old = await cache_.keys()
    token = Secret(mint({"sub": "alice"}, _key("a anew")))
    with pytest.raises(TokenRejected) as caught:
        SignatureVerifier(provider, old).open(token)
    assert caught.value.code is ErrorCode.SIGNATURE_INVALID
    idp.publish("a anew")
    newer = await cache_.keys_after_refusal(old)
    assert newer is not None
    assert SignatureVerifier(provider, newer).open(token) == {"sub": "alice"}
    assert idp.fetches == 2


@pytest.mark.attack("JWK-01")
async def test_a_flood_of_unknown_names_causes_two_fetches_a_minute(clock: FrozenClock) -> None:
    """Whatever is thrown at us, in any minute."""
    idp = Published("a")
    cache_ = KeyCache(URI, idp, clock)
    moments: list[float] = []
    for _ in range(1200):
        clock.advance(0.25)
        before = idp.fetches
        assert await cache_.keys_after_refusal(await cache_.keys()) is None
        moments += [clock.monotonic()] * (idp.fetches - before)
    assert len(moments) == 10
    windows = [sum(start <= moment < start + 60 for moment in moments) for start in moments]
    assert max(windows) == 2


async def test_the_budget_is_full_again_after_a_minute(clock: FrozenClock) -> None:
    """A rotation right after a flood is seen when the minute is over."""
    idp = Published("a")
    cache_ = KeyCache(URI, idp, clock)
    keys = await cache_.keys()
    assert await cache_.keys_after_refusal(keys) is None
    idp.publish("b")
    clock.advance(59.9)
    assert await cache_.keys_after_refusal(keys) is None
    assert idp.fetches == 2
    clock.advance(0.1)
    assert _names(await cache_.keys_after_refusal(keys)) == ["b"]


@pytest.mark.attack("JWK-10")
async def test_five_hundred_waiters_cause_one_fetch(clock: FrozenClock) -> None:
    """Cold, and at a rotation under load: all of them get the answer of the one fetch."""
    idp = Published("a")
    cache_ = KeyCache(URI, idp, clock)
    cold = await asyncio.gather(*(cache_.keys() for _ in range(500)))
    assert idp.fetches == 1
    assert len({id(keys) for keys in cold}) == 1
    idp.publish("b")
    after = await asyncio.gather(*(cache_.keys_after_refusal(cold[0]) for _ in range(500)))
    assert idp.fetches == 2
    assert all(_names(keys) == ["b"] for keys in after)
    late = await cache_.keys_after_refusal(cold[0])
    assert late is after[0]
    assert idp.fetches == 2


async def test_one_waiter_that_gives_up_does_not_end_the_fetch(clock: FrozenClock) -> None:
    """The first one, who started it, is cancelled; the others get their keys."""
    idp = Published("a")
    idp.gate = asyncio.Event()
    cache_ = KeyCache(URI, idp, clock)
    waiters = [asyncio.create_task(cache_.keys()) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiters[0].cancel()
    await asyncio.gather(waiters[0], return_exceptions=True)
    assert waiters[0].cancelled()
    idp.gate.set()
    assert [_names(await waiter) for waiter in waiters[1:]] == [["a"], ["a"]]
    assert idp.fetches == 1


async def test_all_waiters_may_give_up(clock: FrozenClock) -> None:
    """The fetch ends by itself, and its keys are there for the next one."""
    idp = Published("a")
    idp.gate = asyncio.Event()
    cache_ = KeyCache(URI, idp, clock)
    waiter = asyncio.create_task(cache_.keys())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)
    idp.gate.set()
    assert _names(await cache_.keys()) == ["a"]
    assert idp.fetches == 1


@pytest.mark.attack("JWK-04")
async def test_without_keys_the_reason_is_told_and_it_recovers_alone(clock: FrozenClock) -> None:
    """The first fetch fails: an error of the provider, no hammering, and keys as soon as they
    can be had."""
    idp = Published("a")
    idp.failure = _unreachable()
    cache_ = KeyCache(URI, idp, clock)
    assert cache_.state.keys is None
    for _ in range(50):
        with pytest.raises(ProviderError) as caught:
            await cache_.keys()
        assert caught.value.code is ErrorCode.PROVIDER_UNREACHABLE
        assert caught.value is not idp.failure
        assert caught.value.provider == "idp"
    assert idp.fetches == 1
    assert cache_.state.last_error is idp.failure
    clock.advance(4.9)
    assert await _code(cache_) == ErrorCode.PROVIDER_UNREACHABLE
    assert idp.fetches == 1
    idp.failure = None
    clock.advance(0.1)
    assert await _code(cache_) == "served"
    assert cache_.state.last_error is None


BROKEN: list[tuple[int, bytes, str]] = [
    (500, b"", ErrorCode.PROVIDER_STATUS),
    (404, b"<html>", ErrorCode.PROVIDER_STATUS),
    (204, b"", ErrorCode.PROVIDER_STATUS),
    (302, b"", ErrorCode.PROVIDER_REDIRECT),
    (200, b"<!doctype html>", ErrorCode.JWKS_MALFORMED),
    (200, b"", ErrorCode.JWKS_MALFORMED),
    (200, b'{"keys":[', ErrorCode.JWKS_MALFORMED),
    (200, b'{"keys":[{"kty":"RSA"}]}', ErrorCode.JWKS_MALFORMED),
]


@pytest.mark.attack("JWK-02", "JWK-05", "JWK-07")
@pytest.mark.parametrize(("status", "body", "code"), BROKEN)
async def test_a_failed_refresh_keeps_the_good_keys(
    clock: FrozenClock, status: int, body: bytes, code: str
) -> None:
    """Keys are replaced by a whole and valid answer only; cold, the answer's fault is the error."""
    idp = Published("a")
    cache_ = KeyCache(URI, idp, clock)
    good = await cache_.keys()
    idp.status, idp.body = status, body
    clock.advance(1)
    assert await cache_.keys_after_refusal(good) is None
    clock.advance(700)
    assert await cache_.keys() is good
    error = cache_.state.last_error
    assert error is not None
    assert error.code == code
    assert await _code(KeyCache(URI, idp, clock)) == code


@pytest.mark.attack("JWK-03")
async def test_while_the_provider_is_down_the_last_good_keys_serve(clock: FrozenClock) -> None:
    """For a day, with the age and the reason to be seen; then no more."""
    idp = Published("a")
    cache_ = KeyCache(URI, idp, clock)
    good = await cache_.keys()
    assert not cache_.state.stale
    idp.failure = _unreachable()
    for _ in range(144):
        clock.advance(600)
        assert await cache_.keys() is good
    assert idp.fetches == 145
    state = cache_.state
    assert (state.keys, state.age, state.stale) == (1, DAY, True)
    assert state.last_error is idp.failure
    clock.advance(599.9)
    assert await cache_.keys() is good
    clock.advance(0.1)
    assert await _code(cache_) == ErrorCode.PROVIDER_UNREACHABLE
    assert await cache_.keys_after_refusal(good) is None
    idp.failure = None
    clock.advance(60)
    assert await cache_.keys() is good
    assert not cache_.state.stale


async def test_while_the_provider_is_down_it_is_not_hammered(clock: FrozenClock) -> None:
    """Two fetches a minute, whoever asks."""
    idp = Published("a")
    cache_ = KeyCache(URI, idp, clock)
    await cache_.keys()
    idp.failure = _unreachable()
    clock.advance(600)
    for _ in range(600):
        clock.advance(0.1)
        await cache_.keys()
    assert idp.fetches == 1 + 2


@pytest.mark.attack("JWK-21")
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 600),
        ({"cache-control": "max-age=120"}, 120),
        ({"cache-control": "public, Max-Age=120, must-revalidate"}, 120),
        ({"cache-control": 'max-age="120"'}, 120),
        ({"cache-control": "max-age=0"}, 60),
        ({"cache-control": "no-store"}, 60),
        ({"cache-control": "no-cache, max-age=500"}, 60),
        ({"cache-control": "max-age=315360000"}, 600),
        ({"cache-control": "max-age=99999999999999999999"}, 600),
        ({"cache-control": "max-age=-1"}, 600),
        ({"cache-control": "max-age=soon"}, 600),
        ({"cache-control": "s-maxage=120"}, 600),
        ({"cache-control": "x-no-storeroom"}, 600),
        (
            {
                "expires": "Thu, 01 Dec 1994 16:02:00 GMT",
                "date": "Thu, 01 Dec 1994 16:00:00 GMT",
            },
            120,
        ),
        ({"expires": "Thu, 01 Dec 1994 16:00:00 GMT", "date": "Fri, 02 Dec 1994 16:00:00 GMT"}, 60),
        ({"expires": "0", "date": "Thu, 01 Dec 1994 16:00:00 GMT"}, 60),
        ({"expires": "Thu, 01 Dec 1994 16:00:00 GMT"}, 600),
        (
            {
                "cache-control": "max-age=90",
                "expires": "Thu, 01 Dec 1994 16:02:00 GMT",
                "date": "Thu, 01 Dec 1994 16:00:00 GMT",
            },
            90,
        ),
    ],
)
async def test_caching_headers_shorten_the_lifetime_within_bounds(
    clock: FrozenClock, headers: dict[str, str], seconds: int
) -> None:
    """RFC 9111: never longer than ours, never below a minute, nonsense ignored."""
    idp = Published("a")
    idp.headers = headers
    cache_ = KeyCache(URI, idp, clock)
    await cache_.keys()
    clock.advance(seconds - 0.1)
    await cache_.keys()
    assert idp.fetches == 1
    clock.advance(0.1)
    await cache_.keys()
    assert idp.fetches == 2


@pytest.mark.attack("JWK-21")
async def test_a_provider_that_forbids_caching_is_asked_once_a_minute(clock: FrozenClock) -> None:
    """A day of sign-ins every ten seconds."""
    idp = Published("a")
    idp.headers = {"cache-control": "no-store"}
    cache_ = KeyCache(URI, idp, clock)
    for _ in range(DAY // 10):
        await cache_.keys()
        clock.advance(10)
    assert idp.fetches == DAY // 60


@pytest.mark.attack("JWK-25")
@pytest.mark.parametrize("jump", [DAY, -DAY])
async def test_a_correction_of_the_time_moves_nothing(clock: FrozenClock, jump: float) -> None:
    """Ages and cool-downs go by the monotonic clock."""
    idp = Published("a")
    cache_ = KeyCache(URI, idp, clock)
    keys = await cache_.keys()
    clock.jump(jump)
    assert await cache_.keys() is keys
    assert idp.fetches == 1
    await cache_.keys_after_refusal(keys)
    clock.jump(jump)
    await cache_.keys_after_refusal(keys)
    assert idp.fetches == 2
    assert cache_.state.age == 0


async def test_the_same_answer_keeps_the_same_keys(clock: FrozenClock) -> None:
    """Nothing is parsed or forgotten for an answer that says nothing new."""
    idp = Published("a")
    cache_ = KeyCache(URI, idp, clock)
    keys = await cache_.keys()
    clock.advance(600)
    assert await cache_.keys() is keys
    assert cache_.state.age == 0


async def test_a_provider_without_keys_is_an_answer(clock: FrozenClock) -> None:
    """`{}` replaces what was there: the signing key was taken away."""
    idp = Published("a")
    cache_ = KeyCache(URI, idp, clock)
    old = await cache_.keys()
    idp.body = b"{}"
    newer = await cache_.keys_after_refusal(old)
    assert _names(newer) == []
    assert cache_.state.keys == 0


async def test_the_state_tells_what_was_left_out(clock: FrozenClock) -> None:
    """An operator sees why an entry is not used."""
    idp = Published("a")
    idp.body = json.dumps({"keys": [_key("a").public_jwk(), {"kty": "XYZ"}]}).encode()
    cache_ = KeyCache(URI, idp, clock)
    await cache_.keys()
    assert len(cache_.state.skipped) == 1


async def test_a_fault_of_ours_does_not_stop_later_fetches(clock: FrozenClock) -> None:
    """What is no error of the provider reaches the caller, and the next one tries again."""
    idp = Published("a")
    idp.failure = RuntimeError("a fault")
    cache_ = KeyCache(URI, idp, clock)
    with pytest.raises(RuntimeError, match="a fault"):
        await cache_.keys()
    idp.failure = None
    assert _names(await cache_.keys()) == ["a"]


async def test_without_any_fetch_allowed_there_is_still_a_reason(clock: FrozenClock) -> None:
    """Keys that are too old, and a budget that is spent: refused, not served."""
    idp = Published("a")
    cache_ = KeyCache(URI, idp, clock, CachePolicy(fetches=1, window=3600, stale_limit=0))
    await cache_.keys()
    clock.advance(600)
    assert await _code(cache_) == ErrorCode.PROVIDER_UNREACHABLE
    assert idp.fetches == 1


@pytest.mark.parametrize(
    "values",
    [
        {"lifetime": 0},
        {"lifetime": 3601},
        {"shortest_lifetime": 0},
        {"stale_limit": -1},
        {"window": 0},
        {"fetches": 0},
        {"back_off": -1},
    ],
)
def test_a_policy_has_bounds(values: dict[str, Any]) -> None:
    """No policy trusts keys for more than an hour or fetches without a limit."""
    with pytest.raises(ValueError, match=next(iter(values))):
        CachePolicy(**values)


async def test_a_policy_shorter_than_the_floor_holds(clock: FrozenClock) -> None:
    """The floor for caching headers does not lengthen a configured lifetime."""
    idp = Published("a")
    idp.headers = {"cache-control": "no-store"}
    cache_ = KeyCache(URI, idp, clock, CachePolicy(lifetime=30))
    await cache_.keys()
    clock.advance(30)
    await cache_.keys()
    assert idp.fetches == 2

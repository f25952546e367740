"""When to fetch a provider's keys again (OpenID Connect Core 1.0, section 10.1.1).

Four rules hold at once:

- **Lifetime.** Keys are used for ten minutes at most, then fetched again: what the provider has
  withdrawn is refused from then on. The provider's caching headers can shorten that, not
  lengthen it.
- **Budget.** No more than two fetches a minute, whatever is thrown at us: a key that nobody knows
  causes a fetch only while the budget lasts.
- **Single flight.** Whoever needs keys while they are being fetched waits for that fetch. One who
  gives up waiting does not end it for the others.
- **Last good keys.** They are replaced by a whole and valid answer only. While the provider does
  not give one they go on serving, a day at most.

All of it goes by the monotonic clock: a correction of the time moves nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final, final

from attrs import field, frozen, validators

from dockmesh_auth.domain.ports import Answer, Clock, Request, Send
from dockmesh_auth.errors import ErrorCode, ProviderError
from dockmesh_auth.oidc.evidence import shown_address
from dockmesh_auth.oidc.jwks import KeySet, parse_jwks

__all__ = ["CachePolicy", "KeyCache", "KeyState"]

_OK: Final = 200
_REDIRECTS: Final = range(300, 400)
_MAX_AGE: Final = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?([0-9]{1,10})", re.IGNORECASE)
_NO_CACHE: Final = re.compile(r"(?:^|[,\s])no-(?:store|cache)(?:$|[,;=\s])", re.IGNORECASE)


@frozen(kw_only=True)
class CachePolicy:
    """How long and how often, in seconds.

    Attributes:
        lifetime: How long keys are used without asking again; an hour at most.
        shortest_lifetime: What caching headers cannot go below: a provider that forbids caching
            is not asked at every sign-in.
        stale_limit: How long the last good keys serve while no valid answer can be had.
        window: The time in which at most `fetches` are made.
        fetches: How many.
        back_off: The pause after a fetch that failed.
    """

    lifetime: float = field(default=600.0, validator=[validators.gt(0), validators.le(3600)])
    shortest_lifetime: float = field(default=60.0, validator=validators.gt(0))
    stale_limit: float = field(default=86_400.0, validator=validators.ge(0))
    window: float = field(default=60.0, validator=validators.gt(0))
    fetches: int = field(default=2, validator=validators.ge(1))
    back_off: float = field(default=5.0, validator=validators.ge(0))


@frozen(kw_only=True)
class KeyState:
    """How the keys are, for the operator.

    Attributes:
        keys: How many are in use; None if none were ever had.
        age: Seconds since they were last confirmed by the provider; None likewise.
        stale: Whether they are older than their lifetime: the provider does not answer.
        last_error: Why the last fetch failed; None if it did not.
        skipped: Why entries of the provider's set were left out.
    """

    keys: int | None
    age: float | None
    stale: bool
    last_error: ProviderError | None
    skipped: tuple[str, ...] = ()


@final
class KeyCache:
    """The keys of one issuer, from one address. Belongs to one event loop.

    Args:
        jwks_uri: Where the keys are published.
        send: Sends requests to this provider, within its rules.
        clock: Only its monotonic time is used.
        policy: How long and how often.
    """

    def __init__(
        self, jwks_uri: str, send: Send, clock: Clock, policy: CachePolicy | None = None
    ) -> None:
        self._jwks_uri: Final = jwks_uri
        self._send: Final = send
        self._clock: Final = clock
        self._policy: Final = policy or CachePolicy()
        self._keys: KeySet | None = None
        self._body = b""
        self._confirmed_at = 0.0
        self._fresh_until = 0.0
        self._last_error: ProviderError | None = None
        self._failed_at = 0.0
        self._fetched_at: Final[deque[float]] = deque(maxlen=self._policy.fetches)
        self._flight: asyncio.Task[None] | None = None

    async def keys(self) -> KeySet:
        """The keys to use now. Fetches them if there are none or they have had their time.

        Raises:
            ProviderError: There are none and none can be had at the moment.
        """
        if self._keys is None or self._clock.monotonic() >= self._fresh_until:
            await self._refresh()
        keys = self._serving()
        if keys is None:
            raise self._unavailable()
        return keys

    async def keys_after_refusal(self, refused: KeySet) -> KeySet | None:
        """Newer keys than *refused*, which had no key for a token or a wrong one.

        A provider may change its keys at any moment and announce nothing, under a new name or
        under the same. So it is asked once more, if the budget allows.

        Returns:
            Keys that are worth another try; None if the provider has no others or cannot be
            asked now.
        """
        if self._keys is refused:
            await self._refresh()
        keys = self._serving()
        return None if keys is refused else keys

    @property
    def state(self) -> KeyState:
        """How the keys are at the moment. Asks nobody."""
        if self._keys is None:
            return KeyState(keys=None, age=None, stale=False, last_error=self._last_error)
        now = self._clock.monotonic()
        return KeyState(
            keys=len(self._keys.keys),
            age=now - self._confirmed_at,
            stale=now >= self._fresh_until,
            last_error=self._last_error,
            skipped=self._keys.skipped,
        )

    def _serving(self) -> KeySet | None:
        """The last good keys, unless nobody has confirmed them for too long."""
        age = self._clock.monotonic() - self._confirmed_at
        limit = self._fresh_until - self._confirmed_at + self._policy.stale_limit
        return self._keys if age < limit else None

    async def _refresh(self) -> None:
        """Wait for a fetch: the one under way, or a new one if the budget allows it."""
        if self._flight is None:
            if not self._may_fetch():
                return
            self._flight = asyncio.create_task(self._fetch(), name="fetch signing keys")
        # The shield lets go of a waiter that is cancelled and keeps the fetch for the others.
        await asyncio.shield(self._flight)

    def _may_fetch(self) -> bool:
        now = self._clock.monotonic()
        if self._last_error is not None and now - self._failed_at < self._policy.back_off:
            return False
        full = len(self._fetched_at) == self._policy.fetches
        return not full or now - self._fetched_at[0] >= self._policy.window

    async def _fetch(self) -> None:
        """Ask once. Never raises `ProviderError`: what went wrong is remembered instead."""
        # What was true when we asked, not when the answer came: the age is never told too low.
        asked_at = self._clock.monotonic()
        self._fetched_at.append(asked_at)
        try:
            answer = await self._send(
                Request(url=self._jwks_uri, headers={"accept": "application/json"})
            )
            self._take(answer, asked_at)
        except ProviderError as error:
            self._last_error = error
            self._failed_at = self._clock.monotonic()
        finally:
            self._flight = None

    def _take(self, answer: Answer, asked_at: float) -> None:
        self._check_status(answer.status)
        # The same text keeps the same keys, and with them what is already known to be good.
        if self._keys is None or answer.body != self._body:
            self._keys = parse_jwks(answer.body)
            self._body = answer.body
        self._confirmed_at = asked_at
        self._fresh_until = asked_at + _lifetime(answer.headers, self._policy)
        self._last_error = None

    def _check_status(self, status: int) -> None:
        if status == _OK:
            return
        raise ProviderError(
            ErrorCode.PROVIDER_REDIRECT if status in _REDIRECTS else ErrorCode.PROVIDER_STATUS,
            f"The provider's keys cannot be fetched: HTTP status {status} from"
            f" {shown_address(self._jwks_uri)}.",
            evidence={"status": str(status), "endpoint": shown_address(self._jwks_uri)},
        )

    def _unavailable(self) -> ProviderError:
        """The reason anew: one exception object is not raised in several places at a time."""
        error = self._last_error
        if error is None:
            return ProviderError(
                ErrorCode.PROVIDER_UNREACHABLE, "The provider's keys are too old and cannot be had."
            )
        return ProviderError(
            error.code, error.detail, provider=error.provider, evidence=error.evidence
        )


def _lifetime(headers: Mapping[str, str], policy: CachePolicy) -> float:
    """How long an answer's keys are used (RFC 9111, sections 5.2.2 and 5.3), within the policy."""
    seconds = _announced(headers)
    if seconds is None:
        return policy.lifetime
    return min(max(seconds, min(policy.shortest_lifetime, policy.lifetime)), policy.lifetime)


def _announced(headers: Mapping[str, str]) -> float | None:
    """Seconds that the provider's headers allow; None if they say nothing that makes sense."""
    control = headers.get("cache-control", "")
    if _NO_CACHE.search(control):
        return 0.0
    found = _MAX_AGE.search(control)
    if found:
        return float(found[1])
    if "expires" not in headers or "date" not in headers:
        return None
    # Both dates are the provider's own, so that our clock does not come into it.
    try:
        expires = parsedate_to_datetime(headers["expires"])
        date = parsedate_to_datetime(headers["date"])
        return (expires - date).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return 0.0  # RFC 9111, section 5.3: an invalid date, `0` above all, is in the past

"""A clock that stands still until it is moved."""

from __future__ import annotations

from attrs import define, field

__all__ = ["FrozenClock"]


@define
class FrozenClock:
    """A `dockmesh_auth.domain.ports.Clock` for tests.

    Attributes:
        unix: What `now` answers, Unix seconds.
        elapsed: What `monotonic` answers, seconds.
    """

    unix: float = 1_800_000_000.0
    elapsed: float = field(default=0.0)

    def now(self) -> float:
        """The time that was set."""
        return self.unix

    def monotonic(self) -> float:
        """The seconds that were let pass."""
        return self.elapsed

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass, on both clocks."""
        self.unix += seconds
        self.elapsed += seconds

    def jump(self, seconds: float) -> None:
        """Move the wall clock alone, as a correction of the time does."""
        self.unix += seconds

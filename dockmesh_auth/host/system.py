"""The real clock and the real randomness."""

from __future__ import annotations

import secrets
import time
import uuid

__all__ = ["SystemClock", "SystemRandomness"]


class SystemClock:
    """The machine's clocks; a `dockmesh_auth.domain.ports.Clock`."""

    def now(self) -> float:
        """Unix seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()


class SystemRandomness:
    """The operating system's randomness; a `dockmesh_auth.domain.ports.Randomness`."""

    def token(self) -> str:
        """256 random bits, base64url."""
        return secrets.token_urlsafe(32)

    def uuid(self) -> str:
        """A random UUID."""
        return str(uuid.uuid4())

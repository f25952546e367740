"""Which certificate authorities are trusted, read once."""

from __future__ import annotations

import asyncio
import ssl

from dockmesh_auth.errors import ErrorCode, ProviderError

__all__ = ["TrustStore"]


class TrustStore:
    """TLS settings by file of authorities. Verification has no switch.

    Args:
        known: What was read before, by another store; what this one reads is added.
    """

    def __init__(self, known: dict[str | None, ssl.SSLContext] | None = None) -> None:
        self._contexts = {} if known is None else known
        self._lock = asyncio.Lock()

    async def context(self, ca_file: str | None) -> ssl.SSLContext:
        """TLS that trusts the authorities in *ca_file*; those of the system if None.

        Reading them takes a while and is done once, beside the event loop. A file that cannot be
        read is tried again the next time.

        Raises:
            ProviderError: `PROVIDER_TLS`: the file cannot be read as PEM.
        """
        async with self._lock:
            context = self._contexts.get(ca_file)
            if context is None:
                context = self._contexts[ca_file] = await asyncio.to_thread(_read, ca_file)
            return context


def _read(ca_file: str | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError):
        raise ProviderError(
            ErrorCode.PROVIDER_TLS,
            f"the file {ca_file} of trusted authorities cannot be read as PEM",
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context

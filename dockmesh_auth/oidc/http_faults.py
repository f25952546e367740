"""What went wrong below HTTP, as one of our errors."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator

from dockmesh_auth.errors import ErrorCode, ProviderError

__all__ = ["explain_fault"]


def explain_fault(fault: Exception, address: str) -> ProviderError:
    """The error to raise instead of *fault*, which stands for a connection that was not made or
    was lost.

    Looks through what caused it for TLS, name resolution and the system's own reason. The fault's
    text is left out: it may quote what was received.

    Args:
        fault: What was raised.
        address: The address that was asked, as it may be shown.

    Returns:
        `PROVIDER_TLS` or `PROVIDER_UNREACHABLE`.
    """
    for cause in _chain(fault):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _tls(f"the certificate of {address} is refused: {cause.verify_message}")
        if isinstance(cause, ssl.SSLError):
            return _tls(f"no TLS with {address}: {cause.reason or 'connection ended'}")
        if isinstance(cause, socket.gaierror):
            return _unreachable(f"the host of {address} cannot be resolved")
    numbers = [cause.errno for cause in _chain(fault) if isinstance(cause, OSError) and cause.errno]
    reason = os.strerror(numbers[0]) if numbers else "it was lost"
    return _unreachable(f"no connection to {address}: {reason}")


def _chain(fault: BaseException | None) -> Iterator[BaseException]:
    while fault is not None:
        yield fault
        fault = fault.__cause__ or fault.__context__


def _tls(detail: str) -> ProviderError:
    return ProviderError(ErrorCode.PROVIDER_TLS, detail)


def _unreachable(detail: str) -> ProviderError:
    return ProviderError(ErrorCode.PROVIDER_UNREACHABLE, detail)

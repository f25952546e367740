"""From a host's name to addresses that may be connected to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Final, TypeAlias

from dockmesh_auth.domain.provider import NetworkRules
from dockmesh_auth.oidc.addresses import check_address

__all__ = ["MAX_ADDRESSES", "NameResolution", "Resolve"]

MAX_ADDRESSES: Final = 6
"""Addresses of one name that are tried."""

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to IP addresses; raises OSError if there is none."""


class NameResolution:
    """Looks names up for one provider and checks every address they have.

    Args:
        rules: Which addresses are allowed.
        resolve: Who knows the addresses; the system if None.
    """

    def __init__(self, rules: NetworkRules, resolve: Resolve | None) -> None:
        self._rules = rules
        self._resolve = resolve or self._ask_system
        # Threads of its own: a name server that does not answer blocks them for half a minute.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="dockmesh-auth-names")

    async def addresses_of(self, host: str, port: int) -> Sequence[str]:
        """The addresses of *host* in the order to try them, at least one, all of them allowed.

        One that is not allowed spoils them all: a name that leads inside and outside at once is an
        attempt to get inside.

        Raises:
            OSError: The name has no address, or cannot be looked up.
            ProviderError: `PROVIDER_ADDRESS_REFUSED`.
        """
        if _is_address(host):
            found: Sequence[str] = (host,)
        else:
            found = tuple(dict.fromkeys(await self._resolve(host, port)))
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "the name has no address")
        for address in found:
            check_address(address, self._rules)
        return found[:MAX_ADDRESSES]

    def close(self) -> None:
        """Let the threads go, without waiting for a name server."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask_system(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        entries = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [str(address[0]) for *_, address in entries]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True

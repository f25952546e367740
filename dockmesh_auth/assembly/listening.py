"""Take an address before anything is served there, and end well when told to."""

from __future__ import annotations

import contextlib
import errno
import signal
import socket
from collections.abc import Iterator
from typing import Final

from dockmesh_auth.errors import ConfigurationError, ErrorCode

__all__ = ["address_of", "listening", "until_interrupted"]

_BACKLOG: Final = 2048


@contextlib.contextmanager
def listening(address: str, port: int) -> Iterator[list[socket.socket]]:
    """Listen on *port* of *address* for as long as the block lasts.

    The server is given sockets that listen already: a port that is taken is found before anything
    says that it is served, and a browser that is opened first only has to wait.

    Args:
        address: An IP address, or a name; then on all addresses that it has.
        port: The port; 0 takes a free one.

    Raises:
        ConfigurationError: The port is taken, or the address is not this machine's.
    """
    with contextlib.ExitStack() as stack:
        sockets: list[socket.socket] = []
        try:
            for family, host in _places(address):
                with _family_may_be_missing(sockets):
                    listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
                    sockets.append(stack.enter_context(listener))
                    # asyncio does so for sockets that it makes itself only. Without it, head and
                    # body of an answer are sent 40 ms apart.
                    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    port = listener.getsockname()[1]
        except (OSError, UnicodeError) as problem:
            why = getattr(problem, "strerror", None) or "that is no address"
            raise ConfigurationError(
                ErrorCode.ADDRESS_UNAVAILABLE,
                # Python adds the address, which stands there already.
                f"cannot listen on port {port} of {address}: {why.partition(' (while')[0]}",
            ) from None
        yield sockets


def _places(address: str) -> list[tuple[socket.AddressFamily, str]]:
    found = socket.getaddrinfo(address, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    places = ((family, str(place[0])) for family, _, _, _, place in found)
    return sorted(dict.fromkeys(places))


@contextlib.contextmanager
def _family_may_be_missing(already: list[socket.socket]) -> Iterator[None]:
    """`localhost` has an IPv6 address also on machines that have no IPv6."""
    try:
        yield
    except OSError as problem:
        if not already or problem.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
            raise


def address_of(listener: socket.socket) -> str:
    """The http address of *listener*, with the port that it really has."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.contextmanager
def until_interrupted() -> Iterator[None]:
    """Ctrl-C ends the block, and so does SIGTERM, by which service managers stop a server.

    Both are how it is meant to end: what the block has opened is closed, and nothing is raised.
    """
    former = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, former)

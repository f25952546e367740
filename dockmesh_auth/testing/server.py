"""Serve an application on a free port of this machine, for as long as a block lasts."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Final

import uvicorn
from starlette.types import ASGIApp

__all__ = ["served"]

_PATIENCE: Final = 10.0
"""Seconds to wait for the server to come up or to go."""


@contextlib.contextmanager
def served(app: ASGIApp, *, port: int = 0, lifespan: bool = False) -> Iterator[str]:
    """Serve *app* on 127.0.0.1 in a thread of its own.

    Args:
        app: The application.
        port: The port; 0 takes a free one.
        lifespan: Whether the application is told of start and end.

    Yields:
        The base address, without a slash at the end.

    Raises:
        OSError: The port is taken.
        RuntimeError: The server did not come up.
    """
    listener = socket.create_server(("127.0.0.1", port))
    # asyncio does it for sockets that it makes itself only. Without it, head and body of an answer
    # are sent 40 ms apart.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="on" if lifespan else "off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=_run, args=(server, listener), name="stand-in", daemon=True)
    thread.start()
    try:
        _wait_for(server, thread)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_PATIENCE)
        listener.close()


def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    # An application that does not start ends the server by SystemExit; `_wait_for` says so.
    with contextlib.suppress(SystemExit):
        server.run(sockets=[listener])


def _wait_for(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the server did not come up")
        time.sleep(0.005)

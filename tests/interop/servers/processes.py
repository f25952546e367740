"""Servers as processes: started on a leash, waited for, ended."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import httpx

LEASH = Path(__file__).with_name("leash.py")


class CannotRunError(Exception):
    """A server cannot be had on this machine; the message says why."""


def program(name: str) -> str:
    """Where the program *name* is.

    Raises:
        CannotRunError: It is not installed.
    """
    found = shutil.which(name)
    if found is None:
        raise CannotRunError(f"{name} is not installed")
    return found


def cache_folder() -> Path:
    """Where downloads stay between runs on one machine; outside any checkout."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "dockmesh-auth" / "interop"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class ServerProcess:
    """A running server with its log. It ends when it is told to, and when this process ends."""

    def __init__(
        self, command: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, str(LEASH), *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,  # Ctrl-C is for whoever started it, who then ends it
            )

    def wait_until_up(self, url: str, *, seconds: float) -> None:
        """Wait until *url* is answered well.

        Raises:
            CannotRunError: The server has ended, or is not up in time.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise CannotRunError(f"the server has ended: {self.last_words()}")
            with suppress(httpx.TransportError):  # nobody listens yet
                if httpx.get(url, timeout=10).is_success:
                    return
            time.sleep(0.1)
        raise CannotRunError(f"the server is not up after {seconds:.0f} s: {self.last_words()}")

    def wait(self, *, seconds: float) -> int:
        """Wait for the server to end by itself; its exit code.

        Raises:
            CannotRunError: It does not.
        """
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise CannotRunError(f"no end after {seconds:.0f} s: {self.last_words()}") from None

    def last_words(self) -> str:
        """The end of the log."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-1500:]

    def end(self) -> None:
        """End the server."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

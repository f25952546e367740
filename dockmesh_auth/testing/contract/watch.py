"""What a plugin does besides answering: sockets, files, processes, text on the screen, log lines.

Python's audit events (PEP 578) show what is opened by the interpreter itself. A plugin that calls
the operating system past the interpreter is not seen; see docs/explanation/trust-model.md.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import threading
import warnings
import weakref
from collections.abc import Iterator
from typing import Any, Final
from unittest import mock

from attrs import define, field

__all__ = ["Deeds", "watched"]

_PROCESSES: Final = frozenset(
    {"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "subprocess.Popen"}
)
_NETWORK: Final = frozenset(
    {
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyaddr",
        "socket.gethostbyname",
        "socket.sendmsg",
        "socket.sendto",
    }
)
_FILES: Final = frozenset(
    {
        "os.chmod",
        "os.link",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.symlink",
        "os.truncate",
        "sqlite3.connect",
    }
)
_DEEDS: Final = _PROCESSES | _NETWORK | _FILES
# Importing late is a habit, not a deed.
_CODE: Final = (".py", ".pyc", ".so", ".pyd", ".dll", "/__pycache__", ".pth")
_LANE: Final = "lane-"


@define
class Deeds:
    """What was seen in the threads of plugins.

    Attributes:
        seen: Audit events with their subject: `open settings.ini`, `socket.connect`.
        said: Everything that was printed, logged or warned meanwhile, by anybody.
        said_by_plugins: What of it was printed or logged in the threads of plugins.
    """

    seen: list[str] = field(factory=list)
    said: str = ""
    said_by_plugins: str = ""

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Keep *event* if it is a deed of a plugin's thread."""
        if not _in_lane():
            return
        if event != "open":
            self.seen.append(event)
        elif isinstance(arguments[0], str | bytes | os.PathLike):  # else it is open already
            path = os.fsdecode(arguments[0])
            if not path.endswith(_CODE):
                self.seen.append(f"open {path.rpartition('/')[2]}")


_started_by_plugins: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
"""Threads that a plugin's thread has started, as `asyncio.to_thread` does."""


def _in_lane() -> bool:
    thread = threading.current_thread()
    return thread.name.startswith(_LANE) or thread in _started_by_plugins


_start: Final = threading.Thread.start


def _follow(thread: threading.Thread) -> None:
    """Start *thread*, and remember it if a plugin's thread does that."""
    if _in_lane():
        _started_by_plugins.add(thread)
    _start(thread)


class _Ears(io.StringIO):
    """Keeps what is written, and what of it plugins wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.of_plugins: list[str] = []

    def write(self, text: str) -> int:
        if _in_lane():
            self.of_plugins.append(text)
        return super().write(text)


_watching: list[Deeds] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and (event == "open" or event in _DEEDS):
        for deeds in tuple(_watching):
            deeds.note(event, arguments)


_installed = False


@contextlib.contextmanager
def watched() -> Iterator[Deeds]:
    """Watch what plugins do for as long as the block lasts."""
    global _installed  # noqa: PLW0603 - an audit hook cannot be taken out again: one is enough
    if not _installed:
        sys.addaudithook(_hook)
        _installed = True
    deeds, said = Deeds(), _Ears()
    handler = logging.StreamHandler(said)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    _watching.append(deeds)
    try:
        with (
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
            # No audit event tells of a thread in all supported versions of Python.
            mock.patch.object(threading.Thread, "start", _follow),
            warnings.catch_warnings(record=True) as caught,
        ):
            warnings.simplefilter("always")
            yield deeds
    finally:
        _watching.remove(deeds)
        root.setLevel(level)
        root.removeHandler(handler)
        deeds.said_by_plugins = "".join(said.of_plugins)
        deeds.said = said.getvalue() + "".join(str(warning.message) for warning in caught)

"""What plugins do besides answering is seen, and what others do is not held against them."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from dockmesh_auth.host.lane import Lane
from dockmesh_auth.testing.contract.watch import Deeds, watched


def in_a_lane(deed: Callable[[], object]) -> Deeds:
    """What is seen of *deed* in a plugin's thread."""
    lane = Lane("example")
    with watched() as deeds:
        outcome = lane.run_blocking(deed, 10)
    lane.close()
    outcome.unwrap()
    return deeds


def connects() -> None:
    with socket.socket() as mine:
        mine.connect_ex(("127.0.0.1", 9))


DEEDS: list[tuple[Callable[[], object], str]] = [
    (connects, "socket.connect"),
    (lambda: socket.getaddrinfo("127.0.0.1", 9), "socket.getaddrinfo"),
    (lambda: subprocess.run([sys.executable, "-V"], check=True), "subprocess.Popen"),
    (lambda: Path(os.devnull).read_bytes(), "open null"),
    (lambda: os.close(os.open(os.devnull, os.O_RDONLY)), "open null"),
    (lambda: os.open(Path(os.devnull), os.O_RDONLY), "open null"),
    (lambda: asyncio.to_thread(connects), "socket.connect"),
]


@pytest.mark.parametrize(("deed", "seen"), DEEDS)
def test_what_a_plugin_opens_is_seen(deed: Callable[[], object], seen: str) -> None:
    """Also through a path object, a descriptor, or a thread that the plugin has started."""
    assert seen in in_a_lane(deed).seen


def test_removing_a_file_is_seen(tmp_path: Path) -> None:
    """Nothing has to be opened for it."""
    path = tmp_path / "file"
    path.touch()
    assert in_a_lane(path.unlink).seen == ["os.remove"]


def test_importing_late_is_no_deed(tmp_path: Path) -> None:
    """Code is not data."""
    source = tmp_path / "late.py"
    source.write_text("")
    assert in_a_lane(source.read_text).seen == []


def test_what_others_do_is_not_the_plugins() -> None:
    """The host's own threads connect and open all the time."""
    with watched() as deeds:
        connects()
        thread = threading.Thread(target=connects)
        thread.start()
        thread.join()
    assert deeds.seen == []


def test_threads_are_started_as_always_afterwards() -> None:
    """The watch ends with its block."""
    before = threading.Thread.start
    with watched():
        assert threading.Thread.start is not before
    assert threading.Thread.start is before


def test_all_that_is_said_is_heard_and_whose_it_is() -> None:
    """Standard output, standard error, log lines and warnings."""

    def speaks() -> None:
        sys.stdout.write("printed ")
        sys.stderr.write("complained ")
        logging.getLogger("example").debug("logged")
        warnings.warn("warned", stacklevel=1)

    lane = Lane("example")
    with watched() as deeds:
        sys.stdout.write("the host's own ")
        lane.run_blocking(speaks, 10).unwrap()
    lane.close()

    assert all(word in deeds.said for word in ("printed", "complained", "logged", "warned"))
    assert "the host's own" in deeds.said
    assert all(word in deeds.said_by_plugins for word in ("printed", "complained", "logged"))
    assert "the host's own" not in deeds.said_by_plugins

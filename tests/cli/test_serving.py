"""`serve` and `demo` as processes: how they start, what they say, how they end."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dockmesh_auth.testing.browser import Browser

SECRET = "never-shown-" + "s" * 40


@contextlib.contextmanager
def started(folder: Path, *arguments: str, until: str) -> Iterator[tuple[Any, Path]]:
    """The command in a process of its own, and the file of all it prints, once *until* is there."""
    printed = folder / "printed.txt"
    with printed.open("w") as sink:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "dockmesh_auth", *arguments],
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, "CLIENT_SECRET": SECRET, "TMPDIR": str(folder)},
        )
        try:
            deadline = time.monotonic() + 30
            while until not in printed.read_text() and process.poll() is None:
                assert time.monotonic() < deadline, printed.read_text()
                time.sleep(0.05)
            yield process, printed
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_well(tmp_path: Path, config: Path, end: signal.Signals) -> None:
    """Ctrl-C, or what service managers send: exit code 0, and every line is a JSON object."""
    with started(tmp_path, "serve", "--port", "0", until='"serving"') as (process, printed):
        address = re.search(r'"address": "(http://127\.0\.0\.1:\d+)"', printed.read_text())
        assert address is not None
        page = Browser().get(f"{address[1]}/login")
        process.send_signal(end)
        assert process.wait(20) == 0

    assert "Login with Only" in page.words
    events = [json.loads(line) for line in printed.read_text().splitlines()]
    assert [event["event"] for event in events] == ["serving", "stopped"]
    assert SECRET not in printed.read_text()


def test_a_taken_port(start: Callable[..., Any], config: Path) -> None:
    """Said before anything is made: exit code 2, the port, what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        answer = start("serve", "--port", str(port))

    assert answer.returncode == 2
    assert answer.stderr.splitlines()[0] == (
        f"address_unavailable: cannot listen on port {port} of 127.0.0.1: Address already in use"
    )
    assert "--port" in answer.stderr.splitlines()[1]
    assert not (config.parent / "auth.db").exists()


def test_an_address_of_another_machine(start: Callable[..., Any], config: Path) -> None:
    """It cannot be listened on here (RFC 5737: an address of documentation)."""
    answer = start("serve", "--host", "203.0.113.9", "--port", "0")

    assert answer.returncode == 2
    assert answer.stderr.startswith("address_unavailable: ")


@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        ("slug: only", "slog: only", "dockmesh.yaml:8:7: config_"),
        ("plugin: oidc", "plugin: gone", "plugin_not_installed"),
        ("/auth.db", "/no-database", "store_unavailable: The file is not a database."),
    ],
)
def test_what_keeps_it_from_serving(
    start: Callable[..., Any], config: Path, right: str, wrong: str, code: str
) -> None:
    """Configuration, plugin or database: exit code 2, code and remedy, no traceback."""
    (config.parent / "no-database").write_bytes(b"something else " * 100)
    (config.parent / "no-database").chmod(0o600)
    config.write_text(config.read_text().replace(right, wrong))

    answer = start("serve", "--port", "0")

    assert answer.returncode == 2
    assert code in answer.stderr
    assert "  what to do: " in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "serving" not in answer.stderr
    assert SECRET not in answer.stderr


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_demo(tmp_path: Path, end: signal.Signals) -> None:
    """It says where it is; somebody signs in; it ends well and keeps nothing."""
    arguments = ("demo", "--plugin", "authentik", "--no-browser", "--port", "0")
    with started(tmp_path, *arguments, until="Stop with Ctrl-C") as (process, printed):
        address = re.search(r"dockmesh sign-in +(http://127\.0\.0\.1:\d+)/", printed.read_text())
        assert address is not None
        browser = Browser()
        browser.get(f"{address[1]}/")
        browser.click("Login with Authentik")
        browser.click("carol")
        page = browser.click("Continue")
        assert [path.name[:14] for path in tmp_path.glob("dockmesh-demo-*")] == ["dockmesh-demo-"]
        process.send_signal(end)
        assert process.wait(20) == 0

    assert page.title == "Carol Lab · dockmesh"
    assert list(tmp_path.glob("dockmesh-demo-*")) == []
    assert "Traceback" not in printed.read_text()


def test_the_demo_takes_another_port(tmp_path: Path) -> None:
    """And says so."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        arguments = ("demo", "--plugin", "authentik", "--no-browser", "--port", str(port))
        with started(tmp_path, *arguments, until="Stop with Ctrl-C") as (_, printed):
            text = printed.read_text()

    assert f"Port {port} is taken; this is on another." in text
    assert f"127.0.0.1:{port}/" not in text


def test_nobody_offers_a_stand_in_of_that_name(start: Callable[..., Any]) -> None:
    """Those that there are, are named; nothing is left in the temporary folder."""
    answer = start("demo", "--plugin", "nobody", TMPDIR=tempfile.gettempdir())

    assert answer.returncode == 2
    assert "plugin_not_installed: 'nobody' offers no stand-in; name one of: " in answer.stderr

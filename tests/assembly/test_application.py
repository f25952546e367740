"""The application as one object, the sockets it is served on, and the form of the logs."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dockmesh_auth import create_app, load_config, open_store
from dockmesh_auth.assembly.listening import address_of, listening, until_interrupted
from dockmesh_auth.errors import ConfigurationError, ErrorCode, StorageError
from dockmesh_auth.testing.browser import Browser
from dockmesh_auth.testing.server import served

CONFIG = """\
server:
  base_url: http://127.0.0.1:8400
database:
  driver: sqlite
  dsn: {folder}/auth.db
auth:
  providers:
    - slug: only
      display_name: Only
      issuer_url: https://id.example.com
      client_id: dockmesh
      client_secret: {{env: CLIENT_SECRET}}
  group_mappings:
    - {{claim_value: admins, role: admin, scope: all}}
"""
ENVIRON = {"CLIENT_SECRET": "s" * 40}


@pytest.fixture(name="config")
def valid_configuration(tmp_path: Path) -> Path:
    """A file without a fault."""
    path = tmp_path / "dockmesh.yaml"
    path.write_text(CONFIG.format(folder=tmp_path))
    return path


def test_the_application_closes_what_it_opened(config: Path) -> None:
    """Served, it answers; when the server has stopped, the store is closed."""
    app = create_app(config, environ=ENVIRON)
    with served(app, lifespan=True) as address:
        page = Browser().get(f"{address}/login")
        health = Browser().get(f"{address}/healthz")

    assert "Login with Only" in page.words
    assert health.status == 200
    assert not asyncio.run(app.state.host.health()).ok


def test_a_database_that_is_none(config: Path, tmp_path: Path) -> None:
    """The application is not made."""
    (tmp_path / "auth.db").write_bytes(b"something else " * 100)
    with pytest.raises(StorageError) as caught:
        create_app(config, environ=ENVIRON)
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE


def test_the_store_of_a_configuration(config: Path, tmp_path: Path) -> None:
    """It is the database that is named, brought up to date."""
    settings, registry = load_config(config, environ=ENVIRON)
    registry.close()

    async def check() -> None:
        store = open_store(settings)
        await store.check()
        await store.close()

    asyncio.run(check())
    assert (tmp_path / "auth.db").stat().st_mode & 0o777 == 0o600


# --- sockets ------------------------------------------------------------------------------


def test_it_listens_before_it_serves() -> None:
    """Whoever connects has only to wait; afterwards the port is free again."""
    with listening("127.0.0.1", 0) as (listener,):
        address, port = listener.getsockname()
        socket.create_connection((address, port), timeout=5).close()
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert address_of(listener) == f"http://127.0.0.1:{port}"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address, port), timeout=5)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_an_ipv6_address_stands_in_brackets() -> None:
    """RFC 3986, section 3.2.2."""
    with listening("::1", 0) as (listener,):
        assert address_of(listener) == f"http://[::1]:{listener.getsockname()[1]}"


def test_a_name_has_one_port_on_all_its_addresses() -> None:
    """Also if any free one was asked for."""
    with listening("localhost", 0) as sockets:
        assert len({listener.getsockname()[1] for listener in sockets}) == 1


@pytest.mark.parametrize("address", ["203.0.113.9", "name.invalid", "a" * 70])
def test_what_cannot_be_listened_on(address: str) -> None:
    """Another machine's address, a name without one, and what is neither."""
    with pytest.raises(ConfigurationError) as caught, listening(address, 0):
        pytest.fail("it listens")
    assert caught.value.code is ErrorCode.ADDRESS_UNAVAILABLE
    assert address in caught.value.detail
    assert "while attempting" not in caught.value.detail


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_both_signals_end_the_block(sent: signal.Signals) -> None:
    """And the former handler is back."""
    former = signal.getsignal(signal.SIGTERM)
    reached = []
    with until_interrupted():
        signal.raise_signal(sent)
        reached.append("after it")
    assert reached == []
    assert signal.getsignal(signal.SIGTERM) is former


# --- logs ---------------------------------------------------------------------------------


def test_logs_are_json_where_nobody_reads() -> None:
    """Lines of ours and of libraries, with tracebacks that show no values."""
    script = """
import logging, structlog
from dockmesh_auth.assembly.logs import configure_logs
from dockmesh_auth.domain.secret import Secret
configure_logs()
structlog.get_logger("a").info("ours", secret=Secret("hush-hush"))
structlog.get_logger("a").debug("too small")
logging.getLogger("uvicorn.error").info("too small")
logging.getLogger().setLevel(logging.DEBUG)  # whoever listens to everything does not print it
logging.getLogger("httpx").info("too small")
logging.getLogger("uvicorn.error").warning("%s", "theirs")
def fails():
    token = "hush-hush"
    raise ValueError
try:
    fails()
except ValueError:
    logging.getLogger("uvicorn.error").exception("failed")
    structlog.get_logger("a").exception("failed too")
"""
    answer = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        env={**os.environ},
    )
    lines = [json.loads(line) for line in answer.stderr.splitlines()]

    assert answer.stdout == ""
    assert [(line["event"], line["level"]) for line in lines] == [
        ("ours", "info"),
        ("theirs", "warning"),
        ("failed", "error"),
        ("failed too", "error"),
    ]
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert "in fails" in lines[2]["exception"]
    assert "in fails" in lines[3]["exception"]
    assert "hush-hush" not in answer.stderr.replace('token = \\"hush-hush\\"', "")

"""The application behind a real server: nothing of a request is written down."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import uvicorn

from dockmesh_auth.web.server import uvicorn_config

CANARY = "canary-7Hq2"


@pytest.fixture(name="address")
async def served(web: Any) -> AsyncIterator[tuple[str, int]]:
    """Host and port of the application, served by uvicorn."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn_config(web.app, "127.0.0.1", listener.getsockname()[1]))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield listener.getsockname()
        server.should_exit = True
        await task


async def ask(address: tuple[str, int], text: bytes) -> bytes:
    """What the server answers to *text*."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(text)
    answer = await reader.read()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return answer


@pytest.mark.attack("CFG-05", "AUR-16")
async def test_the_server_writes_no_query_down(
    address: tuple[str, int], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The callback's code and state appear in no line of the server, whoever listens to it."""
    caplog.set_level(0)
    async with httpx.AsyncClient(base_url=f"http://{address[0]}:{address[1]}") as client:
        answer = await client.get("/auth/oidc/callback", params={"code": CANARY, "state": CANARY})
    assert answer.status_code == 400
    assert "server" not in answer.headers
    printed = capfd.readouterr()
    assert CANARY not in printed.out + printed.err
    own = [record for record in caplog.records if record.name.startswith(("uvicorn", "dockmesh"))]
    assert CANARY not in str([record.getMessage() for record in own])


@pytest.mark.parametrize("path", ["/login", "/", "/healthz", "/auth/oidc/callback"])
async def test_head_has_no_body(address: tuple[str, int], path: str) -> None:
    """An answer to HEAD ends with its headers."""
    answer = await ask(
        address, f"HEAD {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    )
    assert answer.startswith(b"HTTP/1.1 ")
    assert answer.endswith(b"\r\n\r\n")
    assert answer.count(b"\r\n\r\n") == 1


@pytest.mark.attack("SES-04")
@pytest.mark.parametrize(
    "line",
    [
        b"Cookie: __Host-dockmesh_session=\xff\xfe\x80",
        b"Cookie: =; ;;=;a",
        b"Host: [",
        b"X-Forwarded-Host: evil.example",
        b"Content-Type: \xff",
    ],
)
async def test_odd_headers_are_no_fault_of_ours(address: tuple[str, int], line: bytes) -> None:
    """Whatever bytes a header has, the answer is a page or a refusal, never a 500."""
    host = b"" if line.startswith(b"Host") else b"Host: x\r\n"
    answer = await ask(
        address, b"GET / HTTP/1.1\r\n" + host + line + b"\r\nConnection: close\r\n\r\n"
    )
    assert answer[9:12] in {b"303", b"400"}
    assert b"evil" not in answer


def test_proxies_are_trusted_only_when_named(web: Any) -> None:
    """X-Forwarded-* are not read unless an address to believe is given."""
    closed = uvicorn_config(web.app, "127.0.0.1", 0)
    assert closed.proxy_headers is False
    assert closed.access_log is False
    named = uvicorn_config(web.app, "127.0.0.1", 0, trusted_proxies=["10.0.0.1"])
    assert named.proxy_headers is True
    assert named.forwarded_allow_ips == ["10.0.0.1"]

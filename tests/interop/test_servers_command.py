"""`python -m tests.interop.servers`: what a developer types to have a provider."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.interop.servers.processes import free_port

ROOT = Path(__file__).parents[2]


def _falls_silent(url: str) -> bool:
    for _ in range(100):  # after a kill the leash needs a moment
        try:
            httpx.get(url)
        except httpx.TransportError:
            return True
        time.sleep(0.1)
    return False


def _killed(process: subprocess.Popen[str]) -> None:
    process.kill()


def _interrupted(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0


@pytest.mark.parametrize("end", [_interrupted, _killed], ids=["ctrl-c", "kill"])
def test_a_server_runs_until_its_developer_has_enough(
    glewlwyd: Any, tmp_path: Path, end: Callable[[subprocess.Popen[str]], None]
) -> None:
    """It says where it is and with which file to serve our pages. No process of it stays."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.interop.servers", "start", "glewlwyd", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = ""
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        (issuer,) = re.findall(r"^issuer +(\S+)$", said, re.MULTILINE)
        assert "alice, password wonderland" in said
        assert f"http://127.0.0.1:{port}/auth/oidc/callback" in said
        assert Path(said.split("--config ")[1].split()[0]).is_file()
        assert httpx.get(f"{issuer}/.well-known/openid-configuration").json()["issuer"] == issuer
        end(process)
    assert _falls_silent(issuer)

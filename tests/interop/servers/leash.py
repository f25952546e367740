"""Runs a command for as long as standard input is open: `python leash.py COMMAND...`.

Whoever starts a server through this cannot leave it behind. When they end, however they end, the
pipe closes, and the server is told to end as well; if it does not, it is made to.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading

GRACE = 10.0
"""Seconds that a server has to end."""


def main(command: list[str]) -> int:
    """Run *command* to its end, or to that of standard input; its exit code."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as server:
        threading.Thread(target=_end_with_input, args=(server,), daemon=True).start()
        return server.wait()


def _end_with_input(server: subprocess.Popen[bytes]) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    server.terminate()
    try:
        server.wait(GRACE)
    except subprocess.TimeoutExpired:
        server.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

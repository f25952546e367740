"""How long the command takes to start: whole processes, over an interpreter that does nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.harness import Case, measure
from benchmarks.report import Part, Row, times

NOTHING = "python -c pass"


def process(command: Sequence[str]) -> Callable[[], object]:
    """Run *command* to its end."""
    return lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def cases() -> list[Case]:
    """The interpreter alone, and the console script that it was installed with."""
    script = shutil.which("dockmesh-auth", path=Path(sys.executable).parent)
    if script is None:
        raise SystemExit("dockmesh-auth is not installed beside this interpreter")
    return [
        Case(NOTHING, process([sys.executable, "-c", "pass"])),
        Case("dockmesh-auth --version", process([script, "--version"]), NOTHING),
    ]


def run(rounds: int) -> Part:
    """Measure. A process takes milliseconds, so that fewer rounds do."""
    results = measure(cases(), rounds=max(10, rounds // 2))
    *_, version = results
    row = Row(f"{version.name} over {NOTHING}", times(version), "2.3", "3", "typical CLI 5 to 20")
    return Part([row], results)

"""What importing a plugin takes and does, seen in an interpreter of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

from attrs import frozen

__all__ = ["Imported", "import_in_fresh_interpreter"]

_PROBE: Final = Path(__file__).with_name("import_probe.py")
_PATIENCE: Final = 60.0


@frozen
class Imported:
    """What came of an import.

    Attributes:
        core: Seconds that importing the core's contract took, before.
        own: Seconds that importing the plugin took, after that.
        deeds: Connections, processes, and files written to.
        changes: What the whole process has in common and was not left as it was.
        said: Whether anything was printed.
        failure: The last line of what went wrong; empty if it was imported.
    """

    core: float = 0.0
    own: float = 0.0
    deeds: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    said: bool = False
    failure: str = ""


@cache
def import_in_fresh_interpreter(module: str, path: tuple[str, ...], attempt: int = 0) -> Imported:
    """Import *module* in a new interpreter.

    Args:
        module: Its name.
        path: Where modules are looked for.
        attempt: Another number is another try; one that was made is not made again.
    """
    del attempt
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        # -B: the bytecode that Python would write is not the plugin's deed. -P: nothing is
        # imported from the folder of the script.
        arguments = [str(_PROBE), module, str(report), json.dumps(path)]
        try:
            ended = subprocess.run(  # noqa: S603 - this interpreter, and a script of ours
                [sys.executable, "-B", "-P", *arguments],
                capture_output=True,
                text=True,
                check=False,
                timeout=_PATIENCE,
            )
        except subprocess.TimeoutExpired:
            return Imported(failure=f"it was not imported within {_PATIENCE:g} seconds")
        if not report.exists():
            return Imported(failure=_last_line(ended.stderr) or "the interpreter ended")
        told = json.loads(report.read_text(encoding="utf-8"))
    return Imported(
        core=told["core"],
        own=told["own"],
        deeds=tuple(told["deeds"]),
        changes=tuple(told["changes"]),
        said=bool(ended.stdout.strip() or ended.stderr.strip()),
    )


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]

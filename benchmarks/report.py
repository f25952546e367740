"""One table out of all that was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.harness import Result

HEAD = ("what", "ours", "aim", "at most", "stock and peers")


@dataclass(frozen=True)
class Row:
    """A line of the table, as text.

    Attributes:
        what: What was measured.
        ours: What came out.
        aim: What it is meant to be.
        at_most: What it may be.
        peers: What others take. Figures of this run are called live; the rest were measured once,
            on another day, with the versions that docs/explanation/performance.md names.
    """

    what: str
    ours: str
    aim: str = ""
    at_most: str = ""
    peers: str = ""


@dataclass(frozen=True)
class Part:
    """What one benchmark found.

    Attributes:
        rows: Its lines of the table.
        results: All its cases, for `--details`.
    """

    rows: Sequence[Row]
    results: Sequence[Result]


def times(result: Result) -> str:
    """*result* as a multiple of its base: within rounds, and best to best."""
    return f"{result.paired:.2f} ({result.ratio:.2f})"


def table(rows: Sequence[Row]) -> str:
    """*rows* as aligned text."""
    lines = [HEAD, *((row.what, row.ours, row.aim, row.at_most, row.peers) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )

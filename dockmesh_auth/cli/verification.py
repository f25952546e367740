"""What `dockmesh-auth plugin verify` prints: checks, and what came of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, TypedDict

from attrs import field, frozen
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

__all__ = ["CheckRow", "ResultRow", "Verification", "collect", "print_checks", "print_report"]

_VERDICTS: Final = {"kept": "green", "broken": "red", "not applicable": "dim"}
_LINES: Final = (("what", "what"), ("law", "the law"), ("why", "why"), ("where", "where"))


class CheckRow(TypedDict):
    """A check of the contract.

    Attributes:
        name: Its stable name.
        part: What it is about.
        law: What must hold.
        why: What goes wrong if it does not.
        where: Where that is written.
    """

    name: str
    part: str
    law: str
    why: str
    where: str


class ResultRow(CheckRow):
    """A check and what came of it.

    Attributes:
        verdict: `kept`, `broken` or `not applicable`.
        what: What was seen, or why it does not apply; empty if kept.
    """

    verdict: str
    what: str


@frozen(kw_only=True)
class Verification:
    """A plugin that is being tried.

    Attributes:
        plugin: Its name.
        distribution: Where it comes from.
        version: That distribution's version.
        tried_with: The function of the distribution that says what it is tried with; None if it
            names none, and a plain provider stands in.
        total: How many checks there are.
        results: What comes of them, one after the other, each when it is there.
    """

    plugin: str
    distribution: str
    version: str
    tried_with: str | None
    total: int
    results: Iterator[ResultRow] = field(repr=False)


def print_checks(rows: Iterable[CheckRow]) -> None:
    """The checks by part: name and law."""
    console = Console(highlight=False)
    for part, checks in groupby(rows, lambda row: row["part"]):
        console.print(Text(part, "bold"))
        for check in checks:
            console.print(Text(f"  {check['name']}"))
            for line in Text(check["law"], "dim").wrap(console, console.width - 6):
                console.print(Text("      ").append_text(line))


def print_report(verification: Verification, *, all_checks: bool = True) -> bool:
    """Print the report while it comes; whether nothing is broken.

    Args:
        verification: What is tried.
        all_checks: Whether no check was left out: only then is the plugin itself judged.
    """
    console = Console(highlight=False, file=sys.stdout)
    source = f"{verification.distribution} {verification.version}".rstrip()
    console.print(Text.assemble((verification.plugin, "bold"), f"  {source}"))
    console.print(Text(_tried_with(verification)))
    console.print()
    console.print(Text(f"{'part':<14}{'kept':>6}{'broken':>8}{'not applicable':>16}", "bold"))
    rows: list[ResultRow] = []
    following = _followed(verification, console)
    for part, results in groupby(following, lambda row: row["part"]):
        of_part = list(results)
        console.print(_counted(part, of_part))
        rows += of_part
    console.print(_counted("all", rows))
    _print_what_does_not_apply(console, rows)
    broken = [row for row in rows if row["verdict"] == "broken"]
    for row in broken:
        _print_broken(console, row)
    console.print()
    console.print(_verdict(rows, broken, all_checks=all_checks))
    return not broken


def collect(verification: Verification) -> list[ResultRow]:
    """All results, with the progress on standard error if somebody is looking there."""
    return list(_followed(verification, Console(highlight=False, file=sys.stderr)))


def _tried_with(verification: Verification) -> str:
    if verification.tried_with is None:
        return (
            "tried with a plain OpenID provider: the distribution has no entry point in the group"
            " dockmesh_auth.under_test"
        )
    return f"tried with {verification.tried_with}"


def _followed(verification: Verification, console: Console) -> Iterator[ResultRow]:
    """The results, with a line that says how far it is; none where nobody is looking.

    Both streams are left alone: a check listens to what plugins print.
    """
    with Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("", total=verification.total)
        for row in verification.results:
            progress.update(task, advance=1, description=row["part"])
            yield row


def _counted(part: str, rows: Sequence[ResultRow]) -> Text:
    line = Text(f"{part:<14}")
    for (verdict, colour), width in zip(_VERDICTS.items(), (6, 8, 16), strict=True):
        number = sum(row["verdict"] == verdict for row in rows)
        line.append(f"{number:>{width}}", colour if number else "dim")
    return line


def _print_what_does_not_apply(console: Console, rows: Iterable[ResultRow]) -> None:
    reasons: dict[str, int] = {}
    for row in rows:
        if row["verdict"] == "not applicable":
            reasons[row["what"]] = reasons.get(row["what"], 0) + 1
    if reasons:
        console.print()
        console.print(Text("not applicable", "bold"))
    for reason, number in reasons.items():
        console.print(Padding(Text(f"{number} x {reason}", "dim"), (0, 0, 0, 2), expand=False))


def _print_broken(console: Console, row: ResultRow) -> None:
    console.print()
    console.print(Text.assemble(("broken  ", "bold red"), (row["name"], "bold")))
    table = Table.grid(padding=(0, 2))
    for key, title in _LINES:
        table.add_row(Text(title, "dim"), Text(str(row[key])))  # type: ignore[literal-required]
    console.print(Padding(table, (0, 0, 0, 2), expand=False))


def _verdict(rows: Sequence[ResultRow], broken: Sequence[ResultRow], *, all_checks: bool) -> Text:
    if broken:
        some = "1 check is" if len(broken) == 1 else f"{len(broken)} checks are"
        return Text(f"{some} broken: do not enable it", "bold red")
    kept = sum(row["verdict"] == "kept" for row in rows)
    if not kept:
        return Text("nothing was tried: none of the checks applies", "yellow")
    if not all_checks:
        return Text("nothing of what was tried is broken; not all was", "green")
    return Text("it keeps to the contract", "bold green")

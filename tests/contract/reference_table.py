"""Writes the tables of checks in the reference: `python -m tests.contract.reference_table`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dockmesh_auth.testing.contract.check import Part
from dockmesh_auth.testing.contract.checks import checks_of

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "contract-kit.md"
BEGIN: Final = "The rest of this page is written by `python -m tests.contract.reference_table`.\n"


def tables() -> str:
    """All checks as Markdown, a table for each part."""
    lines = []
    for part in Part:
        lines += ["", f"### Checks of {part}", ""]
        lines += ["| check | law | why it matters | where it is written |"]
        lines += ["| --- | --- | --- | --- |"]
        for check in checks_of(part):
            cells = (f"`{check.name}`", check.law, check.why, _place(check.where))
            lines.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
    return "\n".join([*lines, ""])


def _place(where: str) -> str:
    """*where* as a link, if it is a page of ours."""
    if not where.startswith("docs/"):
        return where
    page, _, anchor = where.removeprefix("docs/").partition("#")
    text = (anchor or Path(page).stem).replace("-", " ")
    target = f"#{anchor}" if page == "reference/contract-kit.md" else f"../{page}#{anchor}"
    return f"[{text}]({target.removesuffix('#')})"


def page_with_tables(page: str) -> str:
    """*page* with the present tables."""
    return page.partition(BEGIN)[0] + BEGIN + tables()


if __name__ == "__main__":
    PAGE.write_text(page_with_tables(PAGE.read_text("utf-8")), encoding="utf-8")

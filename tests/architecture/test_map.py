"""The map of the package and the package are one."""

from __future__ import annotations

import re
from pathlib import Path

import dockmesh_auth

PACKAGE = Path(dockmesh_auth.__file__).parent
PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "architecture.md"
LINE = re.compile(r"^(?P<indent> *)(?P<names>[\w/.]+(?: [\w.]+(?:\.py|/))*)(?:  .*)?$")


def mapped() -> set[str]:
    """The paths that the map names, from the indentation of its lines."""
    text = PAGE.read_text("utf-8").partition("## The map")[2].partition("```text\n")[2]
    found: set[str] = set()
    folders: dict[int, str] = {}
    for line in text.partition("```")[0].splitlines():
        match = LINE.match(line)
        assert match is not None, line
        depth = len(match["indent"])
        parent = "".join(folder for known, folder in sorted(folders.items()) if known < depth)
        folders = {known: folder for known, folder in folders.items() if known < depth}
        for name in re.findall(r"\w+\.py|\w+/", re.split(r"   |  +", line.strip())[0]):
            found.add(parent + name)
            if name.endswith("/"):
                folders[depth] = name
    return {path.removeprefix("dockmesh_auth/") for path in found} - {""}


def test_the_map_names_every_module_and_nothing_else() -> None:
    """Migrations are mapped by their folder: there will be more of them than a map can bear."""
    modules = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if path.name != "__init__.py" and "migrations" not in path.parts
    }

    assert {path for path in mapped() if path.endswith(".py")} == modules


def test_every_folder_of_the_map_is_there() -> None:
    """A folder that has gone is not looked for."""
    assert [path for path in mapped() if not (PACKAGE / path).exists()] == []

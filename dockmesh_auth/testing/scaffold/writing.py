"""The files of a new distribution, from templates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from dockmesh_auth.testing.scaffold.project import Project

__all__ = ["write_project"]

# Which template becomes which file; KIND is `oidc` or `oauth2`.
_FILES: Final = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "gitignore": ".gitignore",
    "init.py": "src/PACKAGE/__init__.py",
    "py.typed": "src/PACKAGE/py.typed",
    "KIND/plugin.py": "src/PACKAGE/plugin.py",
    "KIND/testing.py": "src/PACKAGE/testing.py",
    "KIND/test_contract.py": "tests/test_contract.py",
    "KIND/test_plugin.py": "tests/test_plugin.py",
}


def write_project(project: Project, folder: Path) -> Sequence[Path]:
    """Write *project* into *folder*: the paths of its files below it.

    Raises:
        FileExistsError: One of the files is there already; then none is written.
        OSError: They cannot be written.
    """
    files = dict(_rendered(project))
    for path in files:
        if (folder / path).exists() or (folder / path).is_symlink():
            raise FileExistsError(17, "File exists", str(folder / path))
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        with (folder / path).open("x", encoding="utf-8") as file:
            file.write(text)
    return tuple(files)


def _rendered(project: Project) -> Iterator[tuple[Path, str]]:
    templates = Environment(  # noqa: S701 - it makes files of Python and TOML, not HTML
        loader=PackageLoader("dockmesh_auth.testing.scaffold"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # A text of JSON is one of Python and of TOML as well, as long as everything in it is printable.
    templates.filters["quoted"] = lambda text: json.dumps(text, ensure_ascii=False)
    kind = "oauth2" if project.oauth2 else "oidc"
    for name, target in _FILES.items():
        template = templates.get_template(f"{name.replace('KIND', kind)}.jinja")
        yield Path(target.replace("PACKAGE", project.package)), template.render(project=project)

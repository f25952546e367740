"""Distributions of neighbours, and virtual environments that have them.

Each becomes a wheel, built by hatchling and installed by pip, as third parties' are. All write
down that they were imported, in the file that the variable IMPORTED names.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

import attrs

__all__ = ["SECRET", "Environment", "Wheels", "surroundings"]

SECRET = "s3cret-" + "s" * 40

PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{distribution}"
version = "1.2"

[project.entry-points.dockmesh_auth]
{entry_point} = "{package}.plugin"

[tool.hatch.build.targets.wheel]
packages = ["{package}"]
{more}
"""

MARK = """\
import os

if "IMPORTED" in os.environ:
    with open(os.environ["IMPORTED"], "a", encoding="utf-8") as file:
        file.write(__name__ + "\\n")
"""

BUILD = """\
import os, sys
from hatchling.build import build_wheel

for project in sys.argv[2:]:
    os.chdir(project)
    build_wheel(sys.argv[1])
"""


class Wheels:
    """Builds wheels, all that are asked for at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._waiting: list[Path] = []
        self._numbers = itertools.count()

    def write(
        self,
        source: str,
        *,
        package: str,
        distribution: str,
        entry_point: str,
        pth: str | None = None,
    ) -> None:
        """Write the project of a distribution that `build` builds."""
        project = self.folder / f"project-{next(self._numbers)}"
        (project / package).mkdir(parents=True)
        (project / package / "__init__.py").write_text(MARK)
        (project / package / "plugin.py").write_text(source)
        more = ""
        if pth is not None:
            (project / f"{package}.pth").write_text(pth)
            more = f'force-include = {{ "{package}.pth" = "{package}.pth" }}'
        (project / "pyproject.toml").write_text(
            PROJECT.format(
                distribution=distribution, entry_point=entry_point, package=package, more=more
            )
        )
        self._waiting.append(project)

    def build(self) -> dict[str, Path]:
        """Build what was written since the last time: the wheels by distribution."""
        target = self.folder / f"wheels-{next(self._numbers)}"
        _run(sys.executable, "-c", BUILD, target, *self._waiting)
        self._waiting.clear()
        return {path.name.partition("-")[0].replace("_", "-"): path for path in target.iterdir()}


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@attrs.frozen
class Environment:
    """A virtual environment that sees what the tests see, and more.

    Attributes:
        python: Its interpreter.
        site: Where its distributions are.
    """

    python: Path
    site: Path

    @classmethod
    def create(
        cls, folder: Path, wheels: Iterable[Path] = (), *, editable: Iterable[Path] = ()
    ) -> Environment:
        """Create it in *folder*; install *wheels*, and the projects *editable* as they stand."""
        _run(sys.executable, "-m", "venv", "--without-pip", folder)
        python = folder / "bin" / "python"
        site = next(folder.glob("lib/python*/site-packages"))
        # After its own distributions, those of the environment that the tests run in.
        here = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
        lines = [f"import site; site.addsitedir({place!r})" for place in dict.fromkeys(here)]
        (site / "zz_tests.pth").write_text("\n".join(lines) + "\n")
        options = ("--no-index", "--no-deps", "--no-compile", "--disable-pip-version-check", "-q")
        pip = (sys.executable, "-m", "pip", "--python", python, "install", *options)
        projects = [word for project in editable for word in ("-e", project)]
        _run(*pip, "--no-build-isolation", *wheels, *projects)
        return cls(python, site)

    def command(self, *arguments: str) -> list[str]:
        """The installed command, run by this environment's interpreter."""
        script = Path(sysconfig.get_path("scripts")) / "dockmesh-auth"
        assert script.is_file(), "the command is not installed"
        return [str(self.python), str(script), *arguments]

    def start(self, folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run the command in *folder* until it ends."""
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=folder,
            env=surroundings(folder, **more),
        )


def surroundings(folder: Path, **more: str) -> dict[str, str]:
    """The environment variables of a process: what is imported is written to a file."""
    return {
        **{name: value for name, value in os.environ.items() if name != "DOCKMESH_CONFIG"},
        "CLIENT_SECRET": SECRET,
        "IMPORTED": str(folder / "imported.txt"),
        "ASKED": str(folder / "asked.txt"),
        "HOME_TOKEN": str(folder / "home-token.txt"),
        "COLUMNS": "200",
        **more,
    }

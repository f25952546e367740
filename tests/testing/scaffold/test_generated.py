"""What `dockmesh-auth plugin new` writes works as it is: installed, typed, tested, tried."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from dockmesh_auth import __version__
from dockmesh_auth.testing.scaffold import Project, write_project
from tests.isolation.environment import Environment

KINDS = {
    "acme": {
        "oauth2": False,
        "issuer": "https://id.acme.example/auth/",
        "display_name": "Acme, ID",
    },
    "some-hub": {"oauth2": True, "issuer": "https://hub.example", "display_name": None},
}


@attrs.frozen
class Generated:
    """A distribution that was written, and the environment that it is installed in."""

    name: str
    folder: Path
    environment: Environment

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the distribution's folder."""
        variables = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
        # One cache for both: most of what mypy looks at is the library.
        variables["MYPY_CACHE_DIR"] = str(self.environment.site.parents[4] / "mypy-cache")
        return subprocess.run(
            [str(self.environment.python), *arguments],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            cwd=self.folder,
            env={**variables, "COLUMNS": "100"},
        )


@pytest.fixture(name="generated", scope="session", params=KINDS)
def generated_distribution(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generated:
    """Both kinds, written and installed."""
    parts = KINDS[request.param]
    folder = tmp_path_factory.mktemp("generated") / "here"
    write_project(Project.described(request.param, library=__version__, **parts), folder)
    environment = Environment.create(
        tmp_path_factory.mktemp("environment") / "venv", editable=[folder]
    )
    return Generated(request.param, folder, environment)


def test_its_own_tests_pass(generated: Generated) -> None:
    """The contract among them, with warnings as errors, and none is skipped as a whole."""
    done = generated.run("-m", "pytest", "-q", "-p", "no:cacheprovider")

    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 80


def test_it_is_typed(generated: Generated) -> None:
    """By its own settings, which are strict and take in the tests."""
    done = generated.run("-m", "mypy")

    assert done.returncode == 0, done.stdout
    assert re.search(r"no issues found in [56] source files", done.stdout)


def test_it_is_formatted_and_tidy(generated: Generated) -> None:
    """As its author's editor would do it: nothing changes at the first save."""
    ruff = ("-m", "ruff")
    lines = ("--config", "line-length = 100", "--no-cache")
    formatted = generated.run(*ruff, "format", "--check", *lines, ".")
    tidy = generated.run(*ruff, "check", *lines, "--select", "E,F,I,W,UP,B,D1,SIM,RET", ".")

    assert formatted.returncode == 0, formatted.stdout
    assert tidy.returncode == 0, tidy.stdout


def test_the_command_verifies_it(generated: Generated) -> None:
    """With what the distribution itself offers; pytest is not asked for. Its own tests have tried
    all checks, a few are enough here.
    """
    few = ["the-person-is-let-in", "expired", "the-package-is-typed"]
    blocked = "import sys; sys.modules['pytest'] = None; from dockmesh_auth.__main__ import main;"
    arguments = ["dockmesh-auth", "plugin", "verify", generated.name, "--json"]
    arguments += [word for name in few for word in ("--check", name)]
    done = generated.run("-c", f"{blocked} sys.argv = {arguments!r}; main()")

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    module = generated.name.replace("-", "_")
    assert report["tried_with"] == f"dockmesh_auth_{module}.testing:under_test"
    assert report["distribution"] == f"dockmesh-auth-{generated.name}"
    assert {check["name"]: check["verdict"] for check in report["checks"]} == dict.fromkeys(
        few, "kept"
    )


def test_the_demonstration_plays_it(generated: Generated) -> None:
    """Its people sign in over HTTP, through the pages."""
    done = generated.run("-m", "dockmesh_auth", "demo", "--plugin", generated.name, "--walk")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "admin on all" in done.stdout


def test_its_wheel_is_whole(generated: Generated, tmp_path: Path) -> None:
    """It can be handed out: built, it has its package and the mark of being typed."""
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", tmp_path, "."],
        cwd=generated.folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    module = f"dockmesh_auth_{generated.name.replace('-', '_')}"
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name == f"{module}-0.1.0-py3-none-any.whl"

"""The tutorial of the first plugin, followed word by word in an environment of its own."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from markdown_it import MarkdownIt

from tests.isolation.environment import Environment

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "first-plugin.md"
DISTRIBUTION = "dockmesh-auth-gitlab"
INSTALLATION = "pip install -e '.[test]'"
MODULES = {"mypy": "mypy", "dockmesh-auth": "dockmesh_auth"}


def blocks() -> Iterator[tuple[str, str, str]]:
    """The paragraph before each fenced block, its kind, and its text."""
    paragraph = ""
    for token in MarkdownIt().parse(PAGE.read_text("utf-8")):
        if token.type == "inline":
            paragraph = token.content
        elif token.type == "fence":
            yield paragraph, token.info.strip(), token.content


def file_of(paragraph: str) -> str:
    """The file that the last line of a paragraph names."""
    (name,) = re.findall(r"`([\w/.]+\.(?:py|yaml))`", paragraph.splitlines()[-1])
    return str(name)


@attrs.define
class Reader:
    """Somebody who does what the page says.

    Attributes:
        folder: Where they are.
        python: The interpreter: that of the tests, until the plugin is installed.
        said: What each line of the shell printed.
    """

    folder: Path
    python: Path = Path(sys.executable)
    said: dict[str, str] = attrs.field(factory=dict)
    written: set[str] = attrs.field(factory=set)

    def write(self, name: str, text: str) -> None:
        """Write a file anew, or add to what this page has in it."""
        path = self.folder / name
        if name in self.written:
            text = f"{path.read_text('utf-8')}\n\n{text}"
        else:
            assert path.exists() or name == "dockmesh.yaml", (
                f"{name}: `plugin new` has no such file"
            )
        path.write_text(text, "utf-8")
        self.written.add(name)

    def enter(self, line: str) -> None:
        """Enter a line into the shell."""
        program, *words = shlex.split(line)
        if program == "cd":
            self.folder /= words[0]
            return
        if line == INSTALLATION:
            place = self.folder.parent / "installed"
            self.python = Environment.create(place, editable=[self.folder]).python
            return
        module = words.pop(1) if program == "python" else MODULES[program]
        words = words[1:] if program == "python" else words
        variables = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
        done = subprocess.run(
            [str(self.python), "-m", module, *words],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            cwd=self.folder,
            env={**variables, "DOCKMESH_OIDC_SECRET": "s" * 40, "COLUMNS": "100"},
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        self.said[line] = done.stdout


@pytest.fixture(name="reader", scope="module")
def reader_who_followed(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Somebody at the end of the page."""
    folder = tmp_path_factory.mktemp("tutorial")
    reader = Reader(folder)
    for paragraph, kind, text in blocks():
        if kind in {"python", "yaml"}:
            reader.write(file_of(paragraph), text)
        elif kind == "sh":
            for line in text.splitlines():
                reader.enter(line)
    return reader


def test_everything_on_the_page_works(reader: Reader) -> None:
    """The tests pass, the types are right, and people sign in at the demonstration."""
    assert re.search(r"\d{3} passed", reader.said["python -m pytest"])
    assert "no issues found" in reader.said["mypy"]
    assert "admin on all" in reader.said["dockmesh-auth demo --plugin gitlab --walk"]
    assert "is valid" in reader.said["dockmesh-auth config validate"]


def test_the_kit_ends_as_the_page_says(reader: Reader) -> None:
    """The last line is the one that is shown."""
    (shown,) = (text for before, _, text in blocks() if before.endswith("It ends with"))
    report = reader.said["dockmesh-auth plugin verify gitlab"]
    assert report.splitlines()[-1].strip() == shown.strip()
    assert f"{DISTRIBUTION} 0.1.0" in report


def test_the_plugin_is_as_short_as_the_page_says(reader: Reader) -> None:
    """Some forty lines beside the imports, without blank ones and comments."""
    text = (reader.folder / "src/dockmesh_auth_gitlab/plugin.py").read_text("utf-8")
    body = text.partition("\n)\n")[2]
    lines = [line for line in body.splitlines() if line.strip() and '"""' not in line]
    assert 38 <= len(lines) <= 48


def test_nothing_of_the_template_is_left_unsaid(reader: Reader) -> None:
    """The page names the files that it changes, all of them, and they are where it says."""
    assert reader.written == {
        "dockmesh.yaml",
        "src/dockmesh_auth_gitlab/plugin.py",
        "src/dockmesh_auth_gitlab/testing.py",
        "tests/test_contract.py",
        "tests/test_plugin.py",
    }

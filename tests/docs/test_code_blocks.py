"""Every block of code in the documentation runs, or is what it says it is."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from dockmesh_auth import load_config

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    {
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("plugins/*/README.md"),
    }
)
KINDS = {"python", "yaml", "toml", "json", "sh", "console", "text", ""}
RUNNABLE = {"--version", "plugins", "config", "completion"}

PROVIDER = """\
    - slug: only
      display_name: Only
      issuer_url: https://id.example.com
      client_id: dockmesh
      client_secret: {env: DOCKMESH_AUTHENTIK_SECRET}
"""
ENVIRONMENT = {"DOCKMESH_AUTHENTIK_SECRET": "s" * 40, "DOCKMESH_OIDC_SECRET": "s" * 40}


def blocks() -> Iterator[tuple[Path, str, str, int]]:
    """Page, kind, text and line of every fenced block."""
    for page in PAGES:
        for token in MarkdownIt().parse(page.read_text()):
            if token.type == "fence":
                assert token.map is not None
                yield page, token.info.strip(), token.content, token.map[0] + 1


BLOCKS = [
    pytest.param(page, kind, text, id=f"{page.relative_to(ROOT)}:{line}")
    for page, kind, text, line in blocks()
]


TOGETHER = ROOT / "docs" / "tutorial" / "first-plugin.md"
"""Its blocks make one distribution: tests/docs/test_first_plugin.py puts it together."""


def of_kind(*kinds: str) -> list:
    return [
        block
        for block in BLOCKS
        if block.values[1] in kinds
        and (block.values[0] != TOGETHER or block.values[1] not in {"python", "yaml"})
    ]


@pytest.fixture(name="folder")
def folder_with_a_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder as the pages assume it: a dockmesh.yaml and its secrets."""
    monkeypatch.chdir(tmp_path)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "dockmesh.yaml").write_text(
        f"server: {{base_url: 'https://dockmesh.example.com'}}\nauth:\n  providers:\n{PROVIDER}"
        "  group_mappings:\n    - {claim_value: a, role: admin, scope: all}\n"
        "database: {driver: sqlite, dsn: auth.db}\n"
    )
    return tmp_path


@pytest.mark.parametrize(("page", "kind", "text"), BLOCKS)
def test_every_block_says_what_it_is(page: Path, kind: str, text: str) -> None:
    """A kind that no test knows would not be checked."""
    assert kind in KINDS


@pytest.mark.parametrize(("page", "kind", "text"), of_kind("python"))
def test_python_runs(page: Path, kind: str, text: str, folder: Path) -> None:
    """In a process of its own, as a reader would run it."""
    script = folder / "block.py"
    script.write_text(text)

    answer = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=folder,
    )

    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize(("page", "kind", "text"), of_kind("yaml"))
def test_configurations_are_valid(page: Path, kind: str, text: str, folder: Path) -> None:
    """What a page leaves out is put around it; what it says is taken as it is."""
    secrets = text.replace("/run/secrets/", "secrets/")
    (folder / "secrets").mkdir()
    for name in re.findall(r"\{file: secrets/(\S+?)\}", secrets):
        (folder / "secrets" / name).write_text("s" * 40)
        (folder / "secrets" / name).chmod(0o600)
    if secrets.startswith(" "):
        # Some keys of a provider, shown alone: they replace or join those of a plain one.
        written = re.findall(r"^ *(\w+):", secrets, re.MULTILINE)
        plain = [
            line for line in PROVIDER.splitlines() if line.split()[0].rstrip(":") not in written
        ]
        keys = "\n".join([*plain, textwrap.indent(textwrap.dedent(secrets), "      ")])
        secrets = f"auth:\n  providers:\n{keys}\n"
    elif not re.search(r"^auth:", secrets, re.MULTILINE):
        secrets += f"\nauth:\n  providers:\n{PROVIDER}"
    elif "providers:" not in secrets:
        secrets = re.sub(
            r"^auth:\n", f"auth:\n  providers:\n{PROVIDER}", secrets, flags=re.MULTILINE
        )
    for part, default in (
        ("server", "server: {base_url: 'https://dockmesh.example.com'}"),
        ("database", "database: {driver: sqlite, dsn: auth.db}"),
    ):
        if not re.search(rf"^{part}:", secrets, re.MULTILINE):
            secrets += f"\n{default}\n"
    path = folder / "page.yaml"
    path.write_text(secrets)

    config, registry = load_config(path)
    registry.close()

    assert config.providers


@pytest.mark.parametrize(("page", "kind", "text"), of_kind("toml"))
def test_toml_is_valid(page: Path, kind: str, text: str) -> None:
    """It can be pasted."""
    assert tomllib.loads(text)


@pytest.mark.parametrize(("page", "kind", "text"), of_kind("json"))
def test_json_is_valid(page: Path, kind: str, text: str) -> None:
    """It can be parsed."""
    assert json.loads(text)


@pytest.mark.parametrize(("page", "kind", "text"), of_kind("sh"))
def test_shell_lines_are_valid_and_name_commands_that_there_are(
    page: Path, kind: str, text: str, folder: Path
) -> None:
    """Lines of ours that start nothing for long are run; others must at least parse."""
    parsed = subprocess.run(["bash", "-n"], input=text, text=True, check=False, timeout=10)
    assert parsed.returncode == 0
    for line in text.splitlines():
        _run_if_ours(line, folder)


@pytest.mark.parametrize(("page", "kind", "text"), of_kind("console"))
def test_console_lines_run(page: Path, kind: str, text: str, folder: Path) -> None:
    """Each line after a prompt."""
    for line in text.splitlines():
        if line.startswith("$ "):
            _run_if_ours(line[2:], folder)


def _run_if_ours(line: str, folder: Path) -> None:
    words = shlex.split(line, comments=True)
    if not words or words[0] != "dockmesh-auth":
        return
    arguments = words[1:]
    if arguments[0] not in RUNNABLE:
        arguments = [arguments[0], "--help"]
    answer = subprocess.run(
        [sys.executable, "-m", "dockmesh_auth", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=folder,
        env={**os.environ},
    )
    assert answer.returncode == 0, answer.stderr


def test_the_two_lines_of_the_readme_are_those_of_the_other_pages() -> None:
    """One set-up, word for word, wherever it stands."""
    readme = (ROOT / "README.md").read_text()
    lines = re.findall(r"^python3 -m venv .*$", readme, re.MULTILINE)

    assert len(lines) == 2
    for page in ("CONTRIBUTING.md", "docs/tutorial/first-sign-in.md"):
        for line in re.findall(r"^python3 -m venv .*$", (ROOT / page).read_text(), re.MULTILINE):
            assert line in lines

"""The command in this process, with the actions written down; and as people start it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner, Result

from dockmesh_auth.cli.command import build_command
from dockmesh_auth.cli.verification import CheckRow, ResultRow, Verification

VALID = """\
server:
  base_url: http://127.0.0.1:8400
database:
  driver: sqlite
  dsn: {folder}/auth.db
auth:
  providers:
    - slug: only
      plugin: oidc
      display_name: Only
      issuer_url: https://id.example.com
      client_id: dockmesh
      client_secret: {{env: CLIENT_SECRET}}
      groups_claim: groups
  group_mappings:
    - {{claim_value: admins, role: admin, scope: all}}
"""
SECRET = "never-shown-" + "s" * 40


@attrs.define
class Written:
    """Actions that write down what was asked of them; a `dockmesh_auth.cli.actions.Actions`."""

    asked: list[tuple[Any, ...]] = attrs.field(factory=list)
    all_right: bool = True
    fault: Exception | None = None
    tried_with: str | None = "dockmesh_auth_toy.testing:under_test"
    verdicts: list[tuple[str, str]] = attrs.field(
        factory=lambda: [("kept", ""), ("not applicable", "it has no such thing"), ("kept", "")]
    )

    def serve(self, config: Path, *, address: str, port: int) -> None:
        """Write it down."""
        self.asked.append(("serve", config, address, port))

    def demo(self, plugin: str | None, *, port: int, open_browser: bool) -> None:
        """Write it down."""
        self.asked.append(("demo", plugin, port, open_browser))

    def walk(self, plugin: str | None) -> bool:
        """Write it down."""
        self.asked.append(("walk", plugin))
        return self.all_right

    def contract_checks(self) -> list[CheckRow]:
        """Those written down."""
        names = ("first-law", "second-law", "third-law")
        return [
            CheckRow(
                name=name,
                part="whole" if name == "third-law" else "validation",
                law=f"The law of {name}.",
                why=f"Why {name}.",
                where="RFC 2119, section 1",
            )
            for name in names
        ]

    @contextlib.contextmanager
    def verify(self, plugin: str, checks: Collection[str]) -> Iterator[Verification]:
        """Write it down; the checks end as `verdicts` has it."""
        self.asked.append(("verify", plugin, tuple(checks)))
        if self.fault is not None:
            raise self.fault
        rows = [
            ResultRow(**check, verdict=verdict, what=what)
            for check, (verdict, what) in zip(self.contract_checks(), self.verdicts, strict=True)
        ]
        yield Verification(
            plugin=plugin,
            distribution=f"dockmesh-auth-{plugin}",
            version="1.2",
            tried_with=self.tried_with,
            total=len(rows),
            results=iter(rows),
        )

    def new_plugin(self, name: str, **parts: Any) -> tuple[Path, list[Path]]:
        """Write it down."""
        self.asked.append(("new", name, parts))
        if self.fault is not None:
            raise self.fault
        return parts["folder"] or Path(f"dockmesh-auth-{name}"), [Path("a.py"), Path("b/c.py")]


@pytest.fixture(name="actions")
def written_actions() -> Written:
    """The actions behind `run`."""
    return Written()


@pytest.fixture(name="run")
def command_runner(
    actions: Written, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Result]:
    """Run the command in this process, in an empty folder, at 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("CLIENT_SECRET", SECRET)
    monkeypatch.delenv("DOCKMESH_CONFIG", raising=False)

    def run(*arguments: str) -> Result:
        command = build_command(actions, version="9.8.7")
        return CliRunner().invoke(command, arguments, prog_name="dockmesh-auth")

    return run


@pytest.fixture(name="config")
def valid_configuration(tmp_path: Path) -> Path:
    """A file without a fault."""
    path = tmp_path / "dockmesh.yaml"
    path.write_text(VALID.format(folder=tmp_path))
    return path


@pytest.fixture(name="start")
def process_starter(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command in a process of its own until it ends."""

    def start(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "dockmesh_auth", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "CLIENT_SECRET": SECRET, "COLUMNS": "80", **more},
        )

    return start


@pytest.fixture(name="install")
def plugin_installer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., None]]:
    """Install plugins into a folder that Python imports from: a module and what pip writes."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def install(code: str, *, name: str, distribution: str) -> None:
        module = f"{distribution.replace('-', '_')}_plugin"
        (site / f"{module}.py").write_text(code)
        info = site / f"{distribution.replace('-', '_')}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n"
        )
        (info / "entry_points.txt").write_text(f"[dockmesh_auth]\n{name} = {module}\n")

    yield install
    for name in [name for name in sys.modules if name.endswith("_plugin")]:
        if str(site) in str(sys.modules[name].__file__):
            del sys.modules[name]

"""What is handed out is whole, says what it needs, and nothing more."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from configparser import ConfigParser
from email import message_from_bytes
from email.message import Message
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
SECURITY_FLOORS = {
    "authlib": "1.7.2",
    "cryptography": "46.0.5",
    "joserfc": "1.8",
    "pluggy": "1.7",
    "starlette": "0.49.1",
}


def _build(kind: str, source: Path, target: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", target, source],
        check=True,
        capture_output=True,
        timeout=120,
    )
    (built,) = target.iterdir()
    return built


@pytest.fixture(name="core_wheel", scope="session")
def built_core_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library's wheel."""
    return _build("wheel", ROOT, tmp_path_factory.mktemp("core-wheel"))


@pytest.fixture(name="plugin_wheel", scope="session", params=PLUGINS, ids=lambda path: path.name)
def built_plugin_wheel(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The wheel of each plugin that lives here."""
    return _build("wheel", request.param, tmp_path_factory.mktemp("plugin-wheel"))


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def _of_dist_info(wheel: Path, name: str) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        (member,) = (each for each in archive.namelist() if each.endswith(f".dist-info/{name}"))
        return archive.read(member)


def _metadata(wheel: Path) -> Message:
    return message_from_bytes(_of_dist_info(wheel, "METADATA"))


def _requirements(wheel: Path) -> dict[str, Requirement]:
    lines = _metadata(wheel).get_all("Requires-Dist") or []
    return {canonicalize_name(each.name): each for each in map(Requirement, lines)}


# --- the wheels -----------------------------------------------------------------------------


def test_the_wheel_has_every_file_of_the_package(core_wheel: Path) -> None:
    """Templates, style sheets, migrations and the mark of being typed come along."""
    source = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "dockmesh_auth").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "dockmesh_auth/py.typed" in source
    packed = {name for name in _names(core_wheel) if ".dist-info/" not in name}
    assert packed == source


def test_a_plugin_wheel_has_its_package_and_nothing_else(plugin_wheel: Path) -> None:
    """No tests, no recordings, no second top-level name; but it is typed."""
    top = {name.split("/")[0] for name in _names(plugin_wheel) if ".dist-info/" not in name}
    assert len(top) == 1
    (package,) = top
    assert package.startswith("dockmesh_auth_")
    assert f"{package}/py.typed" in _names(plugin_wheel)


def test_the_wheel_has_its_licence(core_wheel: Path) -> None:
    """Apache-2.0, by name and by text."""
    assert _metadata(core_wheel)["License-Expression"] == "Apache-2.0"
    assert _of_dist_info(core_wheel, "licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()


def test_a_plugin_wheel_has_its_licence(plugin_wheel: Path) -> None:
    """A plugin says under which licence it is used."""
    assert _metadata(plugin_wheel)["License-Expression"] == "Apache-2.0"


def test_the_command_and_no_plugin_are_announced(core_wheel: Path) -> None:
    """One command. The built-in standard needs no entry point, so none can be shadowed."""
    text = _of_dist_info(core_wheel, "entry_points.txt").decode()
    assert text.split() == [
        "[console_scripts]",
        "dockmesh-auth",
        "=",
        "dockmesh_auth.__main__:main",
    ]


def test_a_plugin_announces_itself_in_the_group(plugin_wheel: Path) -> None:
    """One entry point in the group `dockmesh_auth`, which leads into its own package."""
    groups = ConfigParser()
    groups.read_string(_of_dist_info(plugin_wheel, "entry_points.txt").decode())
    ((name, target),) = groups["dockmesh_auth"].items()
    assert target.startswith(f"dockmesh_auth_{name}.")


def test_a_plugin_asks_for_the_library_with_a_floor_and_a_ceiling(plugin_wheel: Path) -> None:
    """A later library may have another contract; this one, and its patches, do."""
    wanted = _requirements(plugin_wheel)["dockmesh-auth"].specifier
    assert wanted.contains("0.1.0")
    assert wanted.contains("0.1.99")
    assert not wanted.contains("99")
    assert not wanted.contains("0.0.1")


@pytest.mark.parametrize(("name", "floor"), SECURITY_FLOORS.items())
def test_no_version_with_a_known_vulnerability_will_do(
    core_wheel: Path, name: str, floor: str
) -> None:
    """Below these versions lie published vulnerabilities, or what we rely on is missing."""
    wanted = _requirements(core_wheel)[name].specifier
    floors = [Version(each.version) for each in wanted if each.operator == ">="]
    assert floors
    assert max(floors) >= Version(floor)


def _imported() -> set[str]:
    """The top-level modules that the package imports, without its own and the standard ones."""
    found = set()
    for path in (ROOT / "dockmesh_auth").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"dockmesh_auth"}


def test_the_wheel_asks_for_what_it_imports_and_nothing_else(core_wheel: Path) -> None:
    """What others bring along today they may drop tomorrow; what nobody imports is ballast.

    pytest is an extra: only the contract's tests import it, which no host loads.
    """
    known_as = packages_distributions()
    imported = {canonicalize_name(known_as[name][0]) for name in _imported()}
    asked_for = {
        name
        for name, wanted in _requirements(core_wheel).items()
        if wanted.marker is None or wanted.marker.evaluate({"extra": "testing"})
    }
    assert asked_for == imported


def test_python_versions_are_the_ones_announced(core_wheel: Path) -> None:
    """3.11 to 3.13, and nothing older."""
    wanted = SpecifierSet(_metadata(core_wheel)["Requires-Python"])
    assert not wanted.contains("3.10")
    for minor in ("3.11", "3.12", "3.13"):
        assert wanted.contains(minor)
        assert f"Programming Language :: Python :: {minor}" in _metadata(core_wheel).get_all(
            "Classifier", []
        )


def test_two_builds_give_the_same_bytes(core_wheel: Path, tmp_path: Path) -> None:
    """Whoever builds the wheel again can hold it against ours."""
    again = _build("wheel", ROOT, tmp_path)
    assert again.name == core_wheel.name
    assert again.read_bytes() == core_wheel.read_bytes()


def test_the_wheel_holds_no_place_of_the_machine_that_built_it(core_wheel: Path) -> None:
    """Neither the folder of the checkout nor that of the Python is in any file."""
    with zipfile.ZipFile(core_wheel) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            assert str(ROOT).encode() not in content, name
            assert sys.prefix.encode() not in content, name


# --- the pinned dependencies ----------------------------------------------------------------


def _pins() -> dict[str, str]:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"(?m)^([a-z0-9.-]+)==(\S+)", text))


def _wanted() -> list[Requirement]:
    core = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines: list[str] = list(core["project"]["dependencies"])
    for several in (core["project"]["optional-dependencies"], core["dependency-groups"]):
        for each in several.values():
            lines += each
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("wanted", _wanted(), ids=str)
def test_everything_asked_for_is_pinned_to_a_version_that_will_do(wanted: Requirement) -> None:
    """`constraints.txt` follows `pyproject.toml`; if not, run .ci/refresh-constraints --keep."""
    assert wanted.specifier.contains(_pins()[canonicalize_name(wanted.name)])


def test_every_pin_has_hashes() -> None:
    """A file that was exchanged at the registry is not installed."""
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    entries = re.split(r"(?m)^(?=[a-z0-9])", text)[1:]
    assert len(entries) == len(_pins())
    for entry in entries:
        assert re.fullmatch(r"\S+==\S+ \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+", entry), entry


def test_the_pins_name_no_place() -> None:
    """No registry, no index, no folder: each machine has its own."""
    for path in (ROOT / "constraints.txt", ROOT / "tests" / "interop" / "package.json"):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index" not in text
        assert "/home/" not in text


def test_the_foreign_provider_is_pinned_exactly() -> None:
    """No range among the npm packages, however deep."""

    def versions(tree: dict[str, object]) -> list[object]:
        found: list[object] = []
        for value in tree.values():
            found += versions(value) if isinstance(value, dict) else [value]
        return found

    package = json.loads((ROOT / "tests" / "interop" / "package.json").read_bytes())
    pinned = versions(package["dependencies"]) + versions(package["overrides"])
    assert len(pinned) >= 30
    for version in pinned:
        assert re.fullmatch(r"\d+\.\d+\.\d+", str(version))

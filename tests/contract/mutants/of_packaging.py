"""Distributions that are packaged wrong; each is written to a folder as if it were installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

from attrs import evolve, field, frozen

NAME = "packaged"
PLUGIN = '''\
"""A plugin that leaves everything to the built-in."""

from dockmesh_auth import PluginDescription, hookimpl


@hookimpl
def dockmesh_auth_describe() -> PluginDescription:
    return PluginDescription(name="packaged", display_name="Packaged", contract_version=1)
'''
METADATA = {
    "Metadata-Version": "2.4",
    "Name": "dockmesh-auth-packaged",
    "Version": "1.0",
    "Summary": "Sign-in with nothing in particular",
    "License-Expression": "Apache-2.0",
    "Requires-Python": ">=3.11",
    "Requires-Dist": "dockmesh-auth>=0.1,<0.2",
}


@frozen
class Distribution:
    """What is installed.

    Attributes:
        package: The name of the package.
        plugin: The source of its module with the hooks.
        metadata: The fields of METADATA.
        entry_points: The lines below `[dockmesh_auth]`.
        files: The other files of the package.
    """

    package: str
    plugin: str = PLUGIN
    metadata: Mapping[str, str] = field(factory=lambda: dict(METADATA))
    entry_points: tuple[str, ...] = ("packaged = {package}.plugin",)
    files: Mapping[str, str] = field(factory=lambda: {"__init__.py": "", "py.typed": ""})

    def install(self, folder: Path) -> ModuleType:
        """Write it to *folder*, and import its module from there."""
        package = folder / self.package
        package.mkdir()
        for name, text in {**self.files, "plugin.py": self.plugin}.items():
            (package / name).write_text(text, encoding="utf-8")
        self.write_metadata(folder)
        return _imported(f"{self.package}.plugin", package / "plugin.py")

    def write_metadata(self, folder: Path) -> None:
        """Only what tells of it."""
        name = self.metadata["Name"].replace("-", "_")
        info = folder / f"{name}-{self.metadata['Version']}.dist-info"
        info.mkdir()
        fields = "".join(f"{name}: {value}\n" for name, value in self.metadata.items())
        (info / "METADATA").write_text(fields, encoding="utf-8")
        lines = "\n".join(self.entry_points).format(package=self.package)
        (info / "entry_points.txt").write_text(f"[dockmesh_auth]\n{lines}\n", encoding="utf-8")

    def but(self, **metadata: str | None) -> Distribution:
        """The same with other fields of METADATA; None leaves one out."""
        changes = {name.replace("_", "-"): value for name, value in metadata.items()}
        fields = {**self.metadata, **changes}
        return evolve(self, metadata={name: text for name, text in fields.items() if text})

    def beginning_with(self, *lines: str) -> Distribution:
        """The same whose module does something more while it is imported."""
        return evolve(self, plugin="\n".join((self.plugin, *lines, "")))


def _imported(name: str, path: Path) -> ModuleType:
    # In this process by its file alone: what importing it does is looked at in another one.
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    exec(compile(PLUGIN, str(path), "exec"), vars(module))
    return module


Change = Callable[[Distribution, Path], Distribution]


@frozen
class Packaged:
    """A distribution that is packaged wrong.

    Attributes:
        name: What is wrong with it.
        check: The check that is meant for it.
        change: Makes it of the right one; may write into the folder.
    """

    name: str
    check: str
    change: Change

    @property
    def package(self) -> str:
        """The name of its package: no other process-wide module has it."""
        return f"packaged_{self.name.replace('-', '_')}"


PACKAGED: list[Packaged] = []


def packaged(check: str) -> Callable[[Change], Change]:
    """A distribution that breaks *check*."""

    def take(change: Change) -> Change:
        PACKAGED.append(Packaged(change.__name__.replace("_", "-"), check, change))
        return change

    return take


@packaged("the-plugin-is-installed")
def has_no_entry_point(right, folder):
    return evolve(right, entry_points=())


@packaged("the-plugin-is-installed")
def has_an_entry_point_for_another_module(right, folder):
    return evolve(right, entry_points=("packaged = {package}",))


@packaged("the-entry-point-has-the-plugins-name")
def has_an_entry_point_of_another_name(right, folder):
    return evolve(right, entry_points=("packed = {package}.plugin",))


@packaged("the-entry-point-has-the-plugins-name")
def has_two_entry_points(right, folder):
    return evolve(right, entry_points=("packaged = {package}.plugin", "two = {package}.plugin"))


@packaged("one-distribution-offers-it")
def has_a_rival(right, folder):
    right.but(Name="dockmesh-auth-packaged-too").write_metadata(folder)
    return right


@packaged("the-hosts-version-is-bounded")
def does_not_require_the_host(right, folder):
    return right.but(Requires_Dist="attrs>=25")


@packaged("the-hosts-version-is-bounded")
def requires_any_version_of_the_host(right, folder):
    return right.but(Requires_Dist="dockmesh-auth")


@packaged("the-hosts-version-is-bounded")
def has_no_upper_bound(right, folder):
    return right.but(Requires_Dist="dockmesh_auth (>=0.1)")


@packaged("the-hosts-version-is-bounded")
def has_no_lower_bound(right, folder):
    return right.but(Requires_Dist="dockmesh-auth<0.2 ; python_version >= '3.11'")


@packaged("the-python-version-is-said")
def does_not_say_its_python(right, folder):
    return right.but(Requires_Python=None)


@packaged("the-licence-is-said")
def does_not_say_its_licence(right, folder):
    return right.but(License_Expression=None)


@packaged("the-purpose-is-said")
def has_no_summary(right, folder):
    return right.but(Summary=None)


@packaged("the-package-is-typed")
def is_not_typed(right, folder):
    return evolve(right, files={"__init__.py": ""})


@packaged("the-package-is-typed")
def is_no_package(right, folder):
    return evolve(right, files={"py.typed": ""})


@packaged("only-the-public-face-is-used")
def imports_the_host(right, folder):
    return right.beginning_with("from dockmesh_auth.host.dispatch import Deadlines")


@packaged("only-the-public-face-is-used")
def imports_a_part_of_the_host(right, folder):
    return right.beginning_with("from dockmesh_auth import store")


@packaged("only-the-public-face-is-used")
def reaches_into_the_host(right, folder):
    return right.beginning_with(
        "import dockmesh_auth", "def late(): return dockmesh_auth.web.cookies"
    )


@packaged("only-the-public-face-is-used")
def has_the_host_imported_by_name(right, folder):
    return right.beginning_with(
        "import importlib",
        "def late(): return importlib.import_module('dockmesh_auth.store.sql_store')",
    )


@packaged("only-the-public-face-is-used")
def imports_a_name_with_an_underscore(right, folder):
    files = {**right.files, "names.py": "from dockmesh_auth.oidc.profile import _name\n"}
    return evolve(right, files=files)


@packaged("the-contract-version-is-written-out")
def imports_the_contract_version(right, folder):
    source = right.plugin.replace("contract_version=1", "contract_version=CONTRACT_VERSION")
    return evolve(right, plugin=source.replace("import P", "import CONTRACT_VERSION, P"))


@packaged("importing-opens-nothing")
def connects_while_it_is_imported(right, folder):
    return right.beginning_with(
        "import socket",
        "with socket.socket() as s: s.connect_ex(('127.0.0.1', 9))",
    )


@packaged("importing-opens-nothing")
def writes_a_file_while_it_is_imported(right, folder):
    return right.beginning_with("open('/dev/null', 'a').close()")


@packaged("importing-opens-nothing")
def starts_a_process_while_it_is_imported(right, folder):
    return right.beginning_with("import subprocess", "subprocess.run(['true'])")


@packaged("importing-changes-nothing")
def starts_a_thread(right, folder):
    return right.beginning_with(
        "import threading, time",
        "threading.Thread(target=time.sleep, args=(1,), daemon=True).start()",
    )


@packaged("importing-changes-nothing")
def configures_logging(right, folder):
    return right.beginning_with("import logging", "logging.basicConfig(level='DEBUG')")


@packaged("importing-changes-nothing")
def silences_warnings(right, folder):
    return right.beginning_with("import warnings", "warnings.simplefilter('ignore')")


@packaged("importing-changes-nothing")
def handles_signals(right, folder):
    return right.beginning_with("import signal", "signal.signal(signal.SIGTERM, lambda *_: None)")


@packaged("importing-changes-nothing")
def sets_a_proxy(right, folder):
    return right.beginning_with("import os", "os.environ['HTTPS_PROXY'] = 'http://127.0.0.1:1'")


@packaged("importing-changes-nothing")
def looks_at_every_import(right, folder):
    return right.beginning_with("import sys", "sys.meta_path.insert(0, sys.meta_path[-1])")


@packaged("importing-changes-nothing")
def puts_its_folder_before_all_others(right, folder):
    return right.beginning_with("import sys", "sys.path.insert(0, '.')")


@packaged("importing-changes-nothing")
def replaces_a_function_of_the_core(right, folder):
    return right.beginning_with(
        "import dockmesh_auth.oidc.id_token as it", "it.validate_id_token = lambda *_: None"
    )


@packaged("importing-changes-nothing")
def replaces_a_method_of_the_core(right, folder):
    return right.beginning_with(
        "from dockmesh_auth import Secret", "Secret.__repr__ = lambda self: self.reveal()"
    )


@packaged("importing-changes-nothing")
def does_not_verify_certificates(right, folder):
    return right.beginning_with(
        "import ssl", "ssl._create_default_https_context = ssl._create_unverified_context"
    )


@packaged("importing-prints-nothing")
def greets(right, folder):
    return right.beginning_with("print('Packaged 1.0 is at your service')")


@packaged("importing-is-quick")
def takes_its_time(right, folder):
    return right.beginning_with("import time", "time.sleep(2)")

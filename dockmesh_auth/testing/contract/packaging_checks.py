"""The distribution: what must hold of what is installed, and of importing it."""

from __future__ import annotations

import sys
from typing import Final

from dockmesh_auth.testing.contract.bench import Bench
from dockmesh_auth.testing.contract.check import NotApplicable, Part, Registry, broken
from dockmesh_auth.testing.contract.importing import Imported, import_in_fresh_interpreter
from dockmesh_auth.testing.contract.installation import (
    Installation,
    bounds_of,
    find_installation,
    foreign_names,
    package_of,
    uses_name,
)
from dockmesh_auth.testing.contract.places import LOADED, PACKAGED, TRUST, VERSIONS

__all__ = ["PACKAGING"]

PACKAGING: Final = Registry(Part.PACKAGING)

_ATTEMPTS: Final = 3


def _installation(bench: Bench) -> Installation:
    found = find_installation(bench.under_test.plugin, bench.search_path)
    if found is None:
        raise NotApplicable("it is not installed; the-plugin-is-installed says what to do")
    return found


def _imported(bench: Bench, attempt: int = 0) -> Imported:
    path = (*(bench.search_path or ()), *sys.path)
    outcome = import_in_fresh_interpreter(bench.under_test.plugin.__name__, path, attempt)
    if outcome.failure:
        broken(f"importing it by itself fails: {outcome.failure}")
    return outcome


@PACKAGING.add(
    why="The host finds plugins by their entry points, and in no other way.", where=LOADED
)
async def the_plugin_is_installed(bench: Bench) -> None:
    """An installed distribution has an entry point of the group `dockmesh_auth` for the module."""
    module = bench.under_test.plugin
    if find_installation(module, bench.search_path) is None:
        broken(
            f'no distribution has an entry point `... = "{module.__name__}"` in the group'
            " `dockmesh_auth`; if pyproject.toml has one, run `pip install -e .` beside it"
        )


@PACKAGING.add(
    why="The configuration names the entry point; the host refuses a plugin of another name.",
    where=LOADED,
)
async def the_entry_point_has_the_plugins_name(bench: Bench) -> None:
    """The entry point is called as the plugin calls itself."""
    found = _installation(bench)
    name = bench.plugin.description.name
    if set(found.names) != {name}:
        broken(f"the plugin calls itself {name!r}, its entry points are {', '.join(found.names)}")


@PACKAGING.add(why="Of a name that two distributions claim neither can be enabled.", where=LOADED)
async def one_distribution_offers_it(bench: Bench) -> None:
    """No other installed distribution claims the plugin's name."""
    rivals = _installation(bench).rivals
    if len(rivals) > 1:
        broken(f"its name is claimed by {' and '.join(rivals)}")


@PACKAGING.add(
    why="With a host of another contract it would be installed, and be set aside at start-up.",
    where=PACKAGED,
)
async def the_hosts_version_is_bounded(bench: Bench) -> None:
    """The distribution requires dockmesh-auth with a lower and an upper bound."""
    named, lower, upper = bounds_of(_installation(bench).metadata.get("requires_dist", ()))
    if not named:
        broken("it does not require `dockmesh-auth`")
    if not lower or not upper:
        missing = "lower" if not lower else "upper"
        broken(f"it requires `dockmesh-auth` without a {missing} bound; `>=0.1,<0.2` has both")


@PACKAGING.add(
    why="Installers choose by it; without it they take what does not run.", where=PACKAGED
)
async def the_python_version_is_said(bench: Bench) -> None:
    """The distribution says which versions of Python it needs."""
    if not _installation(bench).metadata.get("requires_python"):
        broken("its metadata has no Requires-Python (`requires-python` in pyproject.toml)")


@PACKAGING.add(why="Nobody may use what has no licence.", where=PACKAGED)
async def the_licence_is_said(bench: Bench) -> None:
    """The distribution says under which licence it may be used."""
    metadata = _installation(bench).metadata
    if not any(metadata.get(name) for name in ("license_expression", "license", "license_file")):
        broken("its metadata has no License-Expression (`license` in pyproject.toml)")


@PACKAGING.add(
    why="Lists of packages show it; nobody installs what nobody can tell from its namesakes.",
    where=PACKAGED,
)
async def the_purpose_is_said(bench: Bench) -> None:
    """The distribution has a summary of one line."""
    if not any(text.strip() for text in _installation(bench).metadata.get("summary", ())):
        broken("its metadata has no Summary (`description` in pyproject.toml)")


@PACKAGING.add(
    why="Without the marker, type checkers take everything in it for `Any`.", where="PEP 561"
)
async def the_package_is_typed(bench: Bench) -> None:
    """The package has the file `py.typed`."""
    package = package_of(bench.under_test.plugin)
    if package is None:
        broken("the module is in no package, and only a package can say that it is typed")
    if not (package / "py.typed").exists():
        broken(f"there is no file {package.name}/py.typed")


@PACKAGING.add(
    why="What is not public changes without a word, and reaches past what the host guards.",
    where=PACKAGED,
)
async def only_the_public_face_is_used(bench: Bench) -> None:
    """No code of the package uses the inside of the host, or a name with an underscore of it."""
    names = foreign_names(bench.under_test.plugin)
    if names:
        broken(f"it uses {', '.join(names)}")


@PACKAGING.add(
    why="A plugin that follows the host's version by itself says nothing of what it was made for.",
    where=VERSIONS,
)
async def the_contract_version_is_written_out(bench: Bench) -> None:
    """The plugin says the number of its contract, and does not take it from the host."""
    if uses_name(bench.under_test.plugin, "CONTRACT_VERSION"):
        broken("it uses `CONTRACT_VERSION`; write the number that the plugin was made for")


@PACKAGING.add(
    why="It happens at start-up, with everybody waiting, and whether a provider needs it or not.",
    where=PACKAGED,
)
async def importing_opens_nothing(bench: Bench) -> None:
    """Importing the plugin opens no connection, writes to no file and starts no process."""
    deeds = _imported(bench).deeds
    if deeds:
        broken(f"while it was imported: {', '.join(deeds)}")


@PACKAGING.add(
    why="Settings of the whole process, and the host's own functions, belong to others.",
    where=TRUST,
)
async def importing_changes_nothing(bench: Bench) -> None:
    """Importing the plugin leaves threads, loggers, warnings, signals, the environment, sys.path
    and every value of the core and of the standard library as they were.
    """
    changes = _imported(bench).changes
    if changes:
        broken(f"not as before: {', '.join(changes)}")


@PACKAGING.add(why="Standard output belongs to whoever runs the host.", where=PACKAGED)
async def importing_prints_nothing(bench: Bench) -> None:
    """Importing the plugin prints nothing."""
    if _imported(bench).said:
        broken("something is printed while it is imported")


@PACKAGING.add(why="The host starts no faster than its slowest plugin.", where=PACKAGED)
async def importing_is_quick(bench: Bench) -> None:
    """Importing the plugin takes no longer than importing the core's contract: best of three."""
    figures = []
    for attempt in range(_ATTEMPTS):
        outcome = _imported(bench, attempt)
        if outcome.own <= outcome.core:
            return
        figures.append(f"{outcome.own * 1000:.0f} ms after {outcome.core * 1000:.0f} ms")
    broken(f"the plugin after the core's contract: {'; '.join(figures)}")

"""Neighbours in the environment of a host.

`neighbours/` has a module for each of them: `neighbours/goes_first.py` is the plugin `goes-first`
of the distribution `dockmesh-auth-goes-first`, in the package `neighbour_goes_first`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.isolation.environment import Environment, Wheels
from tests.isolation.site import Site, serve_site, write_config

NEIGHBOURS = Path(__file__).parent / "neighbours"
IDLE = tuple(f"idle-{number:02}" for number in range(50))

BROKEN = (
    "raises-at-import",
    "exits-at-import",
    "wraps",
    "wraps-as-before",
    "names-another-hook",
    "answers-twice",
)
"""Neighbours that cannot be loaded."""

HOSTILE = (
    "goes-first",
    "goes-last",
    "blocks",
    "exits",
    "impostor",
    "generous",
    "changes-arguments",
    "keeps",
    "prints",
    "starts-threads",
    "reads-memory",
    "holds-the-interpreter",
    "is-careless",
)
"""Neighbours that are loaded, and misbehave when they are asked."""


@pytest.fixture(name="wheels", scope="session")
def wheel_builder(tmp_path_factory: pytest.TempPathFactory) -> Wheels:
    """Builds wheels of more neighbours."""
    return Wheels(tmp_path_factory.mktemp("wheels"))


@pytest.fixture(name="built", scope="session")
def built_wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheels of all neighbours, and of fifty that do nothing, by distribution."""
    wheels = Wheels(tmp_path_factory.mktemp("neighbours"))
    for path in sorted(NEIGHBOURS.glob("*.py")):
        plain = path.stem.replace("_", "-")
        wheels.write(
            path.read_text(),
            package=f"neighbour_{path.stem}",
            distribution=f"dockmesh-auth-{plain}",
            entry_point=plain,
        )
    idle = (NEIGHBOURS / "good.py").read_text()
    for name in IDLE:
        wheels.write(
            idle.replace('"good"', f'"{name}"'),
            package=f"neighbour_{name.replace('-', '_')}",
            distribution=f"dockmesh-auth-{name}",
            entry_point=name,
        )
    return wheels.build()


@pytest.fixture(name="neighbours", scope="session")
def neighbours_names(built: dict[str, Path]) -> list[str]:
    """The names of all of them, as plugins."""
    return sorted(name.removeprefix("dockmesh-auth-") for name in built)


@pytest.fixture(name="environment_of", scope="session")
def environment_maker(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Environment]:
    """Makes environments with the wheels given."""
    return lambda *wheels: Environment.create(tmp_path_factory.mktemp("environment"), wheels)


@pytest.fixture(name="crowd", scope="session")
def crowded_environment(
    built: dict[str, Path], environment_of: Callable[..., Environment]
) -> Environment:
    """All neighbours, in one environment."""
    return environment_of(*built.values())


@pytest.fixture(name="configure", scope="session")
def configuration_writer() -> Callable[..., Path]:
    """Writes a configuration, for a command that serves nothing."""
    return write_config


@pytest.fixture(name="open_site")
def site_opener(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Serves a host for the length of a test; see `serve_site`."""
    with contextlib.ExitStack() as stack:
        yield lambda environment, **more: stack.enter_context(
            serve_site(environment, tmp_path, **more)
        )


@pytest.fixture(name="slow", scope="session")
def site_with_an_import_that_hangs(
    crowd: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A host that waits fifteen seconds for a plugin before it serves."""
    folder = tmp_path_factory.mktemp("slow")
    with serve_site(crowd, folder, plugins=["hangs-at-import", "good"], wait=False) as running:
        yield running


@pytest.fixture(name="street", scope="session")
def crowded_site(
    crowd: Environment, slow: Site, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """One host with all neighbours enabled that it can live with: those that are broken, and
    those that misbehave, each of which has a provider. `home` has the built-in, `good` a plugin;
    they have one issuer, which is that of `goes-last` as well.

    The slow one is begun here as well, so that nobody waits for it later.
    """
    with serve_site(
        crowd,
        tmp_path_factory.mktemp("street"),
        plugins=["good", *BROKEN, *HOSTILE],
        providers=["good", *HOSTILE],
        at_home=["good", "goes-last"],
    ) as running:
        yield running

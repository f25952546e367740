"""Plugins written to a folder, as pip would leave them, and providers that use them."""

from __future__ import annotations

import itertools
import sys
import textwrap
from collections.abc import Callable, Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Protocol

import pytest

from dockmesh_auth.domain.claims import ClaimPath, Claims
from dockmesh_auth.domain.grants import GroupMapping, MappingTable
from dockmesh_auth.domain.groups import Groups
from dockmesh_auth.domain.identity import Profile
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.provider import NetworkRules, Provider
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.host.catalogue import Catalogue
from dockmesh_auth.host.dispatch import Deadlines, Stages
from dockmesh_auth.host.registry import PluginRegistry

ISSUER = "https://id.example"

DESCRIBE = """
from dockmesh_auth.hookspecs import PluginDescription, hookimpl

@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="{name}", display_name="Toy", contract_version=1)
"""

_numbers = itertools.count()


class Install(Protocol):
    """Install a plugin: write its module and what pip writes beside it."""

    def __call__(
        self,
        code: str = "",
        *,
        name: str = "toy",
        distribution: str | None = None,
        describe: bool = True,
    ) -> str: ...


@pytest.fixture(name="site")
def site_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that Python imports from."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    return site


@pytest.fixture(name="install")
def install_plugin(site: Path) -> Iterator[Install]:
    """Install plugins into the folder; their modules are forgotten afterwards."""
    modules: list[str] = []

    def install(
        code: str = "",
        *,
        name: str = "toy",
        distribution: str | None = None,
        describe: bool = True,
    ) -> str:
        module = f"plugin_under_test_{next(_numbers)}"
        modules.append(module)
        head = DESCRIBE.format(name=name) if describe else ""
        (site / f"{module}.py").write_text(head + textwrap.dedent(code))
        project = distribution or f"dockmesh-auth-{name}"
        info = site / f"{project.replace('-', '_')}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[dockmesh_auth]\n{name} = {module}\n")
        return module

    yield install
    for module in modules:
        sys.modules.pop(module, None)


@pytest.fixture(name="catalogue")
def catalogue_reader(site: Path) -> Callable[[], Catalogue]:
    """Read the catalogue of the folder."""
    return lambda: Catalogue.read(lambda: distributions(path=[str(site)]))


@pytest.fixture(name="load")
def plugin_loader(
    catalogue: Callable[[], Catalogue],
) -> Iterator[Callable[..., PluginRegistry]]:
    """Load plugins of the folder by name."""
    registries: list[PluginRegistry] = []

    def load(*names: str) -> PluginRegistry:
        registry = PluginRegistry.load(names or ("toy",), catalogue())
        registries.append(registry)
        return registry

    yield load
    for registry in registries:
        registry.close()


@pytest.fixture(name="mappings")
def guide_table() -> MappingTable:
    """The table of the guide."""
    roles = RoleCatalogue()
    rows = (
        ("dockmesh-admins", "admin", "all"),
        ("dockmesh-ops", "operator", "all"),
        ("dockmesh-ops-prod", "operator", "tag=prod"),
        ("dockmesh-viewers", "viewer", "all"),
    )
    return MappingTable(
        GroupMapping(value, roles.named(role), Scope.parse(scope)) for value, role, scope in rows
    )


@pytest.fixture(name="provider")
def provider_of_toy(mappings: MappingTable) -> Provider:
    """A provider that the plugin `toy` adapts."""
    return Provider(
        slug="main",
        plugin="toy",
        display_name="Main",
        issuer=ISSUER,
        client_id="dockmesh",
        client_secret=Secret("s" * 40),
        groups_claim=ClaimPath("groups"),
        mappings=mappings,
        network=NetworkRules(allow_private_addresses=True),
    )


@pytest.fixture(name="metadata")
def provider_metadata() -> ProviderMetadata:
    """What discovery would find."""
    return ProviderMetadata(
        issuer=ISSUER,
        authorization_endpoint=f"{ISSUER}/authorize",
        token_endpoint=f"{ISSUER}/token",
        jwks_uri=f"{ISSUER}/jwks",
        userinfo_endpoint=f"{ISSUER}/userinfo",
    )


@pytest.fixture(name="stages")
def stages_of_toy(
    install: Install, load: Callable[..., PluginRegistry], provider: Provider
) -> Callable[[str], Stages]:
    """The stages of a provider whose plugin has the code given."""

    def make(code: str) -> Stages:
        install(code)
        registry = load()
        return Stages(provider, registry.require("toy", "main"), Deadlines(pure=0.3, waiting=0.3))

    return make


@pytest.fixture(name="claims")
def claims_of_a_viewer(provider: Provider) -> Claims:
    """The claims of somebody in one group."""
    members = {"iss": provider.issuer, "sub": "u1", "groups": ["dockmesh-viewers"]}
    return Claims(members, issuer=provider.issuer, subject="u1")


@pytest.fixture(name="profile")
def profile_of_a_viewer() -> Profile:
    """What is read out of them."""
    return Profile(username="u", groups=Groups.of(["dockmesh-viewers"]))

"""Load the enabled plugins one by one, hold them against the contract, set broken ones aside."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import pluggy
import structlog
from attrs import define, field, frozen

from dockmesh_auth import hookspecs
from dockmesh_auth.errors import ConfigurationError, ErrorCode, PluginError
from dockmesh_auth.hookspecs import NAME, PluginDescription
from dockmesh_auth.host import builtin
from dockmesh_auth.host.answers import type_name
from dockmesh_auth.host.catalogue import Catalogue, InstalledPlugin
from dockmesh_auth.host.config.names import BUILT_IN
from dockmesh_auth.host.descriptions import check_description
from dockmesh_auth.host.hooks import Implementation, Implemented, check_witness, implementations_of
from dockmesh_auth.host.lane import DeadlineMissed, Lane
from dockmesh_auth.host.plugin_errors import copied_error

__all__ = ["BUILT_IN", "LoadedPlugin", "PluginRegistry", "QuarantinedPlugin", "load_module"]

LOAD_DEADLINE: Final = 15.0
"""Seconds that importing a plugin may take."""

_log = structlog.get_logger("dockmesh_auth.plugins")


@frozen
class LoadedPlugin:
    """A plugin that may be asked.

    Attributes:
        name: Its name.
        description: What it says of itself.
        distribution: Where it comes from; None for the built-in.
        version: That distribution's version.
        hooks: Its implementations by hook name.
        lane: Its thread.
        notices: What of it the contract will not have any more, in words for its author.
    """

    name: str
    description: PluginDescription
    distribution: str | None
    version: str | None
    hooks: Mapping[str, Implementation] = field(repr=False)
    lane: Lane = field(repr=False)
    notices: tuple[str, ...] = ()


@frozen
class QuarantinedPlugin:
    """A plugin that was set aside; it is never asked.

    Attributes:
        name: Its name.
        distribution: Where it comes from.
        version: That distribution's version.
        reason: What is wrong with it.
    """

    name: str
    distribution: str
    version: str
    reason: PluginError


@define(eq=False)
class PluginRegistry:
    """The plugins of one host.

    Attributes:
        loaded: Those that may be asked, the built-in among them.
        quarantined: Those that were set aside.
        catalogue: What is installed, enabled or not.
    """

    catalogue: Catalogue
    loaded: Mapping[str, LoadedPlugin] = field(init=False)
    quarantined: Mapping[str, QuarantinedPlugin] = field(init=False)

    @classmethod
    def load(cls, names: Iterable[str], catalogue: Catalogue | None = None) -> PluginRegistry:
        """Import the plugins called *names*, and only them.

        Raises:
            ConfigurationError: One is not installed, or two distributions claim its name.
        """
        registry = cls(Catalogue.read() if catalogue is None else catalogue)
        wanted = [
            registry.catalogue.find(name) for name in dict.fromkeys(names) if name != BUILT_IN
        ]
        loaded = {BUILT_IN: _load_built_in()}
        quarantined = {}
        for plugin in wanted:
            lane = Lane(plugin.name)
            try:
                # Standard output is the command's: what a plugin prints is no part of its answer.
                with contextlib.redirect_stdout(sys.stderr):
                    loaded[plugin.name] = _load(plugin, lane)
            except PluginError as reason:
                lane.close()
                quarantined[plugin.name] = QuarantinedPlugin(
                    plugin.name, plugin.distribution, plugin.version, reason
                )
        for ready in loaded.values():
            for notice in ready.notices:
                _log.warning("plugin_notice", plugin=ready.name, notice=notice)
        registry.loaded = MappingProxyType(loaded)
        registry.quarantined = MappingProxyType(quarantined)
        return registry

    @property
    def descriptions(self) -> Mapping[str, PluginDescription]:
        """What the loaded plugins say of themselves, by name."""
        return {name: plugin.description for name, plugin in self.loaded.items()}

    def require(self, name: str, provider: str) -> LoadedPlugin:
        """The plugin called *name*, which *provider* needs.

        Raises:
            ConfigurationError: It is in quarantine, or was not enabled.
        """
        if name in self.loaded:
            return self.loaded[name]
        if name in self.quarantined:
            raise ConfigurationError(
                ErrorCode.PLUGIN_QUARANTINED,
                f"provider {provider!r} needs it, and {self.quarantined[name].reason}",
                provider=provider,
                plugin=name,
            )
        raise ConfigurationError(
            ErrorCode.PLUGIN_NOT_INSTALLED,
            f"provider {provider!r} needs the plugin {name!r}, which is not enabled",
            provider=provider,
            plugin=name,
        )

    def close(self) -> None:
        """Let the plugins' threads end."""
        for plugin in self.loaded.values():
            plugin.lane.close()


def _load_built_in() -> LoadedPlugin:
    hooks = implementations_of(builtin, _manager(), BUILT_IN).hooks
    description = builtin.dockmesh_auth_describe()
    return LoadedPlugin(BUILT_IN, description, None, None, hooks, Lane(BUILT_IN))


def load_module(
    module: object, name: str, manager: pluggy.PluginManager | None = None
) -> LoadedPlugin:
    """The plugin *name* from a module that is imported already: for tests of plugins.

    Args:
        module: The module.
        name: What the plugin is called.
        manager: What knows the specifications; by default those of the contract.

    Raises:
        PluginError: It does not keep to the contract.
    """
    found = implementations_of(module, manager or _manager(), name)
    description = _described(found.hooks, name)
    return LoadedPlugin(
        name, description, "this process", "0", found.hooks, Lane(name), found.notices
    )


def _load(plugin: InstalledPlugin, lane: Lane) -> LoadedPlugin:
    def in_its_own_thread() -> tuple[Implemented, PluginDescription]:
        module = plugin.entry_point.load()
        found = implementations_of(module, _manager(), plugin.name)
        return found, _described(found.hooks, plugin.name)

    try:
        outcome = lane.run_blocking(in_its_own_thread, LOAD_DEADLINE)
    except DeadlineMissed:
        raise PluginError(
            ErrorCode.PLUGIN_IMPORT_FAILED,
            f"importing it takes longer than {LOAD_DEADLINE:.0f} seconds",
            plugin=plugin.name,
        ) from None
    if outcome.error is not None:
        raise _import_failure(plugin, outcome.error) from None
    found, description = outcome.unwrap()
    return LoadedPlugin(
        plugin.name,
        description,
        plugin.distribution,
        plugin.version,
        found.hooks,
        lane,
        found.notices,
    )


def _described(hooks: Mapping[str, Implementation], name: str) -> PluginDescription:
    """What the plugin says of itself, held against the rules and against its own hooks."""
    describe = hooks.get("dockmesh_auth_describe")
    description = check_description(describe.ask() if describe is not None else None, name)
    check_witness(hooks, name, id_token=description.id_token)
    return description


def _import_failure(plugin: InstalledPlugin, error: BaseException) -> PluginError:
    own = copied_error(error)
    if own is not None:
        return PluginError(own.code, own.detail, plugin=plugin.name, evidence=own.evidence)
    # Exactly these: a class of the plugin's own could answer with anything.
    known = type(error) in {ImportError, ModuleNotFoundError}
    missing = error.name if known and isinstance(error, ImportError) else None
    detail = f"{type_name(error)} while it was imported or described itself"
    if missing and type(missing) is str:
        detail += f"; it needs the module {missing!r}"
    return PluginError(ErrorCode.PLUGIN_IMPORT_FAILED, detail, plugin=plugin.name)


def _manager() -> pluggy.PluginManager:
    # One manager for each plugin: pluggy checks names and arguments, and nothing that one plugin
    # registers can stand in the way of another.
    manager = pluggy.PluginManager(NAME)
    manager.add_hookspecs(hookspecs)
    return manager

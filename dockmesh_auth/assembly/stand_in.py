"""Find the stand-in that an installed plugin offers."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from attrs import field, frozen

from dockmesh_auth.errors import ConfigurationError, ErrorCode, PluginError
from dockmesh_auth.testing.stand_in import STAND_IN_GROUP, MakeStandIn

__all__ = ["NamedStandIn", "find_stand_in"]


@frozen
class NamedStandIn:
    """A stand-in and whose it is.

    Attributes:
        plugin: The plugin's name.
        make: Makes the stand-in.
    """

    plugin: str
    make: MakeStandIn = field(repr=False)


def find_stand_in(plugin: str | None) -> NamedStandIn:
    """The stand-in of *plugin*, or of the only plugin that offers one.

    Raises:
        ConfigurationError: There is none, several and *plugin* does not say which, or two
            distributions offer one under the same name.
        PluginError: It cannot be imported.
    """
    found = list(entry_points(group=STAND_IN_GROUP))
    offered = {entry.name: entry for entry in found}
    if plugin is None and len(offered) == 1:
        plugin = next(iter(offered))
    if plugin in offered:
        if sum(entry.name == plugin for entry in found) > 1:
            raise ConfigurationError(
                ErrorCode.PLUGIN_AMBIGUOUS,
                f"two distributions offer a stand-in of {plugin!r}",
                plugin=plugin,
            )
        return NamedStandIn(plugin, _load(offered[plugin]))
    if not offered:
        raise ConfigurationError(
            ErrorCode.PLUGIN_NOT_INSTALLED, "no installed plugin offers a stand-in to try out"
        )
    known = ", ".join(sorted(offered))
    wanted = f"{plugin!r} offers no stand-in" if plugin else "several plugins offer a stand-in"
    raise ConfigurationError(
        ErrorCode.PLUGIN_NOT_INSTALLED, f"{wanted}; name one of: {known}", plugin=plugin
    )


def _load(entry: EntryPoint) -> MakeStandIn:
    try:
        make: MakeStandIn = entry.load()
    except (Exception, SystemExit) as problem:  # noqa: BLE001 - a stranger's module may raise anything
        raise PluginError(
            ErrorCode.PLUGIN_IMPORT_FAILED,
            f"{type(problem).__name__} while its stand-in was imported",
            plugin=entry.name,
        ) from None
    return make

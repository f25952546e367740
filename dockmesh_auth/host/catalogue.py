"""Which plugins are installed: read from the distributions' metadata, nothing is imported."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import Distribution, EntryPoint, distributions

import structlog
from attrs import field, frozen

from dockmesh_auth.errors import ConfigurationError, ErrorCode
from dockmesh_auth.hookspecs import NAME

__all__ = ["Catalogue", "InstalledPlugin"]

_log = structlog.get_logger("dockmesh_auth.plugins")


@frozen
class InstalledPlugin:
    """A plugin that a distribution offers.

    Attributes:
        name: The entry point's name; what `plugin:` in the configuration refers to.
        distribution: The distribution that offers it.
        version: That distribution's version.
        entry_point: How to import it.
    """

    name: str
    distribution: str
    version: str
    entry_point: EntryPoint = field(repr=False)


@frozen
class Catalogue:
    """All installed plugins, by name. A name may be claimed by more than one distribution.

    Attributes:
        by_name: Every claim to a name, in the order of the distributions' names.
    """

    by_name: Mapping[str, tuple[InstalledPlugin, ...]]

    @classmethod
    def read(cls, installed: Callable[[], Iterable[Distribution]] = distributions) -> Catalogue:
        """Look through the installed distributions.

        The registry looks for duplicates itself: importlib.metadata and pluggy would take
        whichever directory comes first on the path, without a word.
        """
        claims: defaultdict[str, list[InstalledPlugin]] = defaultdict(list)
        seen: set[str] = set()
        for distribution in installed():
            name = _name(distribution)
            if not name or _normalized(name) in seen:
                # The same distribution further down the path is shadowed, as for imports.
                continue
            seen.add(_normalized(name))
            for entry_point in _entry_points(distribution, name):
                claims[entry_point.name].append(
                    InstalledPlugin(entry_point.name, name, _version(distribution), entry_point)
                )
        return cls(
            {
                name: tuple(sorted(claims[name], key=lambda plugin: plugin.distribution))
                for name in sorted(claims)
            }
        )

    def find(self, name: str) -> InstalledPlugin:
        """The plugin called *name*.

        Raises:
            ConfigurationError: It is not installed, or two distributions claim the name.
        """
        claims = self.by_name.get(name, ())
        if not claims:
            known = ["oidc", *self.by_name]
            near = difflib.get_close_matches(name, known, n=1)
            meant = f" (did you mean {near[0]!r}?)" if near else ""
            raise ConfigurationError(
                ErrorCode.PLUGIN_NOT_INSTALLED,
                f"no plugin {name!r} is installed{meant}; installed are: {', '.join(known)}",
                plugin=name,
            )
        if len(claims) > 1:
            both = " and ".join(f"{claim.distribution} {claim.version}" for claim in claims)
            raise ConfigurationError(
                ErrorCode.PLUGIN_AMBIGUOUS,
                f"the distributions {both} both claim the plugin name {name!r}",
                plugin=name,
            )
        return claims[0]


def _name(distribution: Distribution) -> str | None:
    """What *distribution* is called; None if its metadata does not say so in a readable way."""
    try:
        # Asked for first: since Python 3.12 what is missing warns, and is to raise later.
        return distribution.name if "Name" in distribution.metadata else None
    except (OSError, ValueError):
        return None


def _normalized(name: str) -> str:
    """*name* as names of distributions are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _version(distribution: Distribution) -> str:
    """The version of *distribution*, or `unknown`: it can be named in messages all the same."""
    return distribution.version if "Version" in distribution.metadata else "unknown"


def _entry_points(distribution: Distribution, name: str) -> list[EntryPoint]:
    """The plugins that *distribution* offers, under names that a configuration can write.

    A file that cannot be read, of whichever package, is no reason not to start: it offers nothing.
    """
    try:
        found = distribution.entry_points.select(group=NAME)
    except Exception as error:  # noqa: BLE001 - importlib.metadata fails in many ways on a bad file
        _log.warning("entry_points_unreadable", distribution=name, kind=type(error).__name__)
        return []
    return [entry_point for entry_point in found if entry_point.name.isprintable()]

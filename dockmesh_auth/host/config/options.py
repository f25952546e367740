"""A plugin's own options, held against what the plugin says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dockmesh_auth.domain.provider import OptionValue
from dockmesh_auth.hookspecs import OptionType, PluginDescription, PluginOption
from dockmesh_auth.host.config.kinds import Choice, Flag, Kind, ListOf, Refused, Text
from dockmesh_auth.host.config.problems import KeyPath, Problem
from dockmesh_auth.host.config.provider_settings import ProviderSettings
from dockmesh_auth.host.config.quantities import Whole
from dockmesh_auth.host.config.sections import faults_in, keys_of, unknown_key

__all__ = ["kind_of", "read_options"]

_KINDS: Final[Mapping[OptionType, Kind]] = {
    OptionType.TEXT: Text(),
    OptionType.BOOLEAN: Flag(),
    OptionType.INTEGER: Whole(),
    OptionType.LIST: ListOf(Text(), "texts"),
}


def kind_of(option: PluginOption) -> Kind:
    """What *option* takes."""
    if option.type is OptionType.CHOICE:
        return Choice(option.choices)
    if option.choices:
        return ListOf(Choice(option.choices), ", ".join(option.choices))
    return _KINDS[option.type]


def read_options(
    written: Mapping[str, Any], description: PluginDescription, path: KeyPath
) -> tuple[dict[str, OptionValue], list[Problem]]:
    """The options of a provider at *path*: what is written, else the plugin's defaults.

    Keys of the provider that neither the core nor the plugin knows are among the problems.
    """
    known = {option.name: option for option in description.options}
    values: dict[str, OptionValue] = {name: option.default for name, option in known.items()}
    problems: list[Problem] = []
    for name, value in written.items():
        if name not in known:
            problems.append(unknown_key((*path, name), [*keys_of(ProviderSettings), *known]))
            continue
        try:
            values[name] = kind_of(known[name]).read(value)
        except (Refused, ExceptionGroup) as fault:
            problems.extend(faults_in(fault, (*path, name), value))
    return values, problems

"""What a plugin says of itself, held against the contract before anything else is asked of it."""

from __future__ import annotations

import re
from typing import Final

from dockmesh_auth.errors import ErrorCode, PluginError
from dockmesh_auth.hookspecs import CONTRACT_VERSION, OptionType, PluginDescription, PluginOption
from dockmesh_auth.host.answers import check_description_types, type_name
from dockmesh_auth.host.config.addresses import host_name
from dockmesh_auth.host.config.kinds import Refused
from dockmesh_auth.host.config.options import kind_of
from dockmesh_auth.host.config.provider_settings import ProviderSettings
from dockmesh_auth.host.config.sections import keys_of

__all__ = ["check_description"]

_OPTION_NAME: Final = re.compile("[a-z][a-z0-9_]{0,63}")


def check_description(description: object, name: str) -> PluginDescription:
    """*description* if it is one that the host can use.

    Args:
        description: What `dockmesh_auth_describe` gave.
        name: The name of the plugin's entry point.

    Raises:
        PluginError: It is of another type, contract or name, or an option cannot be configured.
    """
    if type(description) is not PluginDescription:
        raise _bad(
            name,
            f"dockmesh_auth_describe gave {type_name(description)}, not a PluginDescription",
        )
    version = description.contract_version
    if type(version) is int and version != CONTRACT_VERSION:
        raise PluginError(
            ErrorCode.PLUGIN_CONTRACT_VERSION,
            f"it was written for contract {version}, this host has {CONTRACT_VERSION}",
            plugin=name,
        )
    try:
        checked = check_description_types(description)
    except PluginError as error:
        raise _bad(name, error.detail) from None
    if checked.name != name:
        raise _bad(name, f"it calls itself {checked.name!r}, its entry point {name!r}")
    _check_options(checked.options, name)
    _check_hosts(checked.hosts, name)
    _check_tenants(checked, name)
    if not checked.subject_claim:
        raise _bad(name, "its subject_claim is empty")
    return checked


def _check_options(options: tuple[PluginOption, ...], plugin: str) -> None:
    taken = set(keys_of(ProviderSettings))
    for option in options:
        if not _OPTION_NAME.fullmatch(option.name):
            raise _bad(plugin, f"{option.name!r} cannot be the name of an option: use a-z and _")
        if option.name in taken:
            raise _bad(plugin, f"there is a key {option.name!r} already")
        taken.add(option.name)
        if (option.type is OptionType.CHOICE) != bool(option.choices):
            raise _bad(
                plugin, f"the option {option.name!r}: a choice has choices, and nothing else"
            )
        if option.default is not None:
            _check_default(option, plugin)


def _check_default(option: PluginOption, plugin: str) -> None:
    # As it would be written in the file, where there are lists and no tuples.
    default = option.default
    try:
        kind_of(option).read(list(default) if isinstance(default, tuple) else default)
    except (Refused, ExceptionGroup) as fault:
        what = fault.text if isinstance(fault, Refused) else "holds something that is not a text"
        raise _bad(plugin, f"the default of {option.name!r}: {what}") from None


def _check_hosts(hosts: tuple[str, ...], plugin: str) -> None:
    for host in hosts:
        try:
            host_name(host)
        except Refused as refused:
            raise _bad(plugin, f"its host {host!r}: {refused.text}") from None


def _check_tenants(description: PluginDescription, plugin: str) -> None:
    rule = description.tenants
    if rule is None:
        return
    if not rule.shared or not rule.placeholder or not rule.claim:
        raise _bad(plugin, "its rule of tenants names no claim, no placeholder or no shared name")
    lists = {option.name for option in description.options if option.type is OptionType.LIST}
    if rule.option not in lists:
        raise _bad(plugin, f"its rule of tenants needs an option {rule.option!r} of type list")


def _bad(plugin: str, detail: str) -> PluginError:
    return PluginError(ErrorCode.PLUGIN_BAD_DESCRIPTION, detail, plugin=plugin)

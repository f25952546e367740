"""What a plugin says of itself, held against the contract before anything else is asked of it."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import Final

from dockmesh_auth.errors import ErrorCode, PluginError
from dockmesh_auth.hookspecs import (
    SUPPORTED_CONTRACT_VERSIONS,
    OptionType,
    PluginDescription,
    PluginOption,
)
from dockmesh_auth.host.answers import check_description_types, type_name
from dockmesh_auth.host.config.addresses import host_name
from dockmesh_auth.host.config.kinds import Refused
from dockmesh_auth.host.config.options import kind_of
from dockmesh_auth.host.config.provider_settings import ProviderSettings
from dockmesh_auth.host.config.sections import keys_of
from dockmesh_auth.oidc.userinfo import PROTOCOL_CLAIMS

__all__ = ["check_description"]

_OPTION_NAME: Final = re.compile("[a-z][a-z0-9_]{0,63}")
_CLAIM_NAME: Final = re.compile("[!-~]{1,255}")
_SEGMENT: Final = re.compile("[A-Za-z0-9._~-]{1,128}")

# OpenID Connect Core 1.0, section 5.7: these change hands, and whoever gets one would get what was
# the former holder's.
_CHANGES_HANDS: Final = frozenset(
    {
        "address",
        "birthdate",
        "email",
        "email_verified",
        "family_name",
        "gender",
        "given_name",
        "locale",
        "middle_name",
        "name",
        "nickname",
        "phone_number",
        "phone_number_verified",
        "picture",
        "preferred_username",
        "profile",
        "updated_at",
        "website",
        "zoneinfo",
    }
)


def check_description(
    description: object, name: str, supported: AbstractSet[int] = SUPPORTED_CONTRACT_VERSIONS
) -> PluginDescription:
    """*description* if it is one that the host can use.

    Args:
        description: What `dockmesh_auth_describe` gave.
        name: The name of the plugin's entry point.
        supported: The versions of the contract that it may be written for.

    Raises:
        PluginError: It is of another type, contract or name, contradicts itself, or an option
            cannot be configured.
    """
    if type(description) is not PluginDescription:
        raise _bad(
            name,
            f"dockmesh_auth_describe gave {type_name(description)}, not a PluginDescription",
        )
    version = description.contract_version
    if type(version) is int and version not in supported:
        raise PluginError(
            ErrorCode.PLUGIN_CONTRACT_VERSION, _other_contract(version, supported), plugin=name
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
    _check_witness(checked, name)
    return checked


def _other_contract(version: int, supported: AbstractSet[int]) -> str:
    known = " and ".join(str(one) for one in sorted(supported))
    fault = f"it was written for contract {version}, this host supports {known}"
    if version > max(supported):
        return f"{fault}: install a dockmesh-auth that supports contract {version}"
    return f"{fault}: install a release of the plugin for contract {max(supported)}"


def _check_witness(description: PluginDescription, plugin: str) -> None:
    """Who says who signed in, and by what they are known."""
    if description.id_token is not ("openid" in description.scopes):
        what = "says that there are" if description.id_token else "says that there are no"
        lacks = "lack" if description.id_token else "hold"
        raise _bad(
            plugin, f"it {what} ID tokens, and its scopes {lacks} `openid`, which asks for them"
        )
    claim = description.subject_claim
    if not _CLAIM_NAME.fullmatch(claim):
        raise _bad(plugin, "its subject_claim is not the name of a claim")
    if claim in PROTOCOL_CLAIMS - {"sub"}:
        raise _bad(plugin, f"its subject_claim {claim!r} is of the protocol and names no person")
    if claim in _CHANGES_HANDS:
        raise _bad(
            plugin,
            f"its subject_claim {claim!r} can be given to somebody else"
            " (OpenID Connect Core 1.0, section 5.7)",
        )


def _check_options(options: tuple[PluginOption, ...], plugin: str) -> None:
    taken = set(keys_of(ProviderSettings))
    for option in options:
        if not _OPTION_NAME.fullmatch(option.name):
            raise _bad(plugin, f"{option.name!r} cannot be the name of an option: use a-z and _")
        if option.name in taken:
            raise _bad(plugin, f"there is a key {option.name!r} already")
        taken.add(option.name)
        if option.type is not OptionType.LIST and (
            (option.type is OptionType.CHOICE) != bool(option.choices)
        ):
            raise _bad(
                plugin,
                f"the option {option.name!r}: a choice has choices, a list may, and nothing else",
            )
        if option.default is not None:
            _check_default(option, plugin)


def _check_default(option: PluginOption, plugin: str) -> None:
    # As it would be written in the file, where there are lists and no tuples.
    default = option.default
    try:
        kind_of(option).read(list(default) if isinstance(default, tuple) else default)
    except (Refused, ExceptionGroup) as fault:
        what = fault.text if isinstance(fault, Refused) else "holds what it does not take"
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
    if not description.id_token:
        raise _bad(plugin, "it has a rule of tenants and no ID tokens, which would name them")
    if not rule.shared or not rule.placeholder or not rule.claim:
        raise _bad(plugin, "its rule of tenants names no claim, no placeholder or no shared name")
    if not all(_SEGMENT.fullmatch(name) for name in rule.shared):
        raise _bad(plugin, "a shared name of its rule of tenants is not a segment of a path")
    options = {option.name: option for option in description.options}
    option = options.get(rule.option)
    if option is None or option.type is not OptionType.LIST:
        raise _bad(plugin, f"its rule of tenants needs an option {rule.option!r} of type list")
    if option.default:
        raise _bad(
            plugin, f"the option {rule.option!r} has a default: tenants are the operator's to list"
        )


def _bad(plugin: str, detail: str) -> PluginError:
    return PluginError(ErrorCode.PLUGIN_BAD_DESCRIPTION, detail, plugin=plugin)

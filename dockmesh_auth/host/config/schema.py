"""The JSON Schema of `dockmesh.yaml`, for editors. Made from the keys that reading uses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from dockmesh_auth.hookspecs import PluginDescription, PluginOption
from dockmesh_auth.host.config.kinds import Schema
from dockmesh_auth.host.config.model import FileSettings
from dockmesh_auth.host.config.names import BUILT_IN
from dockmesh_auth.host.config.options import kind_of
from dockmesh_auth.host.config.provider_settings import ProviderSettings
from dockmesh_auth.host.config.sections import Section, keys_of

__all__ = ["json_schema"]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def json_schema(descriptions: Iterable[PluginDescription] = ()) -> dict[str, Any]:
    """The schema of the whole file (JSON Schema, 2020-12).

    Args:
        descriptions: The plugins whose options it knows. With none, providers of other plugins
            than the built-in may have keys that it does not know; with some, only those plugins
            may be named, and only their options written.
    """
    schema: Schema = {"$schema": _DIALECT, "title": "dockmesh.yaml"}
    schema |= Section(FileSettings, "a section", foreign=None).schema()
    auth = schema["properties"]["auth"]["properties"]
    provider = auth["providers"]["items"]
    plugins = {description.name: description for description in descriptions}
    options = {name: plugin.options for name, plugin in plugins.items()}
    for name, theirs in {BUILT_IN: (), **options}.items():
        provider.setdefault("allOf", []).append(_rule(name, theirs))
    if plugins.keys() - {BUILT_IN}:
        provider["properties"]["plugin"]["enum"] = sorted({BUILT_IN, *plugins})
    return schema


def _rule(plugin: str, options: Iterable[PluginOption]) -> Schema:
    properties = {option.name: _option(option) for option in options}
    condition: Schema = {"properties": {"plugin": {"const": plugin}}}
    if plugin != BUILT_IN:
        condition["required"] = ["plugin"]
    names = sorted({*keys_of(ProviderSettings), *properties})
    return {
        "if": condition,
        "then": {"properties": properties, "propertyNames": {"enum": names}},
    }


def _option(option: PluginOption) -> Schema:
    schema = kind_of(option).schema() | {"description": option.description}
    default = list(option.default) if isinstance(option.default, tuple) else option.default
    return schema if default is None else schema | {"default": default}

"""Asks to be asked before everybody, under names of its own, and makes everybody a chief."""

import os
from pathlib import Path

from dockmesh_auth import PluginDescription, hookimpl


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="goes-first", display_name="Goes first", contract_version=1)


def _asked(hook, provider):
    with Path(os.environ["ASKED"]).open("a", encoding="utf-8") as file:
        file.write(f"{hook} {provider.slug}\n")


@hookimpl(specname="dockmesh_auth_discover", tryfirst=True)
def first_of_all(provider):
    _asked("discover", provider)


@hookimpl(specname="dockmesh_auth_validate_token", tryfirst=True)
def before_the_others(provider):
    _asked("validate_token", provider)


@hookimpl(tryfirst=True)
def dockmesh_auth_extract_claims(provider):
    _asked("extract_claims", provider)


@hookimpl(specname="dockmesh_auth_resolve_roles", tryfirst=True)
def once_more(provider):
    _asked("resolve_roles", provider)
    return provider.mappings.resolve(["chiefs"])

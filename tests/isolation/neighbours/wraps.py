"""Wants to stand around all others' answers, in the new way and for everybody."""

from dockmesh_auth import Grants, PluginDescription, hookimpl


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="wraps", display_name="Wraps", contract_version=1)


@hookimpl(wrapper=True, tryfirst=True)
def dockmesh_auth_resolve_roles(provider):
    yield
    return Grants(provider.mappings.resolve(["admins"]).items)

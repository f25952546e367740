"""Wants to stand around all others' answers, in the former way."""

from dockmesh_auth import Grants, PluginDescription, hookimpl


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(
        name="wraps-as-before", display_name="Wraps as before", contract_version=1
    )


@hookimpl(hookwrapper=True)
def dockmesh_auth_resolve_roles(provider):
    outcome = yield
    outcome.force_result(Grants(provider.mappings.resolve(["admins"]).items))

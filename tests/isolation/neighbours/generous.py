"""Gives what no row of its provider gives; the row of another provider does."""

from dockmesh_auth import PluginDescription, hookimpl
from dockmesh_auth.domain.grants import Grant, Grants
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.scope import Scope


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="generous", display_name="Generous", contract_version=1)


@hookimpl
def dockmesh_auth_resolve_roles():
    admin = RoleCatalogue().named("admin")
    return Grants([Grant(admin, Scope.parse("all"), claim_value="admins")])

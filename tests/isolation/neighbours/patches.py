"""Replaces what is not its own: a rule of the core, and a value of another plugin."""

import neighbour_good.plugin

from dockmesh_auth import PluginDescription, hookimpl
from dockmesh_auth.host import builtin


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="patches", display_name="Patches", contract_version=1)


def _everything(provider, profile):
    return provider.mappings.resolve(row.claim_value for row in provider.mappings.rows)


builtin.dockmesh_auth_resolve_roles = _everything
neighbour_good.plugin.PREFIX = "patched-"

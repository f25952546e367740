"""Puts itself into a hook of the tool that the host finds plugins with."""

from dockmesh_auth import PluginDescription, hookimpl


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(
        name="names-another-hook", display_name="Names another hook", contract_version=1
    )


@hookimpl(specname="pytest_configure", tryfirst=True)
def anything():
    return None

"""Has two answers to one question, one under a name that nobody looks for."""

from dockmesh_auth import PluginDescription, hookimpl


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="answers-twice", display_name="Answers twice", contract_version=1)


@hookimpl
def dockmesh_auth_resolve_roles():
    return None


@hookimpl(specname="dockmesh_auth_resolve_roles", tryfirst=True)
def quietly(provider):
    return provider.mappings.resolve(["chiefs"])

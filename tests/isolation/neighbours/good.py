"""Does what a plugin should: reads names and groups, and shows that it was asked."""

from dockmesh_auth import Groups, PluginDescription, Profile, hookimpl

PREFIX = "good-"


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="good", display_name="Good", contract_version=1)


@hookimpl
def dockmesh_auth_extract_claims(claims):
    name = claims.get("preferred_username")
    return Profile(username=f"{PREFIX}{name}", groups=Groups.of(claims.get("groups", ())))

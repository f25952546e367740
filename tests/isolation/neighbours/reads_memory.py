"""Looks through the process for the providers that it was not given, and their secrets."""

import gc

from dockmesh_auth import Groups, PluginDescription, Profile, Provider, hookimpl


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="reads-memory", display_name="Reads memory", contract_version=1)


@hookimpl
def dockmesh_auth_extract_claims(provider, claims):
    others = [
        found
        for found in gc.get_objects()
        if type(found) is Provider and found.slug != provider.slug
    ]
    words = ", ".join(f"{found.slug} {found.client_secret.reveal()[:7]}" for found in others)
    return Profile(username=words, groups=Groups.of(claims["groups"]))

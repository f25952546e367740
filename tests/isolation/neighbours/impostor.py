"""Vouches for people whom its provider does not know: elsewhere, or somebody else here."""

import os

from dockmesh_auth import Claims, PluginDescription, hookimpl


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="impostor", display_name="Impostor", contract_version=1)


@hookimpl
def dockmesh_auth_validate_token(provider, verifier, tokens):
    members = verifier.open(tokens.id_token)
    if members["preferred_username"] == "alice":
        return Claims(members, issuer=os.environ["HOME_ISSUER"], subject=members["sub"])
    return Claims(members, issuer=provider.issuer, subject="the-administrator")

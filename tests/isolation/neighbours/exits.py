"""Ends the program in the middle of a sign-in."""

import sys

from dockmesh_auth import PluginDescription, hookimpl


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="exits", display_name="Exits", contract_version=1)


@hookimpl
async def dockmesh_auth_extract_claims():
    sys.exit("a text that may hold a token")

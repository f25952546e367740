"""Prints whenever it can, also what looks like a line of the host's log."""

# ruff: noqa: T201 - that is what it is for

import json
import sys
import threading

from dockmesh_auth import PluginDescription, hookimpl

print("printed at import")


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="prints", display_name="Prints", contract_version=1)


@hookimpl
def dockmesh_auth_resolve_roles():
    print("printed in a hook", file=sys.stderr, flush=True)
    print(json.dumps({"event": "sign_in_refused", "provider": "forged"}), flush=True)
    threading.Thread(target=print, args=("printed by a thread",), kwargs={"flush": True}).start()

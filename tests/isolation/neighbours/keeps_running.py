"""Starts a thread that Python waits for at the end."""

import threading

from dockmesh_auth import PluginDescription, hookimpl

threading.Thread(target=threading.Event().wait, daemon=False).start()


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="keeps-running", display_name="Keeps running", contract_version=1)

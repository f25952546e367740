"""Starts threads that never end, and one that fails."""

import threading

from dockmesh_auth import PluginDescription, hookimpl

for _ in range(5):
    threading.Thread(target=threading.Event().wait).start()
threading.Thread(target=lambda: 1 / 0).start()


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(
        name="starts-threads", display_name="Starts threads", contract_version=1
    )

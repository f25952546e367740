"""Does not return from a hook."""

import os
import time
from pathlib import Path

from dockmesh_auth import PluginDescription, hookimpl


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="blocks", display_name="Blocks", contract_version=1)


@hookimpl
def dockmesh_auth_validate_token():
    with Path(os.environ["ASKED"]).open("a", encoding="utf-8") as file:
        file.write("blocks begins\n")
    while True:
        time.sleep(60)

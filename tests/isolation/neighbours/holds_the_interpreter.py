"""Waits in C without letting other threads run, as a regular expression can for minutes."""

import ctypes
import os
from pathlib import Path

from dockmesh_auth import PluginDescription, hookimpl


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(
        name="holds-the-interpreter", display_name="Holds the interpreter", contract_version=1
    )


def _write(text):
    with Path(os.environ["ASKED"]).open("a", encoding="utf-8") as file:
        file.write(f"holds {text}\n")


@hookimpl
def dockmesh_auth_validate_token():
    _write("begins")
    # PyDLL, and not CDLL: the lock of the interpreter is held meanwhile.
    ctypes.PyDLL(None).sleep(2)
    _write("ends")

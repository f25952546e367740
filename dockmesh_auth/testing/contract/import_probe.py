"""Imports a plugin in an interpreter of its own and tells what that did; see `importing`.

Started as a script, by its path: nothing of the core is imported before it is measured.
"""

from __future__ import annotations

import builtins
import hashlib
import hmac
import importlib
import json
import logging
import os
import random
import secrets
import signal
import socket
import ssl
import sys
import threading
import time
import types
import warnings
from pathlib import Path
from typing import Any

__all__ = ["probe"]

_CORE = (
    "dockmesh_auth",
    "dockmesh_auth.hookspecs",
    "dockmesh_auth.errors",
    "dockmesh_auth.oidc.api",
    "dockmesh_auth.oidc.id_token",
    "dockmesh_auth.oidc.profile",
)
"""What a plugin may use: the contract, and what the public face offers beside it."""

_STANDARD = (builtins, hashlib, hmac, json, os, random, secrets, socket, ssl, sys, time)
_CHANGES_BY_ITSELF = frozenset({"last_exc", "last_type", "last_value", "last_traceback"})
_DEEDS = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn")
_WRITES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "shutil.", "tempfile.")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def probe(module: str) -> dict[str, Any]:
    """What importing *module* took and did."""
    core = _seconds(*_CORE)
    deeds: list[str] = []
    watching = True

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and (deed := _deed(event, arguments)):
            deeds.append(deed)

    finders = len(sys.meta_path)
    before = _state(finders)
    sys.addaudithook(audit)
    own = _seconds(module)
    watching = False
    changes = _differences(before, _state(finders))
    # What it has in common with the core counts for the core.
    return {"core": core, "own": own, "deeds": sorted(set(deeds)), "changes": changes}


def _seconds(*modules: str) -> float:
    begin = time.perf_counter()
    for module in modules:
        importlib.import_module(module)
    return time.perf_counter() - begin


def _deed(event: str, arguments: tuple[Any, ...]) -> str | None:
    if event.startswith(_DEEDS) and event not in {"socket.__new__", "socket.gethostname"}:
        return event
    if event.startswith(_WRITES):
        return event
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
        return f"wrote to a file, {str(arguments[0]).rpartition('/')[2]}"
    return None


def _state(finders: int) -> dict[str, Any]:
    """What the whole process has in common, by what it is called."""
    state: dict[str, Any] = {
        "the threads": sorted(thread.name for thread in threading.enumerate()),
        "the handlers of the root logger": list(map(id, logging.getLogger().handlers)),
        "the level of the root logger": logging.getLogger().level,
        "the filters of warnings": [str(entry) for entry in warnings.filters],
        "the signal handlers": {
            number: str(signal.getsignal(number)) for number in signal.valid_signals()
        },
        "the environment": dict(os.environ),
        "the current folder": str(Path.cwd()),
        "sys.path": list(sys.path),
        # More of them at the end are no harm; some well-known packages add one.
        "the finders of modules": list(map(id, sys.meta_path[:finders])),
    }
    for module in _STANDARD:
        state |= _attributes(module)
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "dockmesh_auth" and module is not None:
            state |= _attributes(module)
    return state


def _attributes(module: types.ModuleType) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in vars(module).items():
        if name in _CHANGES_BY_ITSELF or (module is sys and name in {"modules", "path"}):
            continue
        place = f"{module.__name__}.{name}"
        found[place] = _identity(value)
        if isinstance(value, type) and value.__module__ == module.__name__:
            found |= {f"{place}.{own}": _identity(it) for own, it in vars(value).items()}
    return found


def _identity(value: object) -> tuple[int, ...]:
    code = getattr(value, "__code__", None) if isinstance(value, types.FunctionType) else None
    return (id(value), id(code))


def _differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return sorted(name for name in before if before[name] != after.get(name))


if __name__ == "__main__":
    _module, _report, _path = sys.argv[1:]
    sys.path[:] = list(dict.fromkeys([*json.loads(_path), *sys.path]))
    Path(_report).write_text(json.dumps(probe(_module)), encoding="utf-8")

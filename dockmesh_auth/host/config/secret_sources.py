"""Secrets in the configuration: written out, in the environment, or in a file of their own."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from attrs import frozen

from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.errors import ErrorCode
from dockmesh_auth.host.config.kinds import Refused, Schema, wrong_type

__all__ = [
    "MAX_SECRET",
    "FromEnvironment",
    "FromFile",
    "SecretKind",
    "SecretSource",
    "readable_by_others",
    "resolve_secret",
]

MAX_SECRET: Final = 65_536
"""Bytes that a file with a secret may have."""

_VARIABLE: Final = re.compile("[A-Za-z_][A-Za-z0-9_]{0,127}")
_WORDS: Final = "text in quotes, {env: NAME} or {file: PATH}"
_BYTE_ORDER_MARK: Final = "\ufeff"


@frozen
class FromEnvironment:
    """A secret in the environment variable *name*."""

    name: str


@frozen
class FromFile:
    """A secret in the file *path*, relative to the configuration file."""

    path: str


SecretSource: TypeAlias = Secret | FromEnvironment | FromFile


@frozen
class SecretKind:
    """A secret. No message repeats anything of what was written, not even a key.

    Attributes:
        words: What may be written.
    """

    words: str = _WORDS

    def read(self, value: object) -> SecretSource:
        """See `Kind.read`."""
        if type(value) is str:
            if not value:
                raise Refused("must not be empty")
            return Secret(value)
        if type(value) is not dict:
            raise wrong_type(self.words, value)
        return _reference(value)

    def schema(self) -> Schema:
        """See `Kind.schema`."""
        return {
            "anyOf": [
                {"type": "string", "minLength": 1},
                *(_reference_schema(name, description) for name, description in _REFERENCES),
            ]
        }


_REFERENCES: Final = (
    ("env", "The environment variable that holds the secret."),
    ("file", "The file that holds the secret, relative to this one."),
)


def _reference_schema(name: str, description: str) -> Schema:
    return {
        "type": "object",
        "properties": {name: {"type": "string", "minLength": 1, "description": description}},
        "required": [name],
        "additionalProperties": False,
    }


def _reference(value: dict[str, Any]) -> FromEnvironment | FromFile:
    if len(value) != 1 or not value.keys() & {"env", "file"}:
        code = ErrorCode.CONFIG_UNKNOWN_KEY if value else ErrorCode.CONFIG_MISSING_KEY
        raise Refused(f"must be {_WORDS}, with exactly one of the keys `env` and `file`", code)
    ((name, target),) = value.items()
    if type(target) is not str:
        raise wrong_type(f"{_WORDS}, with a name or path as text", target)
    if name == "file":
        if not target or "\0" in target:
            raise Refused("must name a file")
        return FromFile(target)
    if not _VARIABLE.fullmatch(target):
        raise Refused("must name an environment variable: letters, digits and underscores")
    return FromEnvironment(target)


def resolve_secret(
    source: SecretSource,
    *,
    environ: Mapping[str, str],
    folder: Path,
    warn: Callable[[str], None],
) -> Secret:
    """The secret that *source* refers to.

    Args:
        source: Where it is.
        environ: The environment.
        folder: The configuration file's folder, to which paths are relative.
        warn: Told of files that others may read.

    Raises:
        Refused: It cannot be had, or is empty. Names the variable or path, never the content.
    """
    if isinstance(source, Secret):
        return source
    if isinstance(source, FromEnvironment):
        secret = _from_environment(environ.get(source.name), source.name)
    else:
        secret = _from_file(folder / source.path, warn)
    if not secret:
        raise _unavailable(f"{_place(source, folder)} is empty")
    # A byte order mark belongs to no secret; an editor put it there, and it cannot be seen.
    if secret.reveal().startswith(_BYTE_ORDER_MARK):
        raise _unavailable(f"{_place(source, folder)} begins with a byte order mark; save without")
    return secret


def _place(source: FromEnvironment | FromFile, folder: Path) -> str:
    if isinstance(source, FromEnvironment):
        return f"the environment variable {source.name}"
    return f"the file {folder / source.path}"


def _from_environment(text: str | None, name: str) -> Secret:
    if text is None:
        raise _unavailable(f"the environment variable {name} is not set")
    if any("\ud800" <= letter <= "\udfff" for letter in text):  # bytes that are not UTF-8
        raise _unavailable(f"the environment variable {name} is not text in UTF-8")
    return Secret(text)


def _from_file(path: Path, warn: Callable[[str], None]) -> Secret:
    try:
        # A pipe or a device could keep the host waiting for ever: opened without waiting, and
        # looked at before it is read.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor has no path
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise _unavailable(f"{path} is not a file")
            content = file.read(MAX_SECRET + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _unavailable(f"the file {path} cannot be read: {reason}") from None
    if len(content) > MAX_SECRET:
        raise _unavailable(f"the file {path} is larger than {MAX_SECRET} bytes")
    if readable_by_others(mode):
        warn(f"others on this machine can read the file {path}; set its mode to 0600")
    return _decoded(content, path)


def _decoded(content: bytes, path: Path) -> Secret:
    # Editors and `echo` end a file with one newline. A second one is part of the secret.
    for newline in (b"\r\n", b"\n"):
        if content.endswith(newline):
            content = content.removesuffix(newline)
            break
    try:
        return Secret(content.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    raise _unavailable(f"the file {path} is not text in UTF-8")


def readable_by_others(mode: int) -> bool:
    """Whether a file of *mode* can be read by its group or by everybody."""
    return bool(mode & (stat.S_IRGRP | stat.S_IROTH))


def _unavailable(text: str) -> Refused:
    return Refused(text, ErrorCode.CONFIG_SECRET_UNAVAILABLE)

"""What is wrong with a configuration, and how it is told: every fault, each with its place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from attrs import field, frozen

from dockmesh_auth.errors import ConfigurationError, ErrorCode

__all__ = [
    "KeyPath",
    "Mark",
    "Positions",
    "Problem",
    "dotted",
    "error_of",
    "quoted_key",
    "suggestion",
    "told",
]

KeyPath: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys of mappings and indexes of lists."""

Mark: TypeAlias = tuple[int, int]
"""Line and column, both from 1."""

_WORD: Final = re.compile("[A-Za-z0-9_-]{1,48}")
_MAX_TOLD: Final = 100


@frozen
class Problem:
    """One fault.

    Attributes:
        path: The key that is at fault.
        code: What kind of fault it is.
        text: What is wrong and what would be right. Never quotes a value that may be secret.
        at_key: Whether the key itself is at fault, not its value.
        mark: Where it is, if that is not where *path* is.
        plugin: The plugin concerned, if one is.
    """

    path: KeyPath
    code: ErrorCode
    text: str
    at_key: bool = False
    mark: Mark | None = None
    plugin: str | None = None


@frozen
class Positions:
    """Where the keys and values of one file stand. Holds no values.

    Attributes:
        file: The file, as it was named.
        folder: Its folder, whole, as it was when the file was read: a plugin that leaves the
            working folder takes nothing along.
        values: The place of every value.
        keys: The place of every key of a mapping.
    """

    file: Path
    folder: Path = field(init=False)
    values: dict[KeyPath, Mark] = field(factory=dict, repr=False)
    keys: dict[KeyPath, Mark] = field(factory=dict, repr=False)

    @folder.default
    def _whole(self) -> Path:
        return self.file.absolute().parent

    def mark(self, path: KeyPath, *, at_key: bool = False) -> Mark:
        """Line and column of *path*, or of the nearest thing around it."""
        if at_key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, (1, 1))

    def location(self, path: KeyPath, *, at_key: bool = False) -> str:
        """`file:line:column` of *path*."""
        line, column = self.mark(path, at_key=at_key)
        return f"{self.file}:{line}:{column}"


def dotted(path: Sequence[str | int]) -> str:
    """*path* as people write it: `auth.providers[0].issuer_url`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (step if _WORD.fullmatch(step) else "?")
    return text


def quoted_key(name: str) -> str:
    """*name* for a message, if it looks like a key.

    `client_secret:hunter2`, the blank forgotten, is a key to YAML: what is not a plain word may
    hold a secret and is not repeated.
    """
    return repr(name) if _WORD.fullmatch(name) else "(not a plain word)"


def suggestion(name: str, candidates: Iterable[str], *, likeness: float = 0.6) -> str | None:
    """The one of *candidates* that *name* was probably meant to be."""
    wanted = name.partition(":")[0].strip().replace("-", "_").lower()
    found = difflib.get_close_matches(wanted, sorted(candidates), n=1, cutoff=likeness)
    return found[0] if found else None


def error_of(problems: Iterable[Problem], positions: Positions) -> ConfigurationError:
    """One error for all *problems*, in the order of the file: the first, and the others in it."""
    ordered = sorted(
        dict.fromkeys(problems),
        key=lambda problem: problem.mark or positions.mark(problem.path, at_key=problem.at_key),
    )
    errors = [_error(problem, positions) for problem in ordered[:_MAX_TOLD]]
    errors[0].others = tuple(errors[1:])
    return errors[0]


def _error(problem: Problem, positions: Positions) -> ConfigurationError:
    name = dotted(problem.path)
    line, column = problem.mark or positions.mark(problem.path, at_key=problem.at_key)
    return ConfigurationError(
        problem.code,
        f"{name}: {problem.text}" if name else problem.text,
        location=f"{positions.file}:{line}:{column}",
        plugin=problem.plugin,
        evidence={"key": name} if name else None,
    )


def told(warnings: Iterable[tuple[KeyPath, str]], positions: Positions) -> tuple[str, ...]:
    """*warnings* as lines with their places."""
    return tuple(
        f"{positions.location(path)}: {dotted(path)}: {text}"
        if path
        else f"{positions.file}: {text}"
        for path, text in warnings
    )

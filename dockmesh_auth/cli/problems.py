"""Errors as people read them: what, where, what to do; and the exit code."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

import rich_click as click

from dockmesh_auth.errors import AuthError, ConfigurationError

__all__ = ["CANNOT_RUN", "explained", "print_problems"]

P = ParamSpec("P")
R = TypeVar("R")

CANNOT_RUN = 2
"""The exit code of a command that could not do what it is for."""


def explained(command: Callable[P, R]) -> Callable[P, R]:
    """Print an error of ours as cause and remedy, and end with exit code 2."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except AuthError as error:
            print_problems([error])
            raise SystemExit(CANNOT_RUN) from None

    return wrapper


def print_problems(errors: Iterable[AuthError]) -> None:
    """Print *errors*, each with what to do about it, to standard error."""
    for error in errors:
        for single in (error, *getattr(error, "others", ())):
            where = single.location if isinstance(single, ConfigurationError) else None
            code = click.style(str(single.code), fg="red", bold=True)
            click.echo(f"{where + ': ' if where else ''}{code}: {single.detail}", err=True)
            click.echo(f"  {click.style('what to do:', bold=True)} {single.remedy}", err=True)

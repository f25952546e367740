"""The secrets of one file, fetched; faults and warnings are noted with their key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.host.config.kinds import Refused
from dockmesh_auth.host.config.problems import KeyPath, Problem
from dockmesh_auth.host.config.secret_sources import SecretSource, resolve_secret

__all__ = ["Secrets"]


@frozen(eq=False, repr=False)
class Secrets:
    """Fetches secrets, and goes on where one cannot be had.

    Attributes:
        folder: What the paths of secret files are relative to.
        environ: The environment.
        problems: Takes what is wrong.
        warnings: Takes what to look at.
    """

    folder: Path
    environ: Mapping[str, str]
    problems: list[Problem]
    warnings: list[tuple[KeyPath, str]]

    def resolve(self, source: SecretSource, path: KeyPath) -> Secret | None:
        """The secret; None if it cannot be had, which is then among the problems."""
        try:
            return resolve_secret(
                source,
                environ=self.environ,
                folder=self.folder,
                warn=lambda text: self.warnings.append((path, text)),
            )
        except Refused as refused:
            self.problems.append(Problem(path, refused.code, refused.text))
            return None

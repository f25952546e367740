"""What the commands can do that takes more than the host: given from where the pieces meet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from dockmesh_auth.cli.verification import CheckRow, Verification

__all__ = ["Actions"]


class Actions(Protocol):
    """The long-running actions, and those for authors of plugins."""

    def serve(self, config: Path, *, address: str, port: int) -> None:
        """Serve the pages until interrupted."""
        ...

    def demo(self, plugin: str | None, *, port: int, open_browser: bool) -> None:
        """Serve the pages beside a stand-in for an identity provider until interrupted."""
        ...

    def walk(self, plugin: str | None) -> bool:
        """Play every user's sign-in at the stand-in; whether all ended as they must."""
        ...

    def contract_checks(self) -> Sequence[CheckRow]:
        """All checks of the contract kit, in the order in which they are run."""
        ...

    def verify(self, plugin: str, checks: Collection[str]) -> AbstractContextManager[Verification]:
        """Try the installed *plugin*: the checks of these names, or all if there are none.

        Raises:
            ConfigurationError: It is not installed, or two distributions claim its name.
            PluginError: It is in quarantine, or what it offers to be tried with is no good.
        """
        ...

    def new_plugin(
        self,
        name: str,
        *,
        folder: Path | None,
        display_name: str | None,
        issuer: str,
        oauth2: bool,
    ) -> tuple[Path, Sequence[Path]]:
        """Write a distribution of a new plugin: its folder, and the files in it.

        Raises:
            ValueError: The name, the display name or the issuer cannot be used.
            FileExistsError: A file that it would write is there already; nothing is written.
            OSError: The files cannot be written.
        """
        ...

"""What the commands can do that takes more than the host: given from where the pieces meet."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

__all__ = ["Actions"]


class Actions(Protocol):
    """The long-running actions."""

    def serve(self, config: Path, *, address: str, port: int) -> None:
        """Serve the pages until interrupted."""
        ...

    def demo(self, plugin: str | None, *, port: int, open_browser: bool) -> None:
        """Serve the pages beside a stand-in for an identity provider until interrupted."""
        ...

    def walk(self, plugin: str | None) -> bool:
        """Play every user's sign-in at the stand-in; whether all ended as they must."""
        ...

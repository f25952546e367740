"""Identity providers that this project did not write, as processes on this machine.

`python -m tests.interop.servers` starts one for a developer; fixtures start the same for tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from dockmesh_auth.testing.browser import Browser, Page

CLIENT_ID = "dockmesh"

CLIENT_SECRET = "a-secret-with-more-than-thirty-two-characters"

PEOPLE: Mapping[str, str] = {"alice": "wonderland", "bob": "builder", "carol": "singer"}
"""Who has an account everywhere, with the password. What groups they are in differs."""


class Server(Protocol):
    """One identity provider that runs."""

    @property
    def issuer(self) -> str:
        """Its issuer identifier."""
        ...

    def sign_in(self, browser: Browser, name: str, password: str | None = None) -> Page:
        """Fill in the pages that *browser* is at, as *name*; by default with the right password.

        Returns:
            Where that leads: back to the client, or the same form with what is wrong.
        """
        ...

    def end(self) -> None:
        """End it, and remove what it wrote."""
        ...

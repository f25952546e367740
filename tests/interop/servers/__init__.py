"""Identity providers that this project did not write, as processes on this machine.

`python -m tests.interop.servers` starts one for a developer; fixtures start the same for tests.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from dockmesh_auth.testing.browser import Browser, Page

CLIENT_ID = "dockmesh"

CLIENT_SECRET = "a-secret-with-more-than-thirty-two-characters"

PEOPLE: Mapping[str, str] = {"alice": "wonderland", "bob": "builder", "carol": "singer"}
"""Who has an account everywhere, with the password. What groups they are in differs."""


class Server(ABC):
    """One identity provider that runs, for as long as a `with` block lasts.

    Making one starts it, and raises `CannotRunError` if it cannot be had on this machine.

    Attributes:
        issuer: Its issuer identifier.
        scopes: What a client asks for there to be told of groups.
        mappings: From two of its groups to the role and the scope that tests expect of them:
            Alice is in both, Bob and Carol in neither.
    """

    issuer: str
    scopes: Sequence[str] = ("openid", "profile", "email")
    mappings: Mapping[str, tuple[str, str]] = {
        "docker-admins": ("admin", "all"),
        "staff": ("viewer", "tag=prod"),
    }

    @abstractmethod
    def register(self, redirect_uri: str) -> None:
        """Let our client come back to *redirect_uri* on 127.0.0.1."""

    @abstractmethod
    def sign_in(self, browser: Browser, name: str, password: str | None = None) -> Page:
        """Fill in the pages that *browser* is at, as *name*; by default with the right password.

        Returns:
            Where that leads: back to the client, or the same form with what is wrong.
        """

    @abstractmethod
    def end(self) -> None:
        """End it, and remove what it wrote."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

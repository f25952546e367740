"""What a new plugin is called, and what follows from that."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen

__all__ = ["Project"]

_NAME: Final = re.compile("[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_MAX_NAME: Final = 30
# It stands in texts of Python, TOML and Markdown: no quote, backslash or brace, and no markup.
_DISPLAY_NAME: Final = re.compile(r"[^\W_](?:(?:[^\W_]|[ .,:&+'/()-]){0,38}(?:[^\W_]|[.)+]))?")
_PATH: Final = re.compile(r"(?:/[\w.~-]+)*/?", re.ASCII)
_HOST: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[0-9]{1,5})?")


@frozen(kw_only=True)
class Project:
    """A distribution to be written.

    Attributes:
        name: What configurations call the plugin.
        display_name: What people read.
        issuer: An address of the provider, for examples.
        oauth2: Whether the provider has neither discovery nor ID tokens.
        library: The version of this library that it is written for.
    """

    name: str
    display_name: str
    issuer: str
    oauth2: bool
    library: str

    @classmethod
    def described(
        cls, name: str, *, display_name: str | None, issuer: str, oauth2: bool, library: str
    ) -> Project:
        """The project of these names.

        Args:
            name: Small letters, digits and hyphens; 30 characters at most.
            display_name: What people read; the words of the name if None. 40 characters at most.
            issuer: The provider's address, https.
            oauth2: Whether the provider has neither discovery nor ID tokens.
            library: The version of this library.

        Raises:
            ValueError: One of them cannot be used; says why.
        """
        if not _NAME.fullmatch(name) or len(name) > _MAX_NAME:
            raise ValueError(
                f"{name!r} is no name of a plugin: small letters, digits and single hyphens, a"
                f" letter first, {_MAX_NAME} characters at most"
            )
        if keyword.iskeyword(name) or keyword.issoftkeyword(name):
            raise ValueError(f"{name!r} is a word of Python's own; choose another name")
        shown = " ".join(map(str.capitalize, name.split("-")))
        shown = shown if display_name is None else display_name
        if not _DISPLAY_NAME.fullmatch(shown):
            raise ValueError(
                "the display name is letters, digits, blanks and plain punctuation, 40 characters"
                " at most, and begins with a letter or digit"
            )
        parts = urlsplit(issuer)
        if (
            parts.scheme != "https"
            or not _HOST.fullmatch(parts.netloc)
            or not _PATH.fullmatch(parts.path)
            or issuer != f"https://{parts.netloc}{parts.path}"
        ):
            raise ValueError(f"the issuer {issuer!r} is not https://, a host, and maybe a path")
        return cls(name=name, display_name=shown, issuer=issuer, oauth2=oauth2, library=library)

    def check_name_is_free(self, taken: Collection[str]) -> None:
        """Raise `ValueError` if the name, or one that reads the same, is among *taken*."""
        if self.name in {name.replace("_", "-") for name in taken}:
            raise ValueError(f"the name {self.name!r} is taken: a plugin of that name is installed")

    @property
    def distribution(self) -> str:
        """The name of the distribution."""
        return f"dockmesh-auth-{self.name}"

    @property
    def package(self) -> str:
        """The name of the package."""
        return self.distribution.replace("-", "_")

    @property
    def class_name(self) -> str:
        """What the names of its classes begin with."""
        return "".join(map(str.capitalize, self.name.split("-")))

    @property
    def issuer_path(self) -> str:
        """The path of the issuer; empty if it has none."""
        return urlsplit(self.issuer).path

    @property
    def library_bound(self) -> str:
        """The versions of this library that it works with: the next minor one may differ."""
        major, minor = self.library.split(".")[:2]
        return f">={major}.{minor},<{major}.{int(minor) + 1}"

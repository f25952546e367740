"""Cookies as browsers keep them (RFC 6265), as far as a sign-in on loopback needs them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import SplitResult, urlsplit

from attrs import define, field, frozen

__all__ = ["Cookie", "CookieJar"]

_TRUSTWORTHY: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""Where browsers take `Secure` cookies over plain http."""


@frozen(kw_only=True)
class Cookie:
    """A cookie.

    Attributes:
        name: Its name.
        value: Its value.
        host: The one host it goes to; on all its ports.
        path: The path it goes to, and those below.
        secure: Whether it goes over https alone (and to this machine).
        http_only: Whether scripts cannot see it.
        same_site: `lax`, `strict` or `none`.
    """

    name: str
    value: str = field(repr=False)
    host: str
    path: str
    secure: bool = False
    http_only: bool = False
    same_site: str = "lax"


@define
class CookieJar:
    """The cookies of one browser."""

    _cookies: dict[tuple[str, str, str], Cookie] = field(factory=dict, init=False)

    def store(self, line: str, url: SplitResult) -> None:
        """Take the `Set-Cookie` header *line* of an answer from *url* (section 5.3)."""
        pair, *attributes = (part.strip() for part in line.split(";"))
        name, _, value = pair.partition("=")
        given = {
            key.strip().lower(): text.strip()
            for key, _, text in (item.partition("=") for item in attributes)
        }
        host, path = url.hostname or "", given.get("path", "")
        cookie = Cookie(
            name=name,
            value=value,
            host=host,
            path=path if path.startswith("/") else _default_path(url.path),
            secure="secure" in given,
            http_only="httponly" in given,
            same_site=given.get("samesite", "lax").lower(),
        )
        key = (cookie.host, cookie.path, cookie.name)
        if not _acceptable(cookie, url, has_domain="domain" in given):
            return
        if given.get("max-age") == "0" or given.get("expires", "").endswith("1970 00:00:00 GMT"):
            self._cookies.pop(key, None)
        else:
            self._cookies[key] = cookie

    def header_for(self, url: SplitResult, *, method: str, site: str | None) -> str:
        """The `Cookie` header of a request to *url*.

        Args:
            url: Where to.
            method: Its method: `lax` cookies go along with foreign pages' GET only.
            site: The address of the page that caused it; None for one typed in.
        """
        foreign = site is not None and urlsplit(site).hostname != url.hostname
        fitting = [
            cookie
            for cookie in self._cookies.values()
            if cookie.host == url.hostname
            and _below(url.path or "/", cookie.path)
            and (not cookie.secure or _is_secure(url))
            and (not foreign or _crosses(cookie, method))
        ]
        # Longer paths first (section 5.4).
        fitting.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in fitting)

    def named(self, name: str) -> Cookie | None:
        """The cookie called *name*, at whatever path."""
        return next((cookie for cookie in self if cookie.name == name), None)

    def clear(self) -> None:
        """Forget all cookies."""
        self._cookies.clear()

    def __iter__(self) -> Iterator[Cookie]:
        return iter(tuple(self._cookies.values()))

    def __len__(self) -> int:
        return len(self._cookies)


def _acceptable(cookie: Cookie, url: SplitResult, *, has_domain: bool) -> bool:
    if cookie.secure and not _is_secure(url):
        return False
    if cookie.name.startswith("__Host-"):
        return cookie.secure and cookie.path == "/" and not has_domain
    return cookie.secure or not cookie.name.startswith("__Secure-")


def _is_secure(url: SplitResult) -> bool:
    return url.scheme == "https" or url.hostname in _TRUSTWORTHY


def _crosses(cookie: Cookie, method: str) -> bool:
    if cookie.same_site == "none":
        return cookie.secure
    return cookie.same_site == "lax" and method == "GET"


def _default_path(path: str) -> str:
    folder = path.rpartition("/")[0]
    return folder or "/"


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder if folder.endswith("/") else f"{folder}/")

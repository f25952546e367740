"""Cookies: how they are read, named and written (RFC 6265bis, sections 4.1 and 5.6).

There are three kinds, and none says anything: a session's token, one token for each sign-in that
is under way, and a mark that keeps the browser from being sent to a provider again by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from attrs import field, frozen
from starlette.responses import Response

from dockmesh_auth.domain.secret import Secret

__all__ = ["MAX_ATTEMPTS", "Attempt", "CookieRules", "Cookies"]

MAX_ATTEMPTS: Final = 7
"""Sign-ins that one browser may have under way; the oldest is dropped for another."""

_MAX_SEEN: Final = 64
_TOKEN: Final = re.compile("[A-Za-z0-9_-]{32,128}")
_ATTEMPT: Final = re.compile(r"([0-9]{1,9})\.([A-Za-z0-9_-]{32,128})")
_KEY: Final = re.compile("[0-9a-f]{16}")
_LAST_NUMBER: Final = 999_999_999


@frozen
class Cookies:
    """The cookies of a request, with every value of every name.

    A name with several values is refused as a whole: one of them was planted from a sibling
    domain or a longer path, and nothing tells which (RFC 6265bis, section 8.6).
    """

    _values: Mapping[str, tuple[str, ...]] = field(repr=False)

    @classmethod
    def parse(cls, headers: Iterable[str]) -> Cookies:
        """Read the `Cookie` headers; HTTP/2 may bring several. Nothing in them is an error."""
        values: dict[str, list[str]] = {}
        for pair in ";".join(headers).split(";"):
            name, separator, value = pair.partition("=")
            if separator:
                values.setdefault(name.strip(" \t"), []).append(value.strip(" \t"))
        return cls({name: tuple(found) for name, found in values.items()})

    def one(self, name: str) -> str | None:
        """The value of *name* if there is exactly one."""
        found = self._values.get(name, ())
        return found[0] if len(found) == 1 else None

    def every(self, name: str) -> tuple[str, ...]:
        """All values of *name*, whoever planted them."""
        return self._values.get(name, ())

    def names(self) -> Iterable[str]:
        """All names."""
        return self._values.keys()


@frozen(order=True)
class Attempt:
    """A sign-in that this browser has under way.

    Attributes:
        number: Grows with every one; tells which is the oldest.
        key: Names the cookie.
        token: Proves that this browser began it.
    """

    number: int
    key: str
    token: Secret = field(order=False)


@frozen
class CookieRules:
    """Names and attributes of our cookies.

    Attributes:
        secure: Whether the site is reached over https. Then every name begins with `__Host-`:
            the browser holds that no other host and no unencrypted page has set it.
        session_age: Seconds after which the browser forgets the session.
    """

    secure: bool
    session_age: int

    @property
    def session_name(self) -> str:
        """The name of the session's cookie."""
        return self._named("dockmesh_session")

    @property
    def _attempt_prefix(self) -> str:
        return self._named("dockmesh_login_")

    @property
    def _hold_name(self) -> str:
        return self._named("dockmesh_hold")

    def session_token(self, cookies: Cookies) -> Secret | None:
        """The token of the session, if the cookie is there once and may be one of ours."""
        value = cookies.one(self.session_name)
        return Secret(value) if value is not None and _TOKEN.fullmatch(value) else None

    def presented_tokens(self, cookies: Cookies) -> tuple[Secret, ...]:
        """Every token that was presented, also where there are too many: to end them all."""
        values = dict.fromkeys(cookies.every(self.session_name))
        return tuple(Secret(value) for value in values if _TOKEN.fullmatch(value))[:MAX_ATTEMPTS]

    def attempts(self, cookies: Cookies) -> list[Attempt]:
        """The sign-ins under way in this browser, oldest first."""
        found = []
        for name in self._attempt_names(cookies):
            match = _ATTEMPT.fullmatch(cookies.one(name) or "")
            if match:
                key = name.removeprefix(self._attempt_prefix)
                found.append(Attempt(int(match[1]), key, Secret(match[2])))
        return sorted(found)

    def held(self, cookies: Cookies) -> bool:
        """Whether the browser must not be sent to a provider without being asked."""
        return bool(cookies.every(self._hold_name))

    def set_session(self, response: Response, token: Secret) -> None:
        """Let the browser keep *token*."""
        self._set(response, self.session_name, token.reveal(), self.session_age)

    def drop_session(self, response: Response) -> None:
        """Let the browser forget its session."""
        self._set(response, self.session_name, "", 0)

    def set_attempt(
        self,
        response: Response,
        cookies: Cookies,
        key: str,
        token: Secret,
        *,
        age: int,
        cross_site: bool,
    ) -> None:
        """Let the browser keep *token* for the attempt *key*, and drop the oldest beyond the cap.

        An answer that the provider's page posts comes across sites: such a cookie is the only one
        with `SameSite=None`, which browsers take with `Secure` alone.
        """
        known = self.attempts(cookies)
        number = min(known[-1].number + 1, _LAST_NUMBER) if known else 1
        keep = {attempt.key for attempt in known[-(MAX_ATTEMPTS - 1) :]}
        for name in self._attempt_names(cookies):
            if name.removeprefix(self._attempt_prefix) not in keep:
                self._set(response, name, "", 0)
        value = f"{number}.{token.reveal()}"
        self._set(
            response,
            self._attempt_prefix + key,
            value,
            age,
            same_site="none" if cross_site else "lax",
        )

    def drop_attempt(self, response: Response, key: str) -> None:
        """Let the browser forget the attempt *key*."""
        self._set(response, self._attempt_prefix + key, "", 0)

    def hold(self, response: Response, seconds: int) -> None:
        """For some *seconds* the browser is not sent to a provider without being asked."""
        self._set(response, self._hold_name, "1", seconds)

    def _attempt_names(self, cookies: Cookies) -> list[str]:
        prefix = self._attempt_prefix
        names = [
            name
            for name in cookies.names()
            if name.startswith(prefix) and _KEY.fullmatch(name.removeprefix(prefix))
        ]
        return names[:_MAX_SEEN]

    def _named(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name

    def _set(
        self,
        response: Response,
        name: str,
        value: str,
        age: int,
        *,
        same_site: Literal["lax", "none"] = "lax",
    ) -> None:
        response.set_cookie(
            name,
            value,
            max_age=age,
            path="/",
            secure=self.secure or same_site == "none",
            httponly=True,
            samesite=same_site,
        )

"""What every endpoint works with, and the two questions that several of them ask."""

from __future__ import annotations

from attrs import frozen
from starlette.datastructures import Headers
from starlette.requests import Request

from dockmesh_auth.domain.return_path import safe_return_path
from dockmesh_auth.domain.session import Session
from dockmesh_auth.errors import SignInRejected
from dockmesh_auth.web.cookies import CookieRules, Cookies
from dockmesh_auth.web.pages import Pages
from dockmesh_auth.web.parameters import parse_parameters
from dockmesh_auth.web.ports import Host
from dockmesh_auth.web.refusals import Refusals

__all__ = ["Site", "cookie_rules", "cookies_of", "current_session", "return_address"]


@frozen
class Site:
    """The host and the parts of the pages."""

    host: Host
    pages: Pages
    cookies: CookieRules
    refusals: Refusals

    def provider_name(self, slug: str) -> str | None:
        """What people call the provider *slug*; None if it is not configured any more."""
        provider = self.host.providers.get(slug)
        return None if provider is None else provider.display_name


def cookie_rules(host: Host) -> CookieRules:
    """How the cookies of *host*'s site are named and marked."""
    secure = host.config.base_url.lower().startswith("https://")
    return CookieRules(secure=secure, session_age=host.config.session.absolute)


def cookies_of(headers: Headers) -> Cookies:
    """The cookies of a request. No other header says who somebody is."""
    return Cookies.parse(headers.getlist("cookie"))


async def current_session(host: Host, headers: Headers) -> Session | None:
    """The session that a request with *headers* belongs to; None if nobody is signed in.

    For applications that are served beside these pages: ask it at every request. Only our cookie
    counts; headers in which a client names itself are never read.

    Args:
        host: The host.
        headers: The request's headers (`request.headers` in Starlette).

    Raises:
        StorageError: The store does not answer: nobody may be let in.
    """
    token = cookie_rules(host).session_token(cookies_of(headers))
    return None if token is None else await host.read_session(token)


def return_address(request: Request) -> str | None:
    """`next` of the query, if it is given once and is a path of this site; else None.

    Our own pages are refused also below the prefix that the application is mounted at.
    """
    try:
        parameters = parse_parameters(request.scope["query_string"])
    except SignInRejected:
        return None
    wanted = [value for name, value in parameters if name == "next"]
    if len(wanted) != 1 or safe_return_path(wanted[0], "") == "":
        return None
    prefix = request.scope.get("root_path", "")
    if prefix and wanted[0].startswith(f"{prefix}/"):
        below = wanted[0].removeprefix(prefix)
        return wanted[0] if safe_return_path(below, "") == below else None
    return wanted[0]

"""Renders the pages: Jinja templates that escape everything, and what they show."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, Literal
from urllib.parse import quote

from attrs import frozen
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from dockmesh_auth.domain.grants import Grant, Origin
from dockmesh_auth.domain.groups import GroupState
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.session import Session, User
from dockmesh_auth.web.assets import Assets
from dockmesh_auth.web.refusal_texts import RefusalText

__all__ = ["Pages", "Theme", "link", "start_path"]

Theme = Literal["dark", "light"]

_MAX_SHOWN_GROUPS: Final = 100
_MAX_NAME: Final = 120

_GROUPS_UNKNOWN: Final = {
    GroupState.EMPTY: "Your provider says that you are in no group.",
    GroupState.ABSENT: "Your provider did not say which groups you are in.",
    GroupState.MALFORMED: "Your provider did not say in a usable way which groups you are in.",
    GroupState.OVERAGE: "You are in more groups than your provider sends along.",
}
_REASONS: Final = {
    Origin.MAPPING: "a group of yours",
    Origin.DEFAULT: "default for everybody who signs in",
    Origin.MANUAL: "given by an administrator",
}


def link(request: Request, path: str) -> str:
    """The address of our own *path*, below whatever prefix the application is mounted at."""
    prefix = quote(request.scope.get("root_path", "").lstrip("/"))
    # One slash, whatever a prefix begins with that is taken from the request's path: two would
    # name another host (RFC 3986, section 4.2).
    return (f"/{prefix}" if prefix else "") + path


def start_path(slug: str, return_to: str | None) -> str:
    """The path that begins a sign-in at *slug*."""
    query = "" if return_to is None else "?next=" + quote(return_to, safe="/")
    return f"/auth/oidc/{quote(slug, safe='')}/login{query}"


@frozen
class Pages:
    """All pages, in one look.

    Attributes:
        assets: Where the style sheet lies.
        theme: Dark or light for everybody; None leaves it to the person's system.
    """

    assets: Assets
    theme: Theme | None
    _templates: Environment

    @classmethod
    def load(cls, assets: Assets, theme: Theme | None) -> Pages:
        """Compile the templates."""
        templates = Environment(
            loader=PackageLoader("dockmesh_auth.web", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            auto_reload=False,
        )
        return cls(assets, theme, templates)

    def login(
        self,
        request: Request,
        providers: Iterable[Provider],
        *,
        return_to: str | None,
        session: Session | None,
        signed_out: bool,
    ) -> HTMLResponse:
        """The login page: one way in for each provider, in the order of the configuration."""
        choices = [
            {
                "name": provider.display_name,
                "initial": _initial(provider.display_name),
                "address": link(request, start_path(provider.slug, return_to)),
            }
            for provider in providers
        ]
        return self._render(
            request,
            "login.html",
            choices=choices,
            signed_out=signed_out and session is None,
            person=None if session is None else _name(session.user),
            onward=return_to or link(request, "/"),
        )

    def who_am_i(self, request: Request, session: Session, provider: str) -> HTMLResponse:
        """Who is signed in, what they may do, and why."""
        user = session.user
        name = _name(user)
        about = dict.fromkeys(text for text in (user.username, user.email) if text)
        groups = user.groups
        return self._render(
            request,
            "whoami.html",
            person={
                "name": name,
                "initial": _initial(name),
                "about": [text for text in about if text != name],
            },
            rows=[_row(grant) for grant in user.grants],
            groups=groups.names[:_MAX_SHOWN_GROUPS],
            group_count=len(groups.names),
            groups_sentence=_GROUPS_UNKNOWN.get(groups.state, ""),
            session={
                "provider": provider,
                "since": _time(session.created_at),
                "until": _time(session.expires_at),
            },
        )

    def logout(
        self,
        request: Request,
        session: Session,
        provider: str | None,
        *,
        proof: str,
        unconfirmed: bool,
    ) -> HTMLResponse:
        """The question whether to sign out; 403 if it was asked for from elsewhere."""
        return self._render(
            request,
            "logout.html",
            status=403 if unconfirmed else 200,
            person=_name(session.user),
            provider=provider,
            proof=proof,
            unconfirmed=unconfirmed,
        )

    def refused(
        self, request: Request, text: RefusalText, *, reference: str, status: int
    ) -> HTMLResponse:
        """A sign-in that was refused, with the reference to ask about."""
        return self._render(request, "refused.html", status=status, text=text, reference=reference)

    def nothing_here(
        self, request: Request, status: int, title: str, sentence: str
    ) -> HTMLResponse:
        """An address or a method that there is not."""
        return self._render(request, "notfound.html", status=status, title=title, sentence=sentence)

    def _render(
        self, request: Request, template: str, *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        def own(path: str) -> str:
            return link(request, path)

        def asset(name: str) -> str:
            return link(request, self.assets.path(name))

        text = self._templates.get_template(template).render(
            theme=self.theme, link=own, asset=asset, **values
        )
        # A lone surrogate is text that UTF-8 does not have; it must not cost anybody the page.
        return HTMLResponse(text.encode("utf-8", "replace"), status_code=status)


def _name(user: User) -> str:
    name = user.display_name.strip() or user.username.strip() or user.email.strip()
    name = name or user.identity.subject
    return name if len(name) <= _MAX_NAME else name[:_MAX_NAME] + "…"


def _initial(name: str) -> str:
    letter = name.strip()[:1].upper()
    return letter if letter.isalnum() else "·"


def _row(grant: Grant) -> dict[str, Any]:
    return {
        "role": grant.role.name,
        "tags": sorted(grant.scope.tags or ()),
        "group": grant.claim_value,
        "reason": _REASONS[grant.origin],
    }


def _time(unix: float) -> dict[str, str]:
    moment = datetime.fromtimestamp(unix, UTC)
    return {
        "machine": moment.isoformat(timespec="seconds"),
        "human": f"{moment.day} {moment:%B %Y, %H:%M} UTC",
    }

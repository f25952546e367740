"""The ASGI application over the host. Stands alone, or is mounted in another one."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import Lifespan

from dockmesh_auth.domain.ports import Randomness
from dockmesh_auth.errors import AuthError
from dockmesh_auth.host.system import SystemRandomness
from dockmesh_auth.web.assets import STATIC, Assets
from dockmesh_auth.web.headers import ProtectiveHeaders
from dockmesh_auth.web.json_endpoints import JsonEndpoints
from dockmesh_auth.web.page_endpoints import PageEndpoints
from dockmesh_auth.web.pages import Pages, Theme
from dockmesh_auth.web.ports import Host
from dockmesh_auth.web.refusals import LastResort, Refusals
from dockmesh_auth.web.sign_in_endpoints import SignInEndpoints
from dockmesh_auth.web.site import Site, cookie_rules

__all__ = ["build_app"]


def build_app(
    host: Host,
    *,
    randomness: Randomness | None = None,
    theme: Theme | None = None,
    lifespan: Lifespan[Starlette] | None = None,
) -> Starlette:
    """The pages and endpoints of *host*.

    Mount it below any path of another ASGI application: links follow the prefix. The redirect
    URI is the configuration's `base_url` and the callback's path; no header of a request changes
    it. The application does not close the host; it is found as `app.state.host`.

    Args:
        host: The `AuthHost`.
        randomness: For the references on error pages; the machine's by default.
        theme: Dark or light for everybody; None follows each person's system.
        lifespan: What to do when the server starts and stops, as Starlette has it.
    """
    assets = Assets()
    pages = Pages.load(assets, theme)
    rules = cookie_rules(host)
    refusals = Refusals(
        host, pages, rules, SystemRandomness() if randomness is None else randomness
    )
    site = Site(host, pages, rules, refusals)
    app = Starlette(
        routes=_routes(site, assets),
        exception_handlers={
            AuthError: refusals.refused,
            HTTPException: refusals.nothing_here,
        },
        middleware=[
            Middleware(ProtectiveHeaders),
            Middleware(LastResort, refusals=refusals),
        ],
        lifespan=lifespan,
    )
    # Starlette would send `/login/` to `/login` by a 307 whose address holds the Host header.
    app.router.redirect_slashes = False
    app.state.host = host
    return app


def _routes(site: Site, assets: Assets) -> list[Route]:
    pages, sign_in, json = PageEndpoints(site), SignInEndpoints(site), JsonEndpoints(site.host)
    return [
        Route("/", pages.who_am_i),
        Route("/login", pages.login),
        Route("/logout", pages.logout),
        Route("/logout", pages.end_session, methods=["POST"]),
        Route("/auth/oidc/callback", sign_in.callback, methods=["GET", "POST"]),
        Route("/auth/oidc/{slug}/callback", sign_in.callback, methods=["GET", "POST"]),
        Route("/auth/oidc/{slug}/login", sign_in.start),
        Route("/api/v1/auth/oidc/providers", json.providers),
        Route("/api/v1/auth/oidc/{slug}/login", sign_in.start),
        Route("/api/v1/me", json.me),
        Route("/healthz", json.health),
        Route(STATIC + "/{digest}/{name}", assets.serve),
    ]

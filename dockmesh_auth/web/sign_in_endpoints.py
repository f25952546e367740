"""Where a sign-in begins, and where the browser brings the answer back."""

from __future__ import annotations

from typing import Final

from attrs import frozen
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dockmesh_auth.domain.return_path import safe_return_path
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.errors import AuthError
from dockmesh_auth.oidc.authorization import state_digest
from dockmesh_auth.web.cookies import Cookies
from dockmesh_auth.web.pages import link
from dockmesh_auth.web.parameters import parse_parameters, read_form
from dockmesh_auth.web.ports import Finished
from dockmesh_auth.web.site import Site, cookies_of, return_address

__all__ = ["SignInEndpoints"]

_HOLD_AFTER_SIGN_IN: Final = 30
"""Seconds: if the new session does not hold, the browser is not sent round and round."""


@frozen
class SignInEndpoints:
    """The endpoints of a sign-in. RFC 9700, section 4.12: every redirect is a 303."""

    site: Site

    async def start(self, request: Request) -> Response:
        """GET /auth/oidc/{slug}/login."""
        if request.method == "HEAD":
            raise HTTPException(405, headers={"Allow": "GET"})
        # Only a person who goes there begins a sign-in, no picture and no frame of another page.
        if request.headers.get("sec-fetch-dest", "document") != "document":
            return RedirectResponse(link(request, "/login"), 303)
        started = await self.site.host.start_sign_in(
            request.path_params["slug"], return_to=return_address(request)
        )
        response = RedirectResponse(started.url, 303)
        self.site.cookies.set_attempt(
            response,
            cookies_of(request.headers),
            started.attempt_key,
            started.browser_token,
            age=started.lifetime,
            cross_site=started.cross_site,
        )
        return response

    async def callback(self, request: Request) -> Response:
        """GET or POST /auth/oidc/callback and /auth/oidc/{slug}/callback.

        An answer works once, so those who merely look (HEAD) do not use it up.
        """
        if request.method == "HEAD":
            raise HTTPException(405, headers={"Allow": "GET, POST"})
        cookies = cookies_of(request.headers)
        parameters: tuple[tuple[str, str], ...] = ()
        try:
            parameters = await _parameters(request)
            finished = await self.site.host.finish_sign_in(
                parameters,
                posted=request.method == "POST",
                slug=request.path_params.get("slug"),
                browser_tokens={
                    attempt.key: attempt.token for attempt in self.site.cookies.attempts(cookies)
                },
            )
            await self._end_former(cookies)
        except AuthError as error:
            response = await self.site.refusals.refused(request, error)
            self._drop_named(response, cookies, parameters)
            return response
        return self._welcome(finished)

    async def _end_former(self, cookies: Cookies) -> None:
        """End whatever session the browser had: nothing of it is carried over."""
        for former in self.site.cookies.presented_tokens(cookies):
            await self.site.host.end_session(former)

    def _welcome(self, finished: Finished) -> Response:
        response = RedirectResponse(safe_return_path(finished.return_to), 303)
        self.site.cookies.set_session(response, finished.new_session.token)
        self.site.cookies.drop_attempt(response, finished.attempt_key)
        self.site.cookies.hold(response, _HOLD_AFTER_SIGN_IN)
        return response

    def _drop_named(
        self, response: Response, cookies: Cookies, parameters: tuple[tuple[str, str], ...]
    ) -> None:
        """Drop the cookie of the attempt that the answer names; parallel ones go on."""
        named = [state_digest(Secret(value)) for name, value in parameters if name == "state"]
        for attempt in self.site.cookies.attempts(cookies):
            if any(digest.startswith(attempt.key) for digest in named):
                self.site.cookies.drop_attempt(response, attempt.key)


async def _parameters(request: Request) -> tuple[tuple[str, str], ...]:
    if request.method == "POST":
        return await read_form(request)
    return parse_parameters(request.scope["query_string"])

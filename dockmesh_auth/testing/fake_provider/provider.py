"""The fake provider itself: its endpoints over its state."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, quote

from attrs import define, field
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from dockmesh_auth.testing.fake_provider.authorize import LOGIN_PATH, AuthorizationEndpoint
from dockmesh_auth.testing.fake_provider.bearer import ApiEndpoint, UserinfoEndpoint
from dockmesh_auth.testing.fake_provider.document import discovery_document
from dockmesh_auth.testing.fake_provider.grants import RecordedRequest
from dockmesh_auth.testing.fake_provider.pages import message_page
from dockmesh_auth.testing.fake_provider.pushed import PushedAuthorizationEndpoint
from dockmesh_auth.testing.fake_provider.state import FakeState
from dockmesh_auth.testing.fake_provider.token_endpoint import TokenEndpoint
from dockmesh_auth.testing.minting import SigningKey
from dockmesh_auth.testing.server import served

__all__ = ["FakeProvider"]

_Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


@define(kw_only=True, eq=False)
class FakeProvider(FakeState):
    """A provider of identities that do not exist. See `FakeState` for its settings.

    Endpoints, as `faults` and `requests` name them: discovery, jwks, authorization, login,
    token, userinfo, end_session, pushed_authorization; and the shape's APIs by their names.

    Raises:
        ValueError: Two endpoints have one name.
    """

    app: Starlette = field(init=False, repr=False)
    """The application, for tests that need no socket; `base_url` is then what it says it is."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.app = Starlette(
            routes=self._routes(), exception_handlers={HTTPException: self._http_problem}
        )
        # A path is right or wrong here; a redirect to the one with a slash would hide mistakes.
        self.app.router.redirect_slashes = False

    @contextlib.contextmanager
    def serve(self, port: int = 0) -> Iterator[FakeProvider]:
        """Serve on a free port of 127.0.0.1 (or on *port*) for as long as the block lasts."""
        with served(self.app, port=port) as base_url:
            self.base_url = base_url
            yield self

    def rotate(self, key: SigningKey, *, overlap: bool = False) -> None:
        """Sign with *key* from now on; publish the former one too only with *overlap*."""
        if overlap and self.signing_key is not None:
            self.more_keys.append(self.signing_key)
        self.signing_key = key

    def approve(self, url: str, user_name: str) -> list[tuple[str, str]]:
        """Let somebody sign in and allow all that *url* asks for, without a browser.

        Every rule of the authorization endpoint holds. Nothing is sent: `requests` does not grow,
        faults do not apply.

        Args:
            url: An address of the authorization endpoint with its query, as a browser gets it.
            user_name: `FakeUser.name` of the person.

        Returns:
            What the browser would bring back, in order: `code`, `state` if there was one, `iss`
            if the shape sends it; as `edits.authorization_response` leaves them.

        Raises:
            Problem: The request or the person is refused.
            KeyError: There is no such person.
        """
        return AuthorizationEndpoint(self).approve(url, user_name)

    # --- endpoints ------------------------------------------------------------------------

    def _routes(self) -> list[Route]:
        paths, authorization = self.shape.paths, AuthorizationEndpoint(self)
        pushed = PushedAuthorizationEndpoint(self)
        routes = [
            self._route("discovery", self._discovery_path(), self._discovery, "GET"),
            self._route("jwks", paths.jwks, self._jwks, "GET"),
            self._route("authorization", paths.authorization, authorization.authorize),
            self._route("login", LOGIN_PATH, authorization.sign_in, "POST"),
            self._route("token", paths.token, TokenEndpoint(self).answer, "POST"),
            self._route("userinfo", paths.userinfo, UserinfoEndpoint(self).answer),
            self._route("end_session", paths.end_session, self._end_session),
            self._route("pushed_authorization", paths.pushed_authorization, pushed.answer, "POST"),
        ]
        for api in self.shape.apis():
            handler = ApiEndpoint(self, api.name).answer
            routes.append(self._route(api.name, api.path, handler, *api.methods))
        if len({route.name for route in routes}) != len(routes):
            raise ValueError("two endpoints of the shape have one name")
        return routes

    def _route(self, endpoint: str, path: str, handler: _Handler, *methods: str) -> Route:
        async def guarded(request: Request) -> Response:
            body = await request.body()
            self.requests.append(_recorded(endpoint, request, body))
            return await self.faults.around(endpoint, request, partial(self._run, handler, request))

        return Route(path, guarded, methods=list(methods or ("GET", "POST")), name=endpoint)

    async def _run(self, handler: _Handler, request: Request) -> Response:
        try:
            return await handler(request)
        except Exception as fault:  # noqa: BLE001 - a product has one answer to all of them
            return self.shape.inner_error(request.method, fault)

    async def _http_problem(self, request: Request, problem: Exception) -> Response:
        assert isinstance(problem, HTTPException)
        return self.shape.http_problem(request.method, problem.status_code)

    def _discovery_path(self) -> str:
        path = self.shape.paths.discovery
        if path.startswith("/"):
            return path
        return f"{self.shape.issuer_path.removesuffix('/')}/{path}"

    async def _discovery(self, request: Request) -> Response:
        if not self.shape.has_discovery:
            return self.shape.http_problem(request.method, 404)
        return JSONResponse(self.metadata(self.base_for(request)))

    def metadata(self, base: str) -> dict[str, Any]:
        """The discovery document under the address *base* (Discovery 1.0, section 3)."""
        return discovery_document(self, base)

    async def _jwks(self, request: Request) -> Response:
        if not self.shape.has_discovery:
            return self.shape.http_problem(request.method, 404)
        return JSONResponse(self.shape.key_set(self.published_keys()))

    async def _end_session(self, request: Request) -> Response:
        # OpenID Connect RP-Initiated Logout 1.0, section 2; the person is not asked here.
        given = dict(request.query_params)
        given |= dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        self.sessions.pop(request.cookies.get(self.cookie, ""), None)
        back = given.get("post_logout_redirect_uri", "")
        if any(back in client.post_logout_redirect_uris for client in self.clients):
            state = given.get("state")
            return RedirectResponse(back + (f"?state={quote(state)}" if state else ""), 303)
        return message_page(self.shape.name, "Signed out", "You can close this page.")


def _recorded(endpoint: str, request: Request, body: bytes) -> RecordedRequest:
    form: list[tuple[str, str]] = []
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return RecordedRequest(
        endpoint=endpoint,
        method=request.method,
        path=request.url.path,
        query=tuple(request.query_params.multi_items()),
        headers=dict(request.headers),
        form=tuple(form),
        body=body,
    )

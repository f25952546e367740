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
from dockmesh_auth.testing.fake_provider.grants import RecordedRequest
from dockmesh_auth.testing.fake_provider.pages import message_page
from dockmesh_auth.testing.fake_provider.state import FakeState
from dockmesh_auth.testing.fake_provider.token_endpoint import TokenEndpoint, UserinfoEndpoint
from dockmesh_auth.testing.minting import SigningKey
from dockmesh_auth.testing.server import served

__all__ = ["FakeProvider"]

_Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


@define(kw_only=True, eq=False)
class FakeProvider(FakeState):
    """A provider of identities that do not exist. See `FakeState` for its settings.

    Endpoints, as `faults` and `requests` name them: discovery, jwks, authorization, login,
    token, userinfo, end_session.
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

    # --- endpoints ------------------------------------------------------------------------

    def _routes(self) -> list[Route]:
        paths, authorization = self.shape.paths, AuthorizationEndpoint(self)
        return [
            self._route("discovery", self._discovery_path(), self._discovery, "GET"),
            self._route("jwks", paths.jwks, self._jwks, "GET"),
            self._route("authorization", paths.authorization, authorization.authorize),
            self._route("login", LOGIN_PATH, authorization.sign_in, "POST"),
            self._route("token", paths.token, TokenEndpoint(self).answer, "POST"),
            self._route("userinfo", paths.userinfo, UserinfoEndpoint(self).answer),
            self._route("end_session", paths.end_session, self._end_session),
        ]

    def _route(self, endpoint: str, path: str, handler: _Handler, *methods: str) -> Route:
        async def guarded(request: Request) -> Response:
            body = await request.body()
            self.requests.append(_recorded(endpoint, request, body))
            return await self.faults.around(endpoint, request, partial(self._run, handler, request))

        return Route(path, guarded, methods=list(methods or ("GET", "POST")))

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
        return JSONResponse(self.metadata(self.base_for(request)))

    def metadata(self, base: str) -> dict[str, Any]:
        """The discovery document under the address *base* (Discovery 1.0, section 3)."""
        shape, paths = self.shape, self.shape.paths
        key = self.signing_key
        document: dict[str, Any] = {
            "issuer": base + shape.issuer_path,
            "authorization_endpoint": base + paths.authorization,
            "token_endpoint": base + paths.token,
            "userinfo_endpoint": base + paths.userinfo,
            "jwks_uri": base + paths.jwks,
            "end_session_endpoint": base + paths.end_session,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "form_post"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [key.algorithm if key else "HS256"],
            "token_endpoint_auth_methods_supported": [
                "client_secret_basic",
                "client_secret_post",
                "none",
            ],
            "scopes_supported": list(shape.scopes),
            "code_challenge_methods_supported": list(shape.code_challenge_methods),
        }
        if self.encryption_key is not None:
            document["id_token_encryption_alg_values_supported"] = ["RSA-OAEP-256"]
            document["id_token_encryption_enc_values_supported"] = ["A256CBC-HS512"]
        if shape.iss_parameter:
            document["authorization_response_iss_parameter_supported"] = True
        return shape.metadata(document)

    async def _jwks(self, _request: Request) -> Response:
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

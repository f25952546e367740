"""What a fake provider answers to an access token: userinfo, and the product's own APIs."""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockmesh_auth.testing.fake_provider.apis import ApiCall
from dockmesh_auth.testing.fake_provider.grants import Grant, Problem
from dockmesh_auth.testing.fake_provider.people import FakeUser
from dockmesh_auth.testing.fake_provider.state import FakeState

__all__ = ["ApiEndpoint", "UserinfoEndpoint"]

_NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


@frozen
class UserinfoEndpoint:
    """Tells what the scopes of an access token release."""

    state: FakeState

    async def answer(self, request: Request) -> Response:
        """The endpoint itself (OpenID Connect Core 1.0, section 5.3)."""
        shape = self.state.shape
        try:
            grant = _grant(self.state, request, "openid")
        except Problem as problem:
            return shape.userinfo_problem(problem)
        claims: dict[str, Any] = {"sub": grant.subject}
        claims = claims | shape.scope_claims(_person(self.state, grant), grant.request.scopes)
        claims = shape.userinfo(claims, grant)
        edit = self.state.edits.userinfo
        return JSONResponse(edit(claims) if edit else claims, headers=_NO_STORE)


@frozen
class ApiEndpoint:
    """Answers as the shape's API called *name* does."""

    state: FakeState
    name: str

    async def answer(self, request: Request) -> Response:
        """The endpoint itself (RFC 6750, section 2.1)."""
        # Looked up now: a test may have given the provider another shape since it was made.
        shape = self.state.shape
        api = next((api for api in shape.apis() if api.name == self.name), None)
        if api is None:
            return shape.http_problem(request.method, 404)
        try:
            grant = _grant(self.state, request)
            told = api.answer(await self._call(request, grant))
        except Problem as problem:
            return shape.api_problem(problem)
        return told if isinstance(told, Response) else JSONResponse(told, headers=_NO_STORE)

    async def _call(self, request: Request, grant: Grant) -> ApiCall:
        return ApiCall(
            user=_person(self.state, grant),
            scopes=grant.request.scopes,
            method=request.method,
            path=request.url.path,
            path_parameters=dict(request.path_params),
            query=dict(request.query_params),
            headers=dict(request.headers),
            json=_parsed(await request.body()),
            base_url=self.state.base_for(request),
            now=self.state.clock.now(),
        )


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        raise Problem("invalid_request", "the body is not JSON") from None


def _grant(state: FakeState, request: Request, scope: str | None = None) -> Grant:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    grant = state.grants_by_token.get(token) if scheme.lower() == "bearer" else None
    if grant is None or grant.revoked or state.clock.now() >= grant.expires_at:
        raise Problem("invalid_token", status=401)
    if scope is not None and scope not in grant.request.scopes:
        raise Problem("insufficient_scope", status=403)
    return grant


def _person(state: FakeState, grant: Grant) -> FakeUser:
    # The person as they are now: a test may have changed them since.
    user = grant.session.user
    return state.user(user.name) or user

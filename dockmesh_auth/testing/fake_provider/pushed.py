"""The pushed authorization request endpoint of a fake provider (RFC 9126)."""

from __future__ import annotations

from urllib.parse import parse_qsl

from attrs import frozen
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockmesh_auth.testing.fake_provider.checks import check_recipient, parse_authorization_request
from dockmesh_auth.testing.fake_provider.client_authentication import authenticated_client
from dockmesh_auth.testing.fake_provider.grants import (
    AuthorizationRequest,
    Problem,
    PushedRequest,
    Unanswerable,
)
from dockmesh_auth.testing.fake_provider.shape import PushedRequests
from dockmesh_auth.testing.fake_provider.state import FakeState

__all__ = ["PushedAuthorizationEndpoint"]

_NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


@frozen
class PushedAuthorizationEndpoint:
    """Takes authorization requests from clients and gives each a name for the browser's way."""

    state: FakeState

    async def answer(self, request: Request) -> Response:
        """The endpoint itself (RFC 9126, section 2)."""
        state, shape = self.state, self.state.shape
        if shape.pushed_requests is PushedRequests.NONE:
            return shape.http_problem(request.method, 404)
        pairs = parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
        try:
            asked = self._asked(request, pairs)
        except Problem as problem:
            return shape.token_problem(problem)
        uri, lifetime = shape.new_request_uri(), shape.lifetimes.pushed_request
        state.pushed[uri] = PushedRequest(asked=asked, expires_at=state.clock.now() + lifetime)
        return JSONResponse({"request_uri": uri, "expires_in": lifetime}, 201, headers=_NO_STORE)

    def _asked(self, request: Request, pairs: list[tuple[str, str]]) -> AuthorizationRequest:
        form = dict(pairs)
        client = authenticated_client(self.state, request, form)
        # Section 2.1: a request names its client even if the header proves it, and is no
        # reference to another one.
        if form.get("client_id") != client.client_id:
            raise Problem("invalid_request", "the parameter client_id is missing")
        if "request_uri" in form:
            raise Problem("invalid_request", "request_uri cannot be pushed")
        try:
            _, redirect_uri = check_recipient(self.state, form)
        except Unanswerable as problem:
            # Section 2.3: the client itself is here to be told.
            raise Problem("invalid_request", problem.description) from None
        own = [pair for pair in pairs if pair[0] != "client_secret"]
        return parse_authorization_request(self.state, own, client, redirect_uri)

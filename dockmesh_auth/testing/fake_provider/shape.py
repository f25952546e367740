"""The shape of an identity provider: where it stands and what distinguishes it from the standard.

`Shape` itself is a plain provider as the specifications describe it. A real product is a subclass
that overrides what differs; a stand-in of another product is mostly a screenful.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any

from attrs import evolve, field, frozen
from starlette.responses import JSONResponse, Response

from dockmesh_auth.testing.fake_provider.apis import Api
from dockmesh_auth.testing.fake_provider.grants import (
    AuthorizationRequest,
    Grant,
    LoginSession,
    Problem,
)
from dockmesh_auth.testing.fake_provider.people import FakeClient, FakeUser

__all__ = ["Lifetimes", "Paths", "PushedRequests", "Shape"]


class PushedRequests(StrEnum):
    """What a provider makes of pushed authorization requests (RFC 9126)."""

    NONE = "none"
    OFFERED = "offered"
    REQUIRED = "required"


@frozen(kw_only=True)
class Paths:
    """Where the endpoints are, each a path below the base address.

    Attributes:
        discovery: The document, below the issuer unless it begins with a slash.
    """

    discovery: str = ".well-known/openid-configuration"
    jwks: str = "/jwks"
    authorization: str = "/authorize"
    token: str = "/token"  # noqa: S105 - a path
    userinfo: str = "/userinfo"
    end_session: str = "/end-session"
    pushed_authorization: str = "/par"


@frozen(kw_only=True)
class Lifetimes:
    """How long things live, in seconds."""

    code: int = 60
    tokens: int = 300
    pushed_request: int = 60


@frozen(kw_only=True)
class Shape:
    """A plain OpenID provider.

    Attributes:
        name: What its pages call it.
        issuer_path: What follows the base address in the issuer that a relying party is set up
            with, with its slashes as they are; the discovery document is below it.
        paths: Where the endpoints are.
        lifetimes: How long codes and tokens live.
        scopes: The scopes it knows; others are dropped.
        claims_in_id_token: Whether the claims of the scopes stand in the ID token, too.
        asks_consent: Whether there is a page between login and the way back.
        asks_despite_none: Whether it asks for consent even if asked to be silent.
        iss_parameter: Whether authorization responses carry `iss` (RFC 9207).
        code_challenge_methods: The PKCE methods it takes.
        groups_claim: The claim that holds the groups, in the scope `groups_scope`.
        groups_scope: The scope that brings the groups.
        basic_is_encoded: Whether Basic credentials are percent-decoded (RFC 6749, 2.3.1).
        requires_openid: Whether requests without the scope `openid` are refused.
        sends_at_hash: Whether ID tokens carry `at_hash`.
        one_authentication_only: Whether a client that authenticates twice is refused.
        reuse_revokes: Whether a code used twice kills the tokens of its first use.
        redirect_uri_error: What the token endpoint says of another redirect URI.
        issuer_follows_host: Whether issuer and endpoints are made of each request's Host header.
        sends_id_token: Whether it speaks OpenID Connect; plain OAuth 2.0 has no ID token, needs
            no scope `openid` and ignores the nonce.
        has_discovery: Whether it publishes a discovery document and a key set.
        pushed_requests: What it makes of pushed authorization requests (RFC 9126).
    """

    name: str = "Example Identity"
    issuer_path: str = ""
    paths: Paths = field(factory=Paths)
    lifetimes: Lifetimes = field(factory=Lifetimes)
    scopes: tuple[str, ...] = ("openid", "profile", "email", "groups", "offline_access")
    claims_in_id_token: bool = True
    asks_consent: bool = False
    asks_despite_none: bool = False
    iss_parameter: bool = False
    code_challenge_methods: tuple[str, ...] = ("S256",)
    groups_claim: str = "groups"
    groups_scope: str = "profile"
    basic_is_encoded: bool = True
    requires_openid: bool = True
    sends_at_hash: bool = True
    one_authentication_only: bool = True
    reuse_revokes: bool = True
    redirect_uri_error: str = "invalid_grant"
    issuer_follows_host: bool = False
    sends_id_token: bool = True
    has_discovery: bool = True
    pushed_requests: PushedRequests = PushedRequests.NONE

    def but(self, **changes: Any) -> Shape:
        """The same shape with *changes*."""
        return evolve(self, **changes)

    # --- what it says of itself and of people ---------------------------------------------

    def metadata(self, standard: dict[str, Any]) -> dict[str, Any]:
        """The discovery document, given what follows from the settings."""
        return standard

    def document_issuer(self, base: str) -> str:
        """`issuer` of the document under *base*, and `iss` of authorization responses."""
        return base + self.issuer_path

    def apis(self) -> Sequence[Api]:
        """Further HTTP APIs of the product, which take the access token of a sign-in.

        Their names and paths are asked for once, when the provider is made.
        """
        return ()

    def key_set(self, keys: list[dict[str, Any]]) -> dict[str, Any]:
        """The key set document of *keys*."""
        return {"keys": keys}

    def subject(self, user: FakeUser) -> str:
        """`sub` of *user*."""
        return user.subject or f"subject-of-{user.name}"

    def scope_claims(self, user: FakeUser, scopes: Collection[str]) -> dict[str, Any]:
        """The claims that *scopes* release (OpenID Connect Core 1.0, section 5.4)."""
        claims: dict[str, Any] = {}
        if "profile" in scopes:
            claims |= {"name": user.full_name, "preferred_username": user.name}
        if "email" in scopes:
            claims |= {"email": user.email, "email_verified": False}
        if self.groups_scope in scopes:
            claims[self.groups_claim] = list(user.groups)
        return claims | dict(user.claims)

    # --- what it issues -------------------------------------------------------------------

    def token_issuer(self, base: str, user: FakeUser) -> str:
        """`iss` of the tokens for *user*."""
        del user
        return base + self.issuer_path

    def id_token_claims(self, standard: dict[str, Any], grant: Grant) -> dict[str, Any]:
        """The claims of an ID token, given the standard ones (Core 1.0, section 2)."""
        del grant
        return standard

    def access_token_claims(self, id_claims: Mapping[str, Any], grant: Grant) -> dict[str, Any]:
        """The claims of an access token that is a JWT; empty for one that is opaque."""
        del id_claims, grant
        return {}

    def access_token_header(self, grant: Grant) -> dict[str, Any]:
        """Members to set in the header of an access token that is a JWT; None removes one.

        RFC 9068, section 2.1, has `typ` `at+jwt`; many products write `JWT`, as here.
        """
        del grant
        return {}

    def token_answer(self, standard: dict[str, Any], grant: Grant) -> dict[str, Any]:
        """The token endpoint's answer."""
        del grant
        return standard

    def userinfo(self, standard: dict[str, Any], grant: Grant) -> dict[str, Any]:
        """The userinfo endpoint's answer."""
        del grant
        return standard

    def new_code(self) -> str:
        """An authorization code."""
        return secrets.token_urlsafe(32)

    def new_request_uri(self) -> str:
        """The name of a pushed authorization request (RFC 9126, section 2.2)."""
        return f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(32)}"

    def new_refresh_token(self) -> str:
        """A refresh token."""
        return secrets.token_urlsafe(48)

    # --- what it refuses, and how ---------------------------------------------------------

    def granted_scopes(self, asked: tuple[str, ...]) -> tuple[str, ...]:
        """Which of the scopes *asked* for are granted."""
        return tuple(scope for scope in asked if scope in self.scopes)

    def must_sign_in_again(
        self, asked: AuthorizationRequest, session: LoginSession, now: float
    ) -> bool:
        """Whether somebody who is signed in has to do it again (Core 1.0, section 3.1.2.1)."""
        if asked.prompt & {"login", "select_account"}:
            return True
        return asked.max_age is not None and now - session.auth_time > asked.max_age

    def redirect_uri_fits(self, grant: Grant, redirect_uri: str) -> bool:
        """Whether the token request names the right redirect URI."""
        return redirect_uri == grant.request.redirect_uri

    def may_enter(self, user: FakeUser, client: FakeClient) -> bool:
        """Whether *user* may use *client* at all."""
        del client
        return user.may_enter

    def denied_page(self) -> bool:
        """Whether refused people stay on a page of the provider instead of going back."""
        return False

    def describe(self, problem: Problem) -> str:
        """`error_description` of *problem*."""
        return problem.description

    def token_problem(self, problem: Problem) -> Response:
        """The error of the token endpoint and of that for pushed requests (RFC 6749, 5.2)."""
        status = 401 if problem.error == "invalid_client" else problem.status
        body = {"error": problem.error, "error_description": self.describe(problem)}
        headers = {"cache-control": "no-store", "pragma": "no-cache"}
        if status == 401:  # noqa: PLR2004 - the status itself
            headers["www-authenticate"] = 'Basic realm="token endpoint"'
        return JSONResponse(body, status, headers)

    def userinfo_problem(self, problem: Problem) -> Response:
        """The userinfo endpoint's error (RFC 6750, section 3.1)."""
        challenge = f'Bearer error="{problem.error}"'
        return Response(status_code=problem.status, headers={"www-authenticate": challenge})

    def api_problem(self, problem: Problem) -> Response:
        """The error of an API (RFC 6750, section 3.1); as that of the userinfo endpoint."""
        return self.userinfo_problem(problem)

    def http_problem(self, method: str, status: int) -> Response:
        """The answer to a request that meets no endpoint: 404, or 405 for another method."""
        del method
        return Response(status_code=status)

    def inner_error(self, method: str, fault: Exception) -> Response:
        """The answer when an endpoint fails; here the fault is raised, so that it is seen."""
        del method
        raise fault

"""The shape of Authentik 2025.10, as it was observed: addresses, claims, errors, quirks."""

from __future__ import annotations

import hashlib
import secrets
import string
from collections.abc import Collection
from collections.abc import Mapping as AnyMapping
from typing import Any, Final
from uuid import uuid4

from attrs import evolve, field, frozen
from starlette.responses import HTMLResponse, JSONResponse, Response

from dockmesh_auth.testing.fake_provider import FakeUser, Lifetimes, Paths, Shape
from dockmesh_auth.testing.fake_provider.grants import (
    AuthorizationRequest,
    Grant,
    LoginSession,
    Problem,
)
from dockmesh_auth_authentik.testing.certificates import with_certificate
from dockmesh_auth_authentik.testing.mappings import Mapping, default_mappings, merged
from dockmesh_auth_authentik.testing.texts import DESCRIPTIONS

__all__ = ["AuthentikShape"]

_ACR: Final = "goauthentik.io/providers/oauth2/default"
_LETTERS: Final = string.ascii_letters + string.digits
_FIXED_CLAIMS: Final = ("sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce")
_INSTALLATION: Final = "stand-in"


@frozen(kw_only=True)
class AuthentikShape(Shape):
    """Authentik with the settings of one provider and its application.

    Attributes:
        slug: The application's.
        global_issuer: Issuer mode "global": one issuer for all applications.
        subject_mode: What `sub` is made of.
        mappings: The scope mappings that are attached, by scope; `claims_in_id_token` is the
            setting "Include claims in id_token".
    """

    slug: str = "dockmesh"
    global_issuer: bool = False
    subject_mode: str = "hashed_user_id"
    mappings: AnyMapping[str, Mapping] = field(factory=default_mappings)
    name: str = "Authentik"
    lifetimes: Lifetimes = field(factory=lambda: Lifetimes(code=60, tokens=3600))
    code_challenge_methods: tuple[str, ...] = ("plain", "S256")
    asks_despite_none: bool = True
    basic_is_encoded: bool = False
    requires_openid: bool = False
    sends_at_hash: bool = False
    one_authentication_only: bool = False
    reuse_revokes: bool = False
    redirect_uri_error: str = "invalid_client"
    issuer_follows_host: bool = True
    issuer_path: str = field(init=False)
    paths: Paths = field(init=False)
    scopes: tuple[str, ...] = field(init=False)

    @issuer_path.default
    def _issuer_path(self) -> str:
        return "/" if self.global_issuer else f"/application/o/{self.slug}/"

    @paths.default
    def _paths(self) -> Paths:
        shared, own = "/application/o", f"/application/o/{self.slug}"
        return Paths(
            discovery=f"{own}/.well-known/openid-configuration",
            jwks=f"{own}/jwks/",
            authorization=f"{shared}/authorize/",
            token=f"{shared}/token/",
            userinfo=f"{shared}/userinfo/",
            end_session=f"{own}/end-session/",
        )

    @scopes.default
    def _scopes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(("openid", *self.mappings)))

    def with_mapping(self, scope: str, expression: Mapping) -> AuthentikShape:
        """The same with one more scope mapping."""
        return evolve(self, mappings={**self.mappings, scope: expression})

    # --- what it says of itself and of people ---------------------------------------------

    def metadata(self, standard: dict[str, Any]) -> dict[str, Any]:
        """The discovery document."""
        shared = standard["token_endpoint"].removesuffix("token/")
        members = {
            "introspection_endpoint": f"{shared}introspect/",
            "revocation_endpoint": f"{shared}revoke/",
            "device_authorization_endpoint": f"{shared}device/",
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
            "response_types_supported": [
                "code",
                "id_token",
                "id_token token",
                "code token",
                "code id_token",
                "code id_token token",
            ],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "grant_types_supported": [
                "authorization_code",
                "refresh_token",
                "implicit",
                "client_credentials",
                "password",
                "urn:ietf:params:oauth:grant-type:device_code",
            ],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "acr_values_supported": [_ACR],
            "request_parameter_supported": False,
            "claims_parameter_supported": False,
            "claims_supported": [*_FIXED_CLAIMS, *self._claim_names()],
        }
        return standard | members

    def _claim_names(self) -> list[str]:
        nobody = FakeUser(name="")
        return [name for scope in self.mappings for name in self._run(scope, nobody)]

    def key_set(self, keys: list[dict[str, Any]]) -> dict[str, Any]:
        """The key set: `{}` without a key, else with certificates."""
        return {"keys": [with_certificate(key) for key in keys]} if keys else {}

    def subject(self, user: FakeUser) -> str:
        """`sub` under the subject mode."""
        number = user.attributes.get("pk") or user.subject or user.name
        hashed = hashlib.sha256(f"{number}-{_INSTALLATION}".encode()).hexdigest()
        return {
            "hashed_user_id": hashed,
            "user_id": number,
            "user_uuid": user.attributes.get("uuid", ""),
            "user_username": user.name,
            "user_email": user.email,
            "user_upn": user.attributes.get("upn", hashed),
        }[self.subject_mode]

    def scope_claims(self, user: FakeUser, scopes: Collection[str]) -> dict[str, Any]:
        """The mappings' results, merged in the order of their scopes' names."""
        claims: dict[str, Any] = {}
        for scope in sorted(scopes):
            claims = merged(claims, self._run(scope, user))
        return claims | dict(user.claims)

    def _run(self, scope: str, user: FakeUser) -> dict[str, Any]:
        try:
            result = self.mappings[scope](user) if scope in self.mappings else {}
        except Exception:  # noqa: BLE001 - an expression that raises is an empty one, as observed
            return {}
        # A list, a string, None: dropped without an error, as observed.
        return result if isinstance(result, dict) else {}

    # --- what it issues -------------------------------------------------------------------

    def granted_scopes(self, asked: tuple[str, ...]) -> tuple[str, ...]:
        """The attached ones of those asked for; all if none was asked for."""
        return tuple(scope for scope in asked or self.scopes if scope in self.mappings)

    def id_token_claims(self, standard: dict[str, Any], grant: Grant) -> dict[str, Any]:
        """The claims of an ID token."""
        del grant
        return {"acr": _ACR, "amr": ["pwd"]} | standard

    def access_token_claims(self, id_claims: AnyMapping[str, Any], grant: Grant) -> dict[str, Any]:
        """The claims of an access token: those of the ID token and three more."""
        uid = "".join(secrets.choice(_LETTERS) for _ in range(40))
        scope = " ".join(grant.request.scopes)
        return {
            **id_claims,
            "azp": grant.request.client.client_id,
            "uid": uid,
            "scope": scope,
        }

    def userinfo(self, standard: dict[str, Any], grant: Grant) -> dict[str, Any]:
        """Userinfo says the login's nonce, too."""
        nonce = grant.request.nonce
        return standard if nonce is None else standard | {"nonce": nonce}

    def new_code(self) -> str:
        """32 hexadecimal digits."""
        return uuid4().hex

    def new_refresh_token(self) -> str:
        """128 letters and digits."""
        return "".join(secrets.choice(_LETTERS) for _ in range(128))

    # --- what it refuses, and how ---------------------------------------------------------

    def must_sign_in_again(
        self, asked: AuthorizationRequest, session: LoginSession, now: float
    ) -> bool:
        """`select_account` and `max_age=0` are ignored."""
        if "login" in asked.prompt:
            return True
        return bool(asked.max_age) and now - session.auth_time > (asked.max_age or 0)

    def redirect_uri_fits(self, grant: Grant, redirect_uri: str) -> bool:
        """Any registered one will do."""
        return redirect_uri in grant.request.client.redirect_uris

    def denied_page(self) -> bool:
        """Refused people stay there, on a page with status 200."""
        return True

    def describe(self, problem: Problem) -> str:
        """The sentences of the specifications, as Authentik quotes them."""
        return DESCRIPTIONS.get(problem.error, problem.description)

    def token_problem(self, problem: Problem) -> Response:
        """Always 400, with an id of the request."""
        body = {
            "error": problem.error,
            "error_description": self.describe(problem),
            "request_id": uuid4().hex,
        }
        return JSONResponse(body, 400, {"cache-control": "no-store", "pragma": "no-cache"})

    def userinfo_problem(self, problem: Problem) -> Response:
        """An empty body and a challenge without a scheme."""
        challenge = f'error="{problem.error}", error_description="{self.describe(problem)}"'
        return HTMLResponse("", problem.status, {"www-authenticate": challenge})

    def http_problem(self, method: str, status: int) -> Response:
        """404 is a page for GET; everything else is 405 and empty."""
        if method == "GET" and status == 404:  # noqa: PLR2004 - the status itself
            return HTMLResponse("<h1>Not Found</h1>", 404)
        allow = "POST, OPTIONS" if method == "GET" else "GET, HEAD, OPTIONS"
        return HTMLResponse("", 405, {"allow": allow})

    def inner_error(self, method: str, fault: Exception) -> Response:
        """500 for GET; 405 and empty for POST, because the error page refuses it."""
        del fault
        if method == "GET":
            return HTMLResponse("<h1>Server Error</h1>", 500)
        return HTMLResponse("", 405, {"allow": "GET, HEAD, OPTIONS"})

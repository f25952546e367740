"""A Keycloak that is none: for `dockmesh-auth demo` and for tests.

Addresses, claims and errors are those of Keycloak 26, as observed with a realm of ours.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid4, uuid5

from attrs import field, frozen
from starlette.responses import Response

from dockmesh_auth.testing.contract import ProviderUnderTest
from dockmesh_auth.testing.fake_provider import (
    FakeUser,
    Grant,
    Lifetimes,
    Paths,
    Problem,
    PushedRequests,
    Shape,
)
from dockmesh_auth.testing.stand_in import FakeStandIn, build_stand_in
from dockmesh_auth_keycloak import plugin

__all__ = ["USERS", "KeycloakShape", "stand_in", "under_test"]

_NOT_IN_ACCESS_TOKENS: Final = frozenset({"nonce", "at_hash", "typ", "aud", "jti"})
_SPELLED: Final[Mapping[str, str]] = {"realm_roles": "realm:{}", "client_roles": "client:{}"}


def _person(name: str, *groups: str) -> FakeUser:
    return FakeUser(
        name=name,
        full_name=f"{name.title()} Lab",
        email=f"{name}@lab.example",
        groups=groups,
        subject=str(uuid5(NAMESPACE_URL, f"https://lab.example/{name}")),
    )


USERS: Final = (
    _person("alice", "dockmesh-admins"),
    _person("bob", "dockmesh-ops"),
    _person("carol", "dockmesh-ops-prod"),
    _person("dave", "dockmesh-viewers"),
    _person("erin"),
    _person("frank", "dockmesh-admins", "dockmesh-ops", "dockmesh-ops-prod", "dockmesh-viewers"),
)
"""One of each role, one without a group, one in all of them."""


@frozen(kw_only=True)
class KeycloakShape(Shape):
    """A realm with one client.

    Attributes:
        realm: Its name.
        groups_are: What becomes of the groups of a user: `groups`, `realm_roles` or
            `client_roles`.
        parent: The path of the group that they are in, without the slash at its end.
        full_path: The mapper's setting "Full group path".
    """

    realm: str = "dockmesh"
    groups_are: str = "groups"
    parent: str = ""
    full_path: bool = True
    name: str = "Keycloak"
    lifetimes: Lifetimes = field(factory=lambda: Lifetimes(code=60, tokens=300))
    scopes: tuple[str, ...] = ("openid", "profile", "email", "offline_access", "roles")
    iss_parameter: bool = True
    code_challenge_methods: tuple[str, ...] = ("plain", "S256")
    pushed_requests: PushedRequests = PushedRequests.OFFERED
    issuer_path: str = field(init=False)
    paths: Paths = field(init=False)

    @issuer_path.default
    def _issuer_path(self) -> str:
        return f"/realms/{self.realm}"

    @paths.default
    def _paths(self) -> Paths:
        below = f"/realms/{self.realm}/protocol/openid-connect"
        return Paths(
            authorization=f"{below}/auth",
            token=f"{below}/token",
            userinfo=f"{below}/userinfo",
            jwks=f"{below}/certs",
            end_session=f"{below}/logout",
            pushed_authorization=f"{below}/ext/par/request",
        )

    def metadata(self, standard: dict[str, Any]) -> dict[str, Any]:
        """The discovery document says that it sends logout tokens."""
        logout = ("frontchannel_logout", "backchannel_logout")
        return (
            standard
            | {f"{name}_supported": True for name in logout}
            | {f"{name}_session_supported": True for name in logout}
        )

    def granted_scopes(self, asked: tuple[str, ...]) -> tuple[str, ...]:
        """A scope that the client has not is an error."""
        if not set(asked) <= set(self.scopes):
            raise Problem("invalid_scope", f"Invalid scopes: {' '.join(asked)}")
        return asked

    def scope_claims(self, user: FakeUser, scopes: Collection[str]) -> dict[str, Any]:
        """Those of the scopes that every client has, whatever was asked for; no empty list."""
        del scopes
        claims: dict[str, Any] = {
            "email_verified": True,
            "name": user.full_name,
            "preferred_username": user.name,
            "email": user.email,
        }
        if self.groups_are == "groups" and user.groups:
            above = f"{self.parent}/" if self.full_path else ""
            claims["groups"] = [above + group for group in user.groups]
        return claims | dict(user.claims)

    def id_token_claims(self, standard: dict[str, Any], grant: Grant) -> dict[str, Any]:
        """What every ID token has: its kind, and whom it was issued to."""
        client = grant.request.client.client_id
        return {"jti": str(uuid4()), "typ": "ID", "azp": client, "acr": "1"} | standard

    def access_token_claims(self, id_claims: Mapping[str, Any], grant: Grant) -> dict[str, Any]:
        """The roles, with those of other clients and those that everybody has."""
        kept = {
            name: value for name, value in id_claims.items() if name not in _NOT_IN_ACCESS_TOKENS
        }
        realm = [f"default-roles-{self.realm}", "offline_access", "uma_authorization"]
        clients = {"another": {"roles": ["admin"]}, "account": {"roles": ["view-profile"]}}
        groups = list(grant.session.user.groups)
        if self.groups_are == "realm_roles":
            realm += groups
        if self.groups_are == "client_roles" and groups:
            clients[grant.request.client.client_id] = {"roles": groups}
        return kept | {
            "jti": f"onrtac:{uuid4()}",
            "typ": "Bearer",
            "aud": ["another", "account"],
            "realm_access": {"roles": realm},
            "resource_access": clients,
            "scope": " ".join(grant.request.scopes),
        }

    def token_problem(self, problem: Problem) -> Response:
        """A wrong secret is `unauthorized_client`."""
        if problem.error == "invalid_client":
            sentence = "Invalid client or Invalid client credentials"
            problem = Problem("unauthorized_client", sentence, 401)
        return Shape.token_problem(self, problem)

    def new_code(self) -> str:
        """Three parts with dots between."""
        return ".".join((str(uuid4()), secrets.token_urlsafe(18), str(uuid4())))


def stand_in(
    *,
    redirect_uris: Sequence[str],
    shape: KeycloakShape | None = None,
    users: Sequence[FakeUser] = USERS,
) -> FakeStandIn:
    """A realm for a client whose people may be sent back to *redirect_uris*."""
    shape = shape or KeycloakShape()
    return build_stand_in(
        shape,
        redirect_uris=redirect_uris,
        users=users,
        spelled=_SPELLED.get(shape.groups_are, f"{shape.parent}/{{}}").format,
    )


def under_test(source: str = "groups", *, group_names: str = "full_path") -> ProviderUnderTest:
    """What the contract is tried with: groups, or roles, by *source* and *group_names*."""
    person = _person("ada", "engineers", "staff")
    path = "/team/engineers" if group_names == "full_path" else "engineers"
    return ProviderUnderTest(
        plugin=plugin,
        shape=KeycloakShape(groups_are=source, parent="/team"),
        person=person,
        group=_SPELLED[source].format("engineers") if source in _SPELLED else path,
        settings={"sources": [source], "group_names": group_names},
    )

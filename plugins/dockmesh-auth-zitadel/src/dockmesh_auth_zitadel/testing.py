"""A Zitadel that is none: for `dockmesh-auth demo` and for tests.

Addresses and claims are those of Zitadel 2 to 4, by its documentation and source; none was asked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from attrs import field, frozen

from dockmesh_auth.testing.contract import ProviderUnderTest
from dockmesh_auth.testing.fake_provider import FakeUser, Grant, Lifetimes, Paths, Shape
from dockmesh_auth.testing.stand_in import FakeStandIn, build_stand_in
from dockmesh_auth_zitadel import plugin

__all__ = ["ORGANISATION", "PROJECT", "USERS", "ZitadelShape", "stand_in", "under_test"]

ORGANISATION: Final = "278100000000000001"
"""The organisation that owns the project."""

PROJECT: Final = "278100000000000002"
"""The project that the client is an application of."""

_DOMAIN: Final = "acme.lab.example"
"""The organisation's primary domain."""


def _person(name: str, *roles: str) -> FakeUser:
    number = uuid5(NAMESPACE_URL, f"https://lab.example/{name}").int % 10**17
    return FakeUser(
        name=name,
        full_name=f"{name.title()} Lab",
        email=f"{name}@lab.example",
        groups=roles,
        subject=f"3{number:017}",
    )


USERS: Final = (
    _person("alice", "dockmesh-admins"),
    _person("bob", "dockmesh-ops"),
    _person("carol", "dockmesh-ops-prod"),
    _person("dave", "dockmesh-viewers"),
    _person("erin"),
    _person("frank", "dockmesh-admins", "dockmesh-ops", "dockmesh-ops-prod", "dockmesh-viewers"),
)
"""One of each role, one without, one with all of them."""


@frozen(kw_only=True)
class ZitadelShape(Shape):
    """An instance with one project, whose roles are asserted on authentication.

    Attributes:
        organisation: Who has given people their roles: the groups of a `FakeUser`.
        listed: Whether the claim is a list of objects, as in the documentation.
    """

    organisation: str = ORGANISATION
    listed: bool = False
    name: str = "Zitadel"
    lifetimes: Lifetimes = field(factory=lambda: Lifetimes(code=60, tokens=43_200))
    paths: Paths = field(
        factory=lambda: Paths(
            authorization="/oauth/v2/authorize",
            token="/oauth/v2/token",  # noqa: S106 - a path
            userinfo="/oidc/v1/userinfo",
            jwks="/oauth/v2/keys",
            end_session="/oidc/v1/end_session",
        )
    )

    def scope_claims(self, user: FakeUser, scopes: Collection[str]) -> dict[str, Any]:
        """Standard claims by scope; the roles whatever was asked for, unless there are none."""
        claims: dict[str, Any] = {}
        if "profile" in scopes:
            claims |= {"name": user.full_name, "preferred_username": f"{user.name}@{_DOMAIN}"}
        if "email" in scopes:
            claims |= {"email": user.email, "email_verified": True}
        if user.groups:
            roles = {role: {self.organisation: _DOMAIN} for role in user.groups}
            value = [{role: given} for role, given in roles.items()] if self.listed else roles
            claims |= {plugin.ROLES: value, f"urn:zitadel:iam:org:project:{PROJECT}:roles": value}
        return claims | dict(user.claims)

    def id_token_claims(self, standard: dict[str, Any], grant: Grant) -> dict[str, Any]:
        """Every ID token says whom it was issued to, and is for all of the project."""
        client = grant.request.client.client_id
        return standard | {
            "aud": [client, PROJECT],
            "azp": client,
            "client_id": client,
            "amr": ["pwd"],
        }


def stand_in(
    *,
    redirect_uris: Sequence[str],
    shape: ZitadelShape | None = None,
    users: Sequence[FakeUser] = USERS,
) -> FakeStandIn:
    """An instance for a client whose people may be sent back to *redirect_uris*."""
    return build_stand_in(
        shape or ZitadelShape(),
        redirect_uris=redirect_uris,
        users=users,
        settings={"trusted_audiences": [PROJECT], "organisation": ORGANISATION},
    )


def under_test(
    *, organisation: str | None = None, claims_in_id_token: bool = True
) -> ProviderUnderTest:
    """What the contract is tried with: roles of one organisation, or of any."""
    settings: dict[str, Any] = {"trusted_audiences": [PROJECT]}
    if organisation is not None:
        settings["organisation"] = organisation
    return ProviderUnderTest(
        plugin=plugin,
        shape=ZitadelShape(claims_in_id_token=claims_in_id_token),
        person=_person("ada", "engineers", "staff"),
        group="engineers",
        settings=settings,
    )

"""An Entra ID that is none: for `dockmesh-auth demo`, for the contract's tests, and for ours.

`FakeUser.groups` are app roles, ids of groups, or both, as `EntraShape.sources` says.
"""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from attrs import field, frozen
from starlette.responses import JSONResponse, Response

from dockmesh_auth.testing.contract import ProviderUnderTest
from dockmesh_auth.testing.fake_provider import (
    Api,
    ApiCall,
    FakeUser,
    Grant,
    Paths,
    Problem,
    Shape,
)
from dockmesh_auth.testing.fake_provider.paging import paged_by_member
from dockmesh_auth.testing.stand_in import FakeStandIn, build_stand_in
from dockmesh_auth_entra import plugin

__all__ = ["TENANT", "USERS", "EntraShape", "stand_in", "under_test"]

TENANT: Final = "0e6bf6a5-2a1f-4f0b-9a53-6d1b8f4f7c11"
"""The tenant that everybody is in whose attribute `tid` does not name another."""

_GUID: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ADA: Final = "5f0c3a52-7d6e-4c8b-9a43-1d2e3f405162"
_ENGINEERS: Final = "a3c8f2d1-4b5e-4f60-8172-93a4b5c6d7e8"
_STAFF: Final = "b4d9e3c2-5c6f-4071-9283-a4b5c6d7e8f9"


@frozen(kw_only=True)
class EntraShape(Shape):
    """Entra ID with one application and its settings.

    Attributes:
        tenant: What stands in the addresses: a tenant's id, `common` or `organizations`.
        sources: What `FakeUser.groups` are: `app_roles`, `groups`, or both: those that look like
            ids are groups then.
        max_groups: Of more groups than this the token only says that they are too many.
        page_size: Entries of a page of Microsoft Graph.
    """

    tenant: str = TENANT
    sources: tuple[str, ...] = ("app_roles",)
    max_groups: int = 200
    page_size: int = 100
    name: str = "Microsoft"
    scopes: tuple[str, ...] = ("openid", "profile", "email", "offline_access", "User.Read")
    sends_at_hash: bool = False
    one_authentication_only: bool = False
    issuer_path: str = field(init=False)
    paths: Paths = field(init=False)

    @issuer_path.default
    def _issuer_path(self) -> str:
        return f"/{self.tenant}/v2.0"

    @paths.default
    def _paths(self) -> Paths:
        return Paths(
            jwks=f"/{self.tenant}/discovery/v2.0/keys",
            authorization=f"/{self.tenant}/oauth2/v2.0/authorize",
            token=f"/{self.tenant}/oauth2/v2.0/token",
            userinfo="/oidc/userinfo",
            end_session=f"/{self.tenant}/oauth2/v2.0/logout",
        )

    def document_issuer(self, base: str) -> str:
        """A template where the document is for more than one tenant."""
        shared = self.tenant in {"common", "organizations"}
        return f"{base}/{{tenantid}}/v2.0" if shared else base + self.issuer_path

    def token_issuer(self, base: str, user: FakeUser) -> str:
        """The tenant's own."""
        return f"{base}/{tenant_of(user)}/v2.0"

    def subject(self, user: FakeUser) -> str:
        """Another one for each application: here a hash."""
        digest = hashlib.sha256(f"{object_id(user)} at this application".encode()).digest()
        return urlsafe_b64encode(digest).decode().rstrip("=")

    def scope_claims(self, user: FakeUser, scopes: Collection[str]) -> dict[str, Any]:
        """What the scopes release; never `email_verified`."""
        claims: dict[str, Any] = {}
        if "profile" in scopes:
            claims |= {"name": user.full_name, "preferred_username": user.name}
            claims["oid"] = object_id(user)
        if "email" in scopes and user.email:
            claims["email"] = user.email
        return claims | dict(user.claims)

    def id_token_claims(self, standard: dict[str, Any], grant: Grant) -> dict[str, Any]:
        """Version, tenant, app roles and groups, whatever the scopes."""
        user = grant.session.user
        told = {"ver": "2.0", "tid": tenant_of(user), "nbf": standard["iat"]}
        kept = {name: value for name, value in standard.items() if name != "sid"}
        return told | self._roles(user) | self._groups(user) | kept

    def userinfo(self, standard: dict[str, Any], grant: Grant) -> dict[str, Any]:
        """Names and address; no `oid`, no groups."""
        del grant
        return {name: standard[name] for name in ("sub", "name", "email") if name in standard}

    def apis(self) -> Sequence[Api]:
        """Microsoft Graph, on the same host as everything else."""
        path = "/v1.0/me/transitiveMemberOf/microsoft.graph.group"
        return (Api("graph_groups", path, self._memberships),)

    def api_problem(self, problem: Problem) -> Response:
        """Graph's form of an error."""
        body = {"error": {"code": problem.error, "message": problem.description}}
        return JSONResponse(body, problem.status)

    def _memberships(self, call: ApiCall) -> Any:
        if "User.Read" not in call.scopes:
            raise Problem("Authorization_RequestDenied", "Insufficient privileges", 403)
        if call.headers.get("consistencylevel") != "eventual" or "$count" not in call.query:
            raise Problem("Request_UnsupportedQuery", "An advanced query is needed")
        groups = [{"id": group} for group in self.group_ids(call.user)]
        return paged_by_member(call, groups, min(self.page_size, int(call.query["$top"])))

    def group_ids(self, user: FakeUser) -> tuple[str, ...]:
        """Those of the user's groups that are groups."""
        if "groups" not in self.sources:
            return ()
        every = self.sources == ("groups",)
        return tuple(group for group in user.groups if every or _GUID.fullmatch(group))

    def _roles(self, user: FakeUser) -> dict[str, Any]:
        groups = set(self.group_ids(user))
        roles = [name for name in user.groups if name not in groups]
        return {"roles": roles} if roles else {}

    def _groups(self, user: FakeUser) -> dict[str, Any]:
        groups = self.group_ids(user)
        if len(groups) > self.max_groups:
            where = f"https://graph.windows.net/{tenant_of(user)}/users/{object_id(user)}"
            return {
                "_claim_names": {"groups": "src1"},
                "_claim_sources": {"src1": {"endpoint": f"{where}/getMemberObjects"}},
            }
        return {"groups": list(groups)} if groups else {}


def tenant_of(user: FakeUser) -> str:
    """`tid` of *user*."""
    return user.attributes.get("tid", TENANT)


def object_id(user: FakeUser) -> str:
    """`oid` of *user*: the subject, or one that follows from the name."""
    return user.subject or str(uuid5(NAMESPACE_URL, f"https://lab.example/{user.name}"))


def person(name: str, *groups: str) -> FakeUser:
    """Somebody in *groups*."""
    address = f"{name}@lab.example"
    return FakeUser(name=name, full_name=f"{name.title()} Lab", email=address, groups=groups)


USERS: Final = (
    person("alice", "dockmesh-admins"),
    person("bob", "dockmesh-ops"),
    person("carol", "dockmesh-ops-prod"),
    person("dave", "dockmesh-viewers"),
    person("erin"),
    person("frank", "dockmesh-admins", "dockmesh-viewers"),
)
"""The people of the demonstration."""


def stand_in(
    *,
    redirect_uris: Sequence[str],
    shape: EntraShape | None = None,
    users: Sequence[FakeUser] = USERS,
) -> FakeStandIn:
    """A stand-in for a client whose people may be sent back to *redirect_uris*."""
    return build_stand_in(shape or EntraShape(), redirect_uris=redirect_uris, users=users)


def under_test(
    *, sources: tuple[str, ...] = ("app_roles",), max_groups: int = 200, shared: bool = False
) -> ProviderUnderTest:
    """What the plugin is tried with.

    Args:
        sources: The plugin's option.
        max_groups: With 1 the person has too many groups, so that Graph is asked.
        shared: Whether the issuer stands for many tenants.
    """
    groups = (_ENGINEERS, _STAFF) if "groups" in sources else ("Engineer", "Staff")
    more = ("Engineer",) if len(sources) > 1 else ()
    settings: dict[str, Any] = {
        "sources": list(sources),
        "scopes": ["openid", "profile", "email", "User.Read"],
    }
    return ProviderUnderTest(
        plugin=plugin,
        shape=EntraShape(
            tenant="organizations" if shared else TENANT,
            sources=sources,
            max_groups=max_groups,
            page_size=60,
        ),
        person=FakeUser(
            name="ada@lab.example",
            full_name="Ada Example",
            email="ada@lab.example",
            subject=_ADA,
            groups=(*groups, *more),
        ),
        settings=settings
        | ({"tenants": [TENANT]} if shared else {})
        | ({"groups_claim": "groups"} if "groups" in sources else {}),
    )

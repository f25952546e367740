"""A GitHub that is none: for `dockmesh-auth demo`, for the contract's tests, and for ours.

It is a GitHub Enterprise Server, with the API below the site. `FakeUser.groups` are organisations
(`acme`) and teams (`acme/ops`); who is in a team is a member of its organisation.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any, Final

from attrs import field, frozen
from starlette.responses import JSONResponse, Response

from dockmesh_auth.testing.contract import ProviderUnderTest
from dockmesh_auth.testing.fake_provider import (
    Api,
    ApiCall,
    FakeUser,
    Grant,
    Lifetimes,
    Paths,
    Problem,
    Shape,
)
from dockmesh_auth.testing.fake_provider.paging import paged_by_link
from dockmesh_auth.testing.stand_in import FakeStandIn, build_stand_in
from dockmesh_auth_github import plugin

__all__ = ["USERS", "GitHubShape", "number_of", "stand_in", "under_test"]

_AUTHORIZE: Final = "/login/oauth/authorize"
_ACCESS_TOKEN: Final = "/login/oauth/access_token"  # noqa: S105 - a path
_ERRORS: Final = {
    "invalid_client": (
        "incorrect_client_credentials",
        "The client_id and/or client_secret passed are incorrect.",
    ),
    "invalid_grant": ("bad_verification_code", "The code passed is incorrect or expired."),
    "redirect_uri_mismatch": (
        "redirect_uri_mismatch",
        "The redirect_uri MUST match the registered callback URL for this application.",
    ),
}


@frozen(kw_only=True)
class GitHubShape(Shape):
    """A GitHub Enterprise Server with one OAuth app.

    Attributes:
        per_page: Entries of a page at most.
        invited_to: Organisations that everybody is invited to and nobody has joined.
        hidden: Organisations that have not approved the app.
    """

    per_page: int = 50
    invited_to: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    name: str = "GitHub"
    issuer_path: str = "/login/oauth"
    paths: Paths = field(factory=lambda: Paths(authorization=_AUTHORIZE, token=_ACCESS_TOKEN))
    lifetimes: Lifetimes = field(factory=lambda: Lifetimes(code=600, tokens=28800))
    scopes: tuple[str, ...] = ("read:user", "read:org", "user:email")
    sends_id_token: bool = False
    has_discovery: bool = False
    requires_openid: bool = False
    iss_parameter: bool = True
    one_authentication_only: bool = False
    redirect_uri_error: str = "redirect_uri_mismatch"

    def subject(self, user: FakeUser) -> str:
        """The number of the account."""
        return str(account_number(user))

    def token_answer(self, standard: dict[str, Any], grant: Grant) -> dict[str, Any]:
        """Scopes with commas; the token lives until it is revoked."""
        return {
            "access_token": standard["access_token"],
            "token_type": "bearer",
            "scope": ",".join(grant.request.scopes),
        }

    def token_problem(self, problem: Problem) -> Response:
        """Status 200, and names of GitHub's own."""
        name, text = _ERRORS.get(problem.error, (problem.error, problem.description))
        return JSONResponse({"error": name, "error_description": text})

    def api_problem(self, problem: Problem) -> Response:
        """A message instead of a name."""
        message = "Bad credentials" if problem.error == "invalid_token" else problem.description
        return JSONResponse({"message": message, "status": str(problem.status)}, problem.status)

    def apis(self) -> Sequence[Api]:
        """The account, its memberships and its teams."""
        return (
            Api("user", "/api/v3/user", _account),
            Api("memberships", "/api/v3/user/memberships/orgs", self._memberships),
            Api("teams", "/api/v3/user/teams", self._teams),
        )

    def organisations(self, user: FakeUser) -> list[str]:
        """Those that the user has joined, as far as the app may see them."""
        names = dict.fromkeys(group.partition("/")[0] for group in user.groups)
        return [name for name in names if name not in self.hidden]

    def _memberships(self, call: ApiCall) -> Response:
        _check_call(call, "read:org")
        joined = self.organisations(call.user)
        states = [(name, "active") for name in joined]
        states += [(name, "pending") for name in self.invited_to if name not in joined]
        entries = [
            {"state": state, "role": "member", "organization": organisation(name)}
            for name, state in states
            if call.query.get("state") in {None, state}
        ]
        return paged_by_link(call, entries, self.per_page)

    def _teams(self, call: ApiCall) -> Response:
        _check_call(call, "read:org")
        entries = []
        for group in call.user.groups:
            name, slash, slug = group.partition("/")
            if slash and name not in self.hidden:
                entries.append(team(name, slug))
        return paged_by_link(call, entries, self.per_page)


def _account(call: ApiCall) -> dict[str, Any]:
    _check_call(call, "read:user")
    user = call.user
    return {
        "login": user.name,
        "id": account_number(user),
        "type": "User",
        "name": user.full_name or None,
        "email": user.email or None,
    } | dict(user.claims)


def _check_call(call: ApiCall, scope: str) -> None:
    if scope not in call.scopes:
        raise Problem("forbidden", f"This needs the {scope} scope", 403)
    if "application/vnd.github+json" not in call.headers.get("accept", ""):
        raise Problem("unsupported", "The media type is not GitHub's", 415)


def account_number(user: FakeUser) -> int:
    """`id` of the account: the subject, or one that follows from the name."""
    return int(user.subject) if user.subject.isdecimal() else number_of(user.subject or user.name)


def number_of(name: str) -> int:
    """`id` of the organisation or team called *name*."""
    return 1000 + zlib.crc32(name.encode("utf-8", "surrogatepass"))


def organisation(name: str) -> dict[str, Any]:
    """An organisation as the API tells of it."""
    return {"login": name, "id": number_of(name), "description": ""}


def team(of: str, slug: str) -> dict[str, Any]:
    """A team as the API tells of it."""
    number = number_of(f"{of}/{slug}")
    known = {"id": number, "name": slug.title(), "slug": slug, "type": "organization"}
    return known | {"parent": None, "organization": organisation(of)}


def person(name: str, *groups: str) -> FakeUser:
    """Somebody in *groups*."""
    address = f"{name}@lab.example"
    return FakeUser(name=name, full_name=f"{name.title()} Lab", email=address, groups=groups)


USERS: Final = (
    person("alice", "dockmesh-admins"),
    person("bob", "dockmesh-ops"),
    person("carol", "dockmesh-ops-prod", "elsewhere/ops"),
    person("dave", "dockmesh-viewers"),
    person("erin"),
    person("frank", "dockmesh-admins", "dockmesh-viewers", "dockmesh-viewers/night-shift"),
)
"""The people of the demonstration, in organisations of these names."""


def stand_in(
    *,
    redirect_uris: Sequence[str],
    shape: GitHubShape | None = None,
    users: Sequence[FakeUser] = USERS,
) -> FakeStandIn:
    """A stand-in for a client whose people may be sent back to *redirect_uris*."""
    return build_stand_in(
        shape or GitHubShape(per_page=2), redirect_uris=redirect_uris, users=users
    )


def under_test(
    *, spelling: str = "names", organisations: Sequence[str] = (), per_page: int = 50
) -> ProviderUnderTest:
    """What the plugin is tried with.

    Args:
        spelling: The plugin's option.
        organisations: The plugin's option.
        per_page: Entries of a page at most.
    """
    by_id = f"{number_of('acme')}/{number_of('acme/ops')}"
    return ProviderUnderTest(
        plugin=plugin,
        shape=GitHubShape(per_page=per_page),
        person=FakeUser(
            name="ada",
            full_name="Ada Example",
            email="ada@lab.example",
            subject="583231",
            groups=("acme/ops", "acme", "another"),
        ),
        group=by_id if spelling == "ids" else "acme/ops",
        settings={"spelling": spelling, "organisations": list(organisations)},
    )

"""Whole sign-ins over a socket: who gets in, and what happens when Graph does not answer well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from dockmesh_auth_entra.testing import TENANT, EntraShape
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockmesh_auth.testing.fake_provider import FakeUser
from dockmesh_auth.testing.fake_provider.faults import answer, garbage

Serve = Callable[..., Any]
Refusals = Callable[[], list[Any]]
OID = "5f0c3a52-7d6e-4c8b-9a43-1d2e3f405162"
OPS = "a3c8f2d1-4b5e-4f60-8172-93a4b5c6d7e8"
OTHER_TENANT = "7f1c2b3a-5d4e-4f60-8172-93a4b5c6d7e8"
ROWS = [("Operator", "operator"), (OPS, "operator")]
GROUPS = EntraShape(sources=("groups",))
SOME = tuple(str(UUID(int=number)) for number in range(1, 300))
WITH_GRAPH: dict[str, Any] = {
    "sources": ["groups"],
    "scopes": ["openid", "profile", "User.Read"],
}


def ada(*groups: str, **more: Any) -> FakeUser:
    known: dict[str, Any] = {"subject": OID, "full_name": "Ada", "email": "ada@lab.example"}
    return FakeUser(name="ada", groups=groups, **(known | more))


def test_an_app_role_gives_its_role(serve: Serve) -> None:
    """With the defaults; nothing but discovery, keys and tokens is asked for."""
    site = serve(ada("Operator"), rows=ROWS)
    assert site.sign_in() == ["operator all"]
    (token,) = site.asked("token")
    assert "client_secret" in dict(token.form)
    assert not site.asked("userinfo")
    assert not site.asked("graph_groups")


def test_a_withdrawn_app_role_is_known_to_be_withdrawn(serve: Serve, refusals: Refusals) -> None:
    """Entra sends no claim then; the session before is over, too."""
    site = serve(ada("Operator"), rows=ROWS)
    assert site.sign_in() == ["operator all"]
    site.change(groups=())
    assert site.sign_in() == []
    assert refusals() == ["no_role"]


def test_ids_of_groups_come_with_the_token(serve: Serve) -> None:
    """Up to 200 of them."""
    site = serve(ada(*SOME[:199], OPS), shape=GROUPS, rows=ROWS, sources=["groups"])
    assert site.sign_in() == ["operator all"]
    assert not site.asked("graph_groups")


@pytest.mark.attack("CLM-06")
def test_three_hundred_groups_are_fetched(serve: Serve) -> None:
    """Page by page; the one that matters is on the last."""
    site = serve(ada(*SOME, OPS), shape=GROUPS, rows=ROWS, **WITH_GRAPH)
    assert site.sign_in() == ["operator all"]
    assert len(site.asked("graph_groups")) == 3


@pytest.mark.attack("CLM-06")
def test_without_the_permission_nobody_loses_a_role_without_a_word(
    serve: Serve, refusals: Refusals
) -> None:
    """The default role is not for people whose groups are not known."""
    site = serve(
        ada(*SOME, OPS), shape=GROUPS, rows=ROWS, sources=["groups"], default_role="viewer"
    )
    assert site.sign_in() == []
    assert refusals() == ["provider_status"]


def test_no_claim_of_groups_refuses(serve: Serve, refusals: Refusals) -> None:
    """It may be switched off at Entra."""
    site = serve(ada(), shape=GROUPS, rows=ROWS, sources=["groups"], default_role="viewer")
    assert site.sign_in() == []
    assert refusals() == ["groups_absent"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (answer(status=503), "provider_status"),
        (answer(status=401), "provider_status"),
        (answer(status=429, headers={"retry-after": "30"}), "provider_rate_limited"),
        (garbage(), "provider_answer_malformed"),
        (answer({"value": []}), "groups_overage"),
        (answer({"error": {"code": "x"}}), "provider_answer_malformed"),
    ],
    ids=["outage", "unauthorized", "rate-limit", "garbage", "nothing", "an-error"],
)
def test_what_cannot_be_asked_is_not_known(
    serve: Serve, refusals: Refusals, fault: Any, code: str
) -> None:
    """Also on the second page."""
    for pages_before in (0, 1):
        site = serve(ada(*SOME, OPS), shape=GROUPS, rows=ROWS, default_role="viewer", **WITH_GRAPH)
        if pages_before and code == "groups_overage":
            continue  # an empty last page is a good one
        site.provider.faults.next("graph_groups", *[_as_always] * pages_before, fault)
        assert site.sign_in() == []
        assert refusals()[-1] == code
        assert len(site.asked("graph_groups")) == pages_before + 1


async def _as_always(_request: Request, proceed: Any) -> Response:
    response: Response = await proceed()
    return response


def _next_page(to: str) -> Any:
    async def fault(request: Request, _proceed: Any) -> Response:
        place = to.format(url=request.url, number=len(request.url.query))
        return JSONResponse({"value": [{"id": OPS}], "@odata.nextLink": place})

    return fault


@pytest.mark.parametrize(
    ("to", "pages"),
    [
        ("{url}", 1),
        ("http://127.0.0.1:1/canary", 1),
        ("http://graph.microsoft.com/v1.0/me", 1),
        ("{url}x", 100),
    ],
    ids=["itself", "elsewhere", "another-allowed-host", "endless"],
)
def test_pages_lead_on_and_nowhere_else(
    serve: Serve, refusals: Refusals, to: str, pages: int
) -> None:
    """The token goes along to each of them."""
    site = serve(ada(*SOME, OPS), shape=GROUPS, rows=ROWS, **WITH_GRAPH)
    site.provider.faults.always("graph_groups", _next_page(to))
    assert site.sign_in() == []
    assert refusals() == ["provider_answer_malformed"]
    assert len(site.asked("graph_groups")) == pages


@pytest.mark.attack("IDT-21", "DIS-17")
def test_the_address_in_the_token_is_never_asked(serve: Serve) -> None:
    """Whatever `_claim_sources` says."""
    site = serve(ada(*SOME, OPS), shape=GROUPS, rows=ROWS, **WITH_GRAPH)
    elsewhere = {"src1": {"endpoint": f"{site.provider.base_url}/oidc/userinfo"}}
    site.provider.edits.id_token = lambda draft: draft.claims.update(_claim_sources=elsewhere)
    assert site.sign_in() == ["operator all"]
    assert not site.asked("userinfo")


def test_another_graph_has_to_be_allowed(serve: Serve, refusals: Refusals) -> None:
    """The token goes there."""
    elsewhere = "http://localhost:1"
    site = serve(ada(*SOME, OPS), shape=GROUPS, rows=ROWS, graph_url=elsewhere, **WITH_GRAPH)
    assert site.sign_in() == []
    assert refusals() == ["discovery_unsafe_endpoint"]


@pytest.mark.attack("ACC-01")
def test_a_name_that_changes_hands_takes_no_role_along(serve: Serve, refusals: Refusals) -> None:
    """nOAuth: another account with the same names and address, verified as it may be."""
    site = serve(ada("Operator"), rows=ROWS)
    assert site.sign_in() == ["operator all"]
    site.change(subject=OID[:-1] + "3", groups=(), claims={"email_verified": True})
    assert site.sign_in() == []
    assert refusals() == ["no_role"]


def test_without_the_scope_profile_nobody_is_known(serve: Serve, refusals: Refusals) -> None:
    """`oid` comes with it; `sub` does not take its place."""
    site = serve(ada("Operator"), rows=ROWS, scopes=["openid", "email"])
    assert site.sign_in() == []
    assert refusals() == ["claim_missing"]


@pytest.mark.attack("DIS-23")
@pytest.mark.parametrize("name", ["common", "organizations"])
def test_of_many_tenants_the_listed_ones_are_let_in(
    serve: Serve, refusals: Refusals, name: str
) -> None:
    """The document's issuer is a template; each token names its own tenant."""
    site = serve(
        ada("Operator"),
        shape=EntraShape(tenant=name),
        rows=ROWS,
        tenants=[TENANT],
    )
    assert site.sign_in() == ["operator all"]
    site.change(attributes={"tid": OTHER_TENANT})
    assert site.sign_in() == []
    assert refusals() == ["issuer_mismatch"]


@pytest.mark.attack("DIS-23")
def test_one_person_in_two_tenants_is_two_people(serve: Serve, refusals: Refusals) -> None:
    """The id of one tenant means nothing in another."""
    site = serve(
        ada("Operator"),
        shape=EntraShape(tenant="organizations"),
        rows=ROWS,
        tenants=[TENANT, OTHER_TENANT],
    )
    first = site.me()["id"]
    assert site.me()["id"] == first
    site.change(attributes={"tid": OTHER_TENANT})
    assert site.me()["id"] != first
    site.provider.edits.id_token = lambda draft: draft.claims.update(tid=TENANT)
    assert site.sign_in() == []
    assert refusals() == ["issuer_mismatch"]


def test_personal_accounts_are_told_at_once(serve: Serve, refusals: Refusals) -> None:
    """Before anybody is sent there."""
    site = serve(ada("Operator"), rows=ROWS, issuer="{base}/consumers/v2.0")
    assert site.sign_in() == []
    assert refusals() == ["discovery_unsupported"]
    assert not site.provider.requests

"""The headers of every answer, and the two answers for programs."""

from __future__ import annotations

from typing import Any

import pytest

from dockmesh_auth.errors import ErrorCode, StorageError

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
ALL = [
    "/",
    "/login",
    "/logout",
    "/healthz",
    "/nowhere",
    "/api/v1/auth/oidc/providers",
    "/api/v1/me",
    "/api/nowhere",
    "/auth/oidc/callback",
    "/auth/oidc/example/login",
    "/auth/oidc/nobody/login",
]


@pytest.mark.attack("AUR-22", "SES-16")
@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize("path", ALL)
async def test_every_answer_is_protected(web: Any, path: str, *, signed_in: bool) -> None:
    """No frame, no sniffing, no Referer, no storing, and a policy that allows next to nothing."""
    if signed_in:
        web.sign_in()
    headers = (await web.browser.get(path)).headers
    assert headers.get_list("content-security-policy") == [POLICY]
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert headers["vary"] == "Cookie"


async def test_health_says_how_the_host_is(web: Any) -> None:
    """200 with one word for the store and each provider."""
    answer = await web.browser.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"ok": True, "store": "ok", "providers": {"example": "ok"}}


async def test_ill_health_is_503(web: Any) -> None:
    """503 when nobody can sign in, so that a load balancer understands."""
    web.host.well = web.health(ok=False, store="store_unavailable", providers={})
    answer = await web.browser.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"ok": False, "store": "store_unavailable", "providers": {}}


async def test_health_that_cannot_be_had_is_503(web: Any) -> None:
    """An error instead of an answer is not health."""
    web.host.error = StorageError(ErrorCode.STORE_UNAVAILABLE)
    answer = await web.browser.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["code"] == "store_unavailable"


async def test_providers_are_listed_by_name(web: Any) -> None:
    """Slug and display name and nothing else, ordered by display name."""
    web.host.providers = {
        slug: web.provider(slug, name) for slug, name in (("a", "Zeta"), ("z", "Alpha"))
    }
    answer = await web.browser.get("/api/v1/auth/oidc/providers")
    assert answer.json() == [
        {"slug": "z", "display_name": "Alpha"},
        {"slug": "a", "display_name": "Zeta"},
    ]
    web.host.providers = {}
    assert (await web.browser.get("/api/v1/auth/oidc/providers")).json() == []


async def test_errors_of_the_api_are_json(web: Any) -> None:
    """Programs get dockmesh's form of an error."""
    answer = await web.browser.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.json() == {"error": "There is nothing here"}
    answer = await web.browser.post("/api/v1/auth/oidc/providers")
    assert answer.status_code == 405
    assert answer.headers["allow"]


async def test_me_says_who_is_there_and_what_they_may_do(web: Any) -> None:
    """The person of the cookie, with each grant and where it comes from."""
    web.sign_in()
    answer = await web.browser.get("/api/v1/me")
    assert answer.status_code == 200
    assert answer.json() == {
        "id": "8b0c6a52-6f5b-4c1e-9a55-0d6f6f6d1f5e",
        "username": "ada",
        "display_name": "Ada Lovelace",
        "email": "ada@example.com",
        "provider": "example",
        "groups": ["sre-team", "dev-frontend", "everyone"],
        "grants": [
            {"role": "admin", "scope": "all", "origin": "mapping", "claim_value": "sre-team"},
            {
                "role": "operator",
                "scope": "tag=staging,team-frontend",
                "origin": "mapping",
                "claim_value": "dev-frontend",
            },
            {"role": "viewer", "scope": "all", "origin": "default", "claim_value": None},
            {"role": "deployer", "scope": "tag=lab", "origin": "manual", "claim_value": None},
        ],
    }


async def test_me_is_nobody_without_a_session(web: Any) -> None:
    """401, in dockmesh's form of an error."""
    answer = await web.browser.get("/api/v1/me")
    assert answer.status_code == 401
    assert answer.json() == {"error": "not signed in"}


@pytest.mark.attack("SES-13")
async def test_me_is_nobody_without_the_store(web: Any) -> None:
    """503 as JSON with the reference of the log, never somebody."""
    web.sign_in()
    web.host.error = StorageError(ErrorCode.STORE_UNAVAILABLE)
    answer = await web.browser.get("/api/v1/me")
    assert answer.status_code == 503
    assert set(answer.json()) == {"error", "code", "reference"}


async def test_odd_names_can_be_sent_to_programs(web: Any) -> None:
    """A lone surrogate in a name does not cost the answer."""
    web.host.sessions[web.sign_in()] = web.session(web.user(display_name="\ud800"))
    assert (await web.browser.get("/api/v1/me")).status_code == 200


async def test_where_a_sign_in_begins_is_for_people(web: Any) -> None:
    """The alias below /api is gone to by a browser: its refusals are pages."""
    answer = await web.browser.get("/api/v1/auth/oidc/nobody/login")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/html; charset=utf-8"

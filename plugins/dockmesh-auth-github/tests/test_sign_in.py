"""Whole sign-ins over a socket: who gets in, and what happens when GitHub does not answer well."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from dockmesh_auth_github.testing import GitHubShape, number_of
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockmesh_auth.testing.fake_provider import FakeUser
from dockmesh_auth.testing.fake_provider.faults import answer, edited, garbage

Serve = Callable[..., Any]
Refusals = Callable[[], list[Any]]
ROWS = [("acme/ops", "operator"), ("acme", "viewer")]


def ada(*groups: str, **more: Any) -> FakeUser:
    return FakeUser(name="ada", full_name="Ada", subject="583231", groups=groups, **more)


def test_organisation_and_team_give_their_roles(serve: Serve) -> None:
    """With the defaults; code and secret go into the body, `iss` comes back."""
    site = serve(ada("acme/ops"), rows=ROWS)
    assert site.sign_in() == ["operator all", "viewer all"]
    (token,) = site.asked("token")
    assert {"client_secret", "code_verifier", "code"} <= dict(token.form).keys()
    assert "authorization" not in token.headers
    (account,) = site.asked("user")
    assert account.headers["x-github-api-version"] == "2022-11-28"


def test_three_hundred_teams_are_all_read(serve: Serve) -> None:
    """The one that matters is on the last page."""
    teams = [f"acme/team-{number}" for number in range(299)]
    site = serve(ada(*teams, "acme/ops"), rows=ROWS)
    assert "operator all" in site.sign_in()
    assert len(site.asked("teams")) == 6


def test_a_login_that_changes_hands_takes_no_role_along(serve: Serve, refusals: Refusals) -> None:
    """The same name and address, another account; and the same account under another name."""
    site = serve(ada("acme"), rows=[(f"{number_of('acme')}", "viewer")], spelling="ids")
    first = site.me()["id"]
    site.change(name="renamed")
    assert site.me("renamed")["id"] == first
    site.change(subject="583232", name="ada")
    assert site.me()["id"] != first
    site.change(groups=())
    assert site.sign_in() == []
    assert refusals() == ["no_role"]


def test_the_required_organisation_is_required(serve: Serve, refusals: Refusals) -> None:
    """Also for the default role, and for who was in it yesterday."""
    site = serve(ada("acme"), rows=ROWS, default_role="viewer", organisations=["acme"])
    assert site.sign_in() == ["viewer all"]
    site.change(groups=("other/ops",))
    assert site.sign_in() == []
    assert refusals() == ["plugin_denied"]


def test_invited_people_and_hidden_organisations_are_not_in(
    serve: Serve, refusals: Refusals
) -> None:
    """GitHub tells of an invitation, and nothing of an organisation that did not approve us."""
    shape = GitHubShape(invited_to=("acme",), hidden=("secret",))
    rows = [*ROWS, ("secret", "admin"), ("secret/ops", "admin")]
    site = serve(ada("secret/ops"), shape=shape, rows=rows)
    assert site.sign_in() == []
    assert refusals() == ["no_role"]


@pytest.mark.parametrize("endpoint", ["user", "memberships", "teams"])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (answer(status=503), "provider_status"),
        (answer({"message": "x"}, status=403), "provider_status"),
        (answer(status=429, headers={"retry-after": "60"}), "provider_rate_limited"),
        (
            answer(
                {"message": "API rate limit exceeded"},
                status=403,
                headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800000000"},
            ),
            "provider_rate_limited",
        ),
        (answer({"message": "secondary"}, status=403, headers={"retry-after": "60"}), None),
        (garbage(), "provider_answer_malformed"),
    ],
    ids=["outage", "forbidden", "429", "403-used-up", "403-secondary", "garbage"],
)
def test_what_cannot_be_asked_is_not_known(
    serve: Serve, refusals: Refusals, endpoint: str, fault: Any, code: str | None
) -> None:
    """The sign-in is refused, and nobody gets the default role instead."""
    site = serve(ada("acme/ops"), rows=ROWS, default_role="viewer")
    site.provider.faults.always(endpoint, fault)
    assert site.sign_in() == []
    assert refusals() == [code or "provider_rate_limited"]


def test_a_rate_limit_on_the_second_page_is_no_end(serve: Serve, refusals: Refusals) -> None:
    """Half of the teams are not the teams."""
    site = serve(ada("acme/a", "acme/b", "acme/ops"), rows=ROWS, shape=GitHubShape(per_page=2))
    site.provider.faults.next("teams", edited(lambda body: body), answer(status=429))
    assert site.sign_in() == []
    assert refusals() == ["provider_rate_limited"]


def _linked(to: str) -> Any:
    async def fault(request: Request, _proceed: Any) -> Response:
        link = f'<{to.format(url=str(request.url))}>; rel="next"'
        return JSONResponse([], headers={"link": link})

    return fault


def _endless() -> Any:
    async def fault(request: Request, _proceed: Any) -> Response:
        number = int(request.query_params.get("page", "1")) + 1
        link = f'<{request.url.replace(query=None)}?page={number}>; rel="next"'
        return JSONResponse([], headers={"link": link})

    return fault


@pytest.mark.parametrize(
    "fault",
    [_linked("{url}"), _linked("http://127.0.0.1:1/canary"), _linked("file:///etc/passwd")],
    ids=["itself", "elsewhere", "no-http"],
)
def test_pages_lead_on_and_nowhere_else(serve: Serve, refusals: Refusals, fault: Any) -> None:
    """The token goes along to each of them."""
    site = serve(ada("acme/ops"), rows=ROWS)
    site.provider.faults.always("teams", fault)
    assert site.sign_in() == []
    assert refusals() == ["provider_answer_malformed"]


def test_pages_without_an_end_are_an_error(serve: Serve, refusals: Refusals) -> None:
    """After a hundred of them."""
    site = serve(ada("acme/ops"), rows=ROWS)
    site.provider.faults.always("teams", _endless())
    assert site.sign_in() == []
    assert refusals() == ["provider_answer_malformed"]
    assert len(site.asked("teams")) == 100


@pytest.mark.attack("TOK-02")
@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("incorrect_client_credentials", "client_rejected"),
        ("redirect_uri_mismatch", "client_rejected"),
        ("bad_verification_code", "code_rejected"),
        ("unverified_user_email", "token_endpoint_error"),
    ],
)
def test_errors_with_status_200_are_errors(
    serve: Serve, refusals: Refusals, error: str, code: str
) -> None:
    """GitHub has names of its own; the code says who has to act."""
    site = serve(ada("acme/ops"), rows=ROWS)
    body = {"error": error, "error_description": "What is wrong.", "access_token": "gho_x"}
    site.provider.faults.always("token", answer(json.dumps(body)))
    assert site.sign_in() == []
    assert refusals() == [code]


def test_without_the_scope_for_organisations_nobody_gets_in(
    serve: Serve, refusals: Refusals
) -> None:
    """Memberships cannot be asked for: that is not the same as none."""
    site = serve(ada("acme/ops"), rows=ROWS, scopes=["read:user"], default_role="viewer")
    assert site.sign_in() == []
    assert refusals() == ["provider_status"]


def test_a_response_of_another_issuer_is_refused(serve: Serve, refusals: Refusals) -> None:
    """GitHub names itself in its responses."""
    site = serve(ada("acme/ops"), rows=ROWS)
    site.provider.edits.authorization_response = lambda found: [
        *(pair for pair in found if pair[0] != "iss"),
        ("iss", "https://github.example/login/oauth"),
    ]
    assert site.sign_in() == []
    assert refusals() == ["response_issuer_mismatch"]

"""Whole sign-ins whose request goes ahead of the browser (RFC 9126)."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from attrs import frozen

from dockmesh_auth.testing.fake_provider import PushedRequests, Shape
from dockmesh_auth.testing.fake_provider.faults import (
    answer,
    cut_off,
    delayed,
    edited,
    garbage,
    redirect,
)

OFFERED = Shape(pushed_requests=PushedRequests.OFFERED)
REQUIRED = Shape(pushed_requests=PushedRequests.REQUIRED)


def started(site: Any) -> Any:
    """The page after the click on the button, and no further."""
    return site.browser().click("Login with Example Identity")


def asked_for(site: Any) -> dict[str, str]:
    """What the browser carried to the provider."""
    (request,) = [it for it in site.provider.requests if it.endpoint == "authorization"]
    return dict(request.query)


@pytest.mark.parametrize(
    ("shape", "more"),
    [
        (REQUIRED, ""),
        (REQUIRED, "pushed_authorization_requests: always"),
        (OFFERED, "pushed_authorization_requests: always"),
        (REQUIRED, "response_mode: form_post"),
        (REQUIRED, "client_authentication: client_secret_post"),
        (REQUIRED, "max_age: 8h"),
    ],
)
def test_a_person_signs_in_by_a_pushed_request(make_site, shape: Shape, more: str) -> None:
    """One request ahead, and the browser carries nothing but the client's name and a reference."""
    site = make_site(shape=shape, more=more)

    browser = site.browser()
    page = site.sign_in("alice", browser)
    if "form_post" in more:  # a real browser's script does this
        page = browser.submit()

    assert (page.status, page.url) == (200, f"{site.base_url}/")
    assert set(asked_for(site)) == {"client_id", "request_uri"}
    assert site.provider.count("pushed_authorization") == 1


@pytest.mark.parametrize(
    ("shape", "more"),
    [
        (Shape(), ""),
        (OFFERED, ""),
        (OFFERED, "pushed_authorization_requests: never"),
    ],
)
def test_nothing_is_pushed_where_nobody_wants_it(make_site, shape: Shape, more: str) -> None:
    """An offer alone changes nothing for those who have not asked for it."""
    site = make_site(shape=shape, more=more)

    assert site.sign_in().status == 200
    assert "state" in asked_for(site)
    assert site.provider.count("pushed_authorization") == 0


@pytest.mark.parametrize(
    ("shape", "policy"), [(REQUIRED, "never"), (Shape(), "always")], ids=["never", "always"]
)
def test_what_the_two_cannot_agree_on_ends_the_sign_in(
    make_site, refusal_code, shape: Shape, policy: str
) -> None:
    """Nobody is sent the other way instead."""
    site = make_site(shape=shape, more=f"pushed_authorization_requests: {policy}")

    assert started(site).status == 502
    assert refusal_code() == "discovery_unsupported"
    assert site.provider.count("authorization") == 0


def test_a_demand_without_an_endpoint_is_told(make_site, refusal_code) -> None:
    """The document contradicts itself."""
    site = make_site(shape=REQUIRED)
    name = "pushed_authorization_request_endpoint"
    site.provider.faults.always("discovery", edited(lambda it: {**it, name: None}))

    assert started(site).status == 502
    assert refusal_code() == "discovery_incomplete"


@pytest.mark.attack("DIS-15")
def test_nothing_is_pushed_to_another_host(make_site, refusal_code) -> None:
    """The request holds the client's secret: its endpoint is held against the rules as all are."""
    site = make_site(shape=REQUIRED)
    name = "pushed_authorization_request_endpoint"
    site.provider.faults.always(
        "discovery", edited(lambda it: {**it, name: "https://evil.example/par"})
    )

    assert started(site).status == 502
    assert refusal_code() == "discovery_unsafe_endpoint"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (answer({"error": "invalid_request"}, status=400), "pushed_request_refused"),
        (answer({"error": "invalid_client"}, status=401), "client_rejected"),
        (answer(status=500), "provider_status"),
        (answer(status=429), "provider_status"),
        (redirect("https://evil.example/par"), "provider_redirect"),
        (garbage(), "provider_answer_malformed"),
        (garbage(b"{" * 300_000), "provider_answer_too_large"),
        (answer({"expires_in": 60}, status=201), "provider_answer_malformed"),
        (answer({"request_uri": "urn:x\r\ny"}, status=201), "provider_answer_malformed"),
        (
            answer({"request_uri": "urn:x", "expires_in": 0}, status=201),
            "provider_answer_malformed",
        ),
        (cut_off(b'{"request_uri":'), "provider_answer_malformed"),
        (delayed(1.0), "provider_timeout"),
    ],
)
def test_a_push_that_goes_wrong_ends_the_sign_in_here(
    make_site, refusal_code, log, fault: Any, code: str
) -> None:
    """On a page of ours with its own code; the person is not sent away, and nothing secret told."""
    site = make_site(shape=REQUIRED, more="timeout: 0.3")
    site.provider.faults.always("pushed_authorization", fault)

    page = started(site)

    assert (page.status, page.url.startswith(site.base_url)) == (502, True)
    assert refusal_code() == code
    assert site.provider.count("authorization") == 0
    pushed = dict(site.provider.requests[-1].form)
    for secret in (pushed["state"], pushed["nonce"], pushed["code_challenge"]):
        assert secret not in repr(log)
        assert secret not in page.text


def test_a_push_is_made_once_and_the_next_sign_in_makes_another(make_site) -> None:
    """It is not tried again by itself; the person may."""
    site = make_site(shape=REQUIRED)
    site.provider.faults.next("pushed_authorization", answer(status=503))

    assert started(site).status == 502
    assert site.provider.count("pushed_authorization") == 1
    assert site.sign_in().status == 200
    states = [
        dict(it.form)["state"]
        for it in site.provider.requests
        if it.endpoint == "pushed_authorization"
    ]
    assert len(set(states)) == 2


def test_the_attempt_is_remembered_before_its_request_is_pushed(make_site, tmp_path: Path) -> None:
    """Whoever can come back is known by then: no answer is fast enough to find no attempt."""
    site = make_site(shape=REQUIRED)
    known: list[int] = []

    async def look(_: Any, proceed: Any) -> Any:
        with contextlib.closing(sqlite3.connect(tmp_path / "dockmesh.db")) as database:
            known.extend(database.execute("SELECT count(*) FROM login_attempts").fetchone())
        return await proceed()

    site.provider.faults.always("pushed_authorization", look)

    assert site.sign_in().status == 200
    assert known == [1]


@frozen(kw_only=True)
class StrangeNames(Shape):
    """Names its pushed requests with all letters that mean something in an address."""

    pushed_requests: PushedRequests = PushedRequests.REQUIRED

    def new_request_uri(self) -> str:
        return "urn:a&state=evil#f?x=%41+\"'<>\\^`{|}~;,/=@:[]!$()*-._" + super().new_request_uri()


def test_a_reference_of_strange_characters_arrives_as_it_was_given(make_site) -> None:
    """And none of it becomes a parameter of its own."""
    site = make_site(shape=StrangeNames())

    assert site.sign_in().status == 200
    carried = asked_for(site)
    assert set(carried) == {"client_id", "request_uri"}
    assert carried["request_uri"].startswith(
        "urn:a&state=evil#f?x=%41+\"'<>\\^`{|}~;,/=@:[]!$()*-._"
    )


def test_a_query_of_the_endpoint_is_kept_and_brings_no_reference_along(
    make_site, refusal_code
) -> None:
    """RFC 6749, section 3.1; a reference of the document's own would be there twice."""
    site = make_site(shape=REQUIRED)
    endpoint = f"{site.provider.base_url}/authorize"
    site.provider.faults.next(
        "discovery", edited(lambda it: {**it, "authorization_endpoint": f"{endpoint}?tenant=1"})
    )
    address = started(site).url
    assert {"tenant", "client_id", "request_uri"} == set(dict(parse_qsl(urlsplit(address).query)))

    other = make_site(shape=REQUIRED)
    other.provider.faults.always(
        "discovery",
        edited(lambda it: {**it, "authorization_endpoint": f"{endpoint}?request_uri=x"}),
    )
    assert started(other).status == 502
    assert refusal_code() == "discovery_unsafe_endpoint"


def test_a_reference_that_was_used_leads_nowhere_a_second_time(make_site) -> None:
    """RFC 9126, section 7.3: who reads the address later cannot go on from it."""
    site = make_site(shape=REQUIRED)
    site.sign_in()
    (used,) = [it for it in site.provider.requests if it.endpoint == "authorization"]
    query = urlencode(used.query)

    page = site.browser().get(f"{site.provider.base_url}/authorize?{query}")

    assert (page.status, page.url.startswith(site.provider.base_url)) == (400, True)

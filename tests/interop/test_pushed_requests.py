"""People sign in at a foreign provider to which requests are pushed (RFC 9126)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from structlog.testing import capture_logs

OK = 200


def _begin(person: Any, url: str) -> dict[str, str]:
    """Go to the provider; the query of its authorization endpoint as the browser saw it."""
    person.browser.get(f"{url}/")
    person.browser.click("Login with Foreign")
    (address,) = [
        visit.url for visit in person.browser.history if urlsplit(visit.url).path == "/auth"
    ]
    return dict(parse_qsl(urlsplit(address).query))


def _is_alice(person: Any, url: str) -> bool:
    me = json.loads(person.browser.get(f"{url}/api/v1/me").text)
    return bool(me.get("username") == "alice")


def _pushes(foreign: Any) -> list[str]:
    return [it["authorization"] for it in foreign.requests() if it["path"] == "/request"]


@pytest.mark.parametrize(
    ("method", "scheme"),
    [("client_secret_basic", "Basic"), ("client_secret_post", ""), ("none", "")],
)
@pytest.mark.parametrize(("pushed", "policy"), [("required", "auto"), ("offered", "always")])
def test_a_request_is_pushed_with_each_client_authentication(
    foreign: Any, person: Any, site: Any, pushed: str, policy: str, method: str, scheme: str
) -> None:
    """The browser carries nothing but the client's name and a reference."""
    foreign.configure(site.client(token_endpoint_auth_method=method), pushed=pushed)
    with site.served(
        pushed_authorization_requests=policy,
        client_authentication=method,
        client_secret=None if method == "none" else site.client()["client_secret"],
    ) as url:
        assert set(_begin(person, url)) == {"client_id", "request_uri"}
        assert person.sign_in().status == OK
        assert _is_alice(person, url)
    assert _pushes(foreign) == [scheme]


@pytest.mark.parametrize(
    ("pushed", "policy"), [("offered", "auto"), ("none", "auto"), ("offered", "never")]
)
def test_a_request_is_not_pushed_where_nobody_wants_it(
    foreign: Any, person: Any, site: Any, pushed: str, policy: str
) -> None:
    """An offer alone changes nothing."""
    foreign.configure(site.client(), pushed=pushed)
    with site.served(pushed_authorization_requests=policy) as url:
        assert "request_uri" not in _begin(person, url)
        assert person.sign_in().status == OK
        assert _is_alice(person, url)
    assert _pushes(foreign) == []


def test_a_pushed_request_is_answered_by_form_post(foreign: Any, person: Any, site: Any) -> None:
    """What was pushed says how the answer comes."""
    foreign.configure(site.client(), pushed="required")
    with site.served(response_mode="form_post") as url:
        _begin(person, url)
        assert person.sign_in().status == OK
        assert _is_alice(person, url)
        methods = [
            visit.method
            for visit in person.browser.history
            if visit.url.startswith(f"{url}/auth/oidc/callback")
        ]
    assert methods[0] == "POST"


@pytest.mark.parametrize(
    ("client", "code"),
    [
        ({"client_secret": "another-secret-of-more-than-thirty-two-letters"}, "client_rejected"),
        ({"redirect_uris": ["http://127.0.0.1:1/elsewhere"]}, "pushed_request_refused"),
    ],
)
def test_a_refusal_is_told_before_anybody_is_sent_away(
    foreign: Any, person: Any, site: Any, client: dict[str, Any], code: str
) -> None:
    """The log names it and quotes no secret; the person stays here."""
    foreign.configure(site.client(**client), pushed="required")
    with capture_logs() as logs, site.served() as url:
        person.browser.get(f"{url}/")
        page = person.browser.click("Login with Foreign")
        assert (page.status, page.url.startswith(url)) == (502, True)
    assert [line["code"] for line in logs if line["event"] == "sign_in_refused"] == [code]
    assert site.client()["client_secret"] not in repr(logs)


@pytest.mark.parametrize(("pushed", "policy"), [("none", "always"), ("required", "never")])
def test_what_the_two_cannot_agree_on_is_told(
    foreign: Any, person: Any, site: Any, pushed: str, policy: str
) -> None:
    """Nobody is sent away the other way instead."""
    foreign.configure(site.client(), pushed=pushed)
    with capture_logs() as logs, site.served(pushed_authorization_requests=policy) as url:
        person.browser.get(f"{url}/")
        assert person.browser.click("Login with Foreign").status == 502
    codes = [line["code"] for line in logs if line["event"] == "sign_in_refused"]
    assert codes == ["discovery_unsupported"]

"""Whole sign-ins, from the login page to the session and out again."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from dockmesh_auth.testing.browser import Browser
from dockmesh_auth.testing.fake_provider import Shape
from dockmesh_auth.testing.fake_provider.faults import answer, delayed, edited


def test_a_person_signs_in_and_has_the_roles_of_their_groups(site) -> None:
    """From the button to the session; the role holds where the table says."""
    browser = site.browser()

    page = site.sign_in("carol", browser)

    assert page.status == 200
    assert page.url == f"{site.base_url}/"
    grants = site.me(browser)["grants"]
    assert [(grant["role"], grant["scope"], grant["claim_value"]) for grant in grants] == [
        ("operator", "tag=prod", "dockmesh-ops-prod")
    ]


def test_a_person_without_a_mapped_group_does_not_get_in(site, refusal_code) -> None:
    """No match, no entry; the log names the groups that were seen."""
    browser = site.browser()

    page = site.sign_in("erin", browser)

    assert page.status == 403
    assert refusal_code() == "no_role"
    assert site.me(browser) == {"error": "not signed in"}


def test_the_default_role_lets_everybody_in_who_has_groups_or_none(make_site) -> None:
    """`default_role` is an explicit decision."""
    site = make_site(auth="default_role: viewer")
    browser = site.browser()

    site.sign_in("erin", browser)

    assert [(g["role"], g["scope"], g["origin"]) for g in site.me(browser)["grants"]] == [
        ("viewer", "all", "default")
    ]


def test_signing_out_ends_the_session_on_the_server(site) -> None:
    """The old cookie opens nothing any more."""
    browser = site.browser()
    site.sign_in("alice", browser)

    browser.get(f"{site.base_url}/logout")
    browser.click("Sign out")

    assert site.me(browser) == {"error": "not signed in"}


def test_the_way_back_leads_where_the_person_wanted_to_go(site) -> None:
    """`next` is kept with the attempt, not in the browser."""
    browser = Browser(stop_before=f"{site.base_url}/hosts")
    browser.get(f"{site.base_url}/auth/oidc/main/login?next=/hosts%3Ftag%3Dprod")

    page = browser.click("alice")

    assert page.headers["location"] == "/hosts?tag=prod"


@pytest.mark.attack("RED-10")
def test_a_next_in_the_callback_is_not_looked_at(site) -> None:
    """Only the attempt knows where to go."""
    site.provider.edits.authorization_response = lambda items: [*items, ("next", "/evil")]

    assert site.sign_in().url == f"{site.base_url}/"


@pytest.mark.attack("AUR-19")
def test_three_tabs_finish_in_reverse_order(site) -> None:
    """Every tab is an attempt of its own."""
    browser = Browser(stop_before=f"{site.base_url}/auth/oidc/callback")
    ways_back = []
    for _ in range(3):
        browser.get(f"{site.base_url}/auth/oidc/main/login")
        page = browser.page if "location" in browser.page.headers else browser.click("alice")
        ways_back.append(page.headers["location"])
    browser.stop_before = None

    statuses = [browser.get(way_back).status for way_back in reversed(ways_back)]

    assert statuses == [200, 200, 200]


@pytest.mark.attack("DIS-04")
def test_a_provider_that_is_down_at_the_start_is_used_as_soon_as_it_is_up(
    make_site, refusal_code
) -> None:
    """The host starts without it and recovers by itself."""
    site = make_site()
    site.provider.faults.always("discovery", answer(status=503))
    browser = site.browser()

    refused = browser.get(f"{site.base_url}/auth/oidc/main/login")
    site.provider.faults.clear()
    site.clock.advance(6)
    page = site.sign_in("alice", browser)

    assert refused.status == 502
    assert refusal_code() == "provider_status"
    assert page.status == 200


@pytest.mark.attack("DIS-01", "DIS-12")
def test_the_last_good_document_serves_while_the_provider_answers_nonsense(site) -> None:
    """A changed issuer is refused, and sign-ins go on with what was known."""
    assert site.sign_in().status == 200
    site.provider.faults.always(
        "discovery", edited(lambda it: it | {"issuer": "https://evil.example"})
    )
    site.clock.advance(3700)

    assert site.sign_in().status == 200
    assert site.provider.count("discovery") == 2


def test_new_endpoints_are_used_after_an_hour(site) -> None:
    """Metadata has a lifetime."""
    site.sign_in()
    site.clock.advance(3700)
    site.sign_in()

    assert site.provider.count("discovery") == 2


@pytest.mark.attack("JWK-02", "JWK-03")
def test_keys_that_are_known_serve_while_the_key_set_is_down(site) -> None:
    """An outage of the key set does not keep people out."""
    site.sign_in()
    site.provider.faults.always("jwks", answer(status=500))
    site.clock.advance(1200)

    assert site.sign_in().status == 200


@pytest.mark.attack("JWK-04", "JWK-05")
@pytest.mark.parametrize(
    "fault",
    [
        answer(status=500),
        answer(b"<html>", media_type="text/html"),
        answer(b""),
        answer(b'{"keys": ['),
    ],
)
def test_a_key_set_that_is_down_at_first_is_a_refusal_that_passes(
    site, refusal_code, fault
) -> None:
    """502 and a way to try again; never a token that nobody checked."""
    site.provider.faults.always("jwks", fault)

    first = site.sign_in()
    site.provider.faults.clear()
    site.clock.advance(31)
    second = site.sign_in()

    assert first.status == 502
    assert second.status == 200


def test_form_post_brings_the_answer_as_a_form(make_site) -> None:
    """`response_mode: form_post` works on this machine's own address too."""
    site = make_site(more="response_mode: form_post")
    browser = site.browser()
    browser.click("Login with Example Identity")
    browser.click("alice")

    page = browser.submit()

    assert page.status == 200
    assert page.url == f"{site.base_url}/"


def test_a_callback_of_its_own_for_the_provider(make_site) -> None:
    """`own_callback` puts the slug into the redirect URI."""
    site = make_site(more="own_callback: true", slug="main")

    assert site.sign_in().status == 200


@pytest.mark.attack("AUR-10")
def test_an_answer_at_another_provider_s_callback_is_refused(site, refusal_code) -> None:
    """The attempt knows its callback."""
    browser = Browser(stop_before=f"{site.base_url}/auth/oidc/callback")
    browser.get(f"{site.base_url}/auth/oidc/main/login")
    way_back = browser.click("alice").headers["location"]

    page = browser.get(way_back.replace("/callback", "/other/callback"))

    assert page.status == 400
    assert refusal_code() == "state_other_provider"


@pytest.mark.attack("AUR-09")
@pytest.mark.parametrize(
    "edit",
    [
        lambda items: [(name, value) for name, value in items if name != "iss"],
        lambda items: [
            (name, "https://evil.example" if name == "iss" else value) for name, value in items
        ],
    ],
)
def test_an_announced_issuer_that_is_missing_or_wrong_is_refused(
    make_site, refusal_code, edit
) -> None:
    """RFC 9207."""
    site = make_site(shape=Shape(iss_parameter=True))
    assert site.sign_in().status == 200
    site.provider.edits.authorization_response = edit

    page = site.sign_in()

    assert page.status == 400
    assert refusal_code() == "response_issuer_mismatch"
    assert site.provider.count("token") == 1


@pytest.mark.attack("AUR-01", "AUR-05")
def test_another_person_s_answer_opens_nothing_in_this_browser(site, refusal_code) -> None:
    """Login CSRF: an attacker's state and code, opened by the victim."""
    attacker = Browser(stop_before=f"{site.base_url}/auth/oidc/callback")
    attacker.get(f"{site.base_url}/auth/oidc/main/login")
    way_back = attacker.click("alice").headers["location"]
    victim = site.browser()

    page = victim.get(way_back)

    assert page.status == 400
    assert refusal_code() == "state_other_browser"
    assert site.provider.count("token") == 0
    attacker.stop_before = None
    assert attacker.get(way_back).status == 200


@pytest.mark.attack("AUR-02")
def test_the_same_answer_works_once(site, refusal_code) -> None:
    """The back button gives a page to start again, and no second exchange."""
    browser = Browser(stop_before=f"{site.base_url}/auth/oidc/callback")
    browser.get(f"{site.base_url}/auth/oidc/main/login")
    way_back = browser.click("alice").headers["location"]
    browser.stop_before = None
    first = browser.get(way_back)

    second = browser.get(way_back)

    assert (first.status, second.status) == (200, 400)
    assert site.provider.count("token") == 1


@pytest.mark.attack("AUR-04")
def test_an_attempt_lives_for_ten_minutes(site, refusal_code) -> None:
    """Eleven minutes are too long."""
    browser = Browser(stop_before=f"{site.base_url}/auth/oidc/callback")
    browser.get(f"{site.base_url}/auth/oidc/main/login")
    way_back = browser.click("alice").headers["location"]
    site.clock.advance(660)

    page = browser.get(way_back)

    assert page.status == 400
    assert refusal_code() in {"state_expired", "state_unknown"}


@pytest.mark.attack("AUR-07")
def test_a_stolen_code_is_worth_nothing_in_another_attempt(site, refusal_code) -> None:
    """PKCE and nonce bind the code to the attempt that began it."""
    victim = Browser(stop_before=f"{site.base_url}/auth/oidc/callback")
    victim.get(f"{site.base_url}/auth/oidc/main/login")
    stolen = parse_qs(urlsplit(victim.click("alice").headers["location"]).query)["code"][0]
    site.provider.edits.authorization_response = lambda items: [
        (name, stolen if name == "code" else value) for name, value in items
    ]

    page = site.sign_in("erin")

    assert page.status == 400
    assert refusal_code() == "code_rejected"


@pytest.mark.attack("TOK-07")
def test_the_redirect_uri_comes_from_the_configuration_alone(site) -> None:
    """No header of a request moves it."""
    browser = Browser(stop_before=site.provider.issuer)
    page = browser.get(
        f"{site.base_url}/auth/oidc/main/login",
        headers={
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Proto": "https",
            "Forwarded": "host=evil.example;proto=https",
        },
    )

    sent = parse_qs(urlsplit(page.headers["location"]).query)

    assert sent["redirect_uri"] == [f"{site.base_url}/auth/oidc/callback"]
    assert sent["code_challenge_method"] == ["S256"]


def test_auto_login_leads_straight_to_the_provider(make_site) -> None:
    """The launch address in a dashboard: signed out people go where they sign in."""
    site = make_site(more="auto_login: true")

    page = Browser().get(f"{site.base_url}/")

    assert page.url.startswith(site.provider.issuer)


@pytest.mark.attack("DIS-06")
def test_a_provider_that_is_slow_does_not_hold_up_the_other_pages(make_site) -> None:
    """A dead provider is nobody else's trouble."""
    site = make_site(more="timeout: 1")
    site.provider.faults.always("discovery", delayed(3))

    page = Browser().get(f"{site.base_url}/auth/oidc/main/login")

    assert page.status == 502
    assert Browser().get(f"{site.base_url}/healthz").status == 200

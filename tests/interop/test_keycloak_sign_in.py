"""People sign in at a Keycloak through our pages, with the built-in and no plugin."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.interop.people import Person, refusals
from tests.interop.site import Site

OK = 200
FORBIDDEN = 403

ALICE = {("admin", "all"), ("viewer", "tag=prod")}
"""What her groups `/docker-admins` and `/staff/ops` give."""


@pytest.fixture(name="site")
def our_site(keycloak: Any, tmp_path: Path) -> Site:
    """Our own pages in front of Keycloak."""
    return Site(keycloak, tmp_path)


@pytest.fixture(name="alice")
def alice_with_browser(keycloak: Any) -> Person:
    """Who is in `/docker-admins` and in `/staff/ops`."""
    return Person(keycloak, "alice")


def test_groups_are_what_the_roles_come_from(alice: Person, site: Site) -> None:
    """Paths are mapped as they are, and the person is on the page that she wanted."""
    with site.served() as url:
        alice.go(url)
        page = alice.sign_in()
        assert (page.status, page.url) == (OK, f"{url}/")
        assert page.title.startswith("Alice Liddell")
        assert alice.grants(url) == ALICE


def test_the_answer_comes_by_form_post(alice: Person, site: Site) -> None:
    """Keycloak's page of one form, which a browser's script submits, leads back to us."""
    with site.served(response_mode="form_post") as url:
        alice.go(url)
        alice.sign_in()
        alice.browser.submit()
        assert alice.grants(url) == ALICE


def test_the_client_authenticates_by_post_as_well(alice: Person, site: Site) -> None:
    """The secret in the body of the request (RFC 6749, section 2.3.1)."""
    with site.served(client_authentication="client_secret_post") as url:
        alice.go(url)
        alice.sign_in()
        assert alice.grants(url) == ALICE


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_each_algorithm(keycloak: Any, alice: Person, site: Site, algorithm: str) -> None:
    """What is accepted without any configuration is what Keycloak signs with there."""
    keycloak.admin.change_client({"id.token.signed.response.alg": algorithm})
    with site.served() as url:
        alice.go(url)
        alice.sign_in()
        assert alice.grants(url) == ALICE


def test_a_wrong_password_stays_there(alice: Person, site: Site) -> None:
    """Keycloak asks again; nothing comes to us, and the right password still leads in."""
    with capture_logs() as logs, site.served() as url:
        alice.go(url)
        page = alice.sign_in("looking-glass")
        assert "Invalid username or password." in page.words
        assert not page.url.startswith(url)
        alice.sign_in()
        assert alice.grants(url) == ALICE
    assert refusals(logs) == []


def test_somebody_in_no_mapped_group_is_refused(keycloak: Any, site: Site) -> None:
    """Carol's `/choir/ops` ends like `/staff/ops`; that gives nothing."""
    carol = Person(keycloak, "carol")
    with capture_logs() as logs, site.served() as url:
        carol.go(url)
        assert carol.sign_in().status == FORBIDDEN
        assert not carol.is_signed_in(url)
    assert refusals(logs) == ["no_role"]


def test_somebody_in_no_group_at_all_is_refused(keycloak: Any, site: Site) -> None:
    """Keycloak leaves an empty claim out; that is not taken for an empty list."""
    bob = Person(keycloak, "bob")
    with capture_logs() as logs, site.served() as url:
        bob.go(url)
        assert bob.sign_in().status != OK
        assert not bob.is_signed_in(url)
    assert refusals(logs) == ["groups_absent"]


def test_who_leaves_a_group_loses_its_role_with_the_next_sign_in(
    keycloak: Any, alice: Person, site: Site
) -> None:
    """What is true there now is what counts."""
    with site.served() as url:
        alice.go(url)
        alice.sign_in()
        assert alice.grants(url) == ALICE
        keycloak.admin.leave_group("alice", "/docker-admins")
        alice.browser.cookies.clear()
        alice.go(url)
        alice.sign_in()
        assert alice.grants(url) == {("viewer", "tag=prod")}


def test_somebody_who_is_disabled_does_not_come_back(
    keycloak: Any, alice: Person, site: Site
) -> None:
    """Keycloak says so on its own page."""
    keycloak.admin.change_person("alice", enabled=False)
    with site.served() as url:
        alice.go(url)
        assert "Account is disabled" in alice.sign_in().words
        assert not alice.is_signed_in(url)


def test_a_wrong_client_secret(alice: Person, site: Site) -> None:
    """Keycloak's `unauthorized_client` is our rejected client; the secret is in no log."""
    wrong = "another-secret-of-more-than-thirty-two-letters"
    with capture_logs() as logs, site.served(client_secret=wrong) as url:
        alice.go(url)
        assert alice.sign_in().status != OK
        assert not alice.is_signed_in(url)
    assert refusals(logs) == ["client_rejected"]
    assert wrong not in repr(logs)
    assert base64.b64encode(f"dockmesh:{wrong}".encode()).decode() not in repr(logs)


def test_an_algorithm_that_is_not_accepted(keycloak: Any, alice: Person, site: Site) -> None:
    """Keycloak can sign with more than we take by default."""
    keycloak.admin.change_client({"id.token.signed.response.alg": "PS256"})
    with capture_logs() as logs, site.served() as url:
        alice.go(url)
        assert alice.sign_in().status != OK
    assert refusals(logs) == ["algorithm_not_allowed"]


def test_nothing_is_said_of_groups(keycloak: Any, alice: Person, site: Site) -> None:
    """Somebody takes the mapper away: nobody enters, and nobody enters as though in no group."""
    keycloak.admin.drop_mappers()
    with capture_logs() as logs, site.served() as url:
        alice.go(url)
        assert alice.sign_in().status != OK
    assert refusals(logs) == ["groups_absent"]


def test_a_scope_that_keycloak_does_not_know(alice: Person, site: Site) -> None:
    """It has no `groups` scope of its own; the refusal comes back through the browser."""
    with capture_logs() as logs, site.served(scopes=["openid", "groups"]) as url:
        assert alice.go(url).status != OK
        assert not alice.is_signed_in(url)
    assert refusals(logs) == ["provider_refused"]


def test_signing_out_here_leaves_the_session_there(alice: Person, site: Site) -> None:
    """One click leads back in."""
    with site.served() as url:
        alice.go(url)
        alice.sign_in()
        alice.browser.get(f"{url}/logout")
        assert "You are signed out of dockmesh." in alice.browser.click("Sign out").words
        assert not alice.is_signed_in(url)
        alice.browser.click("Login with ")
        assert alice.grants(url) == ALICE


@pytest.mark.parametrize("keep", [True, False], ids=["overlap", "none"])
def test_keys_rotate(keycloak: Any, alice: Person, site: Site, *, keep: bool) -> None:
    """A new key is found when it is needed, with or without the old one beside it."""
    with site.served() as url:
        alice.go(url)
        alice.sign_in()
        assert alice.grants(url) == ALICE
        keycloak.admin.rotate_keys(keep=keep)
        alice.browser.cookies.clear()
        alice.go(url)
        alice.sign_in()
        assert alice.grants(url) == ALICE

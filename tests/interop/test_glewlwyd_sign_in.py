"""People sign in at a Glewlwyd through our pages: a third make of server, and one in C."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.interop.people import Person, refusals
from tests.interop.site import Site

OK = 200
FORBIDDEN = 403

ALICE = {("admin", "all"), ("viewer", "tag=prod")}
"""What her groups `docker-admins` and `staff` give."""


@pytest.fixture(name="site")
def our_site(glewlwyd: Any, tmp_path: Path) -> Site:
    """Our own pages in front of Glewlwyd."""
    site = Site(glewlwyd, tmp_path)
    glewlwyd.register(site.callback)
    return site


@pytest.fixture(name="alice")
def alice_with_browser(glewlwyd: Any) -> Person:
    """Who is in `docker-admins` and in `staff`."""
    return Person(glewlwyd, "alice")


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_groups_are_what_the_roles_come_from(alice: Person, site: Site, method: str) -> None:
    """The person is on the page that she wanted, whichever way we authenticate."""
    with site.served(client_authentication=method) as url:
        alice.go(url)
        page = alice.sign_in()
        assert (page.status, page.url) == (OK, f"{url}/")
        assert page.title.startswith("Alice Liddell")
        assert alice.grants(url) == ALICE


def test_an_answer_that_is_encoded_twice(alice: Person, site: Site) -> None:
    """With `form_post` Glewlwyd 2.7.5 percent-encodes what is in the form: not its issuer's name.

    RFC 9207, section 2.4 compares the texts as they are; nobody guesses what was meant.
    """
    with capture_logs() as logs, site.served(response_mode="form_post") as url:
        alice.go(url)
        assert alice.sign_in().status != OK
        assert not alice.is_signed_in(url)
    assert refusals(logs) == ["response_issuer_mismatch"]


def test_a_wrong_password_stays_there(alice: Person, site: Site) -> None:
    """Nothing comes to us, and the right password still leads in."""
    with capture_logs() as logs, site.served() as url:
        alice.go(url)
        assert not alice.sign_in("looking-glass").url.startswith(url)
        assert alice.sign_in().url == f"{url}/"
    assert refusals(logs) == []


def test_somebody_in_no_mapped_group_is_refused(glewlwyd: Any, site: Site) -> None:
    """Carol is in `choir`, which nothing maps."""
    carol = Person(glewlwyd, "carol")
    with capture_logs() as logs, site.served() as url:
        carol.go(url)
        assert carol.sign_in().status == FORBIDDEN
        assert not carol.is_signed_in(url)
    assert refusals(logs) == ["no_role"]


def test_somebody_in_no_group_at_all_is_refused(glewlwyd: Any, site: Site) -> None:
    """Glewlwyd, too, leaves an empty claim out; that is not taken for an empty list."""
    bob = Person(glewlwyd, "bob")
    with capture_logs() as logs, site.served() as url:
        bob.go(url)
        assert bob.sign_in().status != OK
        assert not bob.is_signed_in(url)
    assert refusals(logs) == ["groups_absent"]


def test_a_wrong_client_secret(alice: Person, site: Site) -> None:
    """Glewlwyd answers 403 where RFC 6749, section 5.2 has 401; the log says what it means."""
    wrong = "another-secret-of-more-than-thirty-two-letters"
    with capture_logs() as logs, site.served(client_secret=wrong) as url:
        alice.go(url)
        assert alice.sign_in().status != OK
        assert not alice.is_signed_in(url)
    assert refusals(logs) == ["client_rejected"]
    assert wrong not in repr(logs)


def test_signing_out_here_leaves_the_session_there(
    glewlwyd: Any, alice: Person, site: Site
) -> None:
    """She is not asked for her password again."""
    with site.served() as url:
        alice.go(url)
        alice.sign_in()
        alice.browser.get(f"{url}/logout")
        assert "You are signed out of dockmesh." in alice.browser.click("Sign out").words
        assert not alice.is_signed_in(url)
        alice.go(url)
        glewlwyd.carry_on(alice.browser)
        assert alice.grants(url) == ALICE


@pytest.mark.parametrize("keep", [True, False], ids=["overlap", "none"])
def test_keys_rotate(glewlwyd: Any, alice: Person, site: Site, *, keep: bool) -> None:
    """A new key is found when it is needed, with or without the old one beside it."""
    with site.served() as url:
        alice.go(url)
        alice.sign_in()
        assert alice.grants(url) == ALICE
        glewlwyd.admin.rotate_keys(keep=keep)
        alice.browser.cookies.clear()
        alice.go(url)
        alice.sign_in()
        assert alice.grants(url) == ALICE

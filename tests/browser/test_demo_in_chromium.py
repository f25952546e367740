"""The demonstration's sign-in in a real browser: what our own small browser cannot vouch for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dockmesh_auth import create_app
from dockmesh_auth.assembly.demo import Demo
from dockmesh_auth.testing.fake_provider import FakeClient, FakeProvider, FakeUser
from dockmesh_auth.testing.server import served

LOOPBACK = {"127.0.0.1"}
CONFIG = """\
server:
  base_url: {base_url}
database:
  driver: sqlite
  dsn: {folder}/auth.db
auth:
  providers:
    - slug: main
      display_name: Example
      issuer_url: {issuer}
      client_id: dockmesh
      client_secret: {{env: CLIENT_SECRET}}
      groups_claim: groups
      response_mode: form_post
      insecure_allow_http: true
      allow_private_addresses: true
  group_mappings:
    - {{claim_value: prod, role: operator, scope: tag=prod}}
"""
NARROW = {"width": 320, "height": 640}


def sign_in(tab: Any, demo: Demo, name: str = "carol") -> None:
    """From the start page to wherever it ends."""
    tab.page.goto(f"{demo.base_url}/")
    tab.choose("link", "Login with Authentik")
    tab.choose("button", name)
    tab.choose("button", "Continue")


def check_is_carol(tab: Any, demo: Demo) -> None:
    """She is where she wanted to go, and reads what she may do and why."""
    assert tab.page.url == f"{demo.base_url}/"
    assert tab.page.get_by_role("heading", level=1).inner_text() == "Carol Lab"
    row = tab.page.get_by_role("row").nth(1).inner_text().split()
    assert row == ["operator", "hosts", "tagged", "prod", "group", "dockmesh-ops-prod"]


def check_quiet(tab: Any) -> None:
    """Nothing was blocked, nothing failed, and nobody else was asked for anything."""
    assert tab.console == []
    assert tab.hosts() == LOOPBACK


def test_carol_signs_in_and_out(tab: Callable[..., Any], demo: Demo) -> None:
    """Login page, stand-in, consent, back; and out again, so that the start page is closed."""
    carol = tab()
    sign_in(carol, demo)
    check_is_carol(carol, demo)

    carol.choose("link", "Sign out")
    carol.choose("button", "Sign out")

    assert carol.page.url == f"{demo.base_url}/login?signed_out=1"
    assert "You are signed out of dockmesh." in carol.words()
    carol.page.goto(f"{demo.base_url}/")
    assert carol.page.url == f"{demo.base_url}/login"
    check_quiet(carol)


def test_the_stand_in_says_that_it_is_none(tab: Callable[..., Any], demo: Demo) -> None:
    """Its pages are at another address and say so; consent names who asks and what for."""
    carol = tab()
    carol.page.goto(f"{demo.base_url}/login")

    carol.choose("link", "Login with Authentik")

    assert carol.page.url.startswith(demo.stand_in.issuer.split("/application")[0])
    assert "not a real identity provider" in carol.words()
    carol.choose("button", "carol")
    assert "dockmesh asks for: openid profile email" in carol.words()


def test_erin_is_told_what_happened(tab: Callable[..., Any], demo: Demo) -> None:
    """She has no role: the page says whom to ask, and nobody is signed in."""
    erin = tab()
    sign_in(erin, demo, "erin")

    assert "You have no role here yet" in erin.words()
    assert "Reference for your administrator" in erin.words()
    cookies = {cookie["name"] for cookie in erin.page.context.cookies(demo.base_url)}
    assert "dockmesh_session" not in cookies
    erin.page.goto(f"{demo.base_url}/")
    assert erin.page.url == f"{demo.base_url}/login"


def _press_until(tab: Any, words: str) -> None:
    """Press Tab until what has the focus begins with *words*, and show that one sees it."""
    for _ in range(20):
        tab.page.keyboard.press("Tab")
        focus = tab.page.locator("*:focus")
        if focus.count() and focus.inner_text().strip().startswith(words):
            outline = focus.evaluate("node => getComputedStyle(node).outlineStyle")
            assert outline != "none"
            return
    pytest.fail(f"Tab does not lead to {words!r}")


def test_with_the_keyboard_alone(tab: Callable[..., Any], demo: Demo) -> None:
    """Tab and Enter lead in and out, and what has the focus is always outlined."""
    carol = tab()
    carol.page.goto(f"{demo.base_url}/")
    for words, title in (
        ("Login with Authentik", "Sign in to Authentik"),
        ("carol", "May this application"),
        ("Continue", "Carol Lab"),
        ("Sign out", "Sign out"),
        ("Sign out", "Login"),
    ):
        _press_until(carol, words)
        carol.press_enter()
        assert carol.page.title().startswith(title)

    assert "You are signed out of dockmesh." in carol.words()
    check_quiet(carol)


def test_without_scripts(tab: Callable[..., Any], demo: Demo) -> None:
    """No page of ours needs one."""
    carol = tab(java_script_enabled=False)
    sign_in(carol, demo)
    check_is_carol(carol, demo)

    carol.choose("link", "Sign out")
    carol.choose("button", "Sign out")

    assert "You are signed out of dockmesh." in carol.words()
    check_quiet(carol)


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("name", ["carol", "frank", "erin"])
def test_narrow_windows_in_both_colours(
    tab: Callable[..., Any], demo: Demo, colours: str, name: str
) -> None:
    """At 320 pixels nothing lies outside, on any page of the way; the ground is what was asked."""
    person = tab(viewport=NARROW, color_scheme=colours)
    wide: list[str] = []

    def look() -> None:
        if person.overflow() > 0:
            wide.append(f"{person.page.title()}: {person.overflow()}")

    person.page.goto(f"{demo.base_url}/login")
    look()
    ground = person.page.evaluate("getComputedStyle(document.body).backgroundColor")
    for role, text in (
        ("link", "Login with Authentik"),
        ("button", name),
        ("button", "Continue"),
    ):
        person.choose(role, text)
        look()
    person.page.goto(f"{demo.base_url}/logout")
    look()

    assert wide == []
    assert ground == {"light": "rgb(250, 251, 252)", "dark": "rgb(2, 6, 23)"}[colours]
    if name == "erin":  # the one thing that the browser has to say: she was refused
        assert [line for line in person.console if "403 (Forbidden)" not in line] == []
        person.console.clear()
    check_quiet(person)


@pytest.mark.parametrize("attack", ["<script>document.title = 'owned'</script>", "<style>*{}"])
def test_the_policy_holds_in_a_browser(tab: Callable[..., Any], demo: Demo, attack: str) -> None:
    """Markup that found its way into a page of ours does nothing there."""
    carol = tab()
    carol.page.goto(f"{demo.base_url}/login")
    title = carol.page.title()

    carol.page.evaluate(
        """html => {
            const found = document.createRange().createContextualFragment(html)
            document.body.append(found)
        }""",
        attack,
    )

    assert carol.page.title() == title
    assert "Content Security Policy" in " ".join(carol.console)


@pytest.mark.parametrize("scripts", [True, False])
def test_an_answer_that_is_posted(
    tab: Callable[..., Any], tmp_path: Path, free_port: int, *, scripts: bool
) -> None:
    """Chromium keeps the `Secure` cookie of a sign-in from plain http on a loopback address, and
    sends it with the provider's form; without scripts one click more is needed."""
    base_url = f"http://127.0.0.1:{free_port}"
    client = FakeClient(
        client_id="dockmesh",
        client_secret="s" * 40,
        redirect_uris=(f"{base_url}/auth/oidc/callback",),
    )
    carol = FakeUser(name="carol", full_name="Carol", groups=("prod",))
    config = tmp_path / "dockmesh.yaml"
    person = tab(java_script_enabled=scripts)
    with FakeProvider(users=[carol], clients=[client]).serve() as provider:
        config.write_text(CONFIG.format(base_url=base_url, folder=tmp_path, issuer=provider.issuer))
        app = create_app(config, environ={"CLIENT_SECRET": "s" * 40})
        with served(app, port=free_port, lifespan=True):
            person.page.goto(f"{base_url}/login")
            person.choose("link", "Login with Example")
            (cookie,) = (
                found
                for found in person.page.context.cookies(base_url)
                if found["name"].startswith("dockmesh_login_")
            )
            person.choose("button", "carol")
            if not scripts:
                person.choose("button", "Continue")
            person.page.wait_for_url(f"{base_url}/")
            words = person.words()

    assert (cookie["secure"], cookie["sameSite"]) == (True, "None")
    assert "operator" in words
    check_quiet(person)

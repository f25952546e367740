"""The pages: what they show, how they look to a browser, and that they are safe to show."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount

from dockmesh_auth.domain.groups import Groups
from dockmesh_auth.errors import AccessDenied, ErrorCode, StorageError
from dockmesh_auth.web.pages import link

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


class Outline(HTMLParser):
    """The elements of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


async def every_page(web: Any) -> dict[str, str]:
    """Each kind of page once."""
    pages = {"login": (await web.browser.get("/login")).text}
    pages["missing"] = (await web.browser.get("/nowhere")).text
    pages["refused"] = (await web.browser.get("/auth/oidc/callback?state=x")).text
    web.sign_in()
    pages["already"] = (await web.browser.get("/login")).text
    pages["who"] = (await web.browser.get("/")).text
    pages["logout"] = (await web.browser.get("/logout")).text
    return pages


async def test_login_shows_a_button_for_each_provider_in_order(web: Any) -> None:
    """Each enabled provider has one link, in the order of the configuration, with its name."""
    web.host.providers = {
        slug: web.provider(slug, name) for slug, name in (("zeta", "Zeta ID"), ("alpha", "Alpha"))
    }
    text = (await web.browser.get("/login")).text
    hrefs = [link["href"] for link in Outline(text).all("a")]
    assert hrefs == ["/auth/oidc/zeta/login", "/auth/oidc/alpha/login"]
    assert re.findall("Login with <bdi>(.*?)</bdi>", text) == ["Zeta ID", "Alpha"]


async def test_login_carries_next(web: Any) -> None:
    """A path of this site is handed on to the start of the sign-in, quoted."""
    text = (await web.browser.get("/login", params={"next": "/stacks?id=1&x=2"})).text
    assert 'href="/auth/oidc/example/login?next=/stacks%3Fid%3D1%26x%3D2"' in text


async def test_login_without_providers_says_whom_to_ask(web: Any) -> None:
    """With no provider there is no button, but a sentence."""
    web.host.providers = {}
    text = (await web.browser.get("/login")).text
    assert "No way to sign in yet" in text
    assert "administrator" in text
    assert "Login with" not in text


async def test_login_tells_who_is_signed_in_already(web: Any) -> None:
    """Somebody signed in is told so and sent on by a link, never automatically."""
    web.sign_in()
    answer = await web.browser.get("/login?next=/stacks&signed_out=1")
    assert answer.status_code == 200
    assert "already signed in as" in answer.text
    assert '<a href="/stacks">Continue</a>' in answer.text
    assert "You are signed out" not in answer.text


async def test_who_am_i_shows_roles_places_and_reasons(web: Any) -> None:
    """Each grant is one row: the role, where it holds, and the group or rule that gave it."""
    web.sign_in()
    answer = await web.browser.get("/")
    rows = re.findall(r'<tr role="row">\n(.*?)</tr>', answer.text, re.DOTALL)
    words = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]
    assert words == [
        "Role admin Holds on all hosts Because of group sre-team",
        "Role operator Holds on hosts tagged staging team-frontend Because of group dev-frontend",
        "Role viewer Holds on all hosts Because of default for everybody who signs in",
        "Role deployer Holds on hosts tagged lab Because of given by an administrator",
    ]
    assert "15 January 2027, 08:00 UTC" in answer.text
    assert "16 January 2027, 08:00 UTC" in answer.text
    assert "Ada Lovelace" in answer.text


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        (Groups.of([]), "you are in no group"),
        (Groups.absent("x"), "did not say which groups"),
        (Groups.malformed("x"), "in a usable way"),
        (Groups.overage("x"), "more groups than your provider sends"),
    ],
)
async def test_who_am_i_tells_unknown_groups_from_none(
    web: Any, groups: Groups, words: str
) -> None:
    """The five states of groups read differently."""
    web.host.sessions[web.sign_in()] = web.session(web.user(groups=groups))
    assert words in (await web.browser.get("/")).text


async def test_a_person_without_a_grant_reads_so(web: Any) -> None:
    """No grant, no row, and a sentence that says whom to ask."""
    web.host.sessions[web.sign_in()] = web.session(web.user(grants=type(web.user().grants)()))
    text = (await web.browser.get("/")).text
    assert "You hold no role at the moment" in text
    assert "<table" not in text


async def test_a_removed_provider_is_shown_by_its_slug(web: Any) -> None:
    """A session of a provider that has no name any more still has a page."""
    token = web.sign_in()
    web.host.providers = {}
    assert web.host.sessions[token].provider in (await web.browser.get("/")).text
    assert "does not sign you out at your provider" in (await web.browser.get("/logout")).text


@pytest.mark.attack("SES-06")
async def test_ten_thousand_groups_make_no_large_cookie_or_page(web: Any) -> None:
    """The cookie holds an id alone, and the page stays small."""
    groups = Groups.of(f"group-{number}" for number in range(10_000))
    state = await web.start()
    answer = await web.browser.get("/auth/oidc/callback", params={"state": state, "code": "c"})
    assert all(len(line) < 512 for line in answer.headers.get_list("set-cookie"))
    web.host.sessions[web.sign_in()] = web.session(web.user(groups=groups))
    page = await web.browser.get("/")
    assert "and 9900 more" in page.text
    assert len(page.content) < 32_768


@pytest.mark.attack("AUR-12")
async def test_names_are_text_and_never_markup(web: Any) -> None:
    """Whatever a person, group or provider is called, it is shown and does nothing."""
    web.host.providers = {"example": web.provider("example", EVIL)}
    user = web.user(username=EVIL, display_name=EVIL, email=EVIL, groups=Groups.of([EVIL]))
    web.host.sessions[web.sign_in()] = web.session(user)
    web.host.sessions[web.token("b")] = web.session(user)
    for path in ("/", "/login", "/logout"):
        outline = Outline((await web.browser.get(path)).text)
        assert outline.all("script") == []
        assert outline.all("img") == []
    web.host.error = AccessDenied(ErrorCode.NO_ROLE, provider="example")
    assert Outline((await web.browser.get("/auth/oidc/callback")).text).all("img") == []


@pytest.mark.parametrize("name", ["\ud800", "\u202eevil", "", " ", "x" * 5000, "\x00\x1b[31m"])
async def test_odd_names_cost_nobody_the_page(web: Any, name: str) -> None:
    """A lone surrogate, a right-to-left mark, nothing, or far too much is still a page."""
    user = web.user(display_name=name, username="", email="")
    web.host.sessions[web.sign_in()] = web.session(user)
    answer = await web.browser.get("/")
    assert answer.status_code == 200
    assert len(answer.content) < 16_384


async def test_pages_have_landmarks_language_and_labels(web: Any) -> None:
    """Each page has a language, one main landmark, one first heading, a title and a viewport."""
    for name, text in (await every_page(web)).items():
        outline = Outline(text)
        assert outline.all("html")[0]["lang"] == "en", name
        assert len(outline.all("main")) == 1, name
        assert len(outline.all("h1")) == 1, name
        assert re.search(r"<title>\S.* · dockmesh</title>", text), name
        assert any(meta.get("name") == "viewport" for meta in outline.all("meta")), name
        assert all(svg.get("aria-hidden") == "true" for svg in outline.all("svg")), name
        for section in outline.all("section"):
            assert section.get("aria-label") or section.get("aria-labelledby"), name


async def test_pages_load_nothing_from_elsewhere_and_run_nothing(web: Any) -> None:
    """No script, no inline style, no handler, and every address is one of our own paths."""
    for name, text in (await every_page(web)).items():
        for tag, attributes in Outline(text).found:
            assert tag not in {"script", "style", "iframe", "object", "base"}, name
            assert not [key for key in attributes if key.startswith("on") or key == "style"], name
            for key in ("href", "src", "action"):
                assert (attributes.get(key) or "/").startswith("/"), name


@pytest.mark.parametrize(("theme", "root"), [("dark", "dark"), ("light", "light"), (None, None)])
async def test_a_fixed_theme_stands_on_the_root(web: Any, theme: Any, root: Any) -> None:
    """`theme` fixes dark or light; without it the person's system decides."""
    other = web.another(web.new_host(), theme=theme)
    text = (await other.browser.get("/login")).text
    assert Outline(text).all("html")[0].get("data-theme") == root


async def test_links_follow_the_prefix_of_a_mount(web: Any) -> None:
    """Mounted below a path, every address on every page and every own redirect lies below it."""
    outer = Starlette(routes=[Mount("/sso", app=web.app)])
    other = web.another(web.host)
    other.browser._transport.app = outer
    other.browser.cookies.set("__Host-dockmesh_session", web.token("a"))
    web.host.sessions[web.token("a")] = web.session()
    for path in ("/sso/", "/sso/login", "/sso/logout", "/sso/nowhere"):
        text = (await other.browser.get(path)).text
        for tag, attributes in Outline(text).found:
            for key in ("href", "action"):
                if attributes.get(key) and tag != "meta":
                    assert str(attributes[key]).startswith("/sso/"), (path, tag)
    other.browser.cookies.clear()
    assert (await other.browser.get("/sso/")).headers["location"] == "/sso/login"
    assert (await other.browser.get("/sso/logout")).headers["location"] == "/sso/login"


@pytest.mark.attack("RED-01")
@pytest.mark.parametrize("prefix", ["//evil.example", "///evil.example", "//evil.example//x"])
def test_a_prefix_out_of_the_request_leads_to_no_other_site(prefix: str) -> None:
    """An application may be mounted below a path that the visitor chooses."""
    scope = {"type": "http", "root_path": prefix}
    assert link(Request(scope), "/login").startswith("/evil.example/")
    assert link(Request(scope | {"root_path": "/"}), "/login") == "/login"


@pytest.mark.attack("RED-09")
async def test_own_pages_below_a_prefix_are_no_return_address(web: Any) -> None:
    """`next` to our own pages is refused also where they lie below a prefix."""
    other = web.another(web.host)
    other.browser._transport.app = Starlette(routes=[Mount("/sso", app=web.app)])
    for wanted in ("/sso/logout", "/sso/login", "/sso/auth/oidc/x/login", "/app/page"):
        await other.browser.get("/sso/auth/oidc/example/login", params={"next": wanted})
    assert web.host.asked_returns == [None, None, None, "/app/page"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/static/0000000000000000/dockmesh.css", 404),
        ("GET", "/static/x/../../etc", 404),
        ("POST", "/login", 405),
        ("DELETE", "/logout", 405),
        ("PUT", "/auth/oidc/callback", 405),
    ],
)
async def test_what_is_not_there_has_a_page(web: Any, method: str, path: str, status: int) -> None:
    """404 and 405 come in the same look, and 405 says what is allowed."""
    answer = await web.browser.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "dockmesh.css" in answer.text
    assert ("allow" in answer.headers) is (status == 405)


async def test_static_files_are_kept_for_ever_under_their_digest(web: Any) -> None:
    """The addresses that pages name are served, immutable, with the right type."""
    text = (await web.browser.get("/login")).text
    links = {link["rel"]: link["href"] for link in Outline(text).all("link")}
    for relation, kind in (("stylesheet", "text/css; charset=utf-8"), ("icon", "image/svg+xml")):
        answer = await web.browser.get(links[relation])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == kind
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "vary" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/login", "/logout", "/healthz"])
async def test_head_answers_like_get(web: Any, path: str) -> None:
    """HEAD has the status of GET on every page that only shows."""
    get, head = await web.browser.get(path), await web.browser.head(path)
    assert head.status_code == get.status_code


@pytest.mark.attack("SES-13")
@pytest.mark.parametrize("path", ["/", "/login", "/logout"])
async def test_without_the_store_nobody_is_anybody(web: Any, path: str) -> None:
    """When the store does not answer, a browser with a session gets 503 and no page of theirs."""
    web.sign_in()
    web.host.error = StorageError(ErrorCode.STORE_UNAVAILABLE)
    answer = await web.browser.get(path)
    assert answer.status_code == 503
    assert "Ada" not in answer.text

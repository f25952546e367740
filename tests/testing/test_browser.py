"""The scripted browser keeps cookies and follows forms as a real one does."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from dockmesh_auth.testing.browser import Browser
from dockmesh_auth.testing.browser.cookies import CookieJar
from dockmesh_auth.testing.browser.reader import Reader
from dockmesh_auth.testing.server import served

PAGE = """<!doctype html><title>A  page</title><style>p { }</style>
<p>One <b>two</b></p><a href="/echo?a=1">Go
  on</a>
<form method="post" action="/echo?kept=1"><input name="x" value="&lt;1&gt;">
<input type="checkbox" name="off" value="1"><input type="checkbox" name="on" checked value="1">
<button name="b" value="yes">Send it</button><input type="submit" name="s" value="Other"></form>
<form action="/echo?dropped=1"><input type="hidden" name="q" value="2"><button>Find</button></form>
"""


async def echo(request: Request) -> Response:
    body = (await request.body()).decode()
    cookies = "&".join(sorted(request.headers.get("cookie", "").split("; ")))
    return PlainTextResponse(f"{request.method} {request.url.query} {body} [{cookies}]")


async def cookies(_request: Request) -> Response:
    response = PlainTextResponse("set")
    response.set_cookie("everywhere", "1", path="/", httponly=True)
    response.set_cookie("below", "1", path="/cookies", secure=True)
    response.set_cookie("strict", "1", path="/", samesite="strict")
    return response


async def hop(request: Request) -> Response:
    status = int(request.query_params["status"])
    return RedirectResponse(request.query_params.get("to", "/echo"), status)


async def loop(_request: Request) -> Response:
    return RedirectResponse("/loop", 302)


@pytest.fixture(name="site", scope="module")
def site_address() -> Iterator[str]:
    async def page(_request: Request) -> Response:
        return HTMLResponse(PAGE)

    both = ["GET", "POST"]
    routes = [
        Route("/page", page),
        Route("/echo", echo, methods=both),
        Route("/cookies", cookies),
        Route("/cookies/echo", echo),
        Route("/hop", hop, methods=both),
        Route("/loop", loop),
    ]
    with served(Starlette(routes=routes)) as address:
        yield address


def test_a_page_is_read_as_a_person_would(site: str) -> None:
    """Title, words, links, forms; no style sheet among the words."""
    page = Browser().get(f"{site}/page")
    assert page.title == "A page"
    assert page.words.startswith("One two Go on")
    assert page.links[0].text == "Go on"
    assert page.forms[0].fields == [("x", "<1>"), ("on", "1")]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Send", "POST kept=1 x=%3C1%3E&on=1&b=yes []"),
        ("Other", "POST kept=1 x=%3C1%3E&on=1&s=Other []"),
        ("Find", "GET q=2  []"),
        ("Go on", "GET a=1  []"),
    ],
)
def test_buttons_and_links_are_clicked_by_their_text(site: str, text: str, answer: str) -> None:
    """A button sends its own name and value; a GET form replaces the query."""
    browser = Browser()
    browser.get(f"{site}/page")
    assert browser.click(text).text == answer


def test_fields_can_be_filled_and_the_first_form_submitted(site: str) -> None:
    """As a page that submits itself is."""
    browser = Browser()
    browser.get(f"{site}/page")
    browser.fill("x", "ä")
    assert browser.submit().text == "POST kept=1 x=%C3%A4&on=1 []"


def test_what_is_not_there_cannot_be_used(site: str) -> None:
    """A test that clicks beside fails loudly."""
    browser = Browser()
    with pytest.raises(LookupError, match="no page"):
        browser.click("Send")
    browser.get(f"{site}/page")
    with pytest.raises(LookupError, match="no button or link"):
        browser.click("Nothing")
    with pytest.raises(LookupError, match="no form has a field"):
        browser.fill("nothing", "1")
    browser.get(f"{site}/echo")
    with pytest.raises(LookupError, match="no form"):
        browser.submit()


@pytest.mark.parametrize("url", ["http://192.0.2.1/", "https://127.0.0.1/", "ftp://localhost/"])
def test_it_never_leaves_this_machine(url: str) -> None:
    """Whatever a page or a redirect says."""
    with pytest.raises(ValueError, match="this machine only"):
        Browser().get(url)


@pytest.mark.parametrize(
    ("status", "answer"),
    [("302", "GET   []"), ("303", "GET   []"), ("307", "POST  x=%3C1%3E&on=1 []")],
)
def test_redirects_are_followed_and_remembered(site: str, status: str, answer: str) -> None:
    """303 becomes GET, 307 stays POST (RFC 9110, section 15.4)."""
    browser = Browser()
    browser.get(f"{site}/page")
    form = browser.page.forms[0] if browser.page else None
    assert form is not None
    form.action = f"/hop?status={status}"
    assert browser.submit(form).text == answer
    assert [visit.status for visit in browser.history] == [200, int(status), 200]


def test_redirects_end(site: str) -> None:
    """A loop is an error, not a hang."""
    with pytest.raises(ValueError, match="do not end"):
        Browser(max_redirects=3).get(f"{site}/loop")


def test_it_can_stop_before_an_address(site: str) -> None:
    """The redirect itself is the last page; the address is not requested."""
    browser = Browser(stop_before="http://127.0.0.1:1/")
    page = browser.get(f"{site}/hop?status=302&to=http://127.0.0.1:1/cb%3Fcode%3D1")
    assert (page.query, len(browser.history)) == ({"code": "1"}, 1)


def test_cookies_go_where_they_belong(site: str) -> None:
    """By path and host; all ports of a host share them; another host has its own."""
    browser = Browser()
    browser.get(f"{site}/cookies")
    everywhere = "[everywhere=1&strict=1]"
    assert browser.get(f"{site}/echo").text.endswith(everywhere)
    assert browser.get(f"{site}/cookies/echo").text.endswith("[below=1&everywhere=1&strict=1]")
    assert browser.get(f"{site}/echo".replace("127.0.0.1", "localhost")).text.endswith("[]")
    cookie = browser.cookies.named("everywhere")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site) == (True, "lax")


@pytest.mark.parametrize(
    ("line", "method", "site", "sent"),
    [
        ("a=1", "GET", None, True),
        ("a=1", "GET", "http://localhost/x", True),
        ("a=1", "POST", "http://localhost/x", False),
        ("a=1", "POST", "http://127.0.0.1:9/x", True),
        ("a=1; SameSite=Strict", "GET", "http://localhost/x", False),
        ("a=1; SameSite=None; Secure", "POST", "http://localhost/x", True),
        ("a=1; SameSite=None", "POST", "http://localhost/x", False),
        ("a=1; Max-Age=0", "GET", None, False),
        ("__Host-a=1; Secure; Path=/", "GET", None, True),
        ("__Host-a=1; Path=/", "GET", None, False),
        ("__Host-a=1; Secure; Path=/x", "GET", None, False),
        ("__Host-a=1; Secure; Path=/; Domain=127.0.0.1", "GET", None, False),
        ("__Secure-a=1; Path=/", "GET", None, False),
    ],
)
def test_cookie_attributes_hold(line: str, method: str, site: str | None, *, sent: bool) -> None:
    """RFC 6265 and its successor: SameSite, prefixes, expiry."""
    jar, url = CookieJar(), urlsplit("http://127.0.0.1:8080/x/y")
    jar.store("a=0; Path=/x/; Max-Age=0", url)
    jar.store(line, url)
    assert bool(jar.header_for(url, method=method, site=site)) is sent


def test_a_cookie_can_be_taken_back_and_longer_paths_come_first() -> None:
    """RFC 6265, sections 5.3 and 5.4."""
    jar, url = CookieJar(), urlsplit("http://127.0.0.1/a/b")
    for line in ("x=1; Path=/", "y=2; Path=/a"):
        jar.store(line, url)
    assert jar.header_for(url, method="GET", site=None) == "y=2; x=1"
    jar.store("y=; Path=/a; expires=Thu, 01 Jan 1970 00:00:00 GMT", url)
    assert jar.header_for(url, method="GET", site=None) == "x=1"
    assert jar.header_for(urlsplit("http://127.0.0.1/ab"), method="GET", site=None) == "x=1"
    jar.clear()
    assert len(jar) == 0


def test_secure_cookies_are_for_https_and_this_machine() -> None:
    """Draft RFC 6265bis, section 5.7: a plain page cannot set one."""
    jar = CookieJar()
    jar.store("a=1; Secure", urlsplit("http://idp.example/"))
    assert len(jar) == 0
    jar.store("a=1; Secure", urlsplit("https://idp.example/"))
    assert jar.header_for(urlsplit("http://idp.example/"), method="GET", site=None) == ""
    assert jar.header_for(urlsplit("https://idp.example/"), method="GET", site=None) == "a=1"


def test_a_button_outside_a_form_does_nothing() -> None:
    """It belongs to a script, and there are none."""
    reader = Reader()
    reader.feed("<button>Beside</button><form><button type=button>Neither</button></form>")
    assert [form.buttons for form in reader.forms] == [[]]


@given(st.text())
def test_no_cookie_header_breaks_the_jar(line: str) -> None:
    """A server may send anything."""
    jar, url = CookieJar(), urlsplit("http://127.0.0.1/")
    jar.store(line, url)
    assert len(jar) <= 1
    jar.header_for(url, method="GET", site=None)


@given(st.text(alphabet="<>/abcform input=\"' &;!-"))
def test_no_page_breaks_the_reader(text: str) -> None:
    """Whatever the HTML, there is an answer."""
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert all(form.method for form in reader.forms)

"""Requests, redirects, forms and links of the scripted browser."""

from __future__ import annotations

import http.client
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urljoin, urlsplit

from attrs import define, field, frozen

from dockmesh_auth.testing.browser.cookies import CookieJar
from dockmesh_auth.testing.browser.reader import Form, Link, Reader, squeeze

__all__ = ["Browser", "Page", "Visit"]

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_FORM: Final = "application/x-www-form-urlencoded"


@frozen
class Visit:
    """One request of the browser, redirects included."""

    method: str
    url: str = field(repr=False)
    status: int


@frozen(kw_only=True)
class Page:
    """What a request ended in.

    Attributes:
        url: Its address, after redirects.
        status: The HTTP status.
        headers: Names in lower case; a repeated one keeps its last value.
        text: The body.
        title: The title of an HTML page.
        forms: The forms of an HTML page.
        links: The links of an HTML page.
        words: What a person would read.
    """

    url: str = field(repr=False)
    status: int
    headers: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)
    title: str = ""
    forms: Sequence[Form] = field(default=(), repr=False)
    links: Sequence[Link] = field(default=(), repr=False)
    words: str = field(default="", repr=False)

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the address."""
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))


@define
class Browser:
    """One browser with its cookies.

    Attributes:
        timeout: Seconds that one request may take.
        max_redirects: How many redirects in a row are followed.
        stop_before: An address that starts so is not requested: the redirect to it is the
            last page. For tests that want to see the way back without going there.
        history: Every request so far.
        cookies: The cookies.
        page: The last page.
    """

    timeout: float = 10.0
    max_redirects: int = 20
    stop_before: str | None = None
    history: list[Visit] = field(factory=list, init=False)
    cookies: CookieJar = field(factory=CookieJar, init=False)
    page: Page | None = field(default=None, init=False)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Page:
        """Go to *url* and follow redirects.

        Raises:
            OSError: Nobody answers.
            ValueError: The address is not on this machine, or redirects do not end.
        """
        return self._visit("GET", url, None, headers or {}, site=None)

    def click(self, text: str) -> Page:
        """Press the first button, or else follow the first link, whose text begins with *text*.

        Raises:
            LookupError: The page has neither.
        """
        page = self._current()
        for form in page.forms:
            for label, name, value in form.buttons:
                if label.startswith(text):
                    return self.submit(form, [(name, value)] if name else [])
        for link in page.links:
            if link.text.startswith(text):
                return self._visit("GET", urljoin(page.url, link.href), None, {}, page.url)
        raise LookupError(f"the page {page.title!r} has no button or link {text!r}")

    def submit(self, form: Form | None = None, more: Sequence[tuple[str, str]] = ()) -> Page:
        """Send *form*, or the first form of the page, with *more* fields.

        Raises:
            LookupError: The page has no form.
        """
        page = self._current()
        if form is None:
            if not page.forms:
                raise LookupError(f"the page {page.title!r} has no form")
            form = page.forms[0]
        url, data = urljoin(page.url, form.action), urlencode([*form.fields, *more])
        if form.method == "POST":
            return self._visit("POST", url, data, {}, page.url)
        return self._visit("GET", f"{url.partition('?')[0]}?{data}", None, {}, page.url)

    def fill(self, name: str, value: str) -> None:
        """Put *value* into the field *name* of the first form that has it.

        Raises:
            LookupError: No form has it.
        """
        for form in self._current().forms:
            for index, (known, _) in enumerate(form.fields):
                if known == name:
                    form.fields[index] = (name, value)
                    return
        raise LookupError(f"no form has a field {name!r}")

    # --- requests -------------------------------------------------------------------------

    def _current(self) -> Page:
        if self.page is None:
            raise LookupError("no page is open")
        return self.page

    def _visit(
        self, method: str, url: str, data: str | None, headers: Mapping[str, str], site: str | None
    ) -> Page:
        for _ in range(self.max_redirects + 1):
            page = self._request(method, url, data, headers, site)
            target = page.headers.get("location")
            if page.status not in _REDIRECTS or target is None:
                break
            url = urljoin(url, target)
            if self.stop_before is not None and url.startswith(self.stop_before):
                page = Page(url=url, status=page.status, headers=page.headers, text="")
                break
            if page.status not in {307, 308}:
                method, data = "GET", None
        else:
            raise ValueError("the redirects do not end")
        self.page = page
        return page

    def _request(
        self, method: str, url: str, data: str | None, headers: Mapping[str, str], site: str | None
    ) -> Page:
        parts = urlsplit(url)
        connection = _connection(parts, self.timeout)
        try:
            sent = {"Accept": "text/html,*/*;q=0.1", **headers}
            cookie = self.cookies.header_for(parts, method=method, site=site)
            if cookie:
                sent["Cookie"] = cookie
            if data is not None:
                sent["Content-Type"] = _FORM
                sent.setdefault("Origin", _origin(site or url))
            target = parts.path or "/"
            connection.request(
                method, f"{target}?{parts.query}" if parts.query else target, data, sent
            )
            response = connection.getresponse()
            body = response.read()
            for line in response.headers.get_all("Set-Cookie", []):
                self.cookies.store(line, parts)
        finally:
            connection.close()
        self.history.append(Visit(method, url, response.status))
        received = {name.lower(): value for name, value in response.headers.items()}
        return _page(url, response.status, received, body.decode("utf-8", "replace"))


def _connection(parts: SplitResult, timeout: float) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme != "http" or host not in {"127.0.0.1", "localhost", "::1"}:
        raise ValueError("this browser goes to http addresses on this machine only")
    return http.client.HTTPConnection(host, parts.port, timeout=timeout)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _page(url: str, status: int, headers: Mapping[str, str], text: str) -> Page:
    reader = Reader()
    if headers.get("content-type", "").startswith("text/html"):
        reader.feed(text)
        reader.close()
    return Page(
        url=url,
        status=status,
        headers=headers,
        text=text,
        title=squeeze(reader.title),
        forms=tuple(reader.forms),
        links=tuple(reader.links),
        words=squeeze(reader.words),
    )

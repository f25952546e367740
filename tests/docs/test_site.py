"""The site is made of all pages without a warning, and needs nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sphinx.util.inventory import InventoryFile

import dockmesh_auth

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(ROOT).with_suffix("").as_posix()
    for pattern in ("*.md", "docs/*.md", "docs/*/*.md", "docs/*/*/*.md", "plugins/*/README.md")
    for path in ROOT.glob(pattern)
)
FETCHED = {
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "img": "src",
    "input": "src",
    "link": "href",
    "object": "data",
    "script": "src",
    "source": "src",
    "track": "src",
    "video": "src",
}
"""What a browser asks for without being told to, by element."""


class Page(HTMLParser):
    """What a page of the site asks for, where it leads, and its words."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.styles: list[str] = []
        self.links: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if address := values.get(FETCHED.get(tag, "")):
            self.fetched.append(address)
        self.styles.append(values.get("style") or "")
        if tag == "a":
            self.links.append(values.get("href") or "")


@pytest.fixture(name="site", scope="module")
def site_built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, made as `.ci/run` and developers make it; a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    options = ["-c", "docs", "--fail-on-warning", "--keep-going", "--quiet"]
    answer = subprocess.run(
        [sys.executable, "-m", "sphinx", "-M", "html", ".", str(folder), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    return folder / "html"


def test_every_page_is_there_and_can_be_reached(site: Path) -> None:
    """By the navigation that every page has at its side."""
    front = site / "docs" / "index.html"
    reached = {
        (front.parent / urlsplit(link).path).resolve().relative_to(site.resolve()).as_posix()
        for link in Page(front).links
        if not urlsplit(link).scheme and urlsplit(link).path
    } | {"docs/index.html"}
    assert [page for page in PAGES if not (site / f"{page}.html").is_file()] == []
    assert [page for page in PAGES if f"{page}.html" not in reached] == []


def test_nothing_comes_from_elsewhere(site: Path) -> None:
    """No font, script, style or image of another host: the site works without a network."""
    foreign = [
        (path.name, address)
        for path in site.rglob("*.html")
        for address in Page(path).fetched
        if urlsplit(address).netloc or urlsplit(address).scheme not in {"", "data"}
    ]
    assert foreign == []


def test_styles_ask_for_nothing_elsewhere(site: Path) -> None:
    """Neither by `url()` nor by `@import`, in files as in pages."""
    texts = [path.read_text("utf-8") for path in site.rglob("*.css")]
    for path in site.rglob("*.html"):
        text = path.read_text("utf-8")
        texts += re.findall(r"<style[^>]*>(.*?)</style>", text, re.DOTALL) + Page(path).styles
    asked = [
        address
        for text in texts
        for address in re.findall(r"(?:url\(|@import)\s*[\"']?([^\"')\s;]+)", text)
    ]
    assert [address for address in asked if urlsplit(address).netloc] == []


def test_the_address_without_a_page_leads_to_the_first_one(site: Path) -> None:
    """Whoever opens the folder sees the documentation."""
    text = (site / "index.html").read_text("utf-8")
    assert 'content="0; url=docs/index.html"' in text


def test_every_public_name_is_documented(site: Path) -> None:
    """Each name of `dockmesh_auth.__all__` has an entry, under its last name."""
    inventory = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="")
    python = (names for kind, names in inventory.data.items() if kind.startswith("py:"))
    documented = {name.rpartition(".")[2] for names in python for name in names}
    assert set(dockmesh_auth.__all__) - documented == set()


def test_hooks_are_documented_with_their_errors(site: Path) -> None:
    """What stands in the docstrings is on the page, as text and not as marks."""
    text = (site / "docs" / "reference" / "api" / "hookspecs.html").read_text("utf-8")
    assert 'id="dockmesh_auth.hookspecs.dockmesh_auth_resolve_roles"' in text
    assert re.search(r'href="errors\.html#dockmesh_auth\.errors\.AccessDenied"', text)


def test_what_only_the_site_shows_is_taken_out_of_comments(site: Path) -> None:
    """No page of the site has the marks or a directive as text."""
    marks = ("&lt;!-- site", "<!-- site", "{toctree}", "{eval-rst}")
    shown = [
        (path.name, mark)
        for path in (site / "docs").rglob("*.html")
        for mark in marks
        if mark in path.read_text("utf-8")
    ]
    assert shown == []

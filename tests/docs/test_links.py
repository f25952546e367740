"""Every link of every Markdown page leads somewhere: to a file, to a heading in it, or outside.

Nothing is fetched. A link to the outside is held to https and to the hosts below.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
HOSTS = {
    "docs.github.com",
    "docs.gitlab.com",
    "github.com",
    "goauthentik.io",
    "learn.microsoft.com",
    "openid.net",
    "packaging.python.org",
    "pluggy.readthedocs.io",
    "semver.org",
    "www.keycloak.org",
    "www.rfc-editor.org",
    "zitadel.com",
}
"""Where pages may lead. Whoever links to another host looks at it and writes it down here."""


def repository_pages() -> list[Path]:
    """The pages that git knows, or would know after the next commit."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.md"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return sorted(path for name in listed.stdout.split("\0") if (path := ROOT / name).is_file())


PAGES = repository_pages()


def tokens(page: Path) -> Iterator[Token]:
    """Everything on a page, inline parts as well. Tables as a repository's page shows them."""
    for token in MarkdownIt().enable("table").parse(page.read_text("utf-8")):
        yield token
        yield from token.children or ()


def targets(page: Path) -> list[str]:
    """Where the links and images of a page lead."""
    attributes = {"link_open": "href", "image": "src"}
    return [
        str(token.attrs[attributes[token.type]])
        for token in tokens(page)
        if token.type in attributes
    ]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as a repository's page makes them.

    Lower case, no punctuation but `-` and `_`, a hyphen for each blank; one that stands already
    gets a number.
    """
    found: set[str] = set()
    parsed = list(MarkdownIt().enable("table").parse(page.read_text("utf-8")))
    for heading, inline in pairwise(parsed):
        if heading.type != "heading_open":
            continue
        text = "".join(
            part.content for part in inline.children or () if part.type in {"text", "code_inline"}
        )
        slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        number = 0
        while (name := f"{slug}-{number}" if number else slug) in found:
            number += 1
        found.add(name)
    return found


def fault(page: Path, target: str, root: Path) -> str | None:
    """What is wrong with a link of *page*; None if it leads somewhere."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return _fault_outside(target)
    if parts.query or parts.path.startswith("/") or "\\" in target:
        return "is not a relative path"
    return _fault_inside((page.parent / unquote(parts.path)) if parts.path else page, parts, root)


def _fault_inside(file: Path, parts: SplitResult, root: Path) -> str | None:
    file = file.resolve()
    if not file.is_relative_to(root):
        return "leads out of the repository"
    if not _is_there(file, root):
        return "leads to nothing"
    if file.is_dir():
        return "leads to a folder: the site has no page for it"
    if parts.fragment and (file.suffix != ".md" or parts.fragment not in anchors(file)):
        return "leads to no heading"
    return None


def _is_there(file: Path, root: Path) -> bool:
    """Whether the file exists, in just these letters, whatever the file system thinks of case."""
    place = root
    for step in file.relative_to(root).parts:
        if not place.is_dir() or step not in {entry.name for entry in place.iterdir()}:
            return False
        place /= step
    return True


def _fault_outside(target: str) -> str | None:
    parts = urlsplit(target)
    if parts.scheme != "https":
        return "is not https"
    if parts.netloc != parts.hostname:
        return "has more than a host: a port, a user, or capital letters"
    if not re.fullmatch(r"[!-~]+", target):
        return "has letters that an address cannot have"
    if parts.hostname not in HOSTS:
        return "leads to a host that tests/docs/test_links.py does not know"
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """To a file of the repository, to one of its headings, or over https to a known host."""
    wrong = [
        f"{target} {why}"
        for target in targets(page)
        if (why := fault(page, target, ROOT.resolve()))
    ]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_are_written_in_markdown(page: Path) -> None:
    """Not in HTML, not as bare addresses, and not as `[text][name]` without the name."""
    html = [
        token.content
        for token in tokens(page)
        if token.type in {"html_block", "html_inline"} and not token.content.startswith("<!-- site")
    ]
    left = [
        found
        for token in tokens(page)
        if token.type == "text"
        for found in re.findall(r"\[[^\]]+\]\[[^\]]*\]|\]\(|https?://\S+", token.content)
    ]
    assert (html, left) == ([], [])


@pytest.fixture(name="folder")
def folder_with_pages(tmp_path: Path) -> Path:
    """Two pages and a folder."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "Other.md").write_text(
        "# Other\n\n## What `a_b` is: 1.0?\n\n## Twice\n\n## Twice\n"
    )
    (tmp_path / "page.md").write_text("# Page\n")
    return tmp_path.resolve()


@pytest.mark.parametrize(
    "target",
    [
        "sub/Other.md",
        "./sub/Other.md",
        "#page",
        "sub/Other.md#what-a_b-is-10",
        "sub/Other.md#twice",
        "sub/Other.md#twice-1",
        "https://www.rfc-editor.org/rfc/rfc9700#section-2",
    ],
)
def test_good_links_are_let_through(folder: Path, target: str) -> None:
    """The anchors are written down here, not computed."""
    assert fault(folder / "page.md", target, folder) is None


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("sub/Missing.md", "leads to nothing"),
        ("sub/other.md", "leads to nothing"),
        ("Sub/Other.md", "leads to nothing"),
        ("sub/Other.md/more.md", "leads to nothing"),
        ("sub/Other.md#missing", "leads to no heading"),
        ("sub/Other.md#Other", "leads to no heading"),
        ("sub/Other.md#twice-2", "leads to no heading"),
        ("#other", "leads to no heading"),
        ("sub", "leads to a folder: the site has no page for it"),
        ("../page.md", "leads out of the repository"),
        ("/page.md", "is not a relative path"),
        ("page.md?plain=1", "is not a relative path"),
        ("http://www.rfc-editor.org/", "is not https"),
        ("//www.rfc-editor.org/", "is not https"),
        ("mailto:somebody@example.com", "is not https"),
        (
            "https://www.rfc-editor.org:8443/",
            "has more than a host: a port, a user, or capital letters",
        ),
        (
            "https://user@www.rfc-editor.org/",
            "has more than a host: a port, a user, or capital letters",
        ),
        (
            "https://elsewhere.example/",
            "leads to a host that tests/docs/test_links.py does not know",
        ),
        ("https://www.rfc-editor.org/a b", "has letters that an address cannot have"),
    ],
)
def test_bad_links_are_found(folder: Path, target: str, why: str) -> None:
    """Each kind of dead end has its reason."""
    assert fault(folder / "page.md", target, folder) == why

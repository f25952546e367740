"""Where a browser may be sent after a sign-in, judged by a browser's reading of the address.

The judge is a small model of the WHATWG URL parser, written from the standard and not from the
code under test: it says where a browser on this site would go for an address in `Location`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockmesh_auth.domain.return_path import MAX_RETURN_PATH, safe_return_path

SITE = "https://dockmesh.example"
EXPLICIT = "/the-default"
"""A default that no payload equals: what comes back unchanged shows by not being it."""

LISTS = {
    "oauth2-proxy-openredirects.txt": 558,
    "mod_auth_openidc-open-redirect-payload-list.txt": 835,
}


# --- a browser, in short (WHATWG URL, sections 4.1 and 4.4) -----------------------------------


class Place(NamedTuple):
    """Where a browser ends up."""

    origin: str
    path: str


_SCHEME = re.compile("([A-Za-z][A-Za-z0-9+.-]*):")
_SPECIAL = {"http", "https", "ws", "wss", "ftp"}
_ONE_DOT = {".", "%2e"}
_TWO_DOTS = {"..", ".%2e", "%2e.", "%2e%2e"}


def browse(address: str) -> Place:
    """Where a browser goes from a page of `SITE` for *address*."""
    address = address.strip("".join(map(chr, range(0x21))))
    address = re.sub("[\t\n\r]", "", address)
    scheme, rest = "https", address
    found = _SCHEME.match(address)
    if found:
        scheme, rest = found[1].lower(), address[found.end() :]
        if scheme not in _SPECIAL:
            return Place(f"{scheme}:", rest)
        if scheme != "https" or rest.replace("\\", "/").startswith("//"):
            return _authority(scheme, rest)
    if rest.replace("\\", "/").startswith("//"):
        return _authority(scheme, rest)
    if not rest.startswith(("/", "\\", "?", "#")):
        rest = "/" + rest
    return Place(SITE, _path(rest))


def _authority(scheme: str, rest: str) -> Place:
    rest = rest.lstrip("/\\")
    end = re.search(r"[/\\?#]", rest)
    authority, path = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    return Place(f"{scheme}://{authority.rpartition('@')[2].lower()}", _path(path))


def _path(rest: str) -> str:
    segments = re.split("[?#]", rest)[0].replace("\\", "/").split("/")[1:]
    way: list[str] = []
    for position, segment in enumerate(segments):
        last = position == len(segments) - 1
        if segment.lower() in _TWO_DOTS:
            del way[-1:]
        elif segment.lower() not in _ONE_DOT:
            way.append(segment)
            continue
        if last:
            way.append("")
    return "/" + "/".join(way)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("/hosts", Place(SITE, "/hosts")),
        ("/hosts?a=//evil.example", Place(SITE, "/hosts")),
        ("hosts", Place(SITE, "/hosts")),
        ("https:hosts", Place(SITE, "/hosts")),
        ("/a/../b/./c", Place(SITE, "/b/c")),
        ("/a/%2e%2E/b", Place(SITE, "/b")),
        ("/..//evil.example", Place(SITE, "//evil.example")),
        ("//evil.example", Place("https://evil.example", "/")),
        ("///evil.example/x", Place("https://evil.example", "/x")),
        ("/\\evil.example", Place("https://evil.example", "/")),
        ("\\\\evil.example", Place("https://evil.example", "/")),
        ("/\t/evil.example", Place("https://evil.example", "/")),
        (" //evil.example", Place("https://evil.example", "/")),
        ("\x00//evil.example", Place("https://evil.example", "/")),
        ("//dockmesh.example@evil.example", Place("https://evil.example", "/")),
        ("http:evil.example", Place("http://evil.example", "/")),
        ("https:/\\evil.example", Place("https://evil.example", "/")),
        ("javascript:alert(1)", Place("javascript:", "alert(1)")),
        ("java\nscript:alert(1)", Place("javascript:", "alert(1)")),
    ],
)
def test_the_judge_reads_like_a_browser(address: str, place: Place) -> None:
    """Known answers of browsers: the judge itself is right."""
    assert browse(address) == place


@pytest.mark.parametrize("name", LISTS)
def test_the_judge_catches_naive_checks(shared: Path, name: str) -> None:
    """A check by `urlsplit` alone lets payloads of both lists out: the judge sees them go."""
    naive = [p for p in payloads(shared, name) if not urlsplit_finds_a_site(p)]
    assert sum(browse(payload).origin != SITE for payload in naive) > 100


def urlsplit_finds_a_site(address: str) -> bool:
    try:
        return bool(urlsplit(address).netloc)
    except ValueError:
        return True


def payloads(shared: Path, name: str) -> list[str]:
    text = (shared / "vectors" / "redirects" / name).read_bytes().decode("utf-8")
    return text.removesuffix("\n").split("\n")


# --- nothing leaves the site ------------------------------------------------------------------


def assert_harmless(address: str) -> None:
    """*address* is refused, or a browser stays, also if a proxy on the way decodes it."""
    answer = safe_return_path(address, EXPLICIT)
    assert answer in {EXPLICIT, address}
    for _ in range(4):
        place = browse(answer)
        assert place.origin == SITE
        assert not place.path.startswith(("//", "/\\"))
        assert re.split("[/;?#]", place.path)[1] not in {"login", "logout", "auth"}
        answer = unquote(answer)


@pytest.mark.attack("RED-01", "RED-02", "RED-06")
@pytest.mark.parametrize(("name", "count"), LISTS.items())
def test_no_payload_leaves_the_site(shared: Path, name: str, count: int) -> None:
    """Every line of both lists of open-redirect payloads stays on the site."""
    lines = payloads(shared, name)
    assert len([line for line in lines if line]) == count
    for line in lines:
        assert_harmless(line)


@pytest.mark.attack("RED-01", "RED-06")
@pytest.mark.parametrize("name", LISTS)
def test_no_payload_behind_a_path_leaves_the_site(shared: Path, name: str) -> None:
    """The same behind a path of this site, where dot segments could bring it to the front."""
    for line in payloads(shared, name):
        for prefix in ("/", "/app/..", "/app/../", "/app/%2e%2e/", "/app;x/../", "/.", "/a/"):
            assert_harmless(prefix + line)


PIECES = st.sampled_from(
    [
        *("/", "//", "\\", "/\\", ".", "..", "/..", "/../", "/./", ";", ";x", "?", "#", "@", ":"),
        *("%2f", "%2F", "%5c", "%2e", "%2E%2e", "%252e", "%252f", "%25", "%3b", "%3f", "%00"),
        *("%09", "%0d%0a", "\t", "\n", "\r", " ", "\x00", "\x7f", "\x85", "\u00a0", "[", "]"),
        *("\uff0f", "\u3002", "\u2044", "\u202e", "\ud800", "\u0130", "\u017f"),
        *("evil.example", "dockmesh.example", "http:", "https:", "javascript:", "a", "hosts"),
        *("login", "logout", "auth", "/login", "/logout", "/auth/oidc/callback"),
    ]
)


@pytest.mark.attack("RED-01", "RED-02", "RED-03", "RED-06", "RED-09")
@settings(deadline=None, max_examples=1500)
@given(st.lists(PIECES, max_size=9).map("".join), st.booleans())
def test_no_composition_leaves_the_site(tail: str, rooted: bool) -> None:  # noqa: FBT001 - drawn
    """No composition of dangerous pieces leaves the site or reaches the sign-in's own pages."""
    assert_harmless("/" + tail if rooted else tail)


@settings(deadline=None, max_examples=500)
@given(st.text(max_size=20))
def test_any_text_is_answered(address: str) -> None:
    """No text, however strange, raises."""
    assert_harmless(address)
    assert_harmless("/" + address)


@pytest.mark.attack("RED-01")
@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "///evil.example",
        "////evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "\\\\evil.example",
        "/%5cevil.example",
        "/%5Cevil.example",
        "/%255cevil.example",
        "/%2fevil.example",
        "/%2Fevil.example",
        "/%252fevil.example",
        "/a//evil.example",
        "/a/%2f%2fevil.example",
        "/a\\b",
    ],
)
def test_a_second_slash_is_refused(address: str) -> None:
    """One slash, and no second one in any spelling."""
    assert safe_return_path(address, EXPLICIT) == EXPLICIT


@pytest.mark.attack("RED-02")
@pytest.mark.parametrize("letter", [*map(chr, range(0x21)), "\x7f", "\x85", "\u2028"])
@pytest.mark.parametrize("form", ["/{}/evil.example", "{}//evil.example", "/hosts{}", "/ho{}sts"])
def test_controls_and_spaces_are_refused(letter: str, form: str) -> None:
    """No control character and no space, wherever it stands."""
    assert safe_return_path(form.format(letter), EXPLICIT) == EXPLICIT


@pytest.mark.attack("RED-02", "RED-07")
@pytest.mark.parametrize("code", [*(f"%{value:02x}" for value in range(0x20)), "%7F", "%c2%85"])
def test_encoded_controls_are_refused(code: str) -> None:
    """A control character is refused under percent-encoding too, once or twice."""
    assert safe_return_path(f"/hosts{code}x", EXPLICIT) == EXPLICIT
    assert safe_return_path(f"/hosts{code.replace('%', '%25')}x", EXPLICIT) == EXPLICIT


@pytest.mark.attack("RED-03")
@pytest.mark.parametrize(
    "address",
    [
        "\uff0f\uff0fevil.example",
        "/\uff0fevil.example",
        "/\uff3cevil.example",
        "/\u2044evil.example",
        "/\u2215evil.example",
        "/\u29f8evil.example",
        "//evil\u3002example",
        "//evil\uff0eexample",
        "//ev\u0456l.example",
        "//dockm\u0435sh.example",
        "/\u202egpj.elpmaxe",
        "/\u200e/evil.example",
        "/\u200b/evil.example",
        "/\u2060/evil.example",
        "/\ufeff/evil.example",
        "\ufeff//evil.example",
        "/\ud800/evil.example",
        "/\udfff",
        "/h\u00f6sts",
        "/\u00a0/evil.example",
        "https://xn--dckmesh-n1a.example/",
        "/\u00ad/evil.example",
    ],
)
def test_only_ascii_is_taken(address: str) -> None:
    """Letters beyond ASCII have to be percent-encoded; nothing guesses what they might become."""
    assert safe_return_path(address, EXPLICIT) == EXPLICIT


@pytest.mark.attack("RED-05")
@pytest.mark.parametrize(
    "address",
    [
        "https://dockmesh.example",
        "https://dockmesh.example/hosts",
        "https://dockmesh.example.evil.example/hosts",
        "https://evil-dockmesh.example/hosts",
        "https://dockmeshaexample/hosts",
        "https://dockmesh.example@evil.example/",
        "https://dockmesh.example:8443/hosts",
        "HTTPS://DOCKMESH.EXAMPLE/hosts",
        "//dockmesh.example/hosts",
        "dockmesh.example/hosts",
        "https:hosts",
        "http:/hosts",
    ],
)
def test_no_host_is_taken(address: str) -> None:
    """There is no list of hosts to deceive: not even this site's own host is accepted."""
    assert safe_return_path(address, EXPLICIT) == EXPLICIT


@pytest.mark.attack("RED-06")
@pytest.mark.parametrize(
    "address",
    [
        "/app/..//evil.example",
        "/app/../hosts",
        "/app/..",
        "/..",
        "/.",
        "/./hosts",
        "/app/%2e%2e/hosts",
        "/app/.%2E/hosts",
        "/app/%252e%252e/hosts",
        "/app;x/../logout",
        "/app;x=1/..;y/hosts",
        "/app/..;/hosts",
        "/app%3b/../logout",
        "/app/..%3fx/hosts",
        "/app/..%2flogout",
        "/%25252525252e/hosts",
    ],
)
def test_dot_segments_are_refused(address: str) -> None:
    """A path that a browser or server would shorten is not taken: what is checked is what is sent.

    That holds behind a parameter (`;`) as before it.
    """
    assert safe_return_path(address, EXPLICIT) == EXPLICIT


@pytest.mark.attack("RED-09")
@pytest.mark.parametrize(
    "address",
    [
        "/login",
        "/login/",
        "/login?next=/hosts",
        "/login#x",
        "/login;x",
        "/%6cogin",
        "/%256cogin",
        "/logout",
        "/logout?all=1",
        "/auth",
        "/auth/",
        "/auth/oidc/authentik/login",
        "/auth/oidc/callback?code=x&state=y",
        "/%61uth/oidc/callback",
        "/auth%2foidc/callback",
        "/auth;x/oidc/callback",
        "/x;/../auth/oidc/callback",
        "/api/v1/auth/oidc/authentik/login",
        "/api/v1/auth/oidc/authentik/login?next=/api/v1/auth/oidc/other/login",
        "/api/%761/auth;x/oidc/other/login",
    ],
)
def test_own_pages_are_refused(address: str) -> None:
    """No way back into the sign-in itself, nor to the sign-out."""
    assert safe_return_path(address, EXPLICIT) == EXPLICIT


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/hosts",
        "/hosts/",
        "/hosts/3f1c-9a",
        "/hosts?tag=prod&x=1#frag",
        "/hosts?next=//evil.example",
        "/hosts?path=/../etc&q=%2F%2F",
        "/hosts?q=a%20b+c%0A",
        "/#/stacks/12",
        "/?page=2",
        "/h%C3%B6sts",
        "/stacks/a%20b",
        "/stacks/a%252520b",
        "/stacks/a.b..c/...",
        "/stacks/v1;rev=2",
        "/login-history",
        "/loginx",
        "/authors",
        "/logouts/1",
        "/hosts/login",
        "/api/v1/authors",
        "/api/v1/hosts/auth",
        "/stacks/[x]",
        "/stacks/https://x".replace("//", "/"),
        "/" + "a" * (MAX_RETURN_PATH - 1),
    ],
)
def test_paths_of_this_site_come_back_unchanged(address: str) -> None:
    """A path, with query and fragment, is returned to as it was, and stays on the site."""
    assert safe_return_path(address, EXPLICIT) == address
    assert browse(address).origin == SITE


@pytest.mark.parametrize("address", [None, "", "/" + "a" * MAX_RETURN_PATH])
def test_nothing_and_too_much_give_the_default(address: str | None) -> None:
    """No address, or one beyond the limit."""
    assert safe_return_path(address, EXPLICIT) == EXPLICIT
    assert safe_return_path(address) == "/"

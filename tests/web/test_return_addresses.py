"""Whatever `next` says, the browser stays on this site."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

OWN = [
    "//evil.example",
    "/\\evil.example",
    "https:evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\x00/evil.example",
    " //evil.example",
    "\uff0f\uff0fevil.example",
    "/\u3002evil.example",
    "/\u202e//evil.example",
    "https://dockmesh.example.evil.example",
    "https://evil-dockmesh.example",
    "https://dockmesh.example@evil.example",
    "/app/..//evil.example",
    "/%2e%2e//evil.example",
    "/..;//evil.example",
    "javascript:alert(1)",
]


def leaves_the_site(address: str) -> bool:
    """Whether a browser that reads *address* on a page of ours goes elsewhere (WHATWG URL, 4.4):
    it drops tabs and line ends, trims what is not visible, and takes a backslash for a slash."""
    seen = re.sub(r"[\t\r\n]", "", address).strip("".join(map(chr, range(33)))).replace("\\", "/")
    return seen.startswith("//") or re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", seen) is not None


@pytest.fixture(name="payloads", scope="session")
def all_payloads(shared: Path) -> list[bytes]:
    """Both payload files, each line once, and some of our own."""
    folder = shared / "vectors" / "redirects"
    lines = dict.fromkeys(
        line
        for name in (
            "mod_auth_openidc-open-redirect-payload-list.txt",
            "oauth2-proxy-openredirects.txt",
        )
        for line in (folder / name).read_bytes().split(b"\n")
    )
    assert len(lines) > 550
    return [*lines, *(text.encode() for text in OWN)]


def queries(payload: bytes) -> list[bytes]:
    """The payload as one value, and as raw as an address can carry it."""
    raw = bytes(byte if 33 <= byte < 127 and byte not in b"#&" else 0x2B for byte in payload)
    return [b"next=" + quote(payload, safe="").encode(), b"next=" + raw]


@pytest.mark.attack("RED-01", "RED-02", "RED-03", "RED-05", "RED-06")
async def test_no_payload_leaves_the_site_by_the_login_page(
    web: Any, payloads: list[bytes]
) -> None:
    """Every link of the login page stays here, and only a path of this site is handed on."""
    web.sign_in()
    cookie = [(b"cookie", f"__Host-dockmesh_session={web.token('a')}".encode())]
    for payload in payloads:
        for query in queries(payload):
            status, _, body = await web.raw("/login", cookie, query=query)
            assert status == 200
            for href in re.findall(rb'href="([^"]*)"', body):
                assert href.startswith(b"/"), payload
                assert not leaves_the_site(href.decode()), payload


@pytest.mark.attack("RED-01", "RED-02", "RED-03", "RED-05", "RED-06")
async def test_no_payload_leaves_the_site_by_a_sign_in(web: Any, payloads: list[bytes]) -> None:
    """What the host is asked to remember never leads elsewhere, nor what it answers with."""
    for payload in payloads:
        for query in queries(payload):
            await web.raw("/auth/oidc/example/login", query=query)
    wanted = [address for address in web.host.asked_returns if address is not None]
    assert len(web.host.asked_returns) == 2 * len(payloads)
    assert not [address for address in wanted if leaves_the_site(address)]
    assert all(re.fullmatch(r"/(?!/)[!-~]*", address) for address in wanted)


@pytest.mark.attack("RED-01", "RED-02", "RED-03", "RED-06", "RED-07")
async def test_no_payload_leaves_the_site_by_the_final_redirect(
    web: Any, payloads: list[bytes]
) -> None:
    """Even if the host remembered a hostile address, the answer would not send anybody there."""
    for payload in payloads:
        state = await web.start()
        web.host.return_to = payload.decode("utf-8", "replace")
        answer = await web.browser.get("/auth/oidc/callback", params={"state": state})
        assert answer.status_code == 303
        assert not leaves_the_site(answer.headers["location"]), payload


@pytest.mark.parametrize(
    "query", ["next=/a&next=/b", "next=", "next", "", "next=/a%FF", "&".join(["a=b"] * 100)]
)
async def test_a_next_that_is_not_clear_is_none(web: Any, query: str) -> None:
    """Repeated, empty, not UTF-8 or buried under others: the start page it is."""
    await web.raw("/auth/oidc/example/login", query=query.encode())
    assert web.host.asked_returns == [None]


@pytest.mark.parametrize("address", ["/stacks", "/stacks?id=1&tab=logs", "/hosts/a%20b", "/~ada"])
async def test_a_path_of_this_site_is_kept(web: Any, address: str) -> None:
    """An honest address is handed on unchanged and returned to."""
    state = await web.start(next=address)
    assert web.host.asked_returns == [address]
    web.host.return_to = address
    answer = await web.browser.get("/auth/oidc/callback", params={"state": state})
    assert answer.headers["location"] == address


@pytest.mark.attack("RED-07")
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "%0d%0a"])
async def test_no_header_is_forged(web: Any, end: str) -> None:
    """A line end in `next`, a slug, a state or a provider's address starts no header."""
    forged = f"/x{end}Set-Cookie: forged=1"
    web.host.providers = {forged: web.provider("example", "Example")}
    answers = [
        await web.raw("/login", query=b"next=" + quote(forged, safe="").encode()),
        await web.raw("/auth/oidc/example" + end + "x/login"),
        await web.raw("/auth/oidc/callback", query=b"state=" + quote(forged, safe="").encode()),
        await web.raw("/", [(b"cookie", f"__Host-dockmesh_session={forged}".encode())]),
    ]
    for _, headers, _ in answers:
        for name, value in headers:
            assert "forged" not in name.lower()
            assert not re.search(r"[\r\n\x00]", value)
            assert name != "set-cookie" or "forged" not in value

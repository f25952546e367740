"""Signing out: only by our own page, and then for good."""

from __future__ import annotations

import re
from typing import Any

import pytest
from structlog.testing import capture_logs

SESSION = "__Host-dockmesh_session"
FORM = "application/x-www-form-urlencoded"


async def proof(web: Any) -> str:
    """The proof that the page asks with."""
    text: str = (await web.browser.get("/logout")).text
    found = re.search(r'name="proof" value="([0-9a-f]+)"', text)
    assert found is not None
    return found[1]


async def test_signing_out_ends_the_session_on_the_server(web: Any) -> None:
    """The session is gone from the host and from the browser, and the login page says so."""
    token = web.sign_in()
    answer = await web.browser.post("/logout", data={"proof": await proof(web)})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?signed_out=1"
    assert web.host.ended == [token]
    assert f'{SESSION}=""' in str(answer.headers)
    assert "You are signed out" in (await web.browser.get("/login?signed_out=1")).text
    web.browser.cookies.set(SESSION, token, domain="dockmesh.example", path="/")
    assert (await web.browser.get("/")).headers["location"] == "/login"


@pytest.mark.attack("LOG-12")
@pytest.mark.parametrize("dest", ["image", "document", "iframe"])
async def test_looking_at_the_page_ends_nothing(web: Any, dest: str) -> None:
    """GET asks and does nothing else."""
    web.sign_in()
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-dest": dest}
    answer = await web.browser.get("/logout", headers=headers)
    assert answer.status_code == 200
    assert web.host.ended == []
    assert "Ada Lovelace" in (await web.browser.get("/")).text


@pytest.mark.attack("LOG-12")
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "origin": "https://dockmesh.example"},
        {"origin": "https://evil.example"},
        {"origin": "https://dockmesh.example.evil.example"},
        {"origin": "http://dockmesh.example"},
        {"origin": "https://dockmesh.example:8443"},
        {"origin": ""},
    ],
)
async def test_another_site_signs_nobody_out(web: Any, headers: dict[str, str]) -> None:
    """Even with the right proof, what the browser marks as foreign is only asked about again."""
    web.sign_in()
    data = {"proof": await proof(web)}
    with capture_logs() as logs:
        answer = await web.browser.post("/logout", data=data, headers=headers)
    assert answer.status_code == 403
    assert "did not come from this page" in answer.text
    assert web.host.ended == []
    assert logs[0]["event"] == "sign_out_refused"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin", "origin": "null"},
        {"origin": "https://dockmesh.example"},
        {"origin": "https://DOCKMESH.example"},
        {"origin": "null"},
        {},
    ],
)
async def test_our_own_page_signs_out(web: Any, headers: dict[str, str]) -> None:
    """What browsers send for our own form, with and without Fetch Metadata, is obeyed."""
    token = web.sign_in()
    data = {"proof": await proof(web)}
    answer = await web.browser.post("/logout", data=data, headers=headers)
    assert answer.status_code == 303
    assert web.host.ended == [token]


@pytest.mark.attack("LOG-12")
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", FORM),
        (b"proof=", FORM),
        (b"proof=0", FORM),
        (b"proof=" + b"0" * 64, FORM),
        (b"proof=%FF", FORM),
        (b"other=1", FORM),
        (b"proof=PROOF&proof=PROOF", FORM),
        (b"proof=PROOF", "text/plain"),
        (b"proof=PROOF", "multipart/form-data; boundary=x"),
        (b'{"proof": "PROOF"}', "application/json"),
        (b"proof=OTHER", FORM),
        (b"proof=PROOF&x=" + b"y" * 70_000, FORM),
        (b"proof=PROOF" + b"&a=b" * 100, FORM),
    ],
)
async def test_without_its_proof_a_form_signs_nobody_out(web: Any, body: bytes, kind: str) -> None:
    """Missing, wrong, doubled, another session's, or in another kind of body: asked again."""
    web.sign_in("b")
    other = await proof(web)
    web.browser.cookies.clear()
    web.sign_in("a")
    body = body.replace(b"PROOF", (await proof(web)).encode()).replace(b"OTHER", other.encode())
    answer = await web.browser.post("/logout", content=body, headers={"content-type": kind})
    assert answer.status_code == 403
    assert web.host.ended == []


async def test_the_proof_is_bound_to_the_session_and_says_nothing_of_it(web: Any) -> None:
    """Each session has its own proof, always the same, which is not its token."""
    token = web.sign_in("a")
    first, again = await proof(web), await proof(web)
    web.browser.cookies.clear()
    web.sign_in("b")
    assert first == again
    assert len(first) == 64
    assert first != await proof(web)
    assert token not in first


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_signed_out_there_is_nothing_to_ask(web: Any, method: str) -> None:
    """Without a session both lead to the login page, and nothing is ended or deleted."""
    answer = await web.browser.request(method, "/logout")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")
    assert "set-cookie" not in answer.headers
    assert web.host.ended == []

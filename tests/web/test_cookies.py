"""Cookies that are forged, broken or too many: nobody is signed in, and nothing breaks."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.responses import Response

from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.web.cookies import CookieRules, Cookies
from dockmesh_auth.web.site import current_session

SESSION = "__Host-dockmesh_session"
RULES = CookieRules(secure=True, session_age=60)


@pytest.mark.attack("SES-04")
async def test_ten_thousand_forged_cookies_are_nobody(web: Any) -> None:
    """Truncated, altered, another environment's, and plain noise: never 500, never a session."""
    good = web.token("a")
    web.host.sessions[good] = web.session()
    dice = random.Random(20_270_115)
    alphabet = "".join(map(chr, range(256)))
    for number in range(10_000):
        if number % 2:
            value = "".join(dice.choices(alphabet, k=dice.randrange(0, 120)))
        else:
            place = dice.randrange(len(good))
            value = good[:place] + dice.choice(alphabet) + good[place + dice.randrange(3) :]
        if value.strip(" \t") == good:
            continue
        header = f"{SESSION}={value}".encode("latin-1")
        status, headers, body = await web.raw("/", [(b"cookie", header)])
        # A value with a `;` in it ends there, and may leave the good token standing.
        if value.partition(";")[0].strip(" \t") != good:
            assert status == 303, value
            assert dict(headers)["location"] == "/login"
            assert b"Ada" not in body


@pytest.mark.attack("SES-04")
@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("__Host-dockmesh_session", 200),
        ("dockmesh_session", 303),
        ("__host-dockmesh_session", 303),
        ("__Secure-dockmesh_session", 303),
        ("session", 303),
    ],
)
async def test_another_name_is_no_session(web: Any, name: str, status: int) -> None:
    """On https only the prefixed name counts, in exactly this spelling."""
    web.host.sessions[web.token("a")] = web.session()
    cookie = f"{name}={web.token('a')}".encode()
    assert (await web.raw("/", [(b"cookie", cookie)]))[0] == status


@given(st.lists(st.text(st.characters(max_codepoint=255), max_size=60), max_size=5))
def test_any_cookie_header_can_be_read(headers: list[str]) -> None:
    """Reading never fails, and finds only values that stand there."""
    cookies = Cookies.parse(headers)
    joined = ";".join(headers)
    for name in cookies.names():
        values = cookies.every(name)
        assert all(f"{value}" in joined for value in values)
        assert cookies.one(name) == (values[0] if len(values) == 1 else None)
    assert RULES.session_token(cookies) is None
    assert RULES.attempts(cookies) == []


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=6))
def test_a_name_counts_only_when_it_is_there_once(names: list[str]) -> None:
    """One value is a value; two are none, whatever they are."""
    cookies = Cookies.parse(["; ".join(f"{name}={name * 40}" for name in names)])
    for name in set(names):
        assert (cookies.one(name) is not None) is (names.count(name) == 1)


@given(
    st.lists(
        st.tuples(st.integers(0, 999_999_999), st.integers(0, 2**63)),
        max_size=30,
        unique_by=lambda pair: pair[1],
    )
)
def test_the_newest_attempts_stay(attempts: list[tuple[int, int]]) -> None:
    """After a start there are at most seven, and none that went is newer than one that stayed."""
    prefix = "__Host-dockmesh_login_"
    jar = {f"{prefix}{key:016x}": f"{number}.{'t' * 43}" for number, key in attempts}
    cookies = Cookies.parse(["; ".join(f"{name}={value}" for name, value in jar.items())])
    response = Response()
    new = "f" * 15 + "e"
    RULES.set_attempt(response, cookies, new, Secret("n" * 43), age=600, cross_site=False)
    gone = {
        value.decode().partition("=")[0]
        for name, value in response.raw_headers
        if name == b"set-cookie" and b"Max-Age=0" in value
    }
    stay = set(jar) - gone
    assert len(stay) == min(len(jar), 6)
    numbers = {name: int(value.partition(".")[0]) for name, value in jar.items()}
    if stay and gone:
        assert min(numbers[name] for name in stay) >= max(numbers[name] for name in gone)


async def test_a_number_that_has_grown_too_large_is_cut(web: Any) -> None:
    """A planted huge number does not make a cookie that cannot be read back."""
    planted = f"__Host-dockmesh_login_{'0' * 16}=999999999.{'t' * 43}"
    status, headers, _ = await web.raw("/auth/oidc/example/login", [(b"cookie", planted.encode())])
    assert status == 303
    lines = [value.partition(";")[0] for name, value in headers if name == "set-cookie"]
    assert len(RULES.attempts(Cookies.parse(lines))) == 1


@pytest.mark.attack("BEA-06")
@pytest.mark.parametrize(
    "name",
    [
        "X-User",
        "X-Forwarded-User",
        "X-Forwarded-Email",
        "X-Forwarded-Groups",
        "X-Auth-Request-User",
        "X-Remote-User",
        "Remote-User",
        "REMOTE_USER",
        "OIDC_CLAIM_sub",
        "OIDC-CLAIM-sub",
        "X_User",
        "X-Authentik-Username",
        "X-WEBAUTH-USER",
        "Authorization",
    ],
)
async def test_headers_in_which_a_client_names_itself_are_not_read(web: Any, name: str) -> None:
    """No header but our cookie says who somebody is, and none changes who it is."""
    answer = await web.browser.get("/", headers={name: "ada"})
    assert answer.headers["location"] == "/login"
    web.sign_in()
    text = (await web.browser.get("/", headers={name: "mallory"})).text
    assert "Ada Lovelace" in text
    assert "mallory" not in text


@pytest.mark.attack("BEA-06")
@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "["},
        {"host": ""},
        {"x-forwarded-host": "evil.example", "x-forwarded-proto": "http"},
        {"x-forwarded-prefix": "/evil", "x-original-url": "/evil", "forwarded": "host=evil"},
    ],
)
async def test_where_we_are_is_not_asked_of_the_client(web: Any, headers: dict[str, str]) -> None:
    """No address on a page or in a redirect comes from the request's headers."""
    for path in ("/", "/login", "/nowhere", "/auth/oidc/callback"):
        answer = await web.browser.get(path, headers=headers)
        assert answer.status_code in {200, 303, 400, 404}
        assert "evil" not in answer.text + str(answer.headers)


async def test_another_application_can_ask_who_is_there(web: Any) -> None:
    """`current_session` reads the same cookie for applications beside the pages."""
    web.host.sessions[web.token("a")] = web.session()
    good = Headers({"cookie": f"{SESSION}={web.token('a')}"})
    assert await current_session(web.host, good) == web.session()
    assert await current_session(web.host, Headers({"x-user": "ada"})) is None

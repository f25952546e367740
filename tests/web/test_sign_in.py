"""A sign-in in a browser: where it begins, how it ends, and what is left behind."""

from __future__ import annotations

import hashlib
from http.cookies import SimpleCookie
from typing import Any

import pytest

from dockmesh_auth.errors import ErrorCode, SignInRejected, StorageError

SESSION = "__Host-dockmesh_session"
LOGIN = "__Host-dockmesh_login_"
HOLD = "__Host-dockmesh_hold"


def cookies_set(answer: Any) -> dict[str, Any]:
    """The cookies that an answer sets, by name."""
    found: dict[str, Any] = {}
    for line in answer.headers.get_list("set-cookie"):
        for name, morsel in SimpleCookie(line).items():
            assert name not in found
            found[name] = morsel
    return found


def key_of(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()[:16]


async def finish(web: Any, state: str, **more: str) -> Any:
    return await web.browser.get(
        "/auth/oidc/callback", params={"state": state, "code": "c", **more}
    )


async def test_a_sign_in_from_start_to_page(web: Any) -> None:
    """Login, provider, callback, and the person's page: each step one redirect."""
    state = await web.start()
    answer = await finish(web, state)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    assert "Ada Lovelace" in (await web.browser.get("/")).text


async def test_the_answer_reaches_the_host_as_it_came(web: Any) -> None:
    """Parameters keep order, repetitions and empty values; the slug of the path goes along."""
    await web.browser.get("/auth/oidc/callback?state=a&code=&state=b&x=%E2%82%AC")
    await web.browser.get("/auth/oidc/example/callback?state=a")
    assert web.host.finished_with[0] == (("state", "a"), ("code", ""), ("state", "b"), ("x", "€"))
    assert web.host.finished_slugs == [None, "example"]


async def test_a_posted_answer_is_read_from_its_form(web: Any) -> None:
    """form_post brings the same parameters in a body; the query is not looked at."""
    web.host.cross_site = True
    state = await web.start()
    answer = await web.browser.post(
        "/auth/oidc/callback?state=other", data={"state": state, "code": "c"}
    )
    assert answer.status_code == 303
    assert web.host.finished_with == [(("state", state), ("code", "c"))]


@pytest.mark.attack("SES-02")
@pytest.mark.parametrize("cross_site", [False, True])
async def test_cookies_are_host_bound_secure_and_hidden(web: Any, *, cross_site: bool) -> None:
    """Every cookie of every flow: `__Host-`, Secure, HttpOnly, Path=/, no Domain, SameSite."""
    web.host.cross_site = cross_site
    started = await web.browser.get("/auth/oidc/example/login")
    state = started.headers["location"].rpartition("=")[2]
    finished = await finish(web, state)
    refused = await finish(web, state)
    proof = (await web.browser.get("/logout")).text.split('name="proof" value="')[1][:64]
    ended = await web.browser.post("/logout", data={"proof": proof})
    ages = {}
    for answer in (started, finished, refused, ended):
        for name, cookie in cookies_set(answer).items():
            assert name.startswith("__Host-dockmesh_")
            assert cookie["secure"]
            assert cookie["httponly"]
            assert cookie["path"] == "/"
            assert cookie["domain"] == ""
            posted = cross_site and name.startswith(LOGIN) and cookie["max-age"] != "0"
            assert cookie["samesite"] == ("none" if posted else "lax")
            ages.setdefault(name, []).append(int(cookie["max-age"]))
    assert ages == {LOGIN + key_of(state): [600, 0], SESSION: [86_400, 0], HOLD: [30, 600, 600]}


async def test_over_http_names_are_plain_and_not_secure(web: Any) -> None:
    """Without https there can be neither prefix nor Secure: for a demonstration on one machine."""
    other = web.another(web.new_host(config=web.settings(base_url="http://localhost:8080")))
    state = await other.start()
    answer = await finish(other, state)
    cookies = cookies_set(answer)
    assert set(cookies) == {
        "dockmesh_session",
        "dockmesh_login_" + key_of(state),
        "dockmesh_hold",
    }
    assert not any(cookie["secure"] for cookie in cookies.values())
    assert all(cookie["httponly"] for cookie in cookies.values())


@pytest.mark.attack("SES-01")
async def test_a_sign_in_ends_the_session_that_was_there(web: Any) -> None:
    """A session from before is not carried over: another id, and the old one is dead."""
    planted = web.sign_in("p")
    state = await web.start()
    answer = await finish(web, state)
    fresh = cookies_set(answer)[SESSION].value
    assert fresh != planted
    assert web.host.ended == [planted]
    assert planted not in web.host.sessions
    assert fresh in web.host.sessions


@pytest.mark.attack("SES-01")
async def test_without_ending_the_old_session_there_is_no_new_one(web: Any) -> None:
    """If the old session cannot be ended, the browser does not get the new one either."""
    web.sign_in("p")
    state = await web.start()

    web.host.end_error = StorageError(ErrorCode.STORE_UNAVAILABLE)
    answer = await finish(web, state)
    assert answer.status_code == 503
    assert SESSION not in cookies_set(answer)


@pytest.mark.attack("SES-03")
@pytest.mark.parametrize("order", [("a", "b"), ("b", "a"), ("a", "a")])
async def test_several_session_cookies_are_none(web: Any, order: tuple[str, str]) -> None:
    """Two values of the one name, in either order and even if equal: nobody is signed in."""
    web.host.sessions[web.token("a")] = web.session()
    pair = "; ".join(f"{SESSION}={web.token(letter)}" for letter in order)
    for headers in (
        [(b"cookie", pair.encode())],
        [(b"cookie", part.encode()) for part in pair.split("; ")],
    ):
        status, found, body = await web.raw("/", headers)
        assert (status, dict(found)["location"]) == (303, "/login")
        assert b"Ada" not in body


@pytest.mark.attack("SES-03")
async def test_several_login_cookies_of_one_attempt_are_none(web: Any) -> None:
    """A planted second value of an attempt's cookie stops that attempt."""
    state = await web.start()
    (name, value) = next(
        (cookie.name, cookie.value) for cookie in web.browser.cookies.jar if LOGIN in cookie.name
    )
    for pair in (f"{name}=1.{'e' * 43}; {name}={value}", f"{name}={value}; {name}=1.{'e' * 43}"):
        query = f"state={state}&code=c".encode()
        status, found, _ = await web.raw(
            "/auth/oidc/callback", [(b"cookie", pair.encode())], query=query
        )
        assert status == 400
        assert SESSION not in str(found)


@pytest.mark.attack("AUR-05")
async def test_an_answer_in_another_browser_is_refused(web: Any) -> None:
    """A browser that did not begin the sign-in gets no session from its answer."""
    state = await web.start()
    web.browser.cookies.clear()
    answer = await finish(web, state)
    assert answer.status_code == 400
    assert "began in another browser" in answer.text
    assert SESSION not in cookies_set(answer)


@pytest.mark.attack("AUR-05")
@pytest.mark.parametrize("place", ["image", "iframe", "empty", "script", "embed"])
async def test_only_going_there_begins_a_sign_in(web: Any, place: str) -> None:
    """A picture, a frame or a fetch of another page starts nothing."""
    answer = await web.browser.get("/auth/oidc/example/login", headers={"sec-fetch-dest": place})
    assert answer.headers["location"] == "/login"
    assert web.host.asked_returns == []
    person = {"sec-fetch-dest": "document"}
    await web.browser.get("/auth/oidc/example/login", headers=person)
    assert web.host.asked_returns == [None]


@pytest.mark.parametrize("path", ["/auth/oidc/callback?state=x", "/auth/oidc/example/login"])
async def test_looking_uses_nothing_up(web: Any, path: str) -> None:
    """HEAD, as link scanners send it, neither starts nor finishes a sign-in."""
    answer = await web.browser.head(path)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert web.host.asked_returns == []
    assert web.host.finished_with == []


@pytest.mark.attack("AUR-16")
async def test_nothing_of_the_answer_is_left_in_addresses(web: Any) -> None:
    """After the callback the browser is at a clean address, and no answer was to be stored."""
    state = await web.start()
    answer = await finish(web, state, iss="https://example.example")
    assert answer.headers["location"] == "/"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content == b""
    refused = await finish(web, state)
    assert refused.headers["referrer-policy"] == "no-referrer"
    assert refused.headers["cache-control"] == "no-store"
    assert state not in refused.text


@pytest.mark.attack("AUR-17")
async def test_every_redirect_is_a_303(web: Any) -> None:
    """No redirect repeats a body, and no address with a stray slash is redirected at all."""
    web.host.cross_site = True
    state = await web.start()
    posted = {"state": state, "code": "c"}
    answers = [
        await web.browser.get("/"),
        await web.browser.get("/logout"),
        await web.browser.post("/logout"),
        await web.browser.get("/auth/oidc/example/login"),
        await web.browser.post("/auth/oidc/callback", data=posted),
    ]
    assert [answer.status_code for answer in answers] == [303] * 5
    stray = [
        await web.browser.post("/auth/oidc/callback/", data=posted),
        await web.browser.get("/login/", headers={"host": "evil.example"}),
    ]
    assert [answer.status_code for answer in stray] == [404, 404]


@pytest.mark.attack("AUR-19")
async def test_parallel_tabs_all_finish(web: Any) -> None:
    """Three tabs that finish in reverse order all succeed."""
    states = [await web.start() for _ in range(3)]
    answers = [await finish(web, state) for state in reversed(states)]
    assert [answer.status_code for answer in answers] == [303, 303, 303]


@pytest.mark.attack("AUR-19")
async def test_a_browser_has_seven_attempts_and_the_oldest_go(web: Any) -> None:
    """Of a thousand starts seven cookies stay: those of the newest seven."""
    states = [await web.start() for _ in range(1000)]
    names = {cookie.name for cookie in web.browser.cookies.jar if LOGIN in cookie.name}
    assert names == {LOGIN + key_of(state) for state in states[-7:]}
    assert (await finish(web, states[-8])).status_code == 400
    assert (await finish(web, states[-7])).status_code == 303


async def test_a_refused_answer_drops_its_own_cookie_alone(web: Any) -> None:
    """The cookie of the attempt that failed goes; a parallel attempt goes on."""
    first, second = await web.start(), await web.start()
    web.host.error = SignInRejected(ErrorCode.PROVIDER_REFUSED)
    answer = await web.browser.get(f"/auth/oidc/callback?error=access_denied&state={first}")
    assert answer.status_code == 400
    assert cookies_set(answer)[LOGIN + key_of(first)]["max-age"] == "0"
    assert LOGIN + key_of(second) not in cookies_set(answer)
    web.host.error = None
    assert (await finish(web, second)).status_code == 303


@pytest.mark.parametrize(
    "name", [LOGIN + "zz", LOGIN + "A" * 16, LOGIN, LOGIN + "0" * 17, "dockmesh_login_" + "0" * 16]
)
async def test_cookies_that_are_not_ours_are_left_alone(web: Any, name: str) -> None:
    """A cookie that merely resembles ours is neither read nor deleted."""
    headers = [(b"cookie", f"{name}=1.{'a' * 43}".encode())]
    status, found, _ = await web.raw("/auth/oidc/example/login", headers)
    assert status == 303
    assert name + "=" not in str(found)


async def test_a_damaged_login_cookie_is_swept_away(web: Any) -> None:
    """A cookie of ours with a value that cannot be ours is deleted at the next start."""
    name = LOGIN + "0" * 16
    status, found, _ = await web.raw(
        "/auth/oidc/example/login", [(b"cookie", f"{name}=rubbish".encode())]
    )
    assert status == 303
    deleted = [value for key, value in found if key == "set-cookie" and value.startswith(name)]
    assert len(deleted) == 1
    assert "Max-Age=0" in deleted[0]


async def test_the_alias_of_dockmesh_starts_too(web: Any) -> None:
    """The address that dockmesh's own pages use begins the same sign-in."""
    answer = await web.browser.get("/api/v1/auth/oidc/example/login?next=/stacks")
    assert answer.status_code == 303
    assert web.host.asked_returns == ["/stacks"]


async def test_an_unknown_provider_has_a_page(web: Any) -> None:
    """A slug that is not configured is refused with a way back."""
    answer = await web.browser.get("/auth/oidc/nobody/login")
    assert answer.status_code == 400
    assert "There is no such way to sign in" in answer.text
    assert 'href="/login"' in answer.text


# --- going to a provider without a login page ---------------------------------------------------


async def test_one_automatic_provider_is_gone_to(web: Any) -> None:
    """With exactly one such provider a signed-out person goes straight there."""
    web.host.providers = {
        "example": web.provider(auto_login=True),
        "other": web.provider("other", "Other"),
    }
    assert (await web.browser.get("/")).headers["location"] == "/auth/oidc/example/login"


async def test_two_automatic_providers_are_a_choice(web: Any) -> None:
    """With two of them the person is asked."""
    web.host.providers = {
        slug: web.provider(slug, slug, auto_login=True) for slug in ("one", "two")
    }
    assert (await web.browser.get("/")).headers["location"] == "/login"


@pytest.mark.attack("RED-09")
async def test_no_loop_after_a_refusal_a_sign_out_or_a_lost_session(web: Any) -> None:
    """After any end the browser is asked before it goes to the provider again."""
    web.host.providers = {"example": web.provider(auto_login=True)}
    await web.browser.get("/auth/oidc/callback?state=x")
    assert (await web.browser.get("/")).headers["location"] == "/login"

    web.browser.cookies.clear()
    web.sign_in()
    proof = (await web.browser.get("/logout")).text.split('name="proof" value="')[1][:64]
    await web.browser.post("/logout", data={"proof": proof})
    assert (await web.browser.get("/")).headers["location"] == "/login"

    web.browser.cookies.clear()
    await finish(web, await web.start())
    web.host.sessions.clear()
    assert (await web.browser.get("/")).headers["location"] == "/login"


@pytest.mark.attack("RED-09")
@pytest.mark.parametrize("wanted", ["/login", "/logout", "/auth/oidc/example/login", "/auth/oidc/"])
async def test_next_to_our_own_pages_ends_within_three_hops(web: Any, wanted: str) -> None:
    """`next` to a page of the sign-in itself is dropped; nobody is signed out or sent round."""
    answer = await web.browser.get("/auth/oidc/example/login", params={"next": wanted})
    assert web.host.asked_returns == [None]
    web.host.return_to = wanted
    state = answer.headers["location"].rpartition("=")[2]
    answer, hops = await finish(web, state), 0
    while answer.status_code == 303:
        hops += 1
        answer = await web.browser.get(answer.headers["location"])
    assert hops <= 3
    assert answer.status_code == 200
    assert "Ada Lovelace" in answer.text


@pytest.mark.attack("RED-10")
async def test_next_of_the_callback_is_nothing(web: Any) -> None:
    """Where to go is what the host remembered, whatever the answer's address says."""
    web.host.return_to = "/stacks"
    state = await web.start()
    answer = await finish(web, state, next="/elsewhere", return_to="/elsewhere")
    assert answer.headers["location"] == "/stacks"

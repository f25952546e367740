"""The fake provider holds clients and people to the rules, as a real one does."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import pytest
from attrs import evolve
from joserfc import jwt
from joserfc.jwk import KeySet

from dockmesh_auth.testing.browser import Browser
from dockmesh_auth.testing.clock import FrozenClock
from dockmesh_auth.testing.fake_provider import FakeClient, FakeProvider, FakeUser, Shape
from dockmesh_auth.testing.minting import SigningKey
from dockmesh_auth.testing.server import served

CALLBACK = "http://127.0.0.1:1/callback?fixed=1"
CLIENT_ID = "dock mesh"
CLIENT_SECRET = "a: long + secret %/=~& of words"
VERIFIER = "v" * 43
DIGEST = hashlib.sha256(VERIFIER.encode()).digest()
CHALLENGE = base64.urlsafe_b64encode(DIGEST).rstrip(b"=").decode()


@pytest.fixture(name="provider", scope="module")
def served_provider() -> Iterator[FakeProvider]:
    provider = FakeProvider(
        users=[
            FakeUser(name="alice", full_name="Alice Lab", email="a@lab.example", groups=("ops",)),
            FakeUser(name="mallory", may_enter=False),
        ],
        clients=[
            FakeClient(
                client_id=CLIENT_ID,
                client_secret=CLIENT_SECRET,
                redirect_uris=(CALLBACK,),
                post_logout_redirect_uris=("http://127.0.0.1:1/bye",),
            ),
            FakeClient(client_id="public", redirect_uris=(CALLBACK,)),
        ],
        clock=FrozenClock(),
    )
    with provider.serve():
        yield provider


@pytest.fixture(autouse=True)
def as_it_was(provider: FakeProvider) -> Iterator[None]:
    shape, key = provider.shape, provider.signing_key
    yield
    provider.shape, provider.signing_key = shape, key
    provider.faults.clear()
    provider.edits.clear()


def ask(method: str, url: str, body: str = "", **headers: str) -> tuple[int, dict[str, Any]]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if body:
        sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
    try:
        connection.request(method, f"{parts.path}?{parts.query}", body or None, sent)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    return answer.status, json.loads(content) if content[:1] == b"{" else {}


def authorization_url(provider: FakeProvider, **changes: str | None) -> str:
    parameters: dict[str, str | None] = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": CALLBACK,
        "scope": "openid profile email",
        "state": "st-1",
        "nonce": "no-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    query = urlencode({name: value for name, value in parameters.items() if value is not None})
    return f"{provider.base_url}/authorize?{query}"


def browser_at(provider: FakeProvider, **changes: str | None) -> Browser:
    browser = Browser(stop_before="http://127.0.0.1:1/")
    browser.get(authorization_url(provider, **changes))
    return browser


def log_in(provider: FakeProvider, user: str = "alice", **changes: str | None) -> dict[str, str]:
    return browser_at(provider, **changes).click(user).query


def exchange(
    provider: FakeProvider, code: str, *, basic: str = "", **changes: str | None
) -> tuple[int, dict[str, Any]]:
    form: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        **changes,
    }
    body = urlencode({name: value for name, value in form.items() if value is not None})
    header = {"authorization": f"Basic {base64.b64encode(basic.encode()).decode()}"}
    return ask("POST", f"{provider.base_url}/token", body, **(header if basic else {}))


def test_a_whole_code_flow_gives_a_signed_id_token(provider: FakeProvider) -> None:
    """Discovery, login page, callback, code exchange, JWKS and userinfo fit together."""
    _, document = ask("GET", f"{provider.issuer}/.well-known/openid-configuration")
    assert document["issuer"] == provider.issuer
    back = log_in(provider)
    assert (back["fixed"], back["state"]) == ("1", "st-1")
    status, tokens = exchange(provider, back["code"])
    assert (status, tokens["token_type"]) == (200, "Bearer")
    _, jwks = ask("GET", document["jwks_uri"])
    claims = jwt.decode(tokens["id_token"], KeySet.import_key_set(jwks)).claims
    expected = {"aud": CLIENT_ID, "nonce": "no-1", "groups": ["ops"], "iss": provider.issuer}
    assert {name: claims[name] for name in expected} == expected
    digest = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == claims["at_hash"]
    bearer = f"Bearer {tokens['access_token']}"
    status, info = ask("GET", document["userinfo_endpoint"], authorization=bearer)
    assert (status, info["sub"], info["email"]) == (200, claims["sub"], "a@lab.example")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:1/callback"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"code": "unknown"}, "invalid_grant"),
        ({"client_id": "public", "client_secret": None}, "invalid_grant"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_secret": None}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
        ({"grant_type": None}, "unsupported_grant_type"),
        ({"basic": f"{quote_plus(CLIENT_ID)}:{quote_plus(CLIENT_SECRET)}"}, "invalid_request"),
        ({"basic": f"{CLIENT_ID}:{CLIENT_SECRET}", "client_secret": None}, "invalid_client"),
        ({"basic": "no colon", "client_secret": None}, "invalid_client"),
        ({"basic": "public:x", "client_secret": None}, "invalid_client"),
    ],
)
def test_a_wrong_token_request_is_refused_and_leaves_the_code_good(
    provider: FakeProvider, changes: dict[str, Any], error: str
) -> None:
    """Each rule of the token endpoint has its own error, and only a good request uses the code."""
    code = log_in(provider)["code"]
    status, body = exchange(provider, **{"code": code, **changes})
    assert (status, body["error"]) == (401 if error == "invalid_client" else 400, error)
    assert exchange(provider, code)[0] == 200


def test_basic_credentials_are_percent_decoded(provider: FakeProvider) -> None:
    """RFC 6749, section 2.3.1: id and secret are form-encoded before they are joined."""
    basic = f"{quote_plus(CLIENT_ID)}:{quote_plus(CLIENT_SECRET)}"
    code = log_in(provider)["code"]
    assert exchange(provider, code, basic=basic, client_secret=None)[0] == 200


def test_a_code_works_once_and_its_reuse_kills_the_tokens(provider: FakeProvider) -> None:
    """RFC 6749, section 4.1.2."""
    code = log_in(provider)["code"]
    bearer = f"Bearer {exchange(provider, code)[1]['access_token']}"
    userinfo = f"{provider.base_url}/userinfo"
    assert ask("GET", userinfo, authorization=bearer)[0] == 200
    assert exchange(provider, code)[1]["error"] == "invalid_grant"
    assert ask("GET", userinfo, authorization=bearer)[0] == 401


def test_codes_and_tokens_expire_by_the_clock_that_was_given(provider: FakeProvider) -> None:
    """A code lives a minute, an access token five."""
    clock = provider.clock
    assert isinstance(clock, FrozenClock)
    code = log_in(provider)["code"]
    clock.advance(61)
    assert exchange(provider, code)[1]["error"] == "invalid_grant"
    bearer = f"Bearer {exchange(provider, log_in(provider)['code'])[1]['access_token']}"
    clock.advance(300)
    assert ask("GET", f"{provider.base_url}/userinfo", authorization=bearer)[0] == 401


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"response_mode": "web_message"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"max_age": "0", "prompt": "none"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_a_wrong_authorization_request_is_answered_to_the_client(
    provider: FakeProvider, changes: dict[str, str | None], error: str
) -> None:
    """The error comes back to the redirect URI with the state."""
    page = browser_at(provider, **changes).page
    assert page is not None
    assert (page.query.get("error"), page.query["state"]) == (error, "st-1")


@pytest.mark.parametrize("changes", [{"client_id": "nobody"}, {"redirect_uri": CALLBACK + "/"}])
def test_nobody_is_sent_to_an_address_that_is_not_registered(
    provider: FakeProvider, changes: dict[str, str]
) -> None:
    """RFC 6749, section 4.1.2.1: the page stays at the provider."""
    page = browser_at(provider, **changes).page
    assert page is not None
    assert (page.status, page.url.startswith(provider.base_url)) == (400, True)


def test_a_repeated_parameter_is_refused(provider: FakeProvider) -> None:
    """RFC 6749, section 3.1 and 3.2: at both endpoints."""
    browser = Browser(stop_before="http://127.0.0.1:1/")
    assert browser.get(authorization_url(provider) + "&scope=x").query["error"] == "invalid_request"
    body = f"client_id=public&code={log_in(provider, client_id='public')['code']}&code=x"
    status, answer = ask("POST", f"{provider.base_url}/token", body)
    assert (status, answer["error"]) == (400, "invalid_request")


def test_the_login_page_says_what_it_is_and_who_one_can_be(provider: FakeProvider) -> None:
    """Nobody takes it for a real login page."""
    page = browser_at(provider).page
    assert page is not None
    assert "Stand-in, not a real identity provider" in page.words
    assert page.title.endswith("(stand-in)")
    assert [form.buttons[0][0] for form in page.forms] == [
        "alice ops",
        "mallory in no group",
        "Cancel",
    ]


@pytest.mark.parametrize("button", ["Cancel", "mallory"])
def test_who_cancels_or_is_refused_comes_back_with_access_denied(
    provider: FakeProvider, button: str
) -> None:
    """RFC 6749, section 4.1.2.1."""
    assert browser_at(provider).click(button).query["error"] == "access_denied"


def test_whoever_is_signed_in_is_not_asked_again_unless_the_client_wants_it(
    provider: FakeProvider,
) -> None:
    """One login serves until prompt=login, max_age or the end of the session."""
    browser = browser_at(provider)
    browser.click("alice")
    assert "code" in browser.get(authorization_url(provider)).query
    assert browser.get(authorization_url(provider, prompt="login")).title.startswith("Sign in")
    clock = provider.clock
    assert isinstance(clock, FrozenClock)
    clock.advance(11)
    assert "code" in browser.get(authorization_url(provider, max_age="11")).query
    assert browser.get(authorization_url(provider, max_age="10")).title.startswith("Sign in")
    bye = "?post_logout_redirect_uri=http://127.0.0.1:1/bye&state=s"
    assert browser.get(f"{provider.base_url}/end-session{bye}").query == {"state": "s"}
    assert browser.get(authorization_url(provider)).title.startswith("Sign in")


def test_consent_is_asked_for_if_the_shape_or_the_client_says_so(provider: FakeProvider) -> None:
    """And cannot be asked for silently."""
    provider.shape = provider.shape.but(asks_consent=True)
    browser = browser_at(provider)
    assert "profile" in browser.click("alice").words
    assert "code" in browser.click("Continue").query
    silent = browser.get(authorization_url(provider, prompt="none"))
    assert silent.query["error"] == "consent_required"


def test_the_answer_can_come_by_post_and_carry_the_issuer(provider: FakeProvider) -> None:
    """OAuth 2.0 Form Post Response Mode; RFC 9207."""
    provider.shape = provider.shape.but(iss_parameter=True)
    page = browser_at(provider, response_mode="form_post").click("alice")
    form = page.forms[0]
    assert (form.action, form.method) == (CALLBACK, "POST")
    assert dict(form.fields) | {"code": ""} == {"code": "", "state": "st-1", "iss": provider.issuer}
    _, document = ask("GET", f"{provider.issuer}/.well-known/openid-configuration")
    assert document["authorization_response_iss_parameter_supported"] is True


def test_userinfo_tells_no_more_than_the_scopes(provider: FakeProvider) -> None:
    """OpenID Connect Core 1.0, section 5.4."""
    code = log_in(provider, scope="openid email")["code"]
    bearer = f"Bearer {exchange(provider, code)[1]['access_token']}"
    _, info = ask("GET", f"{provider.base_url}/userinfo", authorization=bearer)
    assert set(info) == {"sub", "email", "email_verified"}
    assert ask("GET", f"{provider.base_url}/userinfo")[0] == 401


def test_requests_are_recorded_and_their_repr_shows_no_secret(provider: FakeProvider) -> None:
    """Counts can be asserted; a failing test prints no code and no secret."""
    before = provider.count("token")
    code = log_in(provider)["code"]
    exchange(provider, code)
    assert provider.count("token") == before + 1
    recorded = provider.requests[-1]
    assert dict(recorded.form)["code"] == code
    assert code not in repr(provider.requests)
    assert code not in repr(provider)
    assert CLIENT_SECRET not in repr(provider)


def test_without_a_signing_key_the_client_secret_signs(provider: FakeProvider) -> None:
    """OpenID Connect Core 1.0, section 10.1; such a provider publishes no key."""
    provider.signing_key = None
    tokens = exchange(provider, log_in(provider)["code"])[1]
    header = json.loads(base64.urlsafe_b64decode(tokens["id_token"].split(".")[0] + "=="))
    assert header == {"alg": "HS256", "typ": "JWT"}
    assert ask("GET", f"{provider.base_url}/jwks")[1] == {"keys": []}


def test_keys_can_be_rotated_with_and_without_overlap(provider: FakeProvider) -> None:
    """The key set shows what is published at that moment."""
    provider.rotate(SigningKey.generate("ES256", "second"), overlap=True)
    kids = [key["kid"] for key in ask("GET", f"{provider.base_url}/jwks")[1]["keys"]]
    assert kids == ["second", "key-1"]
    provider.more_keys.clear()
    kids = [key["kid"] for key in ask("GET", f"{provider.base_url}/jwks")[1]["keys"]]
    assert kids == ["second"]


def test_keys_can_change_between_two_requests_of_one_sign_in(provider: FakeProvider) -> None:
    """`before_signing` runs while the token request is under way."""
    second = SigningKey.generate("ES256", "second")
    provider.edits.before_signing = lambda: provider.rotate(second)
    tokens = exchange(provider, log_in(provider)["code"])[1]
    header = json.loads(base64.urlsafe_b64decode(tokens["id_token"].split(".")[0] + "=="))
    assert header["kid"] == "second"


def test_a_shape_moves_the_endpoints(provider: FakeProvider) -> None:
    """A provider with a path in its issuer, in a few lines."""
    paths = evolve(Shape().paths, authorization="/realms/x/auth")
    other = FakeProvider(
        shape=Shape(issuer_path="/realms/x", paths=paths), users=[], clients=provider.clients
    )
    assert other.metadata("https://a.example")["issuer"] == "https://a.example/realms/x"
    with other.serve():
        found = ask("GET", f"{other.issuer}/.well-known/openid-configuration")[1]
        assert found["authorization_endpoint"] == f"{other.base_url}/realms/x/auth"
        assert ask("GET", f"{other.issuer}/.well-known/openid-configuration/")[0] == 404


def test_the_authorization_request_may_be_posted(provider: FakeProvider) -> None:
    """OpenID Connect Core 1.0, section 3.1.2.1: GET and POST."""
    status, _ = ask(
        "POST", f"{provider.base_url}/authorize", authorization_url(provider).partition("?")[2]
    )
    assert status == 200


def test_a_request_without_state_is_answered_without_state(provider: FakeProvider) -> None:
    """Nothing is made up."""
    assert set(log_in(provider, state=None)) == {"code", "fixed"}


def test_a_login_page_works_once(provider: FakeProvider) -> None:
    """A form that was sent before, or made up, leads nowhere."""
    browser = browser_at(provider)
    assert browser.page is not None
    form = browser.page.forms[0]
    browser.submit(form)
    browser.get(authorization_url(provider, prompt="login"))
    assert (browser.submit(form).status, browser.page.title[:8]) == (400, "Too late")


def test_a_user_who_does_not_exist_sees_the_login_page_again(provider: FakeProvider) -> None:
    """As does somebody whose session ended before they consented."""
    browser = browser_at(provider)
    browser.fill("user", "nobody")
    assert browser.submit().title.startswith("Sign in")
    provider.shape = provider.shape.but(asks_consent=True)
    browser.get(authorization_url(provider))
    browser.click("alice")
    browser.cookies.clear()
    assert browser.click("Continue").title.startswith("Sign in")


def test_broken_basic_credentials_are_an_error_of_the_client(provider: FakeProvider) -> None:
    """Neither base64 nor UTF-8 is taken for granted."""
    for credentials in ("Basic %%%", "Basic /w=="):
        status, body = ask("POST", f"{provider.base_url}/token", "a=b", authorization=credentials)
        assert (status, body["error"]) == (401, "invalid_client")


def test_signing_out_without_a_registered_address_stays_there(provider: FakeProvider) -> None:
    """OpenID Connect RP-Initiated Logout 1.0, section 3: no open redirect."""
    browser = Browser()
    evil = "?post_logout_redirect_uri=https://evil.example/"
    for query in ("", evil):
        page = browser.get(f"{provider.base_url}/end-session{query}")
        assert (page.status, page.title[:10]) == (200, "Signed out")


def test_a_fault_of_the_stand_in_itself_is_seen(provider: FakeProvider) -> None:
    """A test that edits nonsense gets a 500 and a traceback in the log, not a puzzle."""
    provider.edits.userinfo = lambda claims: claims["no such claim"]
    code = log_in(provider)["code"]
    bearer = f"Bearer {exchange(provider, code)[1]['access_token']}"
    assert ask("GET", f"{provider.base_url}/userinfo", authorization=bearer)[0] == 500


def test_a_public_clients_tokens_need_a_signing_key(provider: FakeProvider) -> None:
    """There is no secret to sign with."""
    provider.signing_key = None
    with pytest.raises(ValueError, match="signing key"):
        provider.key_for(provider.clients[1])


def test_a_taken_port_is_an_error_at_once(provider: FakeProvider) -> None:
    """Not a server that nobody reaches."""
    port = int(provider.base_url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"), provider.serve(port):
        pass


def test_an_application_that_does_not_start_is_an_error(provider: FakeProvider) -> None:
    """Its lifespan failed: the block is never entered."""

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "broken"})

    with pytest.raises(RuntimeError, match="did not come up"), served(broken, lifespan=True):
        pass


def test_a_refresh_token_comes_with_offline_access_only(provider: FakeProvider) -> None:
    """OpenID Connect Core 1.0, section 11."""
    code = log_in(provider, scope="openid offline_access")["code"]
    assert len(exchange(provider, code)[1]["refresh_token"]) == 64
    assert "refresh_token" not in exchange(provider, log_in(provider)["code"])[1]


def test_without_a_clock_of_its_own_time_runs() -> None:
    """For demonstrations."""
    clock = FakeProvider(users=[], clients=[]).clock
    assert abs(clock.now() - time.time()) < 60
    assert clock.monotonic() <= clock.monotonic()

"""What a shape can make of the fake provider: no OpenID Connect, other issuers, APIs, pushing."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from attrs import evolve, frozen
from starlette.responses import Response

from dockmesh_auth.testing.browser import Browser
from dockmesh_auth.testing.clock import FrozenClock
from dockmesh_auth.testing.fake_provider import (
    Api,
    ApiCall,
    FakeClient,
    FakeProvider,
    FakeUser,
    Grant,
    Problem,
    PushedRequests,
    Shape,
    faults,
)
from dockmesh_auth.testing.fake_provider.paging import paged_by_link, paged_by_member

CALLBACK = "http://127.0.0.1:1/callback"
SECRET = "the client's secret"
TEAMS = ["red", "green", "blue", "white", "black"]


@contextmanager
def serving(shape: Shape, **settings: Any) -> Iterator[FakeProvider]:
    provider = FakeProvider(
        shape=shape,
        users=[
            FakeUser(name="alice", attributes={"tid": "t-1"}, data={"id": 7, "teams": TEAMS}),
            FakeUser(name="mallory", may_enter=False),
        ],
        clients=[
            FakeClient(client_id="c", client_secret=SECRET, redirect_uris=(CALLBACK,)),
            FakeClient(client_id="other", client_secret=SECRET, redirect_uris=(CALLBACK,)),
        ],
        **{"clock": FrozenClock(), **settings},
    )
    with provider.serve():
        yield provider


@frozen
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(url: str, form: Mapping[str, str] | bytes | None = None, **headers: str) -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    body = urlencode(form) if isinstance(form, Mapping) else form
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        kind = {"content-type": "application/x-www-form-urlencoded"} if body else {}
        connection.request("GET" if body is None else "POST", target, body, kind | headers)
        answer = connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, names, answer.read())
    finally:
        connection.close()


PARAMETERS = {
    "response_type": "code",
    "client_id": "c",
    "redirect_uri": CALLBACK,
    "scope": "openid profile",
    "state": "st-1",
    "nonce": "no-1",
    "code_challenge": "x" * 43,
    "code_challenge_method": "S256",
}


def url_for(provider: FakeProvider, **changes: str | None) -> str:
    wanted = {name: value for name, value in {**PARAMETERS, **changes}.items() if value is not None}
    return f"{provider.base_url}{provider.shape.paths.authorization}?{urlencode(wanted)}"


def tokens_of(provider: FakeProvider, user: str = "alice", **changes: str | None) -> dict[str, Any]:
    without_pkce = {"code_challenge": None, "code_challenge_method": None}
    code = dict(provider.approve(url_for(provider, **without_pkce, **changes), user))["code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "client_id": "c",
        "client_secret": SECRET,
    }
    answer = ask(f"{provider.base_url}{provider.shape.paths.token}", form)
    assert answer.status == 200
    found: dict[str, Any] = answer.json
    return found


def part(token: str, index: int) -> dict[str, Any]:
    text = token.split(".")[index]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


# --- plain OAuth 2.0 ------------------------------------------------------------------------


def test_a_plain_oauth_server_has_no_id_token_and_needs_no_openid() -> None:
    """The nonce of such a request is ignored; whoever has no key to sign with needs none."""
    shape = Shape(sends_id_token=False, scopes=("read:user",))
    with serving(shape, signing_key=None) as provider:
        tokens = tokens_of(provider, scope="read:user")
        assert set(tokens) == {"access_token", "token_type", "scope", "expires_in"}
        assert tokens["scope"] == "read:user"
        assert [grant.request.nonce for grant in provider.grants_by_code.values()] == [None]
        bearer = f"Bearer {tokens['access_token']}"
        assert ask(f"{provider.base_url}/userinfo", authorization=bearer).status == 403
        document = ask(f"{provider.issuer}/.well-known/openid-configuration").json
        assert not [name for name in document if "id_token" in name or "subject" in name]


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/jwks"])
def test_a_server_without_discovery_publishes_neither_document_nor_keys(path: str) -> None:
    """404, and the requests are counted all the same."""
    with serving(Shape(has_discovery=False)) as provider:
        assert ask(provider.base_url + path).status == 404
        assert len(provider.requests) == 1
        provider.shape = Shape()
        assert ask(provider.base_url + path).status == 200


# --- issuers --------------------------------------------------------------------------------


@frozen(kw_only=True)
class TenantShape(Shape):
    """Configured with one address, described by a template, signing with a third."""

    issuer_path: str = "/all/v2"
    iss_parameter: bool = True

    def document_issuer(self, base: str) -> str:
        return base + "/{tenant}/v2"

    def token_issuer(self, base: str, user: FakeUser) -> str:
        return f"{base}/{user.attributes['tid']}/v2"

    def id_token_claims(self, standard: dict[str, Any], grant: Grant) -> dict[str, Any]:
        return standard | {"endpoint": f"{grant.base_url}/graph"}

    def access_token_claims(self, id_claims: Mapping[str, Any], grant: Grant) -> dict[str, Any]:
        return {"iss": id_claims["iss"], "typ": "Bearer"}

    def access_token_header(self, grant: Grant) -> dict[str, Any]:
        return {"typ": "at+jwt", "kid": None}


def test_three_addresses_can_be_called_issuer() -> None:
    """The document lies below the configured one, says a template, and tokens name a tenant."""
    with serving(TenantShape()) as provider:
        assert provider.issuer == f"{provider.base_url}/all/v2"
        document = ask(f"{provider.issuer}/.well-known/openid-configuration").json
        assert document["issuer"] == provider.base_url + "/{tenant}/v2"
        claims = part(tokens_of(provider)["id_token"], 1)
        assert claims["iss"] == f"{provider.base_url}/t-1/v2"
        assert claims["endpoint"] == f"{provider.base_url}/graph"


def test_an_access_token_that_is_a_jwt_has_the_header_that_the_shape_says() -> None:
    """RFC 9068, section 2.1, or what a product does instead; the ID token keeps its own."""
    with serving(TenantShape()) as provider:
        tokens = tokens_of(provider)
        assert part(tokens["access_token"], 0) == {"alg": "RS256", "typ": "at+jwt"}
        assert part(tokens["access_token"], 1)["typ"] == "Bearer"
        assert part(tokens["id_token"], 0)["typ"] == "JWT"


# --- APIs -----------------------------------------------------------------------------------


def refuse(call: ApiCall) -> Any:
    raise Problem("insufficient_scope", status=403)


@frozen(kw_only=True)
class HubShape(Shape):
    """Tells of teams in three ways."""

    def apis(self) -> Sequence[Api]:
        return (
            Api("user", "/user", lambda call: {"id": call.user.data["id"]}),
            Api("teams", "/user/teams", lambda call: paged_by_link(call, TEAMS, 2)),
            Api("graph", "/graph", lambda call: paged_by_member(call, TEAMS, 2)),
            Api("echo", "/orgs/{org}/echo", seen, methods=("GET", "POST")),
            Api("refused", "/refused", refuse),
        )


def seen(call: ApiCall) -> Any:
    told = [call.method, call.path, call.path_parameters, call.query, call.json, call.now]
    return Response(json.dumps([*told, list(call.scopes), call.base_url, call.headers["x-own"]]))


@pytest.fixture(name="hub", scope="module")
def served_hub() -> Iterator[FakeProvider]:
    with serving(HubShape()) as provider:
        yield provider


@pytest.fixture(name="bearer")
def good_bearer(hub: FakeProvider) -> Iterator[str]:
    yield f"Bearer {tokens_of(hub)['access_token']}"
    hub.faults.clear()
    hub.shape = HubShape()


def test_an_api_tells_of_whoever_the_access_token_stands_for(
    hub: FakeProvider, bearer: str
) -> None:
    """As they are at that moment; what `data` holds is in no token."""
    assert ask(f"{hub.base_url}/user", authorization=bearer).json == {"id": 7}
    was = hub.users
    hub.users = (evolve(was[0], data={"id": 8}),)
    try:
        assert ask(f"{hub.base_url}/user", authorization=bearer).json == {"id": 8}
    finally:
        hub.users = was


@pytest.mark.parametrize("authorization", ["", "Bearer nonsense", "Basic YTpi"])
def test_an_api_wants_a_good_access_token(hub: FakeProvider, authorization: str) -> None:
    """RFC 6750, section 3.1."""
    answer = ask(f"{hub.base_url}/user", authorization=authorization)
    expected = (401, 'Bearer error="invalid_token"')
    assert (answer.status, answer.headers["www-authenticate"]) == expected


def test_a_token_that_has_expired_opens_no_api(hub: FakeProvider, bearer: str) -> None:
    """By the provider's clock."""
    clock = hub.clock
    assert isinstance(clock, FrozenClock)
    clock.advance(300)
    assert ask(f"{hub.base_url}/user", authorization=bearer).status == 401


def test_an_api_sees_the_whole_call(hub: FakeProvider, bearer: str) -> None:
    """And may answer with a response of its own."""
    url, headers = f"{hub.base_url}/orgs/acme/echo?a=1&a=2", {"authorization": bearer, "x-own": "o"}
    expected = ["POST", "/orgs/acme/echo", {"org": "acme"}, {"a": "2"}, {"x": [1]}]
    rest = [hub.clock.now(), ["openid", "profile"], hub.base_url, "o"]
    assert ask(url, b'{"x": [1]}', **headers).json == [*expected, *rest]
    assert ask(url, **headers).json == ["GET", *expected[1:4], None, *rest]
    assert ask(url, b"{", **headers).status == 400


def test_an_api_takes_its_own_methods_only_and_may_refuse(hub: FakeProvider, bearer: str) -> None:
    """405 for another method; a problem becomes the shape's answer."""
    assert ask(f"{hub.base_url}/user", b"{}", authorization=bearer).status == 405
    assert ask(f"{hub.base_url}/refused", authorization=bearer).status == 403


def test_faults_and_requests_know_an_api_by_its_name(hub: FakeProvider, bearer: str) -> None:
    """A limit of its rate, then good again."""
    before = hub.count("user")
    hub.faults.next("user", faults.answer(status=429, headers={"retry-after": "1"}))
    first = ask(f"{hub.base_url}/user", authorization=bearer)
    assert (first.status, first.headers["retry-after"]) == (429, "1")
    assert ask(f"{hub.base_url}/user", authorization=bearer).status == 200
    assert hub.count("user") == before + 2


def test_a_shape_that_comes_later_answers_and_may_have_no_such_api(
    hub: FakeProvider, bearer: str
) -> None:
    """Paths are fixed when the provider is made, answers are not."""
    hub.shape = Shape()
    assert ask(f"{hub.base_url}/user", authorization=bearer).status == 404


def test_two_endpoints_cannot_have_one_name() -> None:
    """Faults would not know which is meant."""

    @frozen(kw_only=True)
    class Doubled(Shape):
        def apis(self) -> Sequence[Api]:
            return (Api("token", "/x", lambda _call: None),)

    with pytest.raises(ValueError, match="one name"):
        FakeProvider(shape=Doubled(), users=[], clients=[])


def links(answer: Answer) -> dict[str, str]:
    found = {}
    for link in answer.headers.get("link", "").split(", "):
        if link:
            address, _, relation = link.partition("; rel=")
            found[relation.strip('"')] = address.strip("<>")
    return found


def test_pages_are_linked_by_a_header(hub: FakeProvider, bearer: str) -> None:
    """RFC 8288; the links keep what else was asked for."""
    first = ask(f"{hub.base_url}/user/teams?q=a%20b", authorization=bearer)
    assert first.json == ["red", "green"]
    base = f"{hub.base_url}/user/teams?q=a%20b&page="
    assert links(first) == {"next": f"{base}2", "last": f"{base}3"}
    second = ask(links(first)["next"], authorization=bearer)
    assert second.json == ["blue", "white"]
    expected = {"prev": f"{base}1", "next": f"{base}3", "last": f"{base}3", "first": f"{base}1"}
    assert links(second) == expected
    third = ask(links(second)["next"], authorization=bearer)
    assert (third.json, set(links(third))) == (["black"], {"prev", "first"})


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("page=4", []),
        ("page=0", ["red", "green"]),
        ("page=x", ["red", "green"]),
        (f"page={'9' * 5000}", ["red", "green"]),
        ("per_page=1&page=2", ["green"]),
        ("per_page=100", ["red", "green"]),
    ],
)
def test_pages_that_are_not_there_and_sizes_that_are_too_large(
    hub: FakeProvider, bearer: str, query: str, expected: list[str]
) -> None:
    """A client may ask for smaller pages, not for larger ones."""
    url = f"{hub.base_url}/user/teams?{query}"
    assert ask(url, authorization=bearer).json == expected


def test_a_list_of_one_page_has_no_links(hub: FakeProvider, bearer: str) -> None:
    """Not even to itself."""
    call = ApiCall(
        user=hub.users[0],
        scopes=(),
        method="GET",
        path="/x",
        path_parameters={},
        query={},
        headers={},
        json=None,
        base_url="https://a.example",
        now=0.0,
    )
    answer = paged_by_link(call, ["one"], 1)
    assert (bytes(answer.body), "link" in answer.headers) == (b'["one"]', False)
    assert bytes(paged_by_link(call, [], 1).body) == b"[]"
    assert paged_by_member(call, [], 1, items_member="items") == {"items": []}


def test_pages_are_chained_by_a_member(hub: FakeProvider, bearer: str) -> None:
    """The address is whole, its token says nothing to anybody else."""
    got: list[str] = []
    url: str | None = f"{hub.base_url}/graph?$select=id"
    for _ in range(3):
        assert url is not None
        page = ask(url, authorization=bearer).json
        got += page["value"]
        url = page.get("@odata.nextLink")
        assert url is None or url.startswith(f"{hub.base_url}/graph?$select=id&$skiptoken=")
    assert (got, url) == (TEAMS, None)


@pytest.mark.parametrize("token", ["2", "", "!", "ZnJvbSB4", "ZnJvbQ", "/w", "ZnJvbSAy="])
def test_a_page_token_that_was_made_up_is_refused(
    hub: FakeProvider, bearer: str, token: str
) -> None:
    """Clients follow addresses, they do not count."""
    answer = ask(f"{hub.base_url}/graph?$skiptoken={token}", authorization=bearer)
    assert answer.status == 400


# --- signing in without a browser -----------------------------------------------------------


@pytest.mark.parametrize("iss_parameter", [False, True])
def test_what_a_browser_would_bring_back_comes_without_one(*, iss_parameter: bool) -> None:
    """The same parameters in the same order."""
    with serving(Shape(iss_parameter=iss_parameter)) as provider:
        browser = Browser(stop_before=CALLBACK)
        browser.get(url_for(provider))
        by_browser = parse_qsl(urlsplit(browser.click("alice").url).query)
        asked = len(provider.requests)
        approved = provider.approve(url_for(provider), "alice")
        assert len(provider.requests) == asked
        assert [name for name, _ in approved] == [name for name, _ in by_browser]
        assert dict(approved) | {"code": ""} == dict(by_browser) | {"code": ""}
        assert dict(approved)["code"] in provider.grants_by_code
        silent = provider.approve(url_for(provider, state=None), "alice")
        assert [name for name, _ in silent] == ["code", *(["iss"] if iss_parameter else [])]


@pytest.mark.parametrize(
    ("changes", "user", "error"),
    [
        ({"client_id": "nobody"}, "alice", "Client ID Error"),
        ({"redirect_uri": CALLBACK + "/"}, "alice", "Redirect URI Error"),
        ({"code_challenge_method": "plain"}, "alice", "invalid_request"),
        ({"response_type": "token"}, "alice", "unsupported_response_type"),
        ({"request_uri": "urn:x"}, "alice", "request_uri_not_supported"),
        ({}, "mallory", "access_denied"),
    ],
)
def test_nothing_is_approved_that_the_endpoint_would_refuse(
    hub: FakeProvider, changes: dict[str, str], user: str, error: str
) -> None:
    """The provider's own rules hold."""
    with pytest.raises(Problem) as caught:
        hub.approve(url_for(hub, **changes), user)
    assert caught.value.error == error


def test_only_addresses_of_the_authorization_endpoint_and_known_people_are_approved(
    hub: FakeProvider,
) -> None:
    """A client that sends people elsewhere is found out."""
    for wrong in ("/token?", "x/authorize?"):
        with pytest.raises(Problem) as caught:
            hub.approve(url_for(hub).replace("/authorize?", wrong), "alice")
        assert caught.value.status == 404
    with pytest.raises(KeyError):
        hub.approve(url_for(hub), "nobody")


def test_an_approval_is_edited_and_names_the_host_that_was_asked() -> None:
    """As the answer to a browser is."""
    with serving(Shape(iss_parameter=True, issuer_follows_host=True)) as provider:
        url = url_for(provider).replace(provider.base_url, "https://outside.example")
        assert ("iss", "https://outside.example") in provider.approve(url, "alice")
        provider.edits.authorization_response = lambda parameters: parameters[1:]
        assert [name for name, _ in provider.approve(url, "alice")] == ["state", "iss"]


# --- pushed authorization requests (RFC 9126) -------------------------------------------------


@pytest.fixture(name="pushing", scope="module")
def served_pushing() -> Iterator[FakeProvider]:
    with serving(Shape(pushed_requests=PushedRequests.REQUIRED)) as provider:
        yield provider


def push(provider: FakeProvider, **changes: str | None) -> Answer:
    form = {**PARAMETERS, "client_secret": SECRET, **changes}
    given = {name: value for name, value in form.items() if value is not None}
    return ask(f"{provider.base_url}/par", given)


def by_reference(provider: FakeProvider, uri: str, client_id: str = "c") -> str:
    query = urlencode({"client_id": client_id, "request_uri": uri})
    return f"{provider.base_url}/authorize?{query}"


def test_a_pushed_request_is_what_the_browser_then_asks_for(pushing: FakeProvider) -> None:
    """RFC 9126, sections 2.2 and 4."""
    answer = push(pushing)
    assert (answer.status, answer.headers["cache-control"]) == (201, "no-store")
    assert set(answer.json) == {"request_uri", "expires_in"}
    assert answer.json["expires_in"] == 60
    browser = Browser(stop_before=CALLBACK)
    browser.get(by_reference(pushing, answer.json["request_uri"]))
    assert browser.click("alice").query["state"] == "st-1"


def test_the_name_of_a_pushed_request_works_once_in_time_and_for_its_client(
    pushing: FakeProvider,
) -> None:
    """RFC 9126, section 4 and 7.3; the person stays at the provider."""
    clock = pushing.clock
    assert isinstance(clock, FrozenClock)
    other, used, late = (push(pushing).json["request_uri"] for _ in range(3))
    assert [name for name, _ in pushing.approve(by_reference(pushing, used), "alice")] == [
        "code",
        "state",
    ]
    clock.advance(60)
    in_time = by_reference(pushing, other)
    for url in (by_reference(pushing, other, "other"), by_reference(pushing, used)):
        page = Browser(stop_before=CALLBACK).get(url)
        assert (page.status, page.url.startswith(pushing.base_url)) == (400, True)
    assert pushing.approve(in_time, "alice")
    clock.advance(1)
    with pytest.raises(Problem) as caught:
        pushing.approve(by_reference(pushing, late), "alice")
    assert caught.value.error == "invalid_request_uri"


def test_a_plain_request_is_refused_where_pushing_is_required(pushing: FakeProvider) -> None:
    """RFC 9126, section 5; to the client, whose address is known."""
    page = Browser(stop_before=CALLBACK).get(url_for(pushing))
    assert (page.query["error"], page.query["state"]) == ("invalid_request", "st-1")


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"redirect_uri": "https://evil.example/"}, 400, "invalid_request"),
        ({"redirect_uri": None}, 400, "invalid_request"),
        ({"request_uri": "urn:x"}, 400, "invalid_request"),
        ({"code_challenge_method": "plain"}, 400, "invalid_request"),
        ({"scope": "profile"}, 400, "invalid_scope"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
    ],
)
def test_a_pushed_request_is_held_against_the_rules_at_once(
    pushing: FakeProvider, changes: dict[str, str | None], status: int, error: str
) -> None:
    """RFC 9126, section 2.1 and 2.3; nothing is remembered."""
    before = len(pushing.pushed)
    answer = push(pushing, **changes)
    assert (answer.status, answer.json["error"]) == (status, error)
    assert len(pushing.pushed) == before


def test_a_pushed_request_names_its_client_even_if_the_header_proves_it(
    pushing: FakeProvider,
) -> None:
    """RFC 9126, section 2.1: it is a parameter of every authorization request."""
    basic = base64.b64encode(b"c:the+client%27s+secret").decode()
    header = {"authorization": f"Basic {basic}"}
    form = {name: value for name, value in PARAMETERS.items() if name != "client_id"}
    assert ask(f"{pushing.base_url}/par", form, **header).json["error"] == "invalid_request"
    assert ask(f"{pushing.base_url}/par", PARAMETERS, **header).status == 201


def test_who_offers_pushing_says_so_and_takes_plain_requests_too() -> None:
    """RFC 9126, section 5."""
    with serving(Shape(pushed_requests=PushedRequests.OFFERED)) as provider:
        where, must = (
            "pushed_authorization_request_endpoint",
            "require_pushed_authorization_requests",
        )
        address = f"{provider.issuer}/.well-known/openid-configuration"
        document = ask(address).json
        assert (document[where], must in document) == (f"{provider.base_url}/par", False)
        assert provider.approve(url_for(provider), "alice")
        provider.shape = Shape(pushed_requests=PushedRequests.REQUIRED)
        assert ask(address).json[must] is True
        provider.shape = Shape()
        assert where not in ask(address).json
        assert push(provider).status == 404

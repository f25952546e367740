"""The stand-in held against the recordings: what was asked then is asked again, of the stand-in.

Same requests, same clock, same Host header. Answers must be equal but for what is random: codes,
tokens, keys, request ids, and ids that Authentik makes of its installation.
"""

from __future__ import annotations

import http.client
import json
import re
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from attrs import evolve, frozen
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from dockmesh_auth_authentik.testing import USERS, AuthentikShape, signing_key, stand_in
from dockmesh_auth_authentik.testing.mappings import Mapping as ScopeMapping
from dockmesh_auth_authentik.testing.mappings import merged
from dockmesh_auth_authentik.testing.people import person
from joserfc import jwt
from joserfc.jwk import KeySet

from dockmesh_auth.testing.browser import Browser
from dockmesh_auth.testing.clock import FrozenClock
from dockmesh_auth.testing.fake_provider import (
    EncryptionKey,
    FakeClient,
    FakeProvider,
    FakeUser,
)
from dockmesh_auth.testing.stand_in import StandIn

CALLBACK = "http://127.0.0.1:8400/auth/oidc/callback"
OTHER_CALLBACK = "http://127.0.0.1:8400/auth/oidc/callback2"
PEOPLE = (
    person(5, "alice", "dockmesh-admins", "dockmesh Users"),
    person(6, "bob", "dockmesh-ops", "dockmesh Users"),
    person(9, "erin"),
)
COMPARED_HEADERS = ("content-type", "cache-control", "pragma", "www-authenticate", "allow")
FORMS = {
    "sub": re.compile("[0-9a-f]{64}"),
    "sid": re.compile("[0-9a-f]{64}"),
    "uid": re.compile("[A-Za-z0-9]{40}"),
    "kid": re.compile("[0-9a-f]{32}"),
    "request_id": re.compile("[0-9a-f]{32}"),
    "refresh_token": re.compile("[A-Za-z0-9]{128}"),
}
"""What is random, and how it looks in the recordings; checked on both sides."""


def as_list(user: FakeUser) -> Any:
    return list(user.groups)


def as_dict(user: FakeUser) -> Any:
    return {"groups": list(user.groups)}


@pytest.fixture(name="provider", scope="module")
def served_stand_in() -> Iterator[FakeProvider]:
    provider = stand_in(redirect_uris=[CALLBACK], users=PEOPLE).provider
    with provider.serve():
        yield provider


@frozen
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


def send(provider: FakeProvider, request: Mapping[str, Any]) -> Reply:
    """Send a recorded request, to the stand-in's port and in the recording's name."""
    url = urlsplit(request["url"])
    connection = http.client.HTTPConnection(urlsplit(provider.base_url).netloc, timeout=5)
    body: str | None = None
    if "form" in request:
        body = urlencode(request["form"])
    elif "json" in request:
        body = json.dumps(request["json"])
    target = f"{url.path}?{url.query}" if url.query else url.path
    try:
        headers = {"host": url.netloc, **request["headers"]}
        connection.request(request["method"], target, body, headers)
        answer = connection.getresponse()
        received = {name.lower(): value for name, value in answer.headers.items()}
        return Reply(answer.status, received, answer.read())
    finally:
        connection.close()


def set_up(provider: FakeProvider, recording: Mapping[str, Any], **shape: Any) -> None:
    """Give the stand-in the settings of a recording; its routes do not depend on them."""
    groups: ScopeMapping = shape.pop("groups", as_list)
    plain = AuthentikShape(**shape)
    provider.shape = plain.with_mapping("groups", groups)
    provider.clock = FrozenClock(recording["recorded_at"])
    provider.clients = (
        FakeClient(
            client_id=recording["client_id"],
            client_secret=recording["client_secret"],
            redirect_uris=(recording["redirect_uri"], OTHER_CALLBACK),
        ),
    )


def log_in(provider: FakeProvider, case: Mapping[str, Any], user: str) -> str:
    """Walk from the recorded authorization request to the callback; the code."""
    query = urlsplit(case["authorize"]["url"]).query
    browser = Browser(stop_before="http://127.0.0.1:84")
    browser.get(f"{provider.base_url}/application/o/authorize/?{query}")
    back = browser.click(user).query
    assert back.get("state") == case["authorize"]["params"].get("state")
    assert re.fullmatch("[0-9a-f]{32}", back["code"])
    return back["code"]


def replay(
    provider: FakeProvider,
    recording: Mapping[str, Any],
    case: Mapping[str, Any],
    *,
    user: str = "alice",
    leave_out: frozenset[str] = frozenset(),
) -> None:
    """Ask everything that was asked in *case*, and compare every answer."""
    provider.clock = FrozenClock(case["recorded_at"])
    ours: dict[str, str] = {}
    if "authorize" in case:
        ours[case["callback"]["params"]["code"]] = log_in(provider, case, user)
    for name, exchange in case["exchanges"].items():
        if name in leave_out:
            continue
        request = _renamed(exchange["request"], ours)
        reply = send(provider, request)
        expected = exchange["response"]
        assert (name, reply.status) == (name, expected["status"])
        _compare_headers(reply, expected)
        if "json" in expected:
            compare(json.loads(reply.body), expected["json"])
            for member in ("access_token", "id_token"):
                if member in expected["json"]:
                    ours[expected["json"][member]] = json.loads(reply.body)[member]
        elif expected.get("body", "") is None:
            assert reply.body == b""


def _renamed(request: Mapping[str, Any], ours: Mapping[str, str]) -> dict[str, Any]:
    """*request* with the stand-in's codes and tokens in the place of the recorded ones."""

    def other(text: Any) -> Any:
        scheme, space, rest = str(text).partition(" ")
        return ours.get(text, f"{scheme}{space}{ours.get(rest, rest)}")

    renamed = dict(request)
    for part in ("headers", "form"):
        if part in request:
            renamed[part] = {name: other(value) for name, value in request[part].items()}
    return renamed


def _compare_headers(reply: Reply, expected: Mapping[str, Any]) -> None:
    recorded = expected["headers"]
    assert {name: reply.headers.get(name) for name in COMPARED_HEADERS if name in recorded} == {
        name: recorded[name] for name in COMPARED_HEADERS if name in recorded
    }


def compare(ours: Any, theirs: Any) -> None:
    """Equal but for what is random; tokens by what is in them, sets as sets."""
    assert set(ours) == set(theirs)
    for name, value in theirs.items():
        if name in FORMS:
            assert FORMS[name].fullmatch(ours[name])
            assert FORMS[name].fullmatch(value)
        elif name in {"access_token", "id_token"}:
            _compare_tokens(ours[name], value)
        elif name == "scope":
            assert set(ours[name].split()) == set(value.split())
        elif name == "groups" or name.endswith("_supported"):
            assert _sorted(ours[name]) == _sorted(value)
        elif name == "keys":
            assert [set(key) for key in ours[name]] == [set(key) for key in value]
            assert [(key["alg"], key["use"]) for key in ours[name]] == [
                (key["alg"], key["use"]) for key in value
            ]
        elif name not in {"iat", "exp", "auth_time"}:
            assert (name, ours[name]) == (name, value)


def _sorted(value: Any) -> Any:
    return sorted(value, key=str) if isinstance(value, list) else value


def _compare_tokens(ours: str, theirs: str) -> None:
    for place in (0, 1):
        mine, recorded = (_part(token, place) for token in (ours, theirs))
        compare(mine, recorded)
        for name in {"iat", "exp", "auth_time"} & set(recorded):
            # The clock stands at the end of the recorded case, which took some seconds.
            assert type(mine[name]) is int
            assert 0 <= mine[name] - recorded[name] <= 10


def _part(token: str, place: int) -> Any:
    return json.loads(urlsafe_b64decode(token.split(".")[place] + "==="))


# --- replayed -----------------------------------------------------------------------------


def test_the_reference_login(provider: FakeProvider, recorded: Any) -> None:
    """Discovery, key set, tokens and userinfo, member for member."""
    login = recorded("reference_login", "alice")
    set_up(provider, login.recording)
    replay(provider, login.recording, login.case)


@pytest.mark.parametrize(
    ("case", "leave_out"),
    [
        # Refreshing is not part of the stand-in.
        ("code_reuse", {"refresh_with_first_refresh_token"}),
        ("pkce_s256", set()),
        ("pkce_downgrade", set()),
        ("pkce_plain_default", set()),
        ("client_authentication", set()),
        ("redirect_uri", set()),
        ("redirect_uri_other_registered", set()),
        ("malformed", {"cors_preflight"}),
    ],
)
def test_the_token_endpoint(
    provider: FakeProvider, recorded: Any, case: str, leave_out: set[str]
) -> None:
    """Every error, its status and body, and what a failed attempt leaves possible."""
    answer = recorded("token_endpoint_errors", case)
    set_up(provider, answer.recording)
    replay(provider, answer.recording, answer.case, leave_out=frozenset(leave_out))


def test_a_code_lives_one_minute(provider: FakeProvider, recorded: Any) -> None:
    """And is then refused like any other bad one."""
    answer = recorded("token_endpoint_errors", "code_expired", "expired")
    set_up(provider, answer.recording)
    code = log_in(provider, answer.case, "alice")
    assert isinstance(provider.clock, FrozenClock)
    provider.clock.advance(61)
    request = _renamed(
        answer.case["exchanges"]["expired"]["request"],
        {answer.case["callback"]["params"]["code"]: code},
    )
    compare(json.loads(send(provider, request).body), answer.answer)


@pytest.mark.parametrize("case", ["post", "basic", "both"])
def test_client_authentication(provider: FakeProvider, recorded: Any, case: str) -> None:
    """In the body, in the header, and in both: then the header counts."""
    answer = recorded("client_authentication", case)
    set_up(provider, answer.recording)
    replay(provider, answer.recording, answer.case)


@pytest.mark.parametrize("secret", ["special", "percent", "unicode"])
@pytest.mark.parametrize("way", ["post", "basic", "basic-enc"])
def test_secrets_with_special_characters(
    provider: FakeProvider, recorded: Any, secret: str, way: str
) -> None:
    """A percent-encoded Basic header is refused, though RFC 6749, section 2.3.1 asks for it."""
    answer = recorded("client_authentication", f"{secret}|{way}")
    base = recorded("client_authentication", "post")
    set_up(provider, {**answer.recording, **answer.case["settings"]})
    code = log_in(provider, base.case, "alice")
    request = answer.case["exchanges"]["token"]["request"]
    form = request["form"] | {"code": code}
    form["code_verifier"] = base.case["exchanges"]["token"]["request"]["form"]["code_verifier"]
    reply = send(provider, {**request, "form": form})
    assert reply.status == answer.case["exchanges"]["token"]["response"]["status"]
    assert set(json.loads(reply.body)) == set(answer.answer)


@pytest.mark.parametrize(
    ("case", "leave_out"),
    [
        # A token in the query or in the body is nothing that a client should try.
        ("userinfo", {"query_parameter", "form_parameter"}),
        ("no_openid_scope", set()),
        ("no_nonce", set()),
    ],
)
def test_userinfo(provider: FakeProvider, recorded: Any, case: str, leave_out: set[str]) -> None:
    """Its answers and its refusals, whose challenge lacks the word Bearer."""
    answer = recorded("userinfo", case)
    set_up(provider, answer.recording)
    replay(provider, answer.recording, answer.case, leave_out=frozenset(leave_out))


@pytest.mark.parametrize("user", ["alice", "bob", "erin"])
@pytest.mark.parametrize(
    "scopes",
    ["openid profile email groups offline_access", "openid profile email", "openid email groups"],
)
def test_claims_that_are_left_out_of_the_id_token(
    provider: FakeProvider, recorded: Any, user: str, scopes: str
) -> None:
    """Of the access token, too; userinfo has them."""
    answer = recorded("include_claims_off", f"{user}|{scopes}")
    set_up(provider, answer.recording, claims_in_id_token=False, groups=as_dict)
    replay(provider, answer.recording, answer.case, user=user)


def raising(user: FakeUser) -> Any:
    raise ValueError(user.name)


@pytest.mark.parametrize(
    ("case", "expression"),
    [
        ("list|groups_only", as_list),
        ("list|with_profile", as_list),
        ("dict|groups_only", as_dict),
        ("dict|with_profile_duplicates", as_dict),
        ("dict|profile_without_groups_scope", as_dict),
        ("dict|neither", as_dict),
        ("empty_dict", lambda _user: {}),
        ("dict_with_empty_list", lambda _user: {"groups": []}),
        ("none", lambda _user: None),
        ("string", lambda _user: "dockmesh-admins"),
        ("dict_with_string", lambda _user: {"groups": "dockmesh-admins"}),
        ("dict_with_string_and_profile", lambda _user: {"groups": "dockmesh-admins"}),
        ("other_claim_name", lambda user: {"dockmesh": {"roles": list(user.groups)}}),
        ("raising|groups_only", raising),
        ("raising|with_profile", raising),
        ("not_serialisable_queryset", lambda _user: {"groups": object()}),
        ("filtered_by_prefix", lambda user: {"groups": list(user.groups)[:1]}),
    ],
)
def test_groups_mappings(
    provider: FakeProvider, recorded: Any, case: str, expression: ScopeMapping
) -> None:
    """What an expression returns, and what becomes of it: claim, duplicate, nothing, or a 405."""
    answer = recorded("groups_expression", case)
    set_up(provider, answer.recording, groups=expression)
    replay(provider, answer.recording, answer.case)


@pytest.mark.parametrize(
    "case", ["per_provider", "via_localhost", "root_wellknown", "issuer_without_slash"]
)
def test_discovery(provider: FakeProvider, recorded: Any, case: str) -> None:
    """Issuer and endpoints follow the Host header; a wrong address is a page and no redirect."""
    answer = recorded("discovery_variants", case, "get")
    set_up(provider, answer.recording)
    replay(provider, answer.recording, answer.case)


def test_discovery_behind_a_proxy(provider: FakeProvider, recorded: Any) -> None:
    """`X-Forwarded-Proto` changes the scheme of everything."""
    answer = recorded("discovery_variants", "host_header_with_forwarded_proto", "get")
    set_up(provider, answer.recording)
    replay(provider, answer.recording, answer.case)


def test_entitlements(provider: FakeProvider, recorded: Any) -> None:
    """Two equal lists, in tokens and userinfo, and the scope in the document."""
    answer = recorded("entitlements", "alice", "token")
    names = ["dockmesh:admin", "dockmesh:read"]
    set_up(provider, answer.recording)
    assert isinstance(provider.shape, AuthentikShape)
    provider.shape = provider.shape.with_mapping(
        "entitlements", lambda user: {"entitlements": names, "roles": names} if user.name else {}
    )
    replay(provider, answer.recording, answer.case, leave_out=frozenset({"discovery"}))


# --- keys ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "signs", "encrypts"),
    [
        ("signing_only", True, False),
        ("signing_and_encryption_rsa", True, True),
        ("encryption_only_no_signing_key", False, True),
        ("no_key_at_all", False, False),
    ],
)
def test_key_sets(
    provider: FakeProvider, recorded: Any, case: str, *, signs: bool, encrypts: bool
) -> None:
    """`{}` without a key; an encryption key is a second entry."""
    answer = recorded("jwks_forms", case, "jwks")
    set_up(provider, answer.recording)
    key = provider.signing_key
    try:
        provider.signing_key = key if signs else None
        provider.encryption_key = EncryptionKey.generate("0" * 32) if encrypts else None
        replay(provider, answer.recording, answer.case, leave_out=frozenset({"discovery"}))
        document = provider.metadata("http://127.0.0.1:9000")
        theirs = answer.case["exchanges"]["discovery"]["response"]["json"]
        assert set(document) == set(theirs)
        algorithms = "id_token_signing_alg_values_supported"
        assert document[algorithms] == theirs[algorithms]
    finally:
        provider.signing_key, provider.encryption_key = key, None


def test_without_a_signing_key_tokens_are_signed_with_the_secret(
    provider: FakeProvider, recorded: Any
) -> None:
    """HS256, and no `kid`."""
    answer = recorded("signing_algorithms", "hs256_without_key")
    set_up(provider, {**answer.recording, "client_secret": "s" * 40})
    key = provider.signing_key
    try:
        provider.signing_key = None
        code = log_in(provider, answer.case, "alice")
        request = answer.case["exchanges"]["token"]["request"]
        form = request["form"] | {"code": code, "client_secret": "s" * 40}
        tokens = json.loads(send(provider, {**request, "form": form}).body)
    finally:
        provider.signing_key = key
    for name in ("id_token", "access_token"):
        assert _part(tokens[name], 0) == {"alg": "HS256", "typ": "JWT"}


def test_tokens_verify_with_the_published_key(provider: FakeProvider, recorded: Any) -> None:
    """Certificate and key of the entry are the same."""
    answer = recorded("reference_login", "alice")
    set_up(provider, answer.recording)
    code = log_in(provider, answer.case, "alice")
    exchanges = answer.case["exchanges"]
    form = exchanges["token"]["request"]["form"] | {"code": code}
    tokens = json.loads(send(provider, {**exchanges["token"]["request"], "form": form}).body)
    keys = json.loads(send(provider, exchanges["jwks"]["request"]).body)
    claims = jwt.decode(tokens["id_token"], KeySet.import_key_set(keys)).claims
    assert claims["aud"] == "dockmesh"
    certificate = x509.load_der_x509_certificate(b64decode(keys["keys"][0]["x5c"][0]))
    public = certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    octets = public.public_numbers().n.to_bytes(public.key_size // 8)
    assert keys["keys"][0]["n"] == urlsafe_b64encode(octets).rstrip(b"=").decode()


# --- settings -----------------------------------------------------------------------------


def test_subject_modes(recorded: Any) -> None:
    """Each of the six, and what users without the attribute get."""
    alice, erin = person(5, "alice", upn="alice@upn.lab.example"), person(9, "erin")
    for mode in ("user_id", "user_username", "user_email"):
        for user in (alice, erin):
            theirs = recorded("subject_modes", f"{mode}|{user.name}").decoded["sub"]
            assert AuthentikShape(subject_mode=mode).subject(user) == theirs
    upn, hashed = AuthentikShape(subject_mode="user_upn"), AuthentikShape()
    assert upn.subject(alice) == recorded("subject_modes", "user_upn|alice").decoded["sub"]
    assert upn.subject(erin) == hashed.subject(erin) != hashed.subject(alice)
    uuid = AuthentikShape(subject_mode="user_uuid").subject(alice)
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", uuid)
    nobody = evolve(erin, email="")
    assert AuthentikShape(subject_mode="user_email").subject(nobody) == ""


def test_the_global_issuer_mode(recorded: Any) -> None:
    """The issuer is the root, the document stays at the application's path."""
    answer = recorded("discovery_variants", "issuer_mode_global", "get")
    shape = AuthentikShape(global_issuer=True).with_mapping("groups", as_list)
    made = stand_in(redirect_uris=[CALLBACK], shape=shape, users=PEOPLE)
    with made.serve() as provider:
        assert made.issuer == f"{provider.base_url}/"
        reply = send(provider, answer.case["exchanges"]["get"]["request"])
        compare(json.loads(reply.body), answer.answer)
        request = {"method": "GET", "url": f"{made.issuer}.well-known/openid-configuration"}
        assert send(provider, {**request, "headers": {}}).status == 404


def test_who_may_not_use_the_application_stays_on_a_page() -> None:
    """With status 200; nobody tells the client. The same for who cancels."""
    refused = FakeUser(name="refused", may_enter=False)
    made = stand_in(redirect_uris=[CALLBACK], users=[refused])
    query = urlencode({"response_type": "code", "client_id": "dockmesh", "redirect_uri": CALLBACK})
    with made.serve() as denying:
        for button in ("refused", "Cancel"):
            browser = Browser(stop_before=CALLBACK)
            browser.get(f"{denying.base_url}/application/o/authorize/?{query}")
            page = browser.click(button)
            assert (page.status, page.title.partition(" - ")[0]) == (200, "Permission denied")


@pytest.mark.parametrize(
    "request_name", ["response_type_token", "pkce_method_S512", "request_object"]
)
def test_errors_of_the_authorization_endpoint(provider: FakeProvider, request_name: str) -> None:
    """Code and sentence, as they come to the callback."""
    changes, expected = ERRORS_TO_CLIENT[request_name]
    provider.shape = AuthentikShape()
    parameters = {
        "response_type": "code",
        "client_id": provider.clients[0].client_id,
        "redirect_uri": CALLBACK,
        "state": "st-1",
    }
    browser = Browser(stop_before=CALLBACK)
    query = urlencode(parameters | changes)
    page = browser.get(f"{provider.base_url}/application/o/authorize/?{query}")
    assert page.query == expected | {"state": "st-1"}


ERRORS_TO_CLIENT: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "response_type_token": (
        {"response_type": "token"},
        {
            "error": "unsupported_response_type",
            "error_description": "The authorization server does not support obtaining an "
            "authorization code using this method",
        },
    ),
    "pkce_method_S512": (
        {"code_challenge": "abc", "code_challenge_method": "S512"},
        {
            "error": "invalid_request",
            "error_description": "Unsupported challenge method S512",
        },
    ),
    "request_object": (
        {"request": "eyJ"},
        {
            "error": "request_not_supported",
            "error_description": "The provider does not support use of the request parameter",
        },
    ),
}


def test_the_people_of_the_demonstration() -> None:
    """One of each role, one without a group, one in all of them."""
    assert {user.name: user.groups for user in USERS} == {
        "alice": ("dockmesh-admins",),
        "bob": ("dockmesh-ops",),
        "carol": ("dockmesh-ops-prod",),
        "dave": ("dockmesh-viewers",),
        "erin": (),
        "frank": ("dockmesh-admins", "dockmesh-ops", "dockmesh-ops-prod", "dockmesh-viewers"),
    }


def test_it_is_what_the_demo_command_asks_for() -> None:
    """The Protocol of the core, and a secret that is not shown."""
    made: StandIn = stand_in(redirect_uris=[CALLBACK])
    assert made.users == USERS
    assert made.client_id == "dockmesh"
    assert made.client_secret.reveal() not in repr(made)
    with made.serve():
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/application/o/dockmesh/", made.issuer)


def test_keys_of_other_types_have_names_like_authentiks() -> None:
    """32 hexadecimal digits."""
    key = signing_key("ES256")
    assert FORMS["kid"].fullmatch(key.kid or "")
    assert key.public_jwk()["crv"] == "P-256"


def test_mappings_of_one_scope_name_are_merged_deep() -> None:
    """Objects deep, lists joined, anything else replaced."""
    first = {"a": {"b": [1], "c": 1}, "d": [1], "e": "x"}
    second = {"a": {"b": [2], "f": 2}, "d": [2], "e": "y", "g": None}
    assert merged(first, second) == {
        "a": {"b": [1, 2], "c": 1, "f": 2},
        "d": [1, 2],
        "e": "y",
        "g": None,
    }


@pytest.mark.parametrize(
    ("asked", "again"),
    [
        ({}, False),
        ({"prompt": "login"}, True),
        ({"prompt": "select_account"}, False),
        ({"max_age": "0"}, False),
        ({"max_age": "10"}, False),
        ({"max_age": "9"}, True),
    ],
)
def test_when_somebody_has_to_sign_in_again(
    provider: FakeProvider, recorded: Any, asked: dict[str, str], *, again: bool
) -> None:
    """`select_account` and `max_age=0` are ignored, as recorded."""
    answer = recorded("reference_login", "alice")
    set_up(provider, answer.recording)
    query = urlsplit(answer.case["authorize"]["url"]).query
    address = f"{provider.base_url}/application/o/authorize/?{query}"
    browser = Browser(stop_before=CALLBACK)
    browser.get(address)
    browser.click("alice")
    assert isinstance(provider.clock, FrozenClock)
    provider.clock.advance(10)
    page = browser.get(f"{address}&{urlencode(asked)}")
    assert ("code" not in page.query) is again


def test_an_inner_error_is_a_page_for_get(provider: FakeProvider, recorded: Any) -> None:
    """And 405 without a body for POST, as recorded of a groups mapping that is no JSON."""
    provider.edits.userinfo = lambda _claims: {"sub": object()}
    try:
        login = recorded("userinfo", "no_nonce")
        set_up(provider, login.recording)
        code = log_in(provider, login.case, "alice")
        ours = {login.case["callback"]["params"]["code"]: code}
        request = _renamed(login.case["exchanges"]["token"]["request"], ours)
        bearer = f"Bearer {json.loads(send(provider, request).body)['access_token']}"
        url = "http://127.0.0.1:9000/application/o/userinfo/"
        ask = {"url": url, "headers": {"authorization": bearer}}
        assert send(provider, {"method": "GET", **ask}).status == 500
        reply = send(provider, {"method": "POST", **ask})
        assert (reply.status, reply.body) == (405, b"")
    finally:
        provider.edits.clear()

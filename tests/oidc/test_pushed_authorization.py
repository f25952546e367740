"""Pushed authorization requests."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth.domain.login import LoginAttempt
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Answer, Request
from dockmesh_auth.domain.provider import (
    ClientAuthentication,
    Provider,
    PushedAuthorization,
    ResponseMode,
)
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.errors import ConfigurationError, ErrorCode, ProviderError
from dockmesh_auth.oidc.pushed_authorization import (
    build_pushed_request,
    build_pushed_url,
    parse_pushed_answer,
    pushing_endpoint,
)

CLIENT_ID = "dock mesh:1"
CLIENT_SECRET = "p%&+=:ä s3cr3t"
STATE = "state-of-this-sign-in"
ENDPOINT = "https://idp.example/par?tenant=1"
PROVIDER = Provider(
    slug="idp",
    display_name="IdP",
    issuer="https://idp.example/",
    client_id=CLIENT_ID,
    client_secret=Secret(CLIENT_SECRET),
    max_age=300,
)
METADATA = ProviderMetadata(
    issuer="https://idp.example/",
    authorization_endpoint="https://idp.example/authorize?p=sign%20in",
    token_endpoint="https://idp.example/token",
)
ATTEMPT = LoginAttempt(
    state_digest="0" * 64,
    browser_digest="0" * 64,
    provider="idp",
    redirect_uri="https://dock.example/auth/oidc/callback",
    response_mode=ResponseMode.FORM_POST,
    nonce="nonce-of-this-sign-in",
    code_verifier=Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    return_to="/",
    expires_at=0,
)
ASKED = {
    "response_type": "code",
    "client_id": CLIENT_ID,
    "redirect_uri": "https://dock.example/auth/oidc/callback",
    "scope": "openid profile email",
    "state": STATE,
    "nonce": "nonce-of-this-sign-in",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
    "response_mode": "form_post",
    "max_age": "300",
}
"""What an authorization URL would say; the challenge is RFC 7636's own example, appendix B."""

REQUEST_URI = "urn:ietf:params:oauth:request_uri:bwc4JK-ESC0w8acc191e-Y1LTC2"
GOOD: dict[str, Any] = {"request_uri": REQUEST_URI, "expires_in": 60}


def build(method: ClientAuthentication) -> Request:
    provider = attrs.evolve(PROVIDER, client_authentication=method)
    request = build_pushed_request(provider, ENDPOINT, ATTEMPT, state=Secret(STATE))
    assert (request.method, request.url) == ("POST", ENDPOINT)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.headers["Accept"] == "application/json"
    for secret in (STATE, "nonce-of", "s3cr3t"):
        assert secret not in repr(request)
    return request


def form_of(request: Request) -> dict[str, str]:
    assert request.body is not None
    pairs = parse_qsl(request.body.decode("ascii"), strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def answer(members: Any, *, status: int = 201) -> Answer:
    body = members if isinstance(members, bytes) else json.dumps(members).encode()
    return Answer(status=status, headers={"content-type": "application/json"}, body=body)


def refusal(given_answer: Answer) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        parse_pushed_answer(given_answer, PROVIDER)
    assert caught.value.provider == "idp"
    return caught.value


# --- whether to push ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "demanded", "pushed"),
    [
        (PushedAuthorization.AUTO, False, False),
        (PushedAuthorization.AUTO, True, True),
        (PushedAuthorization.ALWAYS, False, True),
        (PushedAuthorization.ALWAYS, True, True),
        (PushedAuthorization.NEVER, False, False),
    ],
)
def test_a_request_is_pushed_where_somebody_says_so(
    *, policy: PushedAuthorization, demanded: bool, pushed: bool
) -> None:
    """The provider (RFC 9126, section 5) or the operator; an offer alone changes nothing."""
    provider = attrs.evolve(PROVIDER, pushed_authorization_requests=policy)
    metadata = attrs.evolve(
        METADATA,
        pushed_authorization_request_endpoint=ENDPOINT,
        require_pushed_authorization_requests=demanded,
    )
    assert pushing_endpoint(provider, metadata) == (ENDPOINT if pushed else None)


@pytest.mark.parametrize(
    ("policy", "demanded", "code"),
    [
        (PushedAuthorization.AUTO, True, ErrorCode.DISCOVERY_INCOMPLETE),
        (PushedAuthorization.ALWAYS, False, ErrorCode.DISCOVERY_UNSUPPORTED),
        (PushedAuthorization.ALWAYS, True, ErrorCode.DISCOVERY_UNSUPPORTED),
        (PushedAuthorization.NEVER, True, ErrorCode.DISCOVERY_UNSUPPORTED),
    ],
)
def test_what_cannot_be_pushed_is_not_sent_by_the_browser_instead(
    *, policy: PushedAuthorization, demanded: bool, code: ErrorCode
) -> None:
    """There is no endpoint, or it may not be used: an error, whoever has checked before."""
    provider = attrs.evolve(PROVIDER, pushed_authorization_requests=policy)
    metadata = attrs.evolve(METADATA, require_pushed_authorization_requests=demanded)
    with pytest.raises(ProviderError) as caught:
        pushing_endpoint(provider, metadata)
    assert (caught.value.code, caught.value.provider) == (code, "idp")


def test_a_provider_is_asked_by_the_browser_unless_it_is_configured_otherwise() -> None:
    """The default leaves existing files alone."""
    assert PROVIDER.pushed_authorization_requests is PushedAuthorization.AUTO


# --- what is pushed -------------------------------------------------------------------------


def test_with_basic_authentication_the_header_proves_and_the_form_asks() -> None:
    """The form names the client, too (RFC 9126, section 2.1), and has nothing of the secret."""
    request = build(ClientAuthentication.CLIENT_SECRET_BASIC)
    scheme, _, credentials = request.headers["Authorization"].partition(" ")
    client_id, _, secret = base64.b64decode(credentials).decode("ascii").partition(":")
    assert scheme == "Basic"
    assert (unquote_plus(client_id), unquote_plus(secret)) == (CLIENT_ID, CLIENT_SECRET)
    assert form_of(request) == ASKED


def test_with_post_authentication_the_secret_is_in_the_form() -> None:
    """And nowhere else."""
    request = build(ClientAuthentication.CLIENT_SECRET_POST)
    assert "Authorization" not in request.headers
    assert form_of(request) == {**ASKED, "client_secret": CLIENT_SECRET}


def test_a_public_client_pushes_with_its_name_alone() -> None:
    """RFC 9126, section 2: by the rules of the token endpoint."""
    request = build(ClientAuthentication.NONE)
    assert "Authorization" not in request.headers
    assert form_of(request) == ASKED


def test_a_missing_secret_is_not_sent_as_an_empty_one() -> None:
    """The configuration is at fault, and says so."""
    provider = attrs.evolve(PROVIDER, client_secret=None)
    with pytest.raises(ConfigurationError) as caught:
        build_pushed_request(provider, ENDPOINT, ATTEMPT, state=Secret(STATE))
    assert caught.value.code is ErrorCode.CONFIG_MISSING_KEY


# --- what comes back ------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201])
def test_the_reference_is_read(status: int) -> None:
    """RFC 9126, section 2.2 says 201; 200 is tolerated. It is shown to nobody."""
    request_uri = parse_pushed_answer(answer(GOOD, status=status), PROVIDER)
    assert request_uri.reveal() == REQUEST_URI
    assert "bwc4JK" not in repr(request_uri)


@pytest.mark.parametrize(
    "request_uri",
    [
        None,
        "",
        7,
        ["urn:x"],
        {"a": "b"},
        True,
        "urn:x y",
        "urn:x\n",
        "\nurn:x",
        "urn:\x00",
        "urn:\x7f",
        "urn:\u00e4",
        "urn:\u202ex",
        "u" * 2049,
    ],
)
def test_a_reference_that_cannot_be_one_is_refused(request_uri: Any) -> None:
    """Not text, not visible ASCII, or without an end; and it is not repeated."""
    error = refusal(answer({**GOOD, "request_uri": request_uri}))
    assert error.code is ErrorCode.PROVIDER_ANSWER_MALFORMED
    assert "urn:" not in str(error)


@pytest.mark.parametrize(
    "request_uri", ["u" * 2048, "!", "a&b=c#d?%41+\"'<>\\", "https://x.example/r"]
)
def test_the_format_is_the_providers_own(request_uri: str) -> None:
    """RFC 9126, section 2.2; nothing in it becomes part of the address but its value."""
    read = parse_pushed_answer(answer({"request_uri": request_uri}), PROVIDER)
    parts = urlsplit(build_pushed_url(PROVIDER, METADATA, read))
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == (
        "https",
        "idp.example",
        "/authorize",
        "",
    )
    assert parse_qsl(parts.query, strict_parsing=True) == [
        ("p", "sign in"),
        ("client_id", CLIENT_ID),
        ("request_uri", request_uri),
    ]


@pytest.mark.parametrize(
    "expires_in", [None, 1, 0.5, 10**30, 1e99, "60", "0", "soon", True, False, [], {}]
)
def test_a_lifetime_that_leaves_time_or_says_nothing_is_good(expires_in: Any) -> None:
    """The browser is sent there at once."""
    read = parse_pushed_answer(answer({**GOOD, "expires_in": expires_in}), PROVIDER)
    assert read.reveal() == REQUEST_URI


@pytest.mark.parametrize("expires_in", [0, -1, 0.0, -1e300])
def test_a_reference_without_any_time_is_refused(expires_in: float) -> None:
    """Here, where the cause can be told, and not on a page of the provider."""
    error = refusal(answer({**GOOD, "expires_in": expires_in}))
    assert error.code is ErrorCode.PROVIDER_ANSWER_MALFORMED
    assert "expired" in error.detail


@pytest.mark.parametrize("status", [200, 201, 400, 401, 500])
@pytest.mark.parametrize("members", [{}, GOOD])
@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("invalid_client", ErrorCode.CLIENT_REJECTED),
        ("unauthorized_client", ErrorCode.CLIENT_REJECTED),
        ("invalid_request", ErrorCode.PUSHED_REQUEST_REFUSED),
        ("invalid_scope", ErrorCode.PUSHED_REQUEST_REFUSED),
        ("invalid_grant", ErrorCode.PUSHED_REQUEST_REFUSED),
        ("<script>", ErrorCode.PUSHED_REQUEST_REFUSED),
        ("", ErrorCode.PUSHED_REQUEST_REFUSED),
        (False, ErrorCode.PUSHED_REQUEST_REFUSED),
        ({"code": 1}, ErrorCode.PUSHED_REQUEST_REFUSED),
    ],
)
def test_an_error_decides_whatever_the_status(
    status: int, members: dict[str, Any], error: Any, code: ErrorCode
) -> None:
    """RFC 9126, section 2.3; also beside a reference."""
    refused = refusal(answer({**members, "error": error}, status=status))
    assert refused.code is code
    assert "script" not in str(refused)


@pytest.mark.attack("CFG-05", "JOS-22")
def test_a_description_is_for_the_log_and_has_no_secret_in_it() -> None:
    """Some providers quote the request that they refuse."""
    quoted = "p%25%26%2B%3D%3A%C3%A4+s3cr3t"
    body = {"error": "invalid_request", "error_description": f"redirect <{quoted}>\nis unknown"}
    refused = refusal(answer(body, status=400))
    assert refused.evidence["error_description"] == "redirect <[...]>\\nis unknown"
    assert refused.evidence["error"] == "invalid_request"
    assert "redirect" not in str(refused)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"request_uri=urn:x", b"[]", b'"urn:x"', b"[" * 100_000, b'{"a":1,"a":2}'],
)
def test_a_body_that_is_no_object_is_malformed(body: bytes) -> None:
    """With a good status; with another the status is what went wrong."""
    assert refusal(answer(body)).code is ErrorCode.PROVIDER_ANSWER_MALFORMED
    refused = refusal(answer(body, status=429))
    assert (refused.code, refused.evidence["status"]) == (ErrorCode.PROVIDER_STATUS, "429")


@pytest.mark.parametrize("status", [199, 202, 204, 302, 404, 405, 413, 500])
def test_a_reference_beside_another_status_is_not_taken(status: int) -> None:
    """RFC 9126, section 2.2."""
    assert refusal(answer(GOOD, status=status)).code is ErrorCode.PROVIDER_STATUS


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from([*GOOD, "error", "error_description"]), json_values)
    | st.binary(max_size=60),
    st.sampled_from([200, 201, 202, 400, 405, 500]),
)
def test_nothing_but_our_errors_leaves(changes: Any, status: int) -> None:
    """And whatever is accepted can stand in an address and leads to the provider alone."""
    members = {**GOOD, **changes} if isinstance(changes, dict) else changes
    try:
        request_uri = parse_pushed_answer(answer(members, status=status), PROVIDER)
    except ProviderError:
        return
    assert status in {200, 201}
    assert request_uri.reveal().isascii()
    assert request_uri.reveal().isprintable()


@given(st.from_regex("[!-~]{1,60}", fullmatch=True))
def test_any_reference_arrives_as_it_is(text: str) -> None:
    """Whatever its letters mean in addresses."""
    url = build_pushed_url(PROVIDER, METADATA, Secret(text))
    assert dict(parse_qsl(urlsplit(url).query, strict_parsing=True))["request_uri"] == text
    assert url.startswith("https://idp.example/authorize?")

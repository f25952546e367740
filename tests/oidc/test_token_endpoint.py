"""The token endpoint."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth.domain.login import LoginAttempt
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Answer, Request
from dockmesh_auth.domain.provider import ClientAuthentication, Provider, ResponseMode
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.tokens import TokenResponse
from dockmesh_auth.errors import (
    AuthError,
    ConfigurationError,
    ErrorCode,
    ProviderError,
    SignInRejected,
)
from dockmesh_auth.oidc.token_endpoint import build_token_request, parse_token_answer

CLIENT_ID = "dock mesh:1"
CLIENT_SECRET = "p%&+=:ä s3cr3t"
CODE = "c0de/+&="
VERIFIER = "verifier-verifier-verifier-verifier-verifier"
PROVIDER = Provider(
    slug="idp",
    display_name="IdP",
    issuer="https://idp.example/",
    client_id=CLIENT_ID,
    client_secret=Secret(CLIENT_SECRET),
)
METADATA = ProviderMetadata(
    issuer="https://idp.example/",
    authorization_endpoint="https://idp.example/authorize",
    token_endpoint="https://idp.example/token?tenant=1",
)
ATTEMPT = LoginAttempt(
    state_digest="0" * 64,
    browser_digest="0" * 64,
    provider="idp",
    redirect_uri="https://dock.example/auth/oidc/callback",
    response_mode=ResponseMode.QUERY,
    nonce="nonce",
    code_verifier=Secret(VERIFIER),
    return_to="/",
    expires_at=0,
)
GOOD: dict[str, Any] = {
    "access_token": "acc3ss",
    "token_type": "Bearer",
    "id_token": "a.b.c",
    "expires_in": 3600,
    "scope": "openid email",
}
EXCHANGE = {
    "grant_type": "authorization_code",
    "code": CODE,
    "redirect_uri": "https://dock.example/auth/oidc/callback",
    "code_verifier": VERIFIER,
}


def build(method: ClientAuthentication) -> Request:
    provider = attrs.evolve(PROVIDER, client_authentication=method)
    request = build_token_request(provider, METADATA, ATTEMPT, Secret(CODE))
    assert request.method == "POST"
    assert request.url == "https://idp.example/token?tenant=1"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    for secret in (CODE, VERIFIER, "s3cr3t"):
        assert secret not in repr(request)
    return request


def form_of(request: Request) -> dict[str, str]:
    assert request.body is not None
    pairs = parse_qsl(request.body.decode("ascii"), strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def answer(members: Any, *, status: int = 200) -> Answer:
    body = members if isinstance(members, bytes) else json.dumps(members).encode()
    return Answer(status=status, headers={"content-type": "application/json"}, body=body)


def parse(**changes: Any) -> TokenResponse:
    return parse_token_answer(answer({**GOOD, **changes}), PROVIDER)


def refusal(given_answer: Answer) -> AuthError:
    with pytest.raises(AuthError) as caught:
        parse_token_answer(given_answer, PROVIDER)
    assert caught.value.provider == "idp"
    return caught.value


def test_a_client_with_basic_authentication_puts_its_secret_into_the_header() -> None:
    """Both halves form-encoded (RFC 6749, section 2.3.1), and nothing of it in the body."""
    request = build(ClientAuthentication.CLIENT_SECRET_BASIC)
    scheme, _, credentials = request.headers["Authorization"].partition(" ")
    client_id, _, secret = base64.b64decode(credentials).decode("ascii").partition(":")
    assert scheme == "Basic"
    assert (unquote_plus(client_id), unquote_plus(secret)) == (CLIENT_ID, CLIENT_SECRET)
    assert form_of(request) == EXCHANGE


def test_a_client_with_post_authentication_puts_its_secret_into_the_form() -> None:
    """And nowhere else."""
    request = build(ClientAuthentication.CLIENT_SECRET_POST)
    assert "Authorization" not in request.headers
    assert form_of(request) == {
        **EXCHANGE,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }


def test_a_public_client_names_itself() -> None:
    """RFC 6749, section 3.2.1; its verifier proves that the code is its own."""
    request = build(ClientAuthentication.NONE)
    assert "Authorization" not in request.headers
    assert form_of(request) == {**EXCHANGE, "client_id": CLIENT_ID}


@pytest.mark.parametrize(
    "method", [ClientAuthentication.CLIENT_SECRET_BASIC, ClientAuthentication.CLIENT_SECRET_POST]
)
def test_a_missing_secret_is_not_sent_as_an_empty_one(method: ClientAuthentication) -> None:
    """The configuration is at fault, and says so."""
    provider = attrs.evolve(PROVIDER, client_secret=None, client_authentication=method)
    with pytest.raises(ConfigurationError) as caught:
        build_token_request(provider, METADATA, ATTEMPT, Secret(CODE))
    assert caught.value.code is ErrorCode.CONFIG_MISSING_KEY


def test_an_answer_is_read() -> None:
    """Every member has its place, and none of the tokens is shown."""
    response = parse(refresh_token="r3fresh")
    assert response == TokenResponse(
        id_token=Secret("a.b.c"),
        access_token=Secret("acc3ss"),
        refresh_token=Secret("r3fresh"),
        expires_in=3600,
        scope=("openid", "email"),
    )
    for secret in ("a.b.c", "acc3ss", "r3fresh"):
        assert secret not in repr(response)


def test_a_missing_id_token_is_not_judged_here() -> None:
    """Missing, null and empty are the same: there is none."""
    for id_token in (None, ""):
        assert parse(id_token=id_token).id_token is None
    sparse = {"access_token": "a", "token_type": "bearer"}
    assert parse_token_answer(answer(sparse), PROVIDER) == TokenResponse(access_token=Secret("a"))


@pytest.mark.attack("TOK-02")
@pytest.mark.parametrize("status", [200, 400, 401, 500])
@pytest.mark.parametrize("members", [{}, GOOD])
@pytest.mark.parametrize(
    ("error", "code", "branch"),
    [
        ("invalid_client", ErrorCode.CLIENT_REJECTED, ProviderError),
        ("unauthorized_client", ErrorCode.CLIENT_REJECTED, ProviderError),
        ("invalid_grant", ErrorCode.CODE_REJECTED, SignInRejected),
        # Some providers have names of their own for the same.
        ("incorrect_client_credentials", ErrorCode.CLIENT_REJECTED, ProviderError),
        ("redirect_uri_mismatch", ErrorCode.CLIENT_REJECTED, ProviderError),
        ("bad_verification_code", ErrorCode.CODE_REJECTED, SignInRejected),
        ("invalid_request", ErrorCode.TOKEN_ENDPOINT_ERROR, ProviderError),
        ("invented_here", ErrorCode.TOKEN_ENDPOINT_ERROR, ProviderError),
        ("<script>", ErrorCode.TOKEN_ENDPOINT_ERROR, ProviderError),
        ("", ErrorCode.TOKEN_ENDPOINT_ERROR, ProviderError),
        (False, ErrorCode.TOKEN_ENDPOINT_ERROR, ProviderError),
        ({"code": 1}, ErrorCode.TOKEN_ENDPOINT_ERROR, ProviderError),
    ],
)
def test_an_error_decides_whatever_the_status(
    status: int, members: dict[str, Any], error: Any, code: ErrorCode, branch: type[AuthError]
) -> None:
    """Beside 200, and beside tokens."""
    refused = refusal(answer({**members, "error": error}, status=status))
    assert refused.code is code
    assert isinstance(refused, branch)
    assert "script" not in str(refused)


def test_a_description_is_shown_without_secrets() -> None:
    """A provider may repeat the code, a token or the secret in it."""
    token = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9"
    description = f"bad\n{CLIENT_SECRET} and {token}"
    for provider in (PROVIDER, attrs.evolve(PROVIDER, client_secret=None)):
        with pytest.raises(SignInRejected) as caught:
            parse_token_answer(
                answer({"error": "invalid_grant", "error_description": description}, status=400),
                provider,
            )
        shown = caught.value.evidence["error_description"]
        assert token not in shown
        assert shown.isprintable()
        assert description not in str(caught.value)
        assert ("s3cr3t" in shown) is (provider.client_secret is None)


@pytest.mark.attack("CFG-05", "JOS-22")
def test_a_secret_is_left_out_in_the_forms_in_which_it_is_sent() -> None:
    """Some providers quote the request that they refuse."""
    provider = attrs.evolve(PROVIDER, client_secret=Secret("a b/c%d?e~f+g"))
    for form in ("a b/c%d?e~f+g", "a+b%2Fc%25d%3Fe~f%2Bg", "a%20b%2fc%25d%3fe~f%2bg"):
        body = {"error": "invalid_client", "error_description": f"got <{form}>"}
        with pytest.raises(ProviderError) as caught:
            parse_token_answer(answer(body, status=400), provider)
        assert caught.value.evidence["error_description"] == "got <[...]>"


@pytest.mark.parametrize("description", ["", None, 7, ["x"]])
def test_an_odd_description_is_left_out(description: Any) -> None:
    """Only text is shown."""
    refused = refusal(answer({"error": "invalid_grant", "error_description": description}))
    assert dict(refused.evidence) == {"error": "invalid_grant"}


@pytest.mark.attack("TOK-03")
@pytest.mark.parametrize("token_type", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_bearer_is_read_in_any_case(token_type: str) -> None:
    """RFC 6749, section 5.1."""
    assert parse(token_type=token_type).access_token.reveal() == "acc3ss"


@pytest.mark.attack("TOK-03")
@pytest.mark.parametrize("token_type", [None, "", "mac", "DPoP", "N_A", "Bearer ", 7, ["Bearer"]])
def test_another_token_type_is_refused(token_type: Any) -> None:
    """A token that needs a proof is of no use without it."""
    refused = refusal(answer({**GOOD, "token_type": token_type}))
    assert refused.code is ErrorCode.TOKEN_ANSWER_MALFORMED


@pytest.mark.attack("TOK-04")
@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        (None, None),
        (3600, 3600),
        ("3600", 3600),
        (3600.9, 3600),
        (0, 0),
        (-1, 0),
        (-1e300, 0),
        (1e99, 2**31 - 1),
        (10**30, 2**31 - 1),
        ("9" * 12, 2**31 - 1),
        ("9" * 5000, None),
        ("-1", None),
        ("soon", None),
        ("\u0663", None),
        (True, None),
        ([3600], None),
        ({}, None),
    ],
)
def test_a_lifetime_never_fails_the_answer(expires_in: Any, seconds: int | None) -> None:
    """It is clamped or left out."""
    assert parse(expires_in=expires_in).expires_in == seconds


@pytest.mark.attack("TOK-04")
@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_a_number_that_json_does_not_have_makes_the_answer_malformed(number: bytes) -> None:
    """It fails with our error."""
    body = b'{"access_token":"a","token_type":"Bearer","expires_in":' + number + b"}"
    assert refusal(answer(body)).code is ErrorCode.TOKEN_ANSWER_MALFORMED


@pytest.mark.attack("TOK-08")
def test_a_named_scope_has_openid_if_it_was_asked_for() -> None:
    """An empty one says nothing and is not "all"; more than asked for is kept as it is."""
    assert refusal(answer({**GOOD, "scope": "email"})).code is ErrorCode.SCOPE_NOT_GRANTED
    assert refusal(answer({**GOOD, "scope": "openid2"})).code is ErrorCode.SCOPE_NOT_GRANTED
    assert parse(scope="").scope == ()
    assert parse(scope=None).scope is None
    assert parse(scope=" admin  openid ").scope == ("admin", "openid")
    assert refusal(answer({**GOOD, "scope": ["openid"]})).code is ErrorCode.TOKEN_ANSWER_MALFORMED
    plain = attrs.evolve(PROVIDER, scopes=("email",))
    assert parse_token_answer(answer({**GOOD, "scope": "email"}), plain).scope == ("email",)


@pytest.mark.parametrize("member", ["access_token", "id_token", "refresh_token"])
@pytest.mark.parametrize("value", [7, True, ["a"], {"a": "b"}])
def test_a_token_is_text(member: str, value: Any) -> None:
    """Anything else makes the answer malformed."""
    refused = refusal(answer({**GOOD, member: value}))
    assert refused.code is ErrorCode.TOKEN_ANSWER_MALFORMED


@pytest.mark.parametrize("token", [None, "", "a b", "a\r\nHost: evil.example", "\u00e4", "a\x00"])
def test_an_access_token_fits_into_a_header(token: str | None) -> None:
    """RFC 6750, section 2.1: it is sent on in a header."""
    refused = refusal(answer({**GOOD, "access_token": token}))
    assert refused.code is ErrorCode.TOKEN_ANSWER_MALFORMED


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"eyJhbGciOiJub25lIn0.e30.",
        b"access_token=a&token_type=bearer",
        b"[]",
        b"[" * 100_000,
        b'{"access_token":"a","access_token":"b","token_type":"Bearer"}',
    ],
)
def test_a_body_that_is_no_object_is_malformed(body: bytes) -> None:
    """With 200; with another status the status is what went wrong."""
    assert refusal(answer(body)).code is ErrorCode.TOKEN_ANSWER_MALFORMED
    refused = refusal(answer(body, status=502))
    assert refused.code is ErrorCode.PROVIDER_STATUS
    assert refused.evidence["status"] == "502"


def test_tokens_beside_another_status_are_not_taken() -> None:
    """RFC 6749, section 5.1: 200."""
    assert refusal(answer(GOOD, status=500)).code is ErrorCode.PROVIDER_STATUS


def test_an_empty_405_is_the_providers_own_fault() -> None:
    """Some provider's page for inner errors refuses POST."""
    refused = refusal(answer(b"", status=405))
    assert refused.code is ErrorCode.TOKEN_ENDPOINT_ERROR
    assert "failed inside" in refused.detail


def test_recorded_errors_are_told_apart(shared: Path) -> None:
    """What a real provider answered to each mistake."""
    folder = shared / "authentik" / "recorded"
    recorded = json.loads((folder / "token_endpoint_errors.json").read_bytes())
    expected = {
        "invalid_client": ErrorCode.CLIENT_REJECTED,
        "invalid_grant": ErrorCode.CODE_REJECTED,
        "unsupported_grant_type": ErrorCode.TOKEN_ENDPOINT_ERROR,
    }
    seen = set()
    for case in recorded["cases"].values():
        for exchange in case["exchanges"].values():
            members = exchange.get("response", {}).get("json")
            if not isinstance(members, dict) or members.get("error") not in expected:
                continue
            status = exchange["response"]["status"]
            assert refusal(answer(members, status=status)).code is expected[members["error"]]
            seen.add(members["error"])
    assert seen == set(expected)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from([*GOOD, "error", "error_description"]), json_values)
    | st.binary(max_size=60),
    st.sampled_from([200, 400, 405, 500]),
)
def test_nothing_but_our_errors_leaves(changes: Any, status: int) -> None:
    """And whatever is accepted has an access token that can be sent."""
    members = {**GOOD, **changes} if isinstance(changes, dict) else changes
    try:
        response = parse_token_answer(answer(members, status=status), PROVIDER)
    except AuthError:
        return
    assert response.access_token.reveal().isprintable()
    assert status == 200

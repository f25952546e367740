"""The authorization request and its response."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qsl, urlsplit

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth.domain.login import LoginAttempt
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.provider import Provider, ResponseMode
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.errors import AuthError, ErrorCode, SignInRejected
from dockmesh_auth.oidc.authorization import (
    AuthorizationResponse,
    build_authorization_url,
    check_authorization_response,
    parse_authorization_response,
    redirect_uri_for,
    state_digest,
)

STATE = "state-of-this-sign-in"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
PROVIDER = Provider(
    slug="idp", display_name="IdP", issuer="https://idp.example/", client_id="dock mesh&x"
)
METADATA = ProviderMetadata(
    issuer="https://idp.example/",
    authorization_endpoint="https://idp.example/authorize",
    token_endpoint="https://idp.example/token",
)
ATTEMPT = LoginAttempt(
    state_digest=hashlib.sha256(STATE.encode()).hexdigest(),
    browser_digest="0" * 64,
    provider="idp",
    redirect_uri="https://dock.example/auth/oidc/callback",
    response_mode=ResponseMode.QUERY,
    nonce="nonce-of-this-sign-in",
    code_verifier=Secret(VERIFIER),
    return_to="/",
    expires_at=0,
)


def query_of(url: str) -> dict[str, str]:
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def refused(*parameters: tuple[str, str]) -> SignInRejected:
    with pytest.raises(SignInRejected) as caught:
        parse_authorization_response(parameters)
    return caught.value


def check(response: AuthorizationResponse, metadata: ProviderMetadata = METADATA) -> Secret:
    return check_authorization_response(response, ATTEMPT, PROVIDER, metadata)


def check_refused(
    response: AuthorizationResponse, metadata: ProviderMetadata = METADATA
) -> SignInRejected:
    with pytest.raises(SignInRejected) as caught:
        check(response, metadata)
    assert caught.value.provider == "idp"
    return caught.value


@pytest.mark.attack("TOK-07")
@pytest.mark.parametrize("base", ["https://dock.example/sub", "https://dock.example/sub/"])
def test_the_redirect_uri_is_built_from_the_configured_address(base: str) -> None:
    """A slash at the end does not double; the slug stands in it if the provider wants its own."""
    assert redirect_uri_for(base, PROVIDER) == "https://dock.example/sub/auth/oidc/callback"
    own = attrs.evolve(PROVIDER, own_callback=True)
    assert redirect_uri_for(base, own) == "https://dock.example/sub/auth/oidc/idp/callback"


def test_the_url_has_what_the_specification_asks_for() -> None:
    """RFC 6749, section 4.1.1; the challenge is RFC 7636's own example, appendix B."""
    url = build_authorization_url(PROVIDER, METADATA, ATTEMPT, state=Secret(STATE))
    assert url.startswith("https://idp.example/authorize?")
    assert query_of(url) == {
        "response_type": "code",
        "client_id": "dock mesh&x",
        "redirect_uri": "https://dock.example/auth/oidc/callback",
        "scope": "openid profile email",
        "state": STATE,
        "nonce": "nonce-of-this-sign-in",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }


@pytest.mark.attack("AUR-08")
@pytest.mark.parametrize("methods", [(), ("S256",), ("plain",), ("plain", "S256"), ("none",)])
def test_pkce_is_s256_whatever_the_provider_announces(methods: tuple[str, ...]) -> None:
    """Nothing that a document says leads to `plain` or to no challenge."""
    metadata = attrs.evolve(METADATA, code_challenge_methods_supported=methods)
    query = query_of(build_authorization_url(PROVIDER, metadata, ATTEMPT, state=Secret(STATE)))
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    assert query["code_challenge_method"] == "S256"
    assert query["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert VERIFIER not in query.values()


@pytest.mark.parametrize("max_age", [0, 300])
def test_optional_parameters_are_there_when_configured(max_age: int) -> None:
    """max_age=0 is sent as well: it means a fresh sign-in."""
    provider = attrs.evolve(PROVIDER, max_age=max_age)
    attempt = attrs.evolve(ATTEMPT, response_mode=ResponseMode.FORM_POST)
    query = query_of(build_authorization_url(provider, METADATA, attempt, state=Secret(STATE)))
    assert query["max_age"] == str(max_age)
    assert query["response_mode"] == "form_post"


def test_a_provider_without_id_tokens_is_sent_no_nonce() -> None:
    """Nothing would carry it back; without scopes none are asked for (RFC 6749, section 3.3)."""
    plain = attrs.evolve(PROVIDER, id_token=False, scopes=())
    query = query_of(build_authorization_url(plain, METADATA, ATTEMPT, state=Secret(STATE)))
    assert set(query) == {
        "response_type",
        "client_id",
        "redirect_uri",
        "state",
        "code_challenge",
        "code_challenge_method",
    }


def test_an_endpoint_keeps_its_query() -> None:
    """RFC 6749, section 3.1: the query of the endpoint must be retained."""
    metadata = attrs.evolve(METADATA, authorization_endpoint="https://idp.example/a?p=sign%20in&e=")
    query = query_of(build_authorization_url(PROVIDER, metadata, ATTEMPT, state=Secret(STATE)))
    assert query["p"] == "sign in"
    assert query["e"] == ""
    assert query["state"] == STATE


def test_a_response_is_read() -> None:
    """Unknown parameters are ignored, repeated or not (RFC 6749, section 4.1.2)."""
    response = parse_authorization_response(
        [
            ("state", STATE),
            ("code", "c0de"),
            ("iss", "https://idp.example/"),
            ("session_state", "x" * 9000),
            ("more", "1"),
            ("more", "2"),
        ]
    )
    assert response == AuthorizationResponse(
        state=Secret(STATE), code=Secret("c0de"), issuer="https://idp.example/"
    )
    assert "c0de" not in repr(response)
    assert STATE not in repr(response)


@pytest.mark.attack("AUR-11")
@pytest.mark.parametrize(
    "name", ["state", "code", "error", "error_description", "error_uri", "iss"]
)
@pytest.mark.parametrize("second", ["a", "b", ""])
def test_a_repeated_parameter_is_refused(name: str, second: str) -> None:
    """Also if both are the same, or the second is empty."""
    error = refused(("state", STATE), (name, "a"), (name, second))
    assert error.code is ErrorCode.RESPONSE_REPEATED_PARAMETER


@pytest.mark.parametrize("name", ["state", "code", "error", "iss"])
@pytest.mark.parametrize(
    "value", ["x" * 4097, "a\nb", "a\x00", "\x7f", "\u00e4", "\u202e", "\ud800"]
)
def test_a_value_that_cannot_be_ours_is_refused(name: str, value: str) -> None:
    """Too long, or not visible ASCII."""
    others = [("state", STATE)] if name != "state" else []
    error = refused(*others, (name, value))
    assert error.code is ErrorCode.RESPONSE_MALFORMED
    assert value not in str(error)


def test_a_code_beside_an_error_is_refused() -> None:
    """It is one or the other."""
    error = refused(("state", STATE), ("code", "c0de"), ("error", "access_denied"))
    assert error.code is ErrorCode.RESPONSE_MALFORMED


@pytest.mark.attack("AUR-01")
@pytest.mark.parametrize("parameters", [[], [("code", "c")], [("state", ""), ("code", "c")]])
def test_a_response_needs_a_state(parameters: list[tuple[str, str]]) -> None:
    """An empty state is none."""
    assert refused(*parameters).code is ErrorCode.STATE_MISSING


def test_the_code_of_a_good_response_is_had() -> None:
    """With `iss` and without."""
    good = AuthorizationResponse(state=Secret(STATE), code=Secret("c0de"))
    assert check(good).reveal() == "c0de"
    named = attrs.evolve(good, issuer="https://idp.example/")
    assert check(named).reveal() == "c0de"
    announced = attrs.evolve(METADATA, authorization_response_iss_parameter_supported=True)
    assert check(named, announced).reveal() == "c0de"


@pytest.mark.attack("AUR-09")
@pytest.mark.parametrize(
    "issuer",
    ["https://evil.example/", "https://idp.example", "https://IDP.example/", "", "idp"],
)
@pytest.mark.parametrize("error", [None, "access_denied"])
def test_another_issuer_is_refused_before_anything_else_is_believed(
    issuer: str, error: str | None
) -> None:
    """Also if the response is an error (RFC 9207, section 2.4)."""
    response = parse_authorization_response(
        [("state", STATE), ("iss", issuer), ("error", error) if error else ("code", "c0de")]
    )
    refusal = check_refused(response)
    assert refusal.code is ErrorCode.RESPONSE_ISSUER_MISMATCH
    assert "https://idp.example/" in refusal.evidence["expected"]


@pytest.mark.attack("AUR-09")
def test_an_announced_issuer_must_be_there() -> None:
    """Who announces `iss` and does not send it may be somebody else."""
    announced = attrs.evolve(METADATA, authorization_response_iss_parameter_supported=True)
    for response in (
        AuthorizationResponse(state=Secret(STATE), code=Secret("c0de")),
        AuthorizationResponse(state=Secret(STATE), error="access_denied"),
    ):
        assert check_refused(response, announced).code is ErrorCode.RESPONSE_ISSUER_MISMATCH


@pytest.mark.attack("AUR-12")
@pytest.mark.parametrize(
    ("error", "name"),
    [
        ("access_denied", "access_denied"),
        ("login_required", "login_required"),
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("<script>alert(1)</script>", "other"),
        ("call +1 555 now", "other"),
        ("x" * 65, "other"),
    ],
)
def test_an_error_is_named_only_if_it_looks_like_a_name(error: str, name: str) -> None:
    """What else the browser brings is not repeated."""
    response = parse_authorization_response([("state", STATE), ("error", error)])
    refusal = check_refused(response)
    assert refusal.code is ErrorCode.PROVIDER_REFUSED
    assert dict(refusal.evidence) == {"error": name}
    assert refusal.detail == f"the identity provider ended the sign-in with the error {name}"


@pytest.mark.attack("AUR-12")
@pytest.mark.parametrize(
    "description",
    [
        "<script>alert(1)</script>",
        "javascript:alert(1)",
        "line\r\nSet-Cookie: a=b",
        "\x1b[31mred\u202e",
        "x y " * 2500,
        "\ud800",
        "your code is eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIi",
    ],
)
def test_a_description_is_for_the_log_alone(description: str) -> None:
    """It is not in the message, and in the evidence it is one short, printable line."""
    response = parse_authorization_response(
        [
            ("state", STATE),
            ("error", "server_error"),
            ("error_description", description),
            ("error_uri", "javascript:alert(2)"),
        ]
    )
    refusal = check_refused(response)
    assert description not in str(refusal)
    assert "alert(2)" not in repr(dict(refusal.evidence))
    shown = refusal.evidence["error_description"]
    assert shown.isascii()
    assert shown.isprintable()
    assert len(shown) <= 200
    assert "eyJhbGci" not in shown


def test_a_response_without_a_code_is_refused() -> None:
    """Also if the code is empty."""
    for parameters in ([("state", STATE)], [("state", STATE), ("code", ""), ("error", "")]):
        response = parse_authorization_response(parameters)
        assert check_refused(response).code is ErrorCode.CODE_MISSING


@pytest.mark.attack("AUR-10")
def test_a_response_belongs_to_its_attempt() -> None:
    """Another state or another provider is refused here as well, whoever took the attempt."""
    good = AuthorizationResponse(state=Secret(STATE), code=Secret("c0de"))
    other = attrs.evolve(good, state=Secret("another state"))
    assert check_refused(other).code is ErrorCode.STATE_UNKNOWN
    attempt = attrs.evolve(ATTEMPT, provider="elsewhere")
    with pytest.raises(SignInRejected) as caught:
        check_authorization_response(good, attempt, PROVIDER, METADATA)
    assert caught.value.code is ErrorCode.STATE_OTHER_PROVIDER


def test_a_states_digest_is_sha256() -> None:
    """FIPS 180-4's example."""
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert state_digest(Secret("abc")) == expected


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["state", "code", "error", "error_description", "iss", "x"]),
            st.text(max_size=40),
        ),
        max_size=8,
    )
)
def test_nothing_but_our_errors_leaves(parameters: list[tuple[str, str]]) -> None:
    """And whatever is accepted has a state and at most one of code and error."""
    try:
        response = parse_authorization_response(parameters)
    except AuthError:
        return
    assert response.state
    assert response.code is None or response.error is None
    assert [value for name, value in parameters if name == "state"] == [response.state.reveal()]

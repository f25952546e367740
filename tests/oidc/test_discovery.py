"""The discovery document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Answer
from dockmesh_auth.domain.provider import (
    DEFAULT_ALGORITHMS,
    ClientAuthentication,
    NetworkRules,
    Provider,
    PushedAuthorization,
    ResponseMode,
)
from dockmesh_auth.errors import AuthError, ErrorCode, ProviderError
from dockmesh_auth.oidc.discovery import (
    check_metadata,
    document_url,
    parse_metadata,
)

ISSUER = "https://idp.example/application/o/dockmesh/"
PROVIDER = Provider(slug="idp", display_name="IdP", issuer=ISSUER, client_id="dockmesh")
DOCUMENT: dict[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": "https://idp.example/authorize/",
    "token_endpoint": "https://idp.example/token/",
    "userinfo_endpoint": "https://idp.example/userinfo/",
    "end_session_endpoint": "https://idp.example/end-session/",
    "jwks_uri": "https://idp.example/jwks/",
    "response_types_supported": ["code", "id_token"],
    "response_modes_supported": ["query", "fragment", "form_post"],
    "id_token_signing_alg_values_supported": ["RS256"],
    "scopes_supported": ["openid", "email"],
    "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    "code_challenge_methods_supported": ["plain", "S256"],
    "authorization_response_iss_parameter_supported": True,
    "pushed_authorization_request_endpoint": "https://idp.example/par/",
    "require_pushed_authorization_requests": True,
    "an_unknown_member": {"a": 1},
}
ENDPOINTS = [name for name in DOCUMENT if name.endswith("_endpoint")] + ["jwks_uri"]


def answer(body: bytes, *, status: int = 200, media_type: str = "application/json") -> Answer:
    return Answer(status=status, headers={"content-type": media_type}, body=body)


def document(**changes: Any) -> Answer:
    return answer(json.dumps({**DOCUMENT, **changes}).encode())


def refusal(given_answer: Answer, provider: Provider = PROVIDER) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        parse_metadata(given_answer, provider)
    assert caught.value.provider == "idp"
    return caught.value


@pytest.mark.attack("DIS-02")
@pytest.mark.attack("DIS-03")
@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        ("https://h", "https://h/.well-known/openid-configuration"),
        ("https://h/", "https://h/.well-known/openid-configuration"),
        ("https://h/o/app", "https://h/o/app/.well-known/openid-configuration"),
        ("https://h/o/app/", "https://h/o/app/.well-known/openid-configuration"),
    ],
)
def test_the_well_known_path_is_appended_with_one_slash(issuer: str, url: str) -> None:
    """Appended to the issuer's path, not put before it; no slash doubled or dropped."""
    provider = attrs.evolve(PROVIDER, issuer=issuer)
    assert document_url(provider) == url


def test_a_configured_discovery_url_is_taken_as_it_is() -> None:
    """Some providers keep the document elsewhere than below the issuer."""
    url = "https://idp.example/o/app/.well-known/openid-configuration"
    provider = attrs.evolve(PROVIDER, issuer="https://idp.example/", discovery_url=url)
    assert document_url(provider) == url


def test_a_document_is_read() -> None:
    """Every member has its place."""
    assert parse_metadata(document(), PROVIDER) == ProviderMetadata(
        issuer=ISSUER,
        authorization_endpoint="https://idp.example/authorize/",
        token_endpoint="https://idp.example/token/",
        jwks_uri="https://idp.example/jwks/",
        userinfo_endpoint="https://idp.example/userinfo/",
        end_session_endpoint="https://idp.example/end-session/",
        id_token_signing_alg_values_supported=("RS256",),
        scopes_supported=("openid", "email"),
        token_endpoint_auth_methods_supported=("client_secret_post", "client_secret_basic"),
        code_challenge_methods_supported=("plain", "S256"),
        authorization_response_iss_parameter_supported=True,
        response_modes_supported=("query", "fragment", "form_post"),
        pushed_authorization_request_endpoint="https://idp.example/par/",
        require_pushed_authorization_requests=True,
    )


def test_a_sparse_document_is_enough() -> None:
    """What is optional may be missing or null."""
    required = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    sparse = {name: DOCUMENT[name] for name in required}
    empty = {name: None for name in DOCUMENT if name not in required}
    for members in (sparse, {**sparse, **empty}):
        metadata = parse_metadata(answer(json.dumps(members).encode()), PROVIDER)
        assert metadata == ProviderMetadata(
            **{name: DOCUMENT[name] for name in required}  # type: ignore[arg-type]
        )


def test_a_recorded_document_is_read(shared: Path) -> None:
    """What a real provider answered."""
    recorded = json.loads((shared / "authentik/recorded/reference_login.json").read_bytes())
    members = recorded["cases"]["alice"]["exchanges"]["discovery"]["response"]["json"]
    provider = attrs.evolve(
        PROVIDER,
        issuer=recorded["issuer"],
        client_authentication=ClientAuthentication.CLIENT_SECRET_POST,
        network=NetworkRules(insecure_allow_http=True),
    )
    metadata = parse_metadata(answer(json.dumps(members).encode()), provider)
    assert metadata.token_endpoint == "http://127.0.0.1:9000/application/o/token/"
    assert metadata.jwks_uri == "http://127.0.0.1:9000/application/o/dockmesh/jwks/"
    assert not metadata.authorization_response_iss_parameter_supported


@pytest.mark.attack("DIS-01")
@pytest.mark.attack("DIS-02")
@pytest.mark.attack("DIS-23")
@pytest.mark.parametrize(
    ("issuer", "cause"),
    [
        ("https://idp.example/application/o/dockmesh", "trailing slash"),
        ("https://idp.example/application/o/dockmesh//", "trailing slash"),
        ("https://IDP.example/application/o/dockmesh/", "letter case"),
        ("http://idp.example/application/o/dockmesh/", "http"),
        ("https://evil.example/application/o/dockmesh/", "another host"),
        ("https://idp.example:443/application/o/dockmesh/", "another host"),
        ("https://idp.example/application/o/other/", "another path"),
        ("https://idp.example/application/o/dockmesh/more/", "another path"),
        ("https://idp.example/application/o/dockmes%68/", "another path"),
        ("https://idp.example/{tenantid}/v2.0", "template"),
        ("https://[broken", "another host"),
    ],
)
def test_the_issuer_is_compared_code_point_by_code_point(issuer: str, cause: str) -> None:
    """And the refusal names both values and the most likely reason."""
    error = refusal(document(issuer=issuer))
    assert error.code is ErrorCode.DISCOVERY_ISSUER_MISMATCH
    assert cause in error.detail
    assert issuer in error.evidence["found"]
    assert ISSUER in error.evidence["configured"]


@pytest.mark.attack("DIS-15")
@pytest.mark.attack("DIS-17")
@pytest.mark.attack("DIS-10")
@pytest.mark.attack("TOK-06")
@pytest.mark.attack("JWK-07")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "http://idp.example/x",
        "https://idp.example@evil.example/x",
        "https://user:password@idp.example/x",
        "https://idp.example/x#fragment",
        "https://idp.example:8443/x",
        "https://169.254.169.254/x",
        "https://127.0.0.1/x",
        "javascript:alert(1)",
        "https://idp.example/\n",
        "/relative",
    ],
)
def test_every_endpoint_is_held_against_the_rules(endpoint: str, url: str) -> None:
    """One unsafe endpoint, and the whole document is refused; for a plugin's answer as well."""
    assert refusal(document(**{endpoint: url})).code is ErrorCode.DISCOVERY_UNSAFE_ENDPOINT
    metadata = attrs.evolve(parse_metadata(document(), PROVIDER), **{endpoint: url})
    with pytest.raises(ProviderError) as caught:
        check_metadata(metadata, PROVIDER)
    assert caught.value.code is ErrorCode.DISCOVERY_UNSAFE_ENDPOINT


def test_an_allowed_host_may_hold_endpoints() -> None:
    """What the operator lists is not unsafe."""
    provider = attrs.evolve(
        PROVIDER, network=NetworkRules(allowed_hosts=frozenset({"keys.example"}))
    )
    metadata = parse_metadata(document(jwks_uri="https://keys.example/jwks"), provider)
    assert metadata.jwks_uri == "https://keys.example/jwks"


@pytest.mark.parametrize("name", ["redirect_uri", "state", "client_id", "code_challenge"])
def test_an_authorization_endpoint_brings_none_of_our_parameters(name: str) -> None:
    """The request would have it twice, and the first might win."""
    error = refusal(document(authorization_endpoint=f"https://idp.example/a?x=1&{name}=evil"))
    assert error.code is ErrorCode.DISCOVERY_UNSAFE_ENDPOINT
    parse_metadata(document(authorization_endpoint="https://idp.example/a?tenant=1"), PROVIDER)


@pytest.mark.parametrize(
    "member", ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"]
)
@pytest.mark.parametrize("value", [None, ""])
def test_a_required_member_must_be_there(member: str, value: str | None) -> None:
    """Null and the empty string are as good as nothing."""
    error = refusal(document(**{member: value}))
    assert error.code is ErrorCode.DISCOVERY_INCOMPLETE
    assert error.evidence["member"] == member


@pytest.mark.parametrize("member", list(DOCUMENT)[:-1])
@pytest.mark.parametrize("value", [7, {"a": "b"}, ["https://idp.example/", 1]])
def test_a_member_has_its_type(member: str, value: Any) -> None:
    """A member of another type makes the document malformed."""
    error = refusal(document(**{member: value}))
    assert error.code is ErrorCode.PROVIDER_ANSWER_MALFORMED
    assert member in error.detail


@pytest.mark.attack("DIS-22")
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b'{"issuer":' * 1000,
        b'{"issuer": NaN}',
        b'{"issuer": "a", "issuer": "b"}',
        b"\xef\xbb\xbf" + json.dumps(DOCUMENT).encode(),
        json.dumps(DOCUMENT).encode("utf-16"),
        json.dumps(DOCUMENT).encode() + b"x",
        b"[]",
        b"null",
        b'"text"',
        b"",
        b"<html></html>",
        b"eyJhbGciOiJub25lIn0.e30.",
        b"\xff\xfe",
    ],
)
def test_anything_but_strict_json_is_refused(body: bytes) -> None:
    """With our error, whatever the parser underneath does."""
    assert refusal(answer(body)).code is ErrorCode.PROVIDER_ANSWER_MALFORMED


def test_a_page_is_not_a_document_and_the_media_type_is_otherwise_free() -> None:
    """Login pages come with 200; JSON comes as text/plain."""
    body = json.dumps(DOCUMENT).encode()
    error = refusal(answer(body, media_type="text/html; charset=utf-8"))
    assert error.code is ErrorCode.PROVIDER_ANSWER_MALFORMED
    assert "web page" in error.detail
    for media_type in ("text/plain", "", "application/json; charset=utf-8"):
        parse_metadata(answer(body, media_type=media_type), PROVIDER)


@pytest.mark.parametrize("status", [201, 204, 401, 404, 500, 503])
def test_another_status_is_refused(status: int) -> None:
    """Even with a perfect body."""
    error = refusal(answer(json.dumps(DOCUMENT).encode(), status=status))
    assert error.code is ErrorCode.PROVIDER_STATUS
    assert error.evidence["status"] == str(status)
    assert "openid-configuration" in error.detail


def test_what_is_configured_must_be_on_offer() -> None:
    """Where the document says what is on offer; where it says nothing, nothing is refused."""
    posted = attrs.evolve(PROVIDER, response_mode=ResponseMode.FORM_POST)
    by_post = attrs.evolve(PROVIDER, client_authentication=ClientAuthentication.CLIENT_SECRET_POST)
    for provider, member, without in (
        (PROVIDER, "response_types_supported", ["id_token"]),
        (posted, "response_modes_supported", ["query"]),
        (by_post, "token_endpoint_auth_methods_supported", ["client_secret_basic"]),
    ):
        assert refusal(document(**{member: without}), provider).code is (
            ErrorCode.DISCOVERY_UNSUPPORTED
        )
        parse_metadata(document(**{member: []}), provider)
        parse_metadata(document(), provider)


@pytest.mark.parametrize(
    ("policy", "endpoint", "demanded", "code", "told"),
    [
        ("never", None, True, ErrorCode.DISCOVERY_UNSUPPORTED, "never"),
        ("never", "https://idp.example/par/", True, ErrorCode.DISCOVERY_UNSUPPORTED, "never"),
        ("always", None, False, ErrorCode.DISCOVERY_UNSUPPORTED, "always"),
        ("always", None, True, ErrorCode.DISCOVERY_UNSUPPORTED, "always"),
        ("auto", None, True, ErrorCode.DISCOVERY_INCOMPLETE, "demands"),
    ],
)
def test_a_way_of_pushing_that_cannot_be_gone_is_refused(
    *, policy: str, endpoint: str | None, demanded: bool, code: ErrorCode, told: str
) -> None:
    """RFC 9126, section 5: before anybody is sent anywhere, and for a plugin's answer as well."""
    pushing = {
        "pushed_authorization_request_endpoint": endpoint,
        "require_pushed_authorization_requests": demanded,
    }
    provider = attrs.evolve(PROVIDER, pushed_authorization_requests=PushedAuthorization(policy))
    error = refusal(document(**pushing), provider)
    assert error.code is code
    assert "pushed_authorization_request" in error.detail
    assert told in error.detail
    metadata = attrs.evolve(parse_metadata(document(), PROVIDER), **pushing)
    with pytest.raises(ProviderError) as caught:
        check_metadata(metadata, provider)
    assert caught.value.code is code


def test_a_public_client_needs_not_be_listed() -> None:
    """Providers that let public clients in do not always list `none`."""
    public = attrs.evolve(PROVIDER, client_authentication=ClientAuthentication.NONE)
    parse_metadata(document(), public)


@pytest.mark.attack("DIS-13")
@pytest.mark.parametrize("algorithms", [["none"], ["HS256"], ["RS256", "none"], []])
def test_the_document_does_not_decide_on_algorithms(algorithms: list[str]) -> None:
    """It is kept as information; what is accepted stands in the configuration."""
    metadata = parse_metadata(document(id_token_signing_alg_values_supported=algorithms), PROVIDER)
    assert metadata.id_token_signing_alg_values_supported == tuple(algorithms)
    assert PROVIDER.id_token_algorithms == DEFAULT_ALGORITHMS
    assert "none" not in DEFAULT_ALGORITHMS


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(list(DOCUMENT)), json_values), st.integers(199, 201))
def test_nothing_but_our_errors_leaves_a_document(changes: dict[str, Any], status: int) -> None:
    """Whatever the members are."""
    body = json.dumps({**DOCUMENT, **changes}).encode()
    try:
        metadata = parse_metadata(answer(body, status=status), PROVIDER)
    except AuthError:
        return
    assert metadata.issuer == ISSUER


@given(st.binary(max_size=100))
def test_nothing_but_our_errors_leaves_any_bytes(body: bytes) -> None:
    """No short text of bytes is a document."""
    assert isinstance(refusal(answer(body)), AuthError)

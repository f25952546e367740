"""The userinfo endpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Answer
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.errors import AuthError, ErrorCode, ProviderError, TokenRejected
from dockmesh_auth.oidc.userinfo import parse_userinfo

PROVIDER = Provider(
    slug="idp", display_name="IdP", issuer="https://idp.example/", client_id="dockmesh"
)
METADATA = ProviderMetadata(
    issuer="https://idp.example/",
    authorization_endpoint="https://idp.example/authorize",
    token_endpoint="https://idp.example/token",
    userinfo_endpoint="https://idp.example/userinfo",
)
TOKEN_CLAIMS = {
    "iss": "https://idp.example/",
    "sub": "alice-1",
    "aud": "dockmesh",
    "exp": 1,
    "groups": ["from the token"],
}
CLAIMS = Claims(TOKEN_CLAIMS, issuer="https://idp.example/", subject="alice-1")


def answer(
    members: Any, *, status: int = 200, media_type: str = "application/json", **headers: str
) -> Answer:
    body = members if isinstance(members, bytes) else json.dumps(members).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers={"content-type": media_type, **named}, body=body)


def failure(given_answer: Answer) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        parse_userinfo(given_answer, CLAIMS, PROVIDER)
    assert caught.value.code is ErrorCode.USERINFO_FAILED
    assert caught.value.provider == "idp"
    return caught.value


def test_what_the_answer_adds_is_immutable() -> None:
    """Lists come as tuples."""
    found = parse_userinfo(
        answer({"sub": "alice-1", "groups": ["a"], "x": {"y": 1}}), CLAIMS, PROVIDER
    )
    assert found == {"groups": ("a",), "x": {"y": 1}}
    with pytest.raises(TypeError):
        found["groups"] = ()  # type: ignore[index]


@pytest.mark.attack("IDT-18")
@pytest.mark.parametrize(
    "members",
    [
        {},
        {"sub": "mallory"},
        {"sub": "alice-10"},
        {"sub": "alice-"},
        {"sub": "Alice-1"},
        {"sub": "alice-1 "},
        {"sub": ""},
        {"sub": None},
        {"sub": 1},
        {"sub": ["alice-1"]},
    ],
)
def test_another_subject_is_refused(members: dict[str, Any]) -> None:
    """Missing counts as another; the refusal shows neither."""
    with pytest.raises(TokenRejected) as caught:
        parse_userinfo(answer({**members, "groups": ["admins"]}), CLAIMS, PROVIDER)
    assert caught.value.code is ErrorCode.USERINFO_SUBJECT_MISMATCH
    assert caught.value.provider == "idp"


@pytest.mark.attack("IDT-19")
def test_claims_of_the_protocol_are_dropped() -> None:
    """Neither overridden nor added: they come from the signed token or not at all."""
    names = "iss aud exp iat nbf sub nonce azp auth_time at_hash c_hash s_hash sid acr amr jti"
    protocol: dict[str, Any] = dict.fromkeys([*names.split(), "cnf", "events"], "evil")
    members = {**protocol, "sub": "alice-1", "groups": ["admins"], "email": "a@example"}
    found = parse_userinfo(answer(members), CLAIMS, PROVIDER)
    assert found == {"groups": ("admins",), "email": "a@example"}
    merged = CLAIMS.merged_with(found)
    assert merged["groups"] == ("from the token",)
    assert merged["iss"] == "https://idp.example/"
    assert "nonce" not in merged


@pytest.mark.attack("IDT-21")
def test_references_to_claims_are_kept_as_what_they_are() -> None:
    """They say that groups are elsewhere; there is nothing here to fetch them with."""
    members = {
        "sub": "alice-1",
        "_claim_names": {"groups": "src1"},
        "_claim_sources": {"src1": {"endpoint": "https://canary.example/"}},
    }
    found = parse_userinfo(answer(members), CLAIMS, PROVIDER)
    assert found["_claim_names"] == {"groups": "src1"}
    assert "groups" not in found


@pytest.mark.attack("IDT-20")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html></html>",
        b'["alice-1"]',
        b'"alice-1"',
        b"null",
        b"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZS0xIn0.",
        b'{"sub":"alice-1","sub":"alice-1"}',
        b'{"sub":"alice-1","groups":NaN}',
        b"[" * 100_000,
    ],
)
def test_anything_but_an_object_is_a_failure(body: bytes) -> None:
    """Whatever media type it claims."""
    for media_type in ("application/json", "text/html", ""):
        failure(answer(body, media_type=media_type))


@pytest.mark.attack("IDT-20")
def test_a_signed_answer_is_refused_and_says_what_to_do() -> None:
    """It would have to be verified as a token of its own kind."""
    body = b"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZS0xIn0."
    error = failure(answer(body, media_type="application/jwt"))
    assert "userinfo: never" in error.detail
    failure(answer({"sub": "alice-1"}, media_type="application/jwt; charset=utf-8"))


@pytest.mark.attack("IDT-20")
@pytest.mark.parametrize("status", [201, 204, 400, 401, 403, 404, 500])
def test_another_status_is_a_failure(status: int) -> None:
    """Even with a perfect body."""
    error = failure(answer({"sub": "alice-1"}, status=status))
    assert str(status) in error.detail


def test_the_reason_for_a_refused_token_is_shown() -> None:
    """With the word Bearer or without (RFC 6750, section 3), if it looks like a name."""
    for header in (
        'Bearer realm="x", error="insufficient_scope"',
        'error="insufficient_scope", error_description="..."',
    ):
        error = failure(answer(b"", status=403, www_authenticate=header))
        assert "(insufficient_scope)" in error.detail
    assert "<" not in failure(answer(b"", status=401, www_authenticate='error="<b>"')).detail


def test_recorded_answers_are_read(shared: Path) -> None:
    """What a real provider answered."""
    recorded = json.loads((shared / "authentik/recorded/reference_login.json").read_bytes())
    exchange = recorded["cases"]["alice"]["exchanges"]["userinfo"]
    members = exchange["response"]["json"]
    claims = Claims(members, issuer=recorded["issuer"], subject=members["sub"])
    found = parse_userinfo(answer(members), claims, PROVIDER)
    assert sorted(found["groups"]) == sorted(members["groups"])  # type: ignore[arg-type, type-var]
    assert "sub" not in found


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from(["sub", "iss", "groups", "x"]), json_values)
    | st.binary(max_size=60),
    st.sampled_from([200, 401]),
)
def test_nothing_but_our_errors_leaves(members: Any, status: int) -> None:
    """And whatever is accepted is about the right person."""
    try:
        found = parse_userinfo(answer(members, status=status), CLAIMS, PROVIDER)
    except AuthError:
        return
    assert members["sub"] == "alice-1"
    assert "iss" not in found

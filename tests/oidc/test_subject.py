"""Whom claims name: OpenID Connect Core 1.0, sections 2 and 5.7."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.identity import Identity
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.errors import ErrorCode, TokenRejected
from dockmesh_auth.oidc.subject import check_subject, identify

ISSUER = "https://id.example"
INVISIBLE = ["Cc", "Cf", "Cs", "Zl", "Zp"]


def provider(claim: str = "sub") -> Provider:
    return Provider(
        slug="idp", display_name="IdP", issuer=ISSUER, client_id="c", subject_claim=claim
    )


def refusal(claims: dict[str, Any], claim: str = "sub") -> TokenRejected:
    with pytest.raises(TokenRejected) as caught:
        check_subject(claims, claim)
    return caught.value


@given(
    st.text(
        st.characters(exclude_categories=INVISIBLE),  # type: ignore[arg-type]
        min_size=1,
        max_size=255,
    ),
    st.sampled_from(["sub", "oid"]),
)
def test_a_subject_is_taken_as_it_is(subject: str, claim: str) -> None:
    """Not normalised, not stripped, not folded: 1 to 255 characters that can be seen."""
    assert check_subject({claim: subject, "other": 1}, claim) == subject


@given(
    st.text(max_size=20),
    st.characters(categories=INVISIBLE),  # type: ignore[arg-type]
    st.text(max_size=20),
)
def test_an_invisible_character_is_in_no_subject(before: str, character: str, after: str) -> None:
    """Two subjects that look alike are two people, and nobody could tell them apart."""
    assert unicodedata.category(character) in INVISIBLE
    assert refusal({"sub": before + character + after}).code is ErrorCode.CLAIM_MALFORMED


@pytest.mark.parametrize("length", [0, 256, 5000])
def test_a_subject_has_1_to_255_characters(length: int) -> None:
    """Section 2."""
    error = refusal({"sub": "s" * length})
    assert error.code is ErrorCode.CLAIM_MALFORMED
    assert error.detail == "The token's claim sub is not 1 to 255 characters long."


@given(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.lists(st.text(max_size=3), max_size=3)
    | st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3)
)
def test_what_is_no_text_is_no_subject(value: object) -> None:
    """A number is not turned into one: 1 and "1" could be two people."""
    error = refusal({"oid": value}, "oid")
    assert error.code is ErrorCode.CLAIM_MALFORMED
    assert error.detail == "The token's claim oid is not a string."


def test_a_claim_that_is_missing_is_named_and_nothing_takes_its_place() -> None:
    """Not even `sub`."""
    error = refusal({"sub": "u1", "OID": "x"}, "oid")
    assert error.code is ErrorCode.CLAIM_MISSING
    assert error.detail == "The token lacks the claim oid."
    assert error.evidence == {"claim": "oid"}


def test_no_subject_is_in_a_message() -> None:
    """Only the name of its claim."""
    error = refusal({"sub": "\u200balice@example.org"})
    assert "alice" not in f"{error!r}{error}{error.evidence}"


# --- identities --------------------------------------------------------------------------------


@pytest.mark.attack("ACC-01", "ACC-03")
def test_a_person_is_issuer_and_sub() -> None:
    """Whatever else the claims say."""
    claims = Claims(
        {"sub": "other", "oid": "o1", "email": "e"}, issuer="https://other", subject="u1"
    )
    assert identify(claims, provider()) == Identity("https://other", "u1")


def test_a_person_is_issuer_and_the_claim_that_the_description_names() -> None:
    """Neither `sub` nor a mixture of both."""
    claims = Claims({"sub": "u1", "oid": "o1", "tid": "t1"}, issuer=ISSUER, subject="u1")
    assert identify(claims, provider("oid")) == Identity(ISSUER, "o1")


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({}, ErrorCode.CLAIM_MISSING),
        ({"oid": ""}, ErrorCode.CLAIM_MALFORMED),
        ({"oid": None}, ErrorCode.CLAIM_MALFORMED),
        ({"oid": 7}, ErrorCode.CLAIM_MALFORMED),
        ({"oid": ["o1"]}, ErrorCode.CLAIM_MALFORMED),
        ({"oid": "o\u200b1"}, ErrorCode.CLAIM_MALFORMED),
        ({"oid": "o" * 256}, ErrorCode.CLAIM_MALFORMED),
    ],
)
def test_without_that_claim_nobody_signs_in(members: dict[str, Any], code: ErrorCode) -> None:
    """`sub` does not stand in for it: it would be another person, or a new one."""
    claims = Claims({"sub": "u1", **members}, issuer=ISSUER, subject="u1")
    with pytest.raises(TokenRejected) as caught:
        identify(claims, provider("oid"))
    assert caught.value.code is code


@pytest.mark.parametrize("subject", ["", "u\u200b1", "u\n1", "s" * 256])
def test_a_subject_that_a_plugin_gave_keeps_to_the_same_rules(subject: str) -> None:
    """It need not have come through the validation of an ID token."""
    with pytest.raises(TokenRejected) as caught:
        identify(Claims({}, issuer=ISSUER, subject=subject), provider())
    assert caught.value.code is ErrorCode.CLAIM_MALFORMED

"""Which tokens are believed, and what of them."""

from __future__ import annotations

from typing import Any

import pytest

from dockmesh_auth import ErrorCode, TokenRejected
from dockmesh_auth.testing.minting import SigningKey

from .conftest import ACCESS, ISSUER, NOW, Judge

ROLES = ("realm_roles", "client_roles")


def test_roles_of_the_access_token_stand_beside_the_claims_of_the_id_token(judge: Judge) -> None:
    """Those two claims of it, and nothing else."""
    claims = judge("realm_roles", claims={"name": "Alice"})
    assert claims["resource_access"]["dockmesh"] == {"roles": ("viewer", "operator")}
    assert claims["realm_access"]["roles"][0] == "deputy"
    assert (claims["name"], claims["aud"], claims["typ"]) == ("Alice", "dockmesh", "ID")
    assert not {"scope", "sid"} & set(claims)
    assert (claims.issuer, claims.subject) == (ISSUER, ACCESS["sub"])


def test_what_the_id_token_says_of_roles_has_precedence(judge: Judge) -> None:
    """A mapper can put them there; it is what we were sent as a client."""
    claims = judge("realm_roles", claims={"realm_access": {"roles": ["only"]}})
    assert claims["realm_access"] == {"roles": ("only",)}


def test_without_a_source_of_roles_the_access_token_is_not_looked_at(judge: Judge) -> None:
    """It may be anything; and none of its roles stands among the claims."""
    assert "realm_access" not in judge("groups", access="opaque")
    assert "realm_access" not in judge("groups")


@pytest.mark.attack("IDT-15")
@pytest.mark.parametrize("kind", ["Bearer", "Logout", "Refresh", "Offline", "id", "", None, ["ID"]])
@pytest.mark.parametrize("source", ["groups", "realm_roles"])
def test_a_token_of_another_kind_is_no_id_token(judge: Judge, kind: Any, source: str) -> None:
    """Also one that holds all that an ID token must."""
    with pytest.raises(TokenRejected) as caught:
        judge(source, claims={"typ": kind})
    assert caught.value.code is ErrorCode.TOKEN_KIND_WRONG


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"typ": "ID"}, ErrorCode.TOKEN_KIND_WRONG),
        ({"typ": "Logout"}, ErrorCode.TOKEN_KIND_WRONG),
        ({"typ": None}, ErrorCode.CLAIM_MISSING),
        ({"iss": ISSUER + "/"}, ErrorCode.ISSUER_MISMATCH),
        ({"iss": "https://sso.example/realms/other"}, ErrorCode.ISSUER_MISMATCH),
        ({"iss": None}, ErrorCode.CLAIM_MISSING),
        ({"sub": "somebody-else"}, ErrorCode.ACCESS_TOKEN_HASH_MISMATCH),
        ({"sub": None}, ErrorCode.CLAIM_MISSING),
        ({"azp": "another"}, ErrorCode.AUTHORIZED_PARTY_MISMATCH),
        ({"azp": None, "aud": "dockmesh"}, ErrorCode.CLAIM_MISSING),
        ({"azp": ["dockmesh"]}, ErrorCode.AUTHORIZED_PARTY_MISMATCH),
        ({"exp": NOW - 60}, ErrorCode.TOKEN_EXPIRED),
        ({"exp": None}, ErrorCode.CLAIM_MALFORMED),
        ({"exp": "9999999999"}, ErrorCode.CLAIM_MALFORMED),
        ({"exp": True}, ErrorCode.CLAIM_MALFORMED),
        ({"iat": NOW + 61}, ErrorCode.TOKEN_NOT_YET_VALID),
        ({"iat": None}, ErrorCode.CLAIM_MALFORMED),
        ({"iat": False}, ErrorCode.CLAIM_MALFORMED),
    ],
)
@pytest.mark.parametrize("source", ROLES)
def test_an_access_token_that_is_not_of_this_sign_in_ends_it(
    judge: Judge, source: str, change: dict[str, Any], code: ErrorCode
) -> None:
    """Its roles would be another's, another client's, or yesterday's."""
    with pytest.raises(TokenRejected) as caught:
        judge(source, access=change)
    assert caught.value.code is code
    assert caught.value.detail.startswith("the access token, which holds the roles: ")


@pytest.mark.parametrize("change", [{"exp": NOW - 59}, {"iat": NOW + 60}, {"exp": NOW + 0.5}])
def test_clocks_may_differ_by_the_configured_skew(judge: Judge, change: dict[str, Any]) -> None:
    """As for the ID token."""
    assert "realm_access" in judge("realm_roles", access=change)


def test_an_access_token_must_be_signed_by_the_realm(judge: Judge) -> None:
    """And be a token at all; neither is quoted."""
    forged = SigningKey.generate("RS256", "realm-key")
    with pytest.raises(TokenRejected) as caught:
        judge("client_roles", access_key=forged)
    assert caught.value.code is ErrorCode.SIGNATURE_INVALID
    with pytest.raises(TokenRejected) as caught:
        judge("client_roles", access="opaque-and-secret")
    assert caught.value.code is ErrorCode.TOKEN_MALFORMED
    assert "opaque" not in str(caught.value) + repr(caught.value.__cause__)


def test_roles_that_are_not_sent_are_not_made_up(judge: Judge) -> None:
    """A client without the scope `roles` sends none."""
    claims = judge(*ROLES, access={"realm_access": None, "resource_access": None})
    assert not {"realm_access", "resource_access"} & set(claims)

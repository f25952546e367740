"""A document for many issuers: whose people may sign in is the operator's list, at every step."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.login import LoginAttempt
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Answer
from dockmesh_auth.domain.provider import Provider, ResponseMode
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.tenants import Tenants
from dockmesh_auth.domain.tokens import Expectation, TokenResponse
from dockmesh_auth.errors import ErrorCode, ProviderError, SignInRejected, TokenRejected
from dockmesh_auth.oidc.authorization import (
    check_authorization_response,
    parse_authorization_response,
    state_digest,
)
from dockmesh_auth.oidc.discovery import document_url, parse_metadata
from dockmesh_auth.oidc.id_token import validate_id_token
from dockmesh_auth.oidc.jwks import parse_jwks
from dockmesh_auth.oidc.jws import SignatureVerifier
from dockmesh_auth.testing.minting import SigningKey, mint, standard_claims

BASE = "https://id.example"
TEMPLATE = f"{BASE}/{{tenant}}/v2"
ACME, GLOBEX, OTHER = (f"{BASE}/{name}/v2" for name in ("acme", "globex", "other"))
COMMON = f"{BASE}/common/v2"
PROVIDER = Provider(
    slug="idp",
    display_name="IdP",
    issuer=COMMON,
    client_id="dockmesh",
    tenants=Tenants(
        document_issuer=TEMPLATE, claim="tid", issuers={ACME: "acme", GLOBEX: "globex"}
    ),
)
METADATA = ProviderMetadata(
    issuer=TEMPLATE, authorization_endpoint=f"{BASE}/authorize", token_endpoint=f"{BASE}/token"
)
NOW = 1_800_000_000


# --- the document ------------------------------------------------------------------------------


def documented(issuer: str) -> ProviderMetadata:
    """What is read from a document that names *issuer*."""
    members = {
        "issuer": issuer,
        "authorization_endpoint": f"{BASE}/authorize",
        "token_endpoint": f"{BASE}/token",
        "jwks_uri": f"{BASE}/keys",
        "response_types_supported": ["code"],
    }
    body = json.dumps(members).encode()
    return parse_metadata(Answer(status=200, headers={}, body=body), PROVIDER)


def test_the_document_is_below_the_shared_address() -> None:
    """Where the operator says; and it names the template, unchanged."""
    assert document_url(PROVIDER) == f"{COMMON}/.well-known/openid-configuration"
    assert documented(TEMPLATE).issuer == TEMPLATE


@pytest.mark.attack("DIS-01", "DIS-23")
@pytest.mark.parametrize(
    "issuer",
    [COMMON, ACME, OTHER, TEMPLATE + "/", f"{BASE}/{{Tenant}}/v2", "https://evil.example/{tenant}"],
)
def test_a_document_of_another_issuer_is_refused(issuer: str) -> None:
    """The template is as fixed as an issuer is; a tenant's own document is not that of all."""
    with pytest.raises(ProviderError) as caught:
        documented(issuer)
    assert caught.value.code is ErrorCode.DISCOVERY_ISSUER_MISMATCH
    assert caught.value.evidence["configured"] == repr(TEMPLATE)


# --- the response ------------------------------------------------------------------------------


def code_of(iss: str | None, *, announced: bool = False) -> str:
    """The code of an authorization response that carries *iss*."""
    attempt = LoginAttempt(
        state_digest=state_digest(Secret("st")),
        browser_digest="b",
        provider="idp",
        redirect_uri="https://dockmesh.example/auth/oidc/callback",
        response_mode=ResponseMode.QUERY,
        nonce="n",
        code_verifier=Secret("v" * 43),
        return_to="/",
        expires_at=NOW,
    )
    sent = [("state", "st"), ("code", "co"), *([] if iss is None else [("iss", iss)])]
    metadata = evolve(METADATA, authorization_response_iss_parameter_supported=announced)
    response = parse_authorization_response(sent)
    return check_authorization_response(response, attempt, PROVIDER, metadata).reveal()


@pytest.mark.parametrize("iss", [ACME, GLOBEX])
def test_the_response_may_come_from_any_tenant_of_the_list(iss: str) -> None:
    """RFC 9207, section 2.4, for each of them."""
    assert code_of(iss, announced=True) == "co"
    assert code_of(None) == "co"


@pytest.mark.attack("AUR-09")
@pytest.mark.parametrize("iss", [OTHER, TEMPLATE, COMMON, f"{ACME}/", "https://evil.example", ""])
def test_the_response_comes_from_nobody_else(iss: str) -> None:
    """Neither the template nor the shared address is anybody who could have answered."""
    with pytest.raises(SignInRejected) as caught:
        code_of(iss)
    assert caught.value.code is ErrorCode.RESPONSE_ISSUER_MISMATCH


@pytest.mark.attack("AUR-09")
def test_an_announced_iss_is_demanded_of_tenants_as_well() -> None:
    """RFC 9207, section 2.4."""
    with pytest.raises(SignInRejected) as caught:
        code_of(None, announced=True)
    assert caught.value.code is ErrorCode.RESPONSE_ISSUER_MISMATCH


# --- the token ---------------------------------------------------------------------------------


@cache
def _key() -> SigningKey:
    return SigningKey.generate("ES256", "k")


def validated(**claims: Any) -> Claims:
    """The claims of an ID token, standard but for *claims*; None removes one."""
    members = standard_claims(
        issuer=ACME, client_id="dockmesh", subject="alice-1", nonce="n" * 20, now=NOW
    )
    members = {"tid": "acme", **members, **claims}
    token = mint({name: value for name, value in members.items() if value is not None}, _key())
    keys = parse_jwks(json.dumps({"keys": [_key().public_jwk()]}).encode())
    return validate_id_token(
        PROVIDER,
        METADATA,
        SignatureVerifier(PROVIDER, keys),
        TokenResponse(id_token=Secret(token), access_token=Secret("a")),
        Expectation(nonce="n" * 20, now=NOW),
    )


@pytest.mark.parametrize(("issuer", "tenant"), [(ACME, "acme"), (GLOBEX, "globex")])
def test_people_of_the_listed_tenants_sign_in_as_people_of_their_own_issuer(
    issuer: str, tenant: str
) -> None:
    """Not of the template, nor of the shared address: two tenants' people are never one."""
    assert validated(iss=issuer, tid=tenant).issuer == issuer


@pytest.mark.attack("DIS-23", "IDT-03", "JWK-22")
@pytest.mark.parametrize(
    ("issuer", "tenant"),
    [
        (OTHER, "other"),
        (OTHER, "acme"),
        (ACME, "globex"),
        (GLOBEX, "acme"),
        (ACME, "other"),
        (ACME, "ACME"),
        (ACME, ""),
        (ACME, None),
        (ACME, ["acme"]),
        (ACME, {"acme": 1}),
        (ACME, 1),
        (ACME, True),
        (TEMPLATE, "acme"),
        (TEMPLATE, "{tenant}"),
        (COMMON, "common"),
        (COMMON, "acme"),
        (f"{ACME}/", "acme"),
    ],
)
def test_issuer_and_tenant_are_on_the_list_and_agree(issuer: str, tenant: Any) -> None:
    """The same keys sign for every tenant there is: the list alone says whose people may enter."""
    with pytest.raises(TokenRejected) as caught:
        validated(iss=issuer, tid=tenant)
    assert caught.value.code is ErrorCode.ISSUER_MISMATCH


@pytest.mark.attack("IDT-03")
@pytest.mark.parametrize("issuer", [[ACME], 1, None, {}])
def test_an_issuer_that_is_no_text_is_on_no_list(issuer: Any) -> None:
    """Also one that cannot even be looked up."""
    with pytest.raises(TokenRejected) as caught:
        validated(iss=issuer)
    assert caught.value.code in {ErrorCode.CLAIM_MALFORMED, ErrorCode.CLAIM_MISSING}


@given(st.text(max_size=60), st.text(max_size=20))
def test_no_other_issuer_passes_whatever_it_is(issuer: str, tenant: str) -> None:
    """Of all texts."""
    if (issuer, tenant) in {(ACME, "acme"), (GLOBEX, "globex")}:
        return
    with pytest.raises(TokenRejected):
        validated(iss=issuer, tid=tenant)


def test_a_provider_with_one_issuer_does_not_look_at_a_tenant() -> None:
    """The claim means something only where there is a list."""
    alone = evolve(PROVIDER, issuer=ACME, tenants=None)
    members = standard_claims(
        issuer=ACME, client_id="dockmesh", subject="alice-1", nonce="n" * 20, now=NOW
    )
    keys = parse_jwks(json.dumps({"keys": [_key().public_jwk()]}).encode())
    claims = validate_id_token(
        alone,
        evolve(METADATA, issuer=ACME),
        SignatureVerifier(alone, keys),
        TokenResponse(
            id_token=Secret(mint({**members, "tid": "x"}, _key())), access_token=Secret("a")
        ),
        Expectation(nonce="n" * 20, now=NOW),
    )
    assert claims.issuer == ACME

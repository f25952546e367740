"""Tokens as Keycloak makes them, and the plugin's own judgement of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from dockmesh_auth_keycloak import plugin

from dockmesh_auth import ClaimPath, Claims, Expectation, ProviderMetadata, TokenResponse
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.oidc.jwks import parse_jwks
from dockmesh_auth.oidc.jws import SignatureVerifier
from dockmesh_auth.testing.minting import SigningKey, mint, standard_claims

ISSUER = "https://sso.example/realms/main"
SUBJECT = "0970fb01-48d5-441f-90b2-23bd2783c169"
NOW = 1_795_476_756
METADATA = ProviderMetadata(
    issuer=ISSUER,
    authorization_endpoint=f"{ISSUER}/protocol/openid-connect/auth",
    token_endpoint=f"{ISSUER}/protocol/openid-connect/token",
)
ACCESS: Mapping[str, Any] = {
    "exp": NOW + 300,
    "iat": NOW,
    "auth_time": NOW,
    "jti": "onrtac:6334152e-14ae-bfe3-9a21-eda829744969",
    "iss": ISSUER,
    "aud": ["another", "account"],
    "sub": SUBJECT,
    "typ": "Bearer",
    "azp": "dockmesh",
    "sid": "MmpZuVmemqXjwZvmFHOsdlTL",
    "realm_access": {
        "roles": [
            "deputy",
            "offline_access",
            "default-roles-main",
            "uma_authorization",
            "on-call",
        ]
    },
    "resource_access": {
        "another": {"roles": ["admin"]},
        "account": {"roles": ["manage-account", "view-profile"]},
        "dockmesh": {"roles": ["viewer", "operator"]},
    },
    "scope": "openid email profile",
}
"""The access token of alice, as a Keycloak 26.7 sent it, with another issuer."""


def provider_with(
    *sources: str, group_names: str = "full_path", client_id: str = "dockmesh"
) -> Provider:
    return Provider(
        slug="k",
        plugin="keycloak",
        display_name="K",
        issuer=ISSUER,
        client_id=client_id,
        groups_claim=ClaimPath("groups"),
        options={"sources": sources or ("groups",), "group_names": group_names},
    )


Judge = Callable[..., Claims]


@pytest.fixture(name="key", scope="session")
def signing_key() -> SigningKey:
    return SigningKey.generate("RS256", "realm-key")


@pytest.fixture(name="judge")
def judgement(key: SigningKey) -> Judge:
    """The claims of an ID token with `claims`, beside an access token with `access`."""

    def judge(
        *sources: str,
        claims: Mapping[str, Any] | None = None,
        access: Mapping[str, Any] | str | None = None,
        access_key: SigningKey = key,
    ) -> Claims:
        standard = standard_claims(
            issuer=ISSUER, client_id="dockmesh", subject=SUBJECT, nonce="n-1", now=NOW
        )
        members = {**standard, "typ": "ID", "azp": "dockmesh", **(claims or {})}
        id_token = mint({name: it for name, it in members.items() if it is not None}, key)
        if not isinstance(access, str):
            changed = {**ACCESS, **(access or {})}
            access = mint({name: it for name, it in changed.items() if it is not None}, access_key)
        provider = provider_with(*sources)
        keys = parse_jwks(json.dumps({"keys": [key.public_jwk()]}).encode())
        return plugin.dockmesh_auth_validate_token(
            provider,
            METADATA,
            SignatureVerifier(provider, keys),
            TokenResponse(id_token=Secret(id_token), access_token=Secret(access)),
            Expectation(nonce="n-1", now=NOW),
        )

    return judge

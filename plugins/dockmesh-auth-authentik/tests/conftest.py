"""Recordings of a real Authentik, and what is needed to judge them as a sign-in does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from dockmesh_auth_authentik import plugin

from dockmesh_auth.domain.claims import ClaimPath, Claims
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.provider import OptionValue, Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.tokens import Expectation, TokenResponse
from dockmesh_auth.oidc.id_token import validate_id_token
from dockmesh_auth.oidc.jwks import KeySet, parse_jwks
from dockmesh_auth.oidc.jws import SignatureVerifier

RECORDED = Path(__file__).parent / "recorded"
ALGORITHMS = ("RS256", "ES256", "ES384", "ES512")


@cache
def load(name: str) -> dict[str, Any]:
    recording: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_bytes())
    return recording


def provider_for(
    recording: Mapping[str, Any],
    settings: Mapping[str, Any] | None = None,
    *,
    groups_claim: str = "groups",
    algorithms: tuple[str, ...] = ALGORITHMS,
    options: Mapping[str, OptionValue] | None = None,
) -> Provider:
    known = {**recording, **(settings or {})}
    return Provider(
        slug="authentik",
        plugin="authentik",
        display_name="Authentik",
        issuer=known["issuer"],
        client_id=known["client_id"],
        client_secret=Secret(known["client_secret"]),
        groups_claim=ClaimPath(groups_claim),
        id_token_algorithms=algorithms,
        options=options or {"subject_mode": "hashed_user_id"},
    )


def judge(
    provider: Provider,
    jwks: Mapping[str, Any],
    id_token: str,
    *,
    nonce: str,
    now: float,
    access_token: str = "none",
) -> Claims:
    """The claims of a token that core and plugin accept."""
    metadata = ProviderMetadata(
        issuer=provider.issuer,
        authorization_endpoint="https://a.example/",
        token_endpoint="https://a.example/",
    )
    claims = validate_id_token(
        provider,
        metadata,
        SignatureVerifier(provider, parse_jwks(json.dumps(jwks).encode())),
        TokenResponse(id_token=Secret(id_token), access_token=Secret(access_token)),
        Expectation(nonce=nonce, now=now),
    )
    answer = plugin.dockmesh_auth_extract_claims(provider, claims)
    assert answer is None, "the built-in reads names and groups"
    return claims


@frozen
class Recorded:
    """One answer of the token endpoint, with all that belongs to it."""

    recording: Mapping[str, Any]
    case: Mapping[str, Any]
    exchange: str

    @property
    def answer(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.case["exchanges"][self.exchange]["response"]["json"]
        return found

    @property
    def decoded(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.case["decoded"][f"{self.exchange}.id_token"]["claims"]
        return found

    @property
    def userinfo(self) -> bytes:
        return json.dumps(self.case["exchanges"]["userinfo"]["response"]["json"]).encode()

    def judge(self, *, token: str = "id_token", **provider: Any) -> Claims:
        return judge(
            provider_for(self.recording, self.case.get("settings"), **provider),
            self.case.get("jwks", self.recording["jwks"]),
            self.answer[token],
            nonce=self._nonce(),
            now=self.case["recorded_at"],
            access_token=self.answer["access_token"],
        )

    def judge_raw(self, token: str, jwks: Mapping[str, Any] | None = None) -> Claims:
        return judge(
            self.provider(),
            jwks or self.case.get("jwks", self.recording["jwks"]),
            token,
            nonce=self.case["authorize"]["params"]["nonce"],
            now=self.case["recorded_at"],
        )

    def provider(self) -> Provider:
        return provider_for(self.recording, self.case.get("settings"))

    def keys(self) -> KeySet:
        body = self.case["exchanges"]["jwks"]["response"]["json"]
        return parse_jwks(json.dumps(body).encode())

    def _nonce(self) -> str:
        # Of several logins in one case only the last request is recorded.
        sent: str = self.case["authorize"]["params"]["nonce"]
        return (
            sent
            if sum("id_token" in key for key in self.case["decoded"]) == 1
            else (self.decoded["nonce"])
        )


def recorded(name: str, case: str, exchange: str = "token") -> Recorded:
    recording = load(name)
    return Recorded(recording, recording["cases"][case], exchange)


JUDGED = (
    "reference_login",
    "users_scopes_matrix",
    "subject_modes",
    "include_claims_off",
    "groups_expression",
    "signing_algorithms",
    "certificate_rotation",
    "identity_edge_cases",
    "entitlements",
    "many_groups_200",
)


def logins() -> Iterator[tuple[str, str, str]]:
    """Every code exchange that gave an ID token: recording, case, exchange."""
    for name in JUDGED:
        for case, content in load(name)["cases"].items():
            for exchange, both in content.get("exchanges", {}).items():
                form = both["request"].get("form", {})
                body = both["response"].get("json")
                if form.get("grant_type") == "authorization_code" and "id_token" in (body or {}):
                    yield name, case, exchange


@pytest.fixture(name="login", params=logins(), ids="-".join)
def recorded_login(request: pytest.FixtureRequest) -> tuple[str, str, Recorded]:
    name, case, exchange = request.param
    return name, case, recorded(name, case, exchange)


@pytest.fixture(name="recorded")
def recorded_answer() -> Callable[..., Recorded]:
    return recorded

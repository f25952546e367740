"""The fake provider does a whole sign-in, as a person and a client see it."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from dockmesh_auth.testing.browser import Browser
from dockmesh_auth.testing.fake_provider import FakeClient, FakeProvider, FakeUser

CALLBACK = "http://127.0.0.1:1/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")


@pytest.fixture(name="provider", scope="module")
def served_provider() -> Iterator[FakeProvider]:
    provider = FakeProvider(
        users=[
            FakeUser(name="alice", full_name="Alice Lab", email="a@lab.example", groups=("ops",)),
            FakeUser(name="mallory", may_enter=False),
        ],
        clients=[
            FakeClient(client_id="dock mesh", client_secret="s:3 +%/=~", redirect_uris=(CALLBACK,))
        ],
    )
    with provider.serve():
        yield provider


def ask(method: str, url: str, body: str = "", **headers: str) -> tuple[int, dict[str, Any]]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if body:
        sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
    connection.request(method, f"{parts.path}?{parts.query}", body or None, sent)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, json.loads(content) if content[:1] == b"{" else {}


def authorization_url(provider: FakeProvider, **changes: str | None) -> str:
    parameters: dict[str, str | None] = {
        "response_type": "code",
        "client_id": "dock mesh",
        "redirect_uri": CALLBACK,
        "scope": "openid profile email",
        "state": "st-1",
        "nonce": "no-1",
        "code_challenge": CHALLENGE.decode(),
        "code_challenge_method": "S256",
        **changes,
    }
    query = urlencode({name: value for name, value in parameters.items() if value is not None})
    return f"{provider.base_url}/authorize?{query}"


def log_in(provider: FakeProvider, user: str = "alice", **changes: str | None) -> dict[str, str]:
    browser = Browser(stop_before=CALLBACK)
    browser.get(authorization_url(provider, **changes))
    return browser.click(user).query


def exchange(provider: FakeProvider, code: str, **changes: str) -> tuple[int, dict[str, Any]]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_id": "dock mesh",
        "client_secret": "s:3 +%/=~",
        **changes,
    }
    return ask("POST", f"{provider.base_url}/token", urlencode(form))


def test_a_whole_code_flow_gives_a_signed_id_token(provider: FakeProvider) -> None:
    """Login page, callback, code exchange, JWKS and userinfo fit together."""
    _, document = ask("GET", f"{provider.issuer}/.well-known/openid-configuration")
    assert document["issuer"] == provider.issuer
    back = log_in(provider)
    assert back["state"] == "st-1"
    status, tokens = exchange(provider, back["code"])
    assert status == 200
    assert tokens["token_type"] == "Bearer"
    _, jwks = ask("GET", document["jwks_uri"])
    claims = jwt.decode(tokens["id_token"], KeySet.import_key_set(jwks)).claims
    assert claims["aud"] == "dock mesh"
    assert claims["nonce"] == "no-1"
    assert claims["groups"] == ["ops"]
    bearer = f"Bearer {tokens['access_token']}"
    status, info = ask("GET", document["userinfo_endpoint"], authorization=bearer)
    assert (status, info["sub"], info["email"]) == (200, claims["sub"], "a@lab.example")

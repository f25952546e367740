"""Keycloak does what the sign-in tests and a plugin take for granted. Nothing of ours is asked."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.interop.people import Person
from tests.interop.servers import CLIENT_ID, CLIENT_SECRET

REDIRECT_URI = "http://127.0.0.1:9/auth/oidc/callback"
VERIFIER = "a-verifier-of-more-than-forty-three-characters-in-all"
NOISE = {"default-roles-dockmesh", "offline_access", "uma_authorization"}
"""The realm roles that everybody has."""


def _document(keycloak: Any) -> dict[str, Any]:
    answer = httpx.get(f"{keycloak.issuer}/.well-known/openid-configuration")
    document: dict[str, Any] = answer.json()
    return document


def _response(keycloak: Any, name: str, scope: str = "openid") -> dict[str, str]:
    """The parameters with which the person *name* comes back."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    query = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "scope": scope,
        "state": "the-state",
        "nonce": "the-nonce",
        "code_challenge": challenge.rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    person = Person(keycloak, name)
    person.browser.stop_before = REDIRECT_URI
    person.browser.get(f"{_document(keycloak)['authorization_endpoint']}?{urlencode(query)}")
    page = person.sign_in()
    return page.query


def _tokens(keycloak: Any, name: str, scope: str = "openid") -> dict[str, Any]:
    answer = httpx.post(
        _document(keycloak)["token_endpoint"],
        auth=(CLIENT_ID, CLIENT_SECRET),
        data={
            "grant_type": "authorization_code",
            "code": _response(keycloak, name, scope)["code"],
            "redirect_uri": REDIRECT_URI,
            "code_verifier": VERIFIER,
        },
    )
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def _opened(keycloak: Any, token: str) -> jwt.Token:
    keys = httpx.get(_document(keycloak)["jwks_uri"]).json()
    return jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"])


def test_its_document_names_what_it_can_do(keycloak: Any) -> None:
    """Discovery, `iss` in responses (RFC 9207), PAR (RFC 9126), and both channels of logout."""
    document = _document(keycloak)
    assert document["issuer"] == keycloak.issuer
    assert document["authorization_response_iss_parameter_supported"] is True
    assert document["backchannel_logout_supported"] is True
    assert document["backchannel_logout_session_supported"] is True
    assert document["frontchannel_logout_supported"] is True
    assert document["pushed_authorization_request_endpoint"].startswith(keycloak.issuer)


def test_its_response_carries_the_issuer_and_a_parameter_of_its_own(keycloak: Any) -> None:
    """`session_state` is of OpenID Connect Session Management, which nobody asked for."""
    response = _response(keycloak, "alice")
    assert set(response) == {"code", "state", "iss", "session_state"}
    assert response["iss"] == keycloak.issuer


def test_groups_are_paths_and_only_the_direct_ones(keycloak: Any) -> None:
    """Who is in `/staff/ops` is not listed in `/staff`; in both tokens and in userinfo."""
    tokens = _tokens(keycloak, "alice")
    userinfo = httpx.get(
        _document(keycloak)["userinfo_endpoint"],
        headers={"Authorization": f"Bearer {tokens['access_token']}"},
    ).json()
    groups = ["/docker-admins", "/staff/ops"]
    assert _opened(keycloak, tokens["id_token"]).claims["groups"] == groups
    assert _opened(keycloak, tokens["access_token"]).claims["groups"] == groups
    assert userinfo["groups"] == groups


def test_who_is_in_no_group_has_no_claim(keycloak: Any) -> None:
    """An empty list is left out: no groups, and no mapper, look the same."""
    claims = _opened(keycloak, _tokens(keycloak, "bob")["id_token"]).claims
    assert "groups" not in claims
    assert claims["email_verified"] is False


def test_roles_are_in_the_access_token_alone(keycloak: Any) -> None:
    """Composite roles are spread out; roles of other clients, and noise, stand beside ours."""
    tokens = _tokens(keycloak, "alice")
    assert not {"realm_access", "resource_access"} & set(
        _opened(keycloak, tokens["id_token"]).claims
    )
    claims = _opened(keycloak, tokens["access_token"]).claims
    assert set(claims["realm_access"]["roles"]) == NOISE | {"docker-admin", "deputy", "on-call"}
    assert set(claims["resource_access"]) == {"dockmesh", "another", "account"}
    assert set(claims["resource_access"]["dockmesh"]["roles"]) == {"operator", "viewer"}


def test_who_has_no_role_of_a_client_has_no_entry_for_it(keycloak: Any) -> None:
    """Bob's access token says nothing of our client."""
    claims = _opened(keycloak, _tokens(keycloak, "bob")["access_token"]).claims
    assert set(claims["resource_access"]) == {"account"}
    assert set(claims["realm_access"]["roles"]) == NOISE


def test_the_access_token_is_not_addressed_to_the_client(keycloak: Any) -> None:
    """Its audience is whose roles are in it; that it is ours, only `azp` says."""
    tokens = _tokens(keycloak, "alice")
    token = _opened(keycloak, tokens["access_token"])
    assert set(token.claims["aud"]) == {"another", "account"}
    assert token.claims["azp"] == CLIENT_ID
    assert (token.header["typ"], token.claims["typ"]) == ("JWT", "Bearer")
    for claim in ("iss", "sub", "sid"):
        assert token.claims[claim] == _opened(keycloak, tokens["id_token"]).claims[claim]


def test_a_scope_that_mixes_roles_into_groups(keycloak: Any) -> None:
    """`microprofile-jwt`, which every realm has, adds realm roles to the claim `groups`."""
    tokens = _tokens(keycloak, "alice", "openid microprofile-jwt")
    groups = set(_opened(keycloak, tokens["id_token"]).claims["groups"])
    assert {"/docker-admins", "docker-admin", "offline_access"} <= groups


@contextmanager
def _listener() -> Iterator[tuple[str, Queue[bytes]]]:
    received: Queue[bytes] = Queue()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing is printed."""

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", received
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("required", "names"), [("true", {"sub", "sid"}), ("false", {"sub"})])
def test_it_tells_that_a_session_has_ended(keycloak: Any, required: str, names: set[str]) -> None:
    """A logout token (OpenID Connect Back-Channel Logout 1.0, 2.4) names session or person."""
    keycloak.admin.end_sessions("alice")  # those of other tests
    with _listener() as (url, received):
        keycloak.admin.change_client(
            {
                "backchannel.logout.url": url,
                "backchannel.logout.session.required": required,
            }
        )
        claims = _opened(keycloak, _tokens(keycloak, "alice")["id_token"]).claims
        keycloak.admin.end_sessions("alice")
        (sent,) = parse_qs(received.get(timeout=20).decode())["logout_token"]
    token = _opened(keycloak, sent)
    assert token.header["typ"] == "logout+jwt"
    assert token.claims["aud"] == CLIENT_ID
    assert token.claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert {"sub", "sid"} & set(token.claims) == names
    for name in names:
        assert token.claims[name] == claims[name]

"""The foreign provider does what the sign-in tests take for granted. Nothing of ours is asked."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from joserfc import jwe, jwt
from joserfc.jwk import KeySet, RSAKey

REDIRECT_URI = "http://127.0.0.1:9/auth/oidc/callback"
SECRET = "a-secret-of-thirty-two-characters"
VERIFIER = "a-verifier-of-more-than-forty-three-characters-in-all"

BASIC = {"client_id": "basic", "client_secret": SECRET, "redirect_uris": [REDIRECT_URI]}
POST = BASIC | {"client_id": "post", "token_endpoint_auth_method": "client_secret_post"}
PUBLIC = {
    "client_id": "public",
    "token_endpoint_auth_method": "none",
    "redirect_uris": [REDIRECT_URI],
}


def _authorization_url(issuer: str, client_id: str, **more: str) -> str:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    return f"{issuer}/auth?" + urlencode(
        {
            "client_id": client_id,
            "response_type": "code",
            "redirect_uri": REDIRECT_URI,
            "scope": "openid profile email groups",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        | more
    )


def _tokens(issuer: str, client: dict[str, Any], code: str) -> dict[str, Any]:
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
    }
    auth = None
    match client.get("token_endpoint_auth_method", "client_secret_basic"):
        case "client_secret_basic":
            auth = httpx.BasicAuth(client["client_id"], client["client_secret"])
        case "client_secret_post":
            fields |= {"client_id": client["client_id"], "client_secret": client["client_secret"]}
        case "none":
            fields |= {"client_id": client["client_id"]}
    answer = httpx.post(f"{issuer}/token", data=fields, auth=auth)
    assert answer.status_code == httpx.codes.OK, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def _code(foreign: Any, person: Any, client: dict[str, Any]) -> str:
    person.browser.stop_before = REDIRECT_URI
    person.browser.get(_authorization_url(foreign.issuer, client["client_id"]))
    code: str = person.sign_in().query["code"]
    return code


def _key_set(issuer: str) -> KeySet:
    return KeySet.import_key_set(httpx.get(f"{issuer}/jwks").json())


def test_its_document_names_the_issuer_and_the_endpoints(foreign: Any) -> None:
    """Discovery works, and the responses are announced to carry `iss` (RFC 9207)."""
    document = httpx.get(f"{foreign.issuer}/.well-known/openid-configuration").json()
    assert document["issuer"] == foreign.issuer
    assert document["authorization_response_iss_parameter_supported"] is True
    assert {"query", "form_post"} <= set(document["response_modes_supported"])
    assert {"RS256", "ES256", "EdDSA"} <= set(document["id_token_signing_alg_values_supported"])


@pytest.mark.parametrize("client", [BASIC, POST, PUBLIC], ids=["basic", "post", "none"])
def test_a_person_signs_in_with_each_client_authentication(
    foreign: Any, person: Any, client: dict[str, Any]
) -> None:
    """A code is given, and the client gets an ID token of the person for it."""
    foreign.configure(client, claims_in_id_token=True)
    tokens = _tokens(foreign.issuer, client, _code(foreign, person, client))
    claims = jwt.decode(tokens["id_token"], _key_set(foreign.issuer), algorithms=["RS256"]).claims
    assert claims["iss"] == foreign.issuer
    assert claims["sub"] == "alice"
    assert claims["aud"] == client["client_id"]
    assert claims["nonce"] == "the-nonce"
    assert claims["groups"] == ["docker-admins", "staff"]


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA", "Ed25519"])
def test_it_signs_with_each_algorithm(foreign: Any, person: Any, algorithm: str) -> None:
    """The ID token's header names the algorithm of the client."""
    client = BASIC | {"id_token_signed_response_alg": algorithm}
    foreign.configure(client)
    tokens = _tokens(foreign.issuer, client, _code(foreign, person, client))
    header = json.loads(base64.urlsafe_b64decode(tokens["id_token"].split(".")[0] + "=="))
    assert header["alg"] == algorithm


def test_claims_stay_out_of_the_id_token_unless_configured(foreign: Any, person: Any) -> None:
    """As OpenID Connect Core 1.0, section 5.4 has it: groups are at the userinfo endpoint."""
    foreign.configure(BASIC)
    tokens = _tokens(foreign.issuer, BASIC, _code(foreign, person, BASIC))
    claims = jwt.decode(tokens["id_token"], _key_set(foreign.issuer), algorithms=["RS256"]).claims
    assert "groups" not in claims
    userinfo = httpx.get(
        f"{foreign.issuer}/me", headers={"authorization": f"Bearer {tokens['access_token']}"}
    )
    assert userinfo.json()["groups"] == ["docker-admins", "staff"]


def test_an_id_token_is_encrypted_to_the_client(foreign: Any, person: Any) -> None:
    """RSA-OAEP-256 with A256CBC-HS512, a signed token within."""
    key = RSAKey.generate_key(2048, {"use": "enc", "kid": "ours"})
    client = BASIC | {
        "id_token_encrypted_response_alg": "RSA-OAEP-256",
        "id_token_encrypted_response_enc": "A256CBC-HS512",
        "jwks": {"keys": [key.as_dict(private=False)]},
    }
    foreign.configure(client)
    tokens = _tokens(foreign.issuer, client, _code(foreign, person, client))
    # Its header repeats the claims `iss` and `aud` (RFC 7519, section 5.3).
    names = ["RSA-OAEP-256", "A256CBC-HS512"]
    lenient = jwe.JWERegistry(algorithms=names, strict_check_header=False)
    inner = jwe.decrypt_compact(tokens["id_token"], key, registry=lenient).plaintext
    assert inner is not None
    claims = jwt.decode(inner, _key_set(foreign.issuer), algorithms=["RS256"]).claims
    assert claims["sub"] == "alice"


def test_form_post_answers_with_a_form(foreign: Any, person: Any) -> None:
    """The response comes as a form for the redirect URI (OAuth 2.0 Form Post Response Mode)."""
    foreign.configure(BASIC)
    browser = person.browser
    browser.get(_authorization_url(foreign.issuer, "basic", response_mode="form_post"))
    browser.fill("login", "alice")
    browser.fill("password", "wonderland")
    browser.click("Sign in")
    (form,) = browser.click("Allow").forms
    assert (form.method, form.action) == ("POST", REDIRECT_URI)
    assert dict(form.fields).keys() == {"code", "state", "iss"}
    assert dict(form.fields)["iss"] == foreign.issuer


def test_keys_rotate_with_and_without_overlap(foreign: Any) -> None:
    """New keys come first; the old ones stay only if they are kept."""
    before = {key["kid"] for key in httpx.get(f"{foreign.issuer}/jwks").json()["keys"]}
    foreign.rotate_keys(keep=True)
    both = {key["kid"] for key in httpx.get(f"{foreign.issuer}/jwks").json()["keys"]}
    foreign.rotate_keys()
    after = {key["kid"] for key in httpx.get(f"{foreign.issuer}/jwks").json()["keys"]}
    assert before < both
    assert not after & both


def test_a_wrong_password_and_a_change_of_mind(foreign: Any, person: Any) -> None:
    """The login page comes again; turning back answers `access_denied`."""
    foreign.configure(BASIC)
    browser = person.browser
    browser.stop_before = REDIRECT_URI
    browser.get(_authorization_url(foreign.issuer, "basic"))
    browser.fill("login", "alice")
    browser.fill("password", "wrong")
    assert browser.click("Sign in").status == httpx.codes.UNAUTHORIZED
    answer = browser.click("Cancel").query
    assert answer["error"] == "access_denied"
    assert answer["state"] == "the-state"

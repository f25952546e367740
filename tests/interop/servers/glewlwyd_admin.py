"""What the administrator of a Glewlwyd can do, by its API."""

from __future__ import annotations

import json
from typing import Any

import httpx
from joserfc.jwk import RSAKey

from tests.interop.servers import CLIENT_ID, CLIENT_SECRET, PEOPLE

GROUPS = {"alice": ["docker-admins", "staff"], "bob": [], "carol": ["choir"]}

NAMES = {"alice": "Alice Liddell", "bob": "Bob Builder", "carol": "Carol Singer"}

SCOPES = ["openid", "profile", "email"]

_PUBLISHED_PASSWORD = "password"
"""The administrator's in every new database; nobody but this machine can reach it."""

_NOT_OFFERED = ("token", "id-token", "none", "password", "client", "device", "refresh")


class GlewlwydAdmin:
    """The administrator of the server *url*."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._cookies: dict[str, str] = {}
        self._keys: list[dict[str, Any]] = []
        self._made = 0

    def set_up(self, issuer: str) -> None:
        """Make the provider *issuer*, the people, and the client without any redirect URI."""
        answer = self._send("POST", "auth/", {"username": "admin", "password": _PUBLISHED_PASSWORD})
        self._cookies = dict(answer.cookies)
        self._let_people_have_groups()
        for scope in SCOPES[1:]:  # `openid` is there
            self._send("POST", "scope/", {"name": scope, "password_required": False, "scheme": {}})
        self._keys = [self._new_key()]
        self._send("POST", "mod/plugin/", self._provider(issuer))
        self._issuer = issuer
        for name, password in PEOPLE.items():
            self._send("POST", "user/", _person(name, password))
        self._send("POST", "client/", _client())

    def change_client(self, **changes: Any) -> None:
        """Change our client, such as its `redirect_uri`, a list; the rest is as at the start."""
        self._send("PUT", f"client/{CLIENT_ID}", {**_client(), **changes})

    def rotate_keys(self, *, keep: bool = False) -> None:
        """Sign with a new key from now on, and publish the old ones only if they are kept."""
        self._keys = [self._new_key(), *(self._keys if keep else [])]
        self._send("PUT", "mod/plugin/oidc", self._provider(self._issuer))
        self._send("PUT", "mod/plugin/oidc/reset")

    def _let_people_have_groups(self) -> None:
        module = self._send("GET", "mod/user/database").json()
        module["parameters"]["data-format"]["groups"] = {
            "multiple": True,
            "read": True,
            "write": True,
        }
        self._send("PUT", "mod/user/database", module)
        self._send("PUT", "mod/user/database/reset")

    def _new_key(self) -> dict[str, Any]:
        self._made += 1
        parameters = {"use": "sig", "alg": "RS256", "kid": f"key-{self._made}"}
        return RSAKey.generate_key(2048, parameters).as_dict(private=True)

    def _provider(self, issuer: str) -> dict[str, Any]:
        return {
            "module": "oidc",
            "name": "oidc",
            "display_name": "OpenID Connect",
            "parameters": {
                "iss": issuer,
                "jwks-private": json.dumps({"keys": self._keys}),
                "default-kid": self._keys[0]["kid"],
                "jwks-show": True,
                "jwt-type": "rsa",
                "jwt-key-size": "256",
                "access-token-duration": 600,
                "refresh-token-duration": 1200,
                "code-duration": 60,
                "refresh-token-rolling": False,
                "auth-type-code-enabled": True,
                "auth-type-code-revoke-replayed": True,
                **{f"auth-type-{name}-enabled": False for name in _NOT_OFFERED},
                "allow-non-oidc": False,
                "pkce-allowed": True,
                "pkce-method-plain-allowed": False,
                "pkce-required": True,
                "oauth-as-iss-id": True,
                "oauth-par-allowed": True,
                "oauth-par-required": False,
                "oauth-par-request_uri-prefix": "urn:ietf:params:oauth:request_uri:",
                "oauth-par-duration": 90,
                "subject-type": "public",
                "allowed-scope": SCOPES,
                "scope": [],
                "additional-parameters": [],
                "name-claim": "mandatory",
                "email-claim": "mandatory",
                "scope-claim": "no",
                "claims": [_claim("groups", "groups"), _claim("preferred_username", "username")],
            },
        }

    def _send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        with httpx.Client(cookies=self._cookies, timeout=30) as client:
            answer = client.request(method, f"{self._url}/api/{path}", json=body)
        assert answer.is_success, answer.text
        return answer


def _claim(name: str, field: str) -> dict[str, Any]:
    return {"name": name, "user-property": field, "type": "string", "mandatory": True, "scope": []}


def _person(name: str, password: str) -> dict[str, Any]:
    return {
        "username": name,
        "password": password,
        "name": NAMES[name],
        "email": f"{name}@example.com",
        "groups": GROUPS[name],
        "scope": ["g_profile", *SCOPES],
        "enabled": True,
    }


def _client() -> dict[str, Any]:
    return {
        "client_id": CLIENT_ID,
        "name": CLIENT_ID,
        "password": CLIENT_SECRET,
        "confidential": True,
        "enabled": True,
        "scope": [],
        "redirect_uri": [],
        "authorization_type": ["code"],
        "token_endpoint_auth_method": ["client_secret_basic", "client_secret_post"],
    }

"""What the administrator of a Keycloak realm can do, by the admin REST API."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.interop.servers import CLIENT_ID

REALM_FILE = Path(__file__).parent.parent / "keycloak" / "realm.json"

_NAME = "administrator"
_PASSWORD = "throw-away"

_KEY_PROVIDER = "org.keycloak.keys.KeyProvider"


class KeycloakAdmin:
    """The administrator of *realm* at the server *url*.

    Attributes:
        environment: What a new server has to be started with for the account to exist.
    """

    environment: Mapping[str, str] = {
        "KC_BOOTSTRAP_ADMIN_USERNAME": _NAME,
        "KC_BOOTSTRAP_ADMIN_PASSWORD": _PASSWORD,
    }

    def __init__(self, url: str, realm: str) -> None:
        self._url = url
        self._realm = f"/{realm}"
        self._token_of: tuple[float, str] | None = None
        self._undo: list[tuple[str, str, Any]] = []
        self._keys = 0

    # --- the realm ---------------------------------------------------------------------------

    def import_realm(self) -> None:
        """Make the realm of our file."""
        self._send("POST", "", json.loads(REALM_FILE.read_bytes()))

    def restore(self) -> None:
        """Undo every change since the last time. Keys that are gone stay gone."""
        while self._undo:
            self._send(*self._undo.pop())

    # --- the client --------------------------------------------------------------------------

    def change_client(self, attributes: Mapping[str, str] | None = None, **changes: Any) -> None:
        """Change our client: *attributes* of it, and the fields of its representation."""
        client = self._only("clients", clientId=CLIENT_ID)
        unset = dict.fromkeys(set(attributes or {}) - set(client["attributes"]), "")
        old = {**client, "attributes": client["attributes"] | unset}
        new = {**client, **changes, "attributes": client["attributes"] | (attributes or {})}
        self._replace(f"clients/{client['id']}", old, new)

    def drop_mappers(self) -> None:
        """Take the mapper of groups away: nothing is said of them any more."""
        client = self._only("clients", clientId=CLIENT_ID)
        path = f"{self._realm}/clients/{client['id']}/protocol-mappers/models"
        for mapper in client["protocolMappers"]:
            self._undo.append(("POST", path, mapper))
            self._send("DELETE", f"{path}/{mapper['id']}")

    # --- people ------------------------------------------------------------------------------

    def change_person(self, name: str, **changes: Any) -> None:
        """Change the fields of a person's representation, such as `enabled`."""
        person = self._only("users", username=name, exact="true")
        self._replace(f"users/{person['id']}", person, person | changes)

    def leave_group(self, name: str, path: str) -> None:
        """Take a person out of the group *path*."""
        person = self._only("users", username=name, exact="true")
        group = self._ask(f"group-by-path{path}")
        membership = f"{self._realm}/users/{person['id']}/groups/{group['id']}"
        self._undo.append(("PUT", membership, None))
        self._send("DELETE", membership)

    def end_sessions(self, name: str) -> None:
        """Sign a person out everywhere."""
        person = self._only("users", username=name, exact="true")
        self._send("POST", f"{self._realm}/users/{person['id']}/logout")

    # --- keys --------------------------------------------------------------------------------

    def rotate_keys(self, *, keep: bool = False) -> None:
        """Sign with a new RSA key from now on, and publish the old ones only if they are kept."""
        providers = self._ask("components", type=_KEY_PROVIDER)
        old = [key for key in providers if key["providerId"] == "rsa-generated"]
        self._keys += 1
        config = {"priority": 100 + self._keys, "algorithm": "RS256", "keySize": 2048}
        component = {
            "name": f"rsa-{self._keys}",
            "providerId": "rsa-generated",
            "providerType": _KEY_PROVIDER,
            "config": {name: [str(value)] for name, value in config.items()},
        }
        self._send("POST", f"{self._realm}/components", component)
        if not keep:
            for key in old:
                self._send("DELETE", f"{self._realm}/components/{key['id']}")

    # --- requests ----------------------------------------------------------------------------

    def _ask(self, path: str, **query: str) -> Any:
        return self._send("GET", f"{self._realm}/{path}", query=query).json()

    def _only(self, path: str, **query: str) -> dict[str, Any]:
        found: dict[str, Any]
        (found,) = self._ask(path, **query)
        return found

    def _replace(self, path: str, old: Any, new: Any) -> None:
        self._undo.append(("PUT", f"{self._realm}/{path}", old))
        self._send("PUT", f"{self._realm}/{path}", new)

    def _send(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
    ) -> httpx.Response:
        with httpx.Client(base_url=self._url, timeout=60) as client:
            answer = client.request(
                method,
                f"/admin/realms{path}",
                json=body,
                params=query,
                headers={"Authorization": f"Bearer {self._token(client)}"},
            )
        assert answer.is_success, answer.text
        return answer

    def _token(self, client: httpx.Client) -> str:
        if self._token_of is not None and time.monotonic() < self._token_of[0]:
            return self._token_of[1]
        answer = client.post(
            "/realms/master/protocol/openid-connect/token",
            data={
                "grant_type": "password",
                "client_id": "admin-cli",
                "username": _NAME,
                "password": _PASSWORD,
            },
        )
        assert answer.is_success, answer.text
        until = time.monotonic() + answer.json()["expires_in"] / 2
        self._token_of = (until, answer.json()["access_token"])
        return self._token_of[1]

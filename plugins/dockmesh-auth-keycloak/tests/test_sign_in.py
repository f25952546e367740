"""Whole sign-ins: the plugin in a host, the stand-in behind a socket, a person with a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dockmesh_auth_keycloak.testing import KeycloakShape

from dockmesh_auth.testing.fake_provider.edits import TokenDraft

from .site import site

TABLE = {
    "dockmesh-admins": ("admin", "all"),
    "dockmesh-ops": ("operator", "all"),
    "dockmesh-ops-prod": ("operator", "tag=prod"),
    "dockmesh-viewers": ("viewer", "all"),
}


@pytest.mark.parametrize(
    ("prefix", "shape", "settings"),
    [
        ("/", KeycloakShape(), {}),
        ("/team/a/", KeycloakShape(parent="/team/a"), {}),
        ("", KeycloakShape(parent="/team"), {"group_names": "last_part"}),
        ("", KeycloakShape(full_path=False), {"group_names": "last_part"}),
        ("realm:", KeycloakShape(groups_are="realm_roles"), {"sources": ["realm_roles"]}),
        ("client:", KeycloakShape(groups_are="client_roles"), {"sources": ["client_roles"]}),
        (
            "client:",
            KeycloakShape(groups_are="client_roles"),
            {"sources": ["groups", "realm_roles", "client_roles"]},
        ),
    ],
)
def test_everybody_gets_what_the_table_says(
    tmp_path: Path, prefix: str, shape: KeycloakShape, settings: dict[str, Any]
) -> None:
    """From each source and under each name; who has nothing does not enter."""
    rows = {prefix + name: row for name, row in TABLE.items()}
    with site(tmp_path, rows, shape, **settings) as here:
        grants = {user.name: here.sign_in(user.name) for user in here.provider.users}
        assert grants == {
            "alice": [("admin", "all")],
            "bob": [("operator", "all")],
            "carol": [("operator", "tag=prod")],
            "dave": [("viewer", "all")],
            "erin": [],
            "frank": list(TABLE.values()),
        }
        # Realm roles are never all silent: everybody has some.
        known = settings.get("sources") == ["realm_roles"]
        assert here.refusals == ["no_role" if known else "groups_absent"]


def test_groups_at_userinfo_only(tmp_path: Path) -> None:
    """The mapper's "Add to ID token" is off."""
    shape = KeycloakShape(claims_in_id_token=False)
    with site(tmp_path, {"/dockmesh-ops": ("operator", "all")}, shape) as here:
        assert here.sign_in("bob") == [("operator", "all")]
        assert here.provider.count("userinfo") == 1


def test_names_of_one_source_give_nothing_in_another(tmp_path: Path) -> None:
    """A group that is called like a role, and a role that is called like a group."""
    rows = dict.fromkeys(
        ("realm:dockmesh-admins", "client:dockmesh-admins", "dockmesh-admins"), ("admin", "all")
    )
    sources = ["groups", "realm_roles", "client_roles"]
    with site(tmp_path, rows, KeycloakShape(), sources=sources) as here:
        assert here.sign_in("alice") == []
        assert here.refusals == ["no_role"]


def test_full_paths_that_are_switched_off_at_keycloak(tmp_path: Path) -> None:
    """Refused, and why, instead of another group's role."""
    shape = KeycloakShape(full_path=False)
    with site(tmp_path, {"dockmesh-admins": ("admin", "all")}, shape) as here:
        assert here.sign_in("alice") == []
        assert here.refusals == ["groups_malformed"]


def test_a_scope_that_keycloak_does_not_have(tmp_path: Path) -> None:
    """Nobody signs in: the default asks for none such."""
    rows = {"/dockmesh-admins": ("admin", "all")}
    with site(tmp_path, rows, KeycloakShape(), scopes=["openid", "groups"]) as here:
        assert here.sign_in("alice") == []
        assert here.refusals == ["provider_refused"]


@pytest.mark.attack("IDT-15")
def test_the_access_token_in_the_place_of_the_id_token(tmp_path: Path) -> None:
    """Even with our audience and nonce, it is of another kind."""
    with site(tmp_path, {"/dockmesh-admins": ("admin", "all")}, KeycloakShape()) as here:

        def edit(draft: TokenDraft) -> None:
            draft.claims["typ"] = "Bearer"

        here.provider.edits.id_token = edit
        assert here.sign_in("alice") == []
        assert here.refusals == ["token_kind_wrong"]


def test_roles_of_an_access_token_of_somebody_else(tmp_path: Path) -> None:
    """They are not this person's."""
    shape = KeycloakShape(groups_are="realm_roles")
    rows = {"realm:dockmesh-admins": ("admin", "all")}
    with site(tmp_path, rows, shape, sources=["realm_roles"]) as here:

        def edit(draft: TokenDraft) -> None:
            draft.claims["sub"] = "somebody-else"

        here.provider.edits.access_token = edit
        assert here.sign_in("alice") == []
        assert here.refusals == ["access_token_hash_mismatch"]

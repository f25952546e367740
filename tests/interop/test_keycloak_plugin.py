"""People sign in at a Keycloak through its plugin: paths, realm roles, roles of our client."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.interop.people import Person, refusals
from tests.interop.site import Site

pytest.importorskip("dockmesh_auth_keycloak")

ROWS: Mapping[str, tuple[str, str]] = {
    "/docker-admins": ("admin", "all"),
    "/staff/ops": ("operator", "tag=prod"),
    "/staff": ("operator", "tag=staff"),
    "ops": ("operator", "tag=ops"),
    "docker-admins": ("admin", "tag=short"),
    "realm:docker-admin": ("admin", "tag=realm"),
    "realm:on-call": ("operator", "tag=realm"),
    "realm:offline_access": ("viewer", "tag=everybody"),
    "client:operator": ("operator", "tag=client"),
    "client:viewer": ("viewer", "tag=client"),
    "client:admin": ("admin", "tag=another"),
    "client:manage-account": ("admin", "tag=account"),
}
"""What alice has, and names that must not be hers: of parents, other clients, and of everybody."""

PATHS = {("admin", "all"), ("operator", "tag=prod")}
REALM = {("admin", "tag=realm"), ("operator", "tag=realm")}
CLIENT = {("operator", "tag=client"), ("viewer", "tag=client")}


@pytest.fixture(name="site")
def our_site(keycloak: Any, tmp_path: Path) -> Site:
    """Our own pages in front of Keycloak."""
    return Site(keycloak, tmp_path, mappings=ROWS)


@pytest.mark.parametrize(
    ("settings", "grants"),
    [
        ({}, PATHS),
        ({"group_names": "last_part"}, {("operator", "tag=ops"), ("admin", "tag=short")}),
        ({"sources": ["realm_roles"]}, REALM),
        ({"sources": ["client_roles"]}, CLIENT),
        ({"sources": ["groups", "realm_roles", "client_roles"]}, PATHS | REALM | CLIENT),
    ],
)
def test_alice(
    keycloak: Any, site: Site, settings: dict[str, Any], grants: set[tuple[str, str]]
) -> None:
    """Gets what the rows of the configured sources give, and nothing else."""
    alice = Person(keycloak, "alice")
    with site.served(plugin="keycloak", scopes=None, **settings) as url:
        alice.go(url)
        alice.sign_in()
        assert alice.grants(url) == grants


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({}, "groups_absent"),
        ({"sources": ["client_roles"]}, "groups_absent"),
        ({"sources": ["realm_roles"]}, "no_role"),
        ({"missing_groups": "no_groups"}, "no_role"),
    ],
)
def test_bob_who_has_nothing(
    keycloak: Any, site: Site, settings: dict[str, Any], code: str
) -> None:
    """Nothing is sent of groups, nor of our client's roles; realm roles are known."""
    bob = Person(keycloak, "bob")
    with site.served(plugin="keycloak", **settings) as url, capture_logs() as logs:
        bob.go(url)
        bob.sign_in()
        assert not bob.is_signed_in(url)
    assert refusals(logs) == [code]


def test_a_scope_that_mixes_roles_into_the_groups(keycloak: Any, site: Site) -> None:
    """`microprofile-jwt`: they are no paths, and none of them is taken for a group."""
    alice = Person(keycloak, "alice")
    scopes = ["openid", "microprofile-jwt"]
    with site.served(plugin="keycloak", scopes=scopes) as url, capture_logs() as logs:
        alice.go(url)
        alice.sign_in()
        assert not alice.is_signed_in(url)
    assert refusals(logs) == ["groups_malformed"]


def test_keys_that_change_between_two_sign_ins(keycloak: Any, site: Site) -> None:
    """Both tokens are signed with the new one."""
    with site.served(plugin="keycloak", sources=["realm_roles"]) as url:
        for turn in range(2):
            alice = Person(keycloak, "alice")
            alice.go(url)
            alice.sign_in()
            assert alice.grants(url) == REALM, turn
            keycloak.admin.rotate_keys()


@pytest.mark.parametrize(
    ("attribute", "code"),
    [
        # RFC 9068's type of access tokens in the header, which ours does not open.
        ("access.token.header.type.rfc9068", "token_kind_wrong"),
        # It says neither whose it is nor what roles they have.
        ("client.use.lightweight.access.token.enabled", "claim_missing"),
    ],
)
def test_access_tokens_of_another_form(
    keycloak: Any, site: Site, attribute: str, code: str
) -> None:
    """Refused by name where they hold the roles; else not looked at."""
    keycloak.admin.change_client({attribute: "true"})
    alice = Person(keycloak, "alice")
    with site.served(plugin="keycloak", sources=["client_roles"]) as url, capture_logs() as logs:
        alice.go(url)
        alice.sign_in()
        assert not alice.is_signed_in(url)
    assert refusals(logs) == [code]
    with site.served(plugin="keycloak") as url:
        alice.go(url)
        assert alice.grants(url) == PATHS

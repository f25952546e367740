"""Whole sign-ins: the plugin in a host, the stand-in behind a socket, a person with a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from dockmesh_auth_zitadel.plugin import ROLES
from dockmesh_auth_zitadel.testing import ORGANISATION, PROJECT, ZitadelShape

from dockmesh_auth.testing.fake_provider.edits import TokenDraft

from .site import site

TABLE = {
    "dockmesh-admins": ("admin", "all"),
    "dockmesh-ops": ("operator", "all"),
    "dockmesh-ops-prod": ("operator", "tag=prod"),
    "dockmesh-viewers": ("viewer", "all"),
}
TRUSTED = {"trusted_audiences": [PROJECT]}


@pytest.mark.parametrize(
    "shape",
    [ZitadelShape(), ZitadelShape(listed=True), ZitadelShape(claims_in_id_token=False)],
    ids=["object", "list", "userinfo"],
)
def test_everybody_gets_what_the_table_says(tmp_path: Path, shape: ZitadelShape) -> None:
    """In both forms, and from both places; who has no role does not enter."""
    with site(tmp_path, TABLE, shape, organisation=ORGANISATION, **TRUSTED) as here:
        grants = {user.name: here.sign_in(user.name) for user in here.provider.users}
        assert grants == {
            "alice": [("admin", "all")],
            "bob": [("operator", "all")],
            "carol": [("operator", "tag=prod")],
            "dave": [("viewer", "all")],
            "erin": [],
            "frank": list(TABLE.values()),
        }
        assert here.refusals == ["groups_absent"]


def test_roles_that_another_organisation_has_given(tmp_path: Path) -> None:
    """Count only where no organisation is demanded."""
    shape = ZitadelShape(organisation="999")
    with site(tmp_path, TABLE, shape, **TRUSTED) as here:
        assert here.sign_in("alice") == [("admin", "all")]
    folder = tmp_path / "second"
    folder.mkdir()
    with site(folder, TABLE, shape, organisation=ORGANISATION, **TRUSTED) as here:
        assert here.sign_in("alice") == []
        assert here.refusals == ["no_role"]


def test_the_project_is_an_audience(tmp_path: Path) -> None:
    """Which has to be trusted by name; the log names it."""
    with site(tmp_path, TABLE, ZitadelShape()) as here:
        assert here.sign_in("alice") == []
        assert here.refusals == ["audience_untrusted"]
        assert PROJECT in str(here.events)


def test_the_roles_of_a_named_project(tmp_path: Path) -> None:
    """By the claim that has its id in the name."""
    claim = f"urn:zitadel:iam:org:project:{PROJECT}:roles"
    with site(tmp_path, TABLE, ZitadelShape(), groups_claim=claim, **TRUSTED) as here:
        assert here.sign_in("dave") == [("viewer", "all")]


def test_a_list_of_names_is_not_what_zitadel_sends(tmp_path: Path) -> None:
    """An action did; who gave the roles is not known."""
    with site(tmp_path, TABLE, ZitadelShape(), **TRUSTED) as here:

        def edit(draft: TokenDraft) -> None:
            draft.claims[ROLES] = ["dockmesh-admins"]

        here.provider.edits.id_token = edit
        assert here.sign_in("alice") == []
        assert here.refusals == ["groups_malformed"]

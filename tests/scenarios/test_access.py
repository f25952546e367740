"""Who gets in and who is out, as people see it: groups that are gone, names, locked accounts."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import attrs
import pytest

from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.store import SqlStore, grant_by_hand, open_store, set_disabled
from dockmesh_auth.testing.browser import Browser
from dockmesh_auth.testing.fake_provider import FakeProvider
from dockmesh_auth.testing.fake_provider.edits import TokenDraft
from dockmesh_auth.testing.fake_provider.people import FakeUser

T = TypeVar("T")

NOBODY = {"error": "not signed in"}


class Database:
    """The host's database, as an administrator opens it beside the running host."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def do(self, work: Callable[[SqlStore], Awaitable[T]]) -> T:
        """Work on the users."""

        async def opened() -> T:
            store = open_store("sqlite", str(self._path))
            try:
                return await work(store)
            finally:
                await store.close()

        return asyncio.run(opened())

    def rows(self) -> dict[str, int]:
        """How many there are in each table that a sign-in writes to."""
        with closing(sqlite3.connect(self._path)) as connection:
            return {
                table: int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
                for table in ("users", "grants", "sessions")
            }


@pytest.fixture(name="database")
def database_of_the_site(tmp_path: Path) -> Database:
    """The database of `site`."""
    return Database(tmp_path / "dockmesh.db")


def put_into(provider: FakeProvider, name: str, *groups: str) -> None:
    """From now on *name* is in *groups* and in no other."""
    provider.users = [
        attrs.evolve(user, groups=groups) if user.name == name else user for user in provider.users
    ]


def say_instead_of_groups(provider: FakeProvider, claims: Mapping[str, Any]) -> None:
    """From now on neither the ID token nor the userinfo answer has groups, but *claims*."""

    def edit(draft: TokenDraft) -> None:
        draft.claims.pop("groups", None)
        draft.claims.update(claims)

    provider.edits.id_token = edit
    provider.edits.userinfo = lambda answer: (
        {name: value for name, value in answer.items() if name != "groups"} | claims
    )


def roles(me: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [(grant["role"], grant["scope"], grant["origin"]) for grant in me["grants"]]


def signed_in(site: Any, name: str = "alice") -> Browser:
    browser = site.browser()
    assert site.sign_in(name, browser).status == 200
    return browser


def events(log: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [entry for entry in log if entry["event"] == name]


@pytest.mark.attack("CLM-01", "CLM-17", "CLM-18", "SES-07", "SES-09")
def test_an_administrator_who_was_taken_out_of_the_group_is_out_everywhere(
    site, database, log, refusal_code
) -> None:
    """The next sign-in in any browser is refused, and no other browser is signed in any more."""
    desk, phone = signed_in(site), signed_in(site)
    admin = site.me(desk)
    assert roles(admin) == [("admin", "all", "mapping")]
    put_into(site.provider, "alice")

    other = site.browser()
    page = site.sign_in("alice", other)

    assert page.status == 403
    assert refusal_code() == "no_role"
    assert [site.me(browser) for browser in (desk, phone, other)] == [NOBODY] * 3
    assert database.rows() == {"users": 1, "grants": 0, "sessions": 0}
    assert events(log, "no_admin_left") == [
        {"event": "no_admin_left", "log_level": "error", "user": admin["id"]}
    ]


@pytest.mark.attack("CLM-01")
def test_an_administrator_whose_groups_claim_is_gone_gets_nothing_of_before(
    site, refusal_code
) -> None:
    """By default a claim that is not there is no answer, and without one nobody gets in."""
    signed_in(site)
    say_instead_of_groups(site.provider, {})
    refused = site.browser()

    page = site.sign_in("alice", refused)

    assert page.status == 403
    assert refusal_code() == "groups_absent"
    assert site.me(refused) == NOBODY


@pytest.mark.attack("CLM-01", "CLM-18", "SES-07")
def test_no_groups_claim_is_no_groups_where_that_was_decided(
    make_site, database, refusal_code
) -> None:
    """Then it is as if the last group had been taken away."""
    site = make_site(more="missing_groups: no_groups")
    old = signed_in(site)
    say_instead_of_groups(site.provider, {})

    page = site.sign_in()

    assert page.status == 403
    assert refusal_code() == "no_role"
    assert site.me(old) == NOBODY
    assert database.rows() == {"users": 1, "grants": 0, "sessions": 0}


@pytest.mark.attack("CLM-06")
def test_too_many_groups_to_send_change_nobody_s_rights(site, log, refusal_code) -> None:
    """Not known is not none: the sign-in is refused, nobody is promoted, nobody demoted."""
    old = signed_in(site)
    say_instead_of_groups(site.provider, {"_claim_names": {"groups": "src1"}})
    refused = site.browser()

    page = site.sign_in("alice", refused)

    assert page.status == 403
    assert refusal_code() == "groups_overage"
    assert site.me(refused) == NOBODY
    assert roles(site.me(old)) == [("admin", "all", "mapping")]
    assert events(log, "no_admin_left") == []


@pytest.mark.attack("CLM-17", "SES-09")
def test_a_group_that_is_given_back_opens_a_new_session_and_none_of_the_old(site) -> None:
    """The same user as before; whoever was thrown out stays out until they sign in."""
    old = signed_in(site)
    before = site.me(old)
    put_into(site.provider, "alice")
    assert site.sign_in("alice").status == 403
    put_into(site.provider, "alice", "dockmesh-viewers")

    new = signed_in(site)

    after = site.me(new)
    assert (after["id"], roles(after)) == (before["id"], [("viewer", "all", "mapping")])
    assert site.me(old) == NOBODY


@pytest.mark.attack("CLM-17", "SES-07")
def test_another_group_changes_the_rights_of_the_sessions_that_are_open(site) -> None:
    """Who still has a role stays signed in, at once with that role."""
    first = signed_in(site)
    put_into(site.provider, "alice", "dockmesh-ops-prod")

    signed_in(site)

    assert roles(site.me(first)) == [("operator", "tag=prod", "mapping")]


@pytest.mark.attack("CLM-17", "CLM-18")
def test_an_administrator_by_hand_gets_in_without_groups(site, database, log) -> None:
    """The way back in when the provider's groups are lost: nobody is missed."""
    first = signed_in(site)
    user = site.me(first)["id"]
    assert database.do(lambda store: grant_by_hand(store, user, "admin", Scope.all_hosts()))
    put_into(site.provider, "alice")

    second = signed_in(site)

    for browser in (first, second):
        assert roles(site.me(browser)) == [("admin", "all", "manual")]
    assert events(log, "no_admin_left") == []


@pytest.mark.attack("ACC-10")
def test_a_stranger_who_is_refused_leaves_no_row(site, database, log, refusal_code) -> None:
    """A page that says no more than it must, and nothing in the database."""
    browser = site.browser()

    page = site.sign_in("erin", browser)

    assert page.status == 403
    assert refusal_code() == "no_role"
    assert "Erin" not in page.text
    assert "dockmesh-admins" not in page.text
    assert site.me(browser) == NOBODY
    assert database.rows() == {"users": 0, "grants": 0, "sessions": 0}
    assert events(log, "no_admin_left") == []


@pytest.mark.attack("ACC-03", "ACC-05")
@pytest.mark.parametrize("groups", [(), ("admin",), ("dockmesh-admins ",)])
def test_the_name_admin_gives_nothing(site, database, refusal_code, groups) -> None:
    """Called like the administrator, with their address: no role by it, no row, no session."""
    site.provider.users = [
        FakeUser(
            name="alice",
            email="admin@example.org",
            groups=("dockmesh-admins",),
            claims={"preferred_username": "admin"},
        ),
        FakeUser(name="admin", email="admin@example.org", groups=groups),
    ]
    real = signed_in(site)
    assert site.me(real)["username"] == "admin"

    page = site.sign_in("admin")

    assert page.status == 403
    assert refusal_code() == "no_role"
    assert roles(site.me(real)) == [("admin", "all", "mapping")]
    assert database.rows() == {"users": 1, "grants": 1, "sessions": 1}


@pytest.mark.attack("ACC-01", "ACC-05")
def test_two_people_called_admin_are_two_users(site, database) -> None:
    """Each has what the provider gave to that person; neither adopts what the other has."""
    site.provider.users = [
        FakeUser(
            name="alice",
            email="admin@example.org",
            groups=("dockmesh-admins",),
            claims={"preferred_username": "admin"},
        ),
        FakeUser(name="admin", email="admin@example.org", groups=("dockmesh-viewers",)),
    ]

    first, second = (site.me(signed_in(site, name)) for name in ("alice", "admin"))

    assert [me["username"] for me in (first, second)] == ["admin", "admin"]
    assert first["id"] != second["id"]
    assert roles(first) == [("admin", "all", "mapping")]
    assert roles(second) == [("viewer", "all", "mapping")]
    assert database.rows() == {"users": 2, "grants": 2, "sessions": 2}


@pytest.mark.attack("SES-07", "DOS-16")
def test_a_locked_account_is_out_and_does_not_get_in(site, database, refusal_code) -> None:
    """The session ends with the lock; a sign-in is refused whatever the provider says; unlocking
    lets the person sign in and brings no session back.
    """
    old, bystander = signed_in(site), signed_in(site, "carol")
    user = site.me(old)["id"]
    assert database.do(lambda store: set_disabled(store, user, disabled=True))

    assert site.me(old) == NOBODY
    refused = site.browser()
    page = site.sign_in("alice", refused)

    assert page.status == 403
    assert refusal_code() == "user_disabled"
    assert site.me(refused) == NOBODY
    assert roles(site.me(bystander)) == [("operator", "tag=prod", "mapping")]

    assert database.do(lambda store: set_disabled(store, user, disabled=False))
    new = signed_in(site)
    assert site.me(new)["id"] == user
    assert site.me(old) == NOBODY


@pytest.mark.attack("SES-07")
def test_a_locked_account_without_groups_is_refused_as_locked(site, database, refusal_code) -> None:
    """The lock comes first: nothing is replaced, so nothing is lost when it is lifted."""
    user = site.me(signed_in(site))["id"]
    assert database.do(lambda store: set_disabled(store, user, disabled=True))
    put_into(site.provider, "alice")

    page = site.sign_in("alice")

    assert page.status == 403
    assert refusal_code() == "user_disabled"
    assert database.rows() == {"users": 1, "grants": 1, "sessions": 0}

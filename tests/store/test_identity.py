"""Who is who: issuer and subject, and nothing else."""

from __future__ import annotations

import asyncio
import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dockmesh_auth.domain.identity import Identity
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.errors import ErrorCode, StorageError
from dockmesh_auth.store import SqlStore, find_user, grant_by_hand
from dockmesh_auth.store.exact_text import escape, unescape

any_text = st.text(st.characters(exclude_categories=[]), max_size=40)


@pytest.mark.attack("ACC-01")
async def test_the_same_email_never_joins_two_subjects(
    store: SqlStore, person: Any, count: Any
) -> None:
    """A new subject with the administrator's e-mail address is a new user without their grants."""
    admin = await person.sign_in(
        store, "admin", email="root@example.test", grants=(person.grant("admin"),)
    )
    other = await person.sign_in(store, "mallory", email="root@example.test")
    assert other.is_new_user
    assert other.session.user.id != admin.session.user.id
    assert other.session.user.grants.items == (person.grant("viewer"),)
    assert count(store, "users") == 2


@pytest.mark.attack("ACC-03")
async def test_two_people_who_swap_names_keep_what_they_have(store: SqlStore, person: Any) -> None:
    """The user name is shown and never looked up."""
    first = await person.sign_in(store, "1", username="anna")
    second = await person.sign_in(store, "2", username="bert")
    await grant_by_hand(store, first.session.user.id, "admin", person.grant("admin").scope)
    swapped = await person.sign_in(store, "2", username="anna")
    assert swapped.session.user.id == second.session.user.id
    assert swapped.session.user.username == "anna"
    assert swapped.session.user.grants.items == (person.grant("viewer"),)


@pytest.mark.attack("ACC-06")
async def test_one_subject_at_two_issuers_is_two_people(
    store: SqlStore, person: Any, count: Any
) -> None:
    """A subject is unique only at its issuer."""
    first = await person.sign_in(store, "1", issuer="https://a.example.test")
    second = await person.sign_in(store, "1", issuer="https://b.example.test")
    assert first.session.user.id != second.session.user.id
    assert count(store, "users") == 2


@pytest.mark.attack("ACC-07")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("abc", "ABC"),
        ("á", "a"),
        ("á", unicodedata.normalize("NFD", "á")),
        ("straße", "strasse"),
        ("ﬁ", "fi"),
        ("\u0131", "i"),
        ("a", "a "),
        ("a", "a\x00"),
        ("", " "),
        ("1", "01"),
        ("1", "1.0"),
        ("a\\u0000", "a\x00"),
        ("a\\0000", "a\x00"),
        ("\U0001f600", "\ud83d\ude00"),
    ],
)
async def test_no_database_folds_subjects_or_issuers(
    store: SqlStore, person: Any, count: Any, one: str, other: str
) -> None:
    """Case, accents, normal forms, trailing blanks, numbers: different text, different person."""
    for subject in (one, other):
        opened = await person.sign_in(store, subject)
        assert opened.is_new_user
    for issuer in (one, other):
        opened = await person.sign_in(store, issuer=f"https://i/{issuer}")
        assert opened.is_new_user
    assert count(store, "users") == 4


@pytest.mark.attack("ACC-08")
async def test_two_subjects_with_one_email_at_once_are_two_users(
    store: SqlStore, person: Any, count: Any
) -> None:
    """Racing or not, there is no way from an e-mail address to an account."""
    await asyncio.gather(
        *(person.sign_in(store, f"s{n % 2}", email="one@example.test") for n in range(20))
    )
    assert count(store, "users") == 2
    assert count(store, "sessions") == 20


@pytest.mark.attack("ACC-11")
async def test_the_first_of_twenty_is_nobody_special(store: SqlStore, person: Any) -> None:
    """An empty database gives its first user nothing that the provider did not."""
    opened = await asyncio.gather(*(person.sign_in(store, f"s{n}") for n in range(20)))
    given = (person.grant("viewer"),)
    assert [each.session.user.grants.items for each in opened] == [given] * 20
    for n in range(20):
        user = await find_user(store, Identity(person.issuer, f"s{n}"))
        assert user is not None
        assert user.grants.items == given


@pytest.mark.attack("ACC-05")
@pytest.mark.parametrize("name", ["admin", "ADMIN", "admin ", "user-of-the-admin"])
async def test_a_name_adopts_nothing(store: SqlStore, person: Any, count: Any, name: str) -> None:
    """Called like the administrator, or like their id: another user, with what the provider gave
    that person. Nothing is refused for it, because nothing is looked up by it.
    """
    token = person.token()
    admin = await person.sign_in(
        store,
        "1",
        username="admin",
        user_id="user-of-the-admin",
        token=token,
        grants=(person.grant("admin"),),
    )
    await grant_by_hand(store, admin.session.user.id, "deployer", Scope.all_hosts())
    other = await person.sign_in(store, "2", username=name)
    assert other.is_new_user
    assert other.session.user.id != admin.session.user.id
    assert other.session.user.username == name
    assert other.session.user.grants.items == (person.grant("viewer"),)
    assert await person.try_to_sign_in(store, "3", username=name) is None
    assert count(store, "users") == 2
    session = await store.read_session(token, policy=person.policy, now=person.now)
    assert session is not None
    assert session.user.username == "admin"
    assert [str(grant) for grant in session.user.grants] == ["admin on all", "deployer on all"]


async def test_the_profile_is_the_one_last_seen(store: SqlStore, person: Any) -> None:
    """A later sign-in replaces names, address, groups and provider, and keeps the id."""
    first = await person.sign_in(store, user_id="id-1", username="old", email="old@example.test")
    second = await person.sign_in(
        store, user_id="id-2", username="new", email="new@example.test", provider="renamed"
    )
    assert first.is_new_user
    assert not second.is_new_user
    user = await find_user(store, Identity(person.issuer, "alice"))
    assert user is not None
    assert user == second.session.user
    assert (user.id, user.username, user.email) == ("id-1", "new", "new@example.test")
    assert user.provider == "renamed"


async def test_who_never_signed_in_is_not_found(store: SqlStore) -> None:
    """Looking somebody up makes nobody."""
    assert await find_user(store, Identity("https://i", "nobody")) is None


async def test_an_id_that_is_taken_is_not_shared(store: SqlStore, person: Any, count: Any) -> None:
    """Two people never get one id, whatever the caller's randomness does."""
    await person.sign_in(store, "1", user_id="same")
    with pytest.raises(StorageError) as caught:
        await person.sign_in(store, "2", user_id="same")
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
    assert count(store, "users") == 1
    assert count(store, "sessions") == 1


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(issuer=any_text, subject=any_text, name=any_text)
@example(issuer="a\\b", subject="\x00", name="\ud800")
async def test_any_text_comes_back_exactly(
    store: SqlStore, person: Any, issuer: str, subject: str, name: str
) -> None:
    """Whatever a provider's JSON can hold is kept as it is."""
    opened = await person.sign_in(store, subject, issuer=issuer, username=name, email=name)
    user = await find_user(store, Identity(issuer, subject))
    assert user is not None
    assert user.id == opened.session.user.id
    assert user.identity == Identity(issuer, subject)
    assert (user.username, user.email) == (name, name)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("plain é", "plain é"),
        ("a\\b", "a\\005cb"),
        ("\x00", "\\0000"),
        ("\ud800\udfff", "\\d800\\dfff"),
    ],
)
def test_the_stored_form(text: str, stored: str) -> None:
    """What no database takes is written with a backslash and four digits."""
    assert escape(text) == stored
    assert unescape(stored) == text


@given(any_text, any_text)
def test_different_texts_are_stored_differently(one: str, other: str) -> None:
    """The stored form is one to one, and any database can hold it."""
    assert unescape(escape(one)) == one
    assert (escape(one) == escape(other)) is (one == other)
    assert b"\x00" not in escape(one).encode()

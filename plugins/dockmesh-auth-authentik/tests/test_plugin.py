"""The plugin's own rules, one by one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from dockmesh_auth_authentik import plugin
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.provider import ClientAuthentication, Provider
from dockmesh_auth.errors import ErrorCode, TokenRejected
from dockmesh_auth.hookspecs import PluginDescription

HASH = "f06120e284a3ef17a262c0f843458a3fb379d28878a1f87db2a8abcf4b2e2260"
UUID = "e594bfe6-d974-4e0c-ba99-8dbbd65b1c38"
MODES = ("hashed_user_id", "user_id", "user_uuid", "user_username", "user_email", "user_upn")


def provider(mode: str | None) -> Provider:
    return Provider(
        slug="a",
        display_name="A",
        issuer="https://a.example/",
        client_id="c",
        options={} if mode is None else {"subject_mode": mode},
    )


def extract(mode: str | None, subject: str, **more: Any) -> None:
    members = {"iss": "https://a.example/", "sub": subject, **more}
    claims = Claims(members, issuer="https://a.example/", subject=subject)
    assert plugin.dockmesh_auth_extract_claims(provider(mode), claims) is None


def accepts(mode: str, subject: str, **more: Any) -> bool:
    try:
        extract(mode, subject, **more)
    except TokenRejected as refusal:
        if refusal.code is not ErrorCode.SUBJECT_UNEXPECTED:
            raise
        return False
    return True


def accepting_modes(subject: str) -> set[str]:
    return {mode for mode in MODES if accepts(mode, subject)}


def test_it_describes_itself() -> None:
    """The defaults that an Authentik needs, and its one option."""
    description = plugin.dockmesh_auth_describe()
    assert isinstance(description, PluginDescription)
    assert (description.name, description.contract_version) == ("authentik", 1)
    assert description.scopes == ("openid", "profile", "email")
    assert description.groups_claim == "groups"
    assert description.client_authentication is ClientAuthentication.CLIENT_SECRET_POST
    (option,) = description.options
    assert (option.name, option.default, option.choices) == ("subject_mode", MODES[0], MODES)


@pytest.mark.parametrize(
    ("subject", "modes"),
    [
        (HASH, {"hashed_user_id", "user_upn"}),
        (UUID, {"user_uuid", "user_upn"}),
        ("5", {"user_id", "user_username", "user_upn"}),
        ("alice", {"user_username", "user_upn"}),
        ("alice@lab.example", {"user_username", "user_email", "user_upn"}),
        ("zoë@corp", {"user_username", "user_email", "user_upn"}),
        ("a@b@c", {"user_username", "user_upn"}),
        ("@lab.example", {"user_username", "user_upn"}),
        ("alice@", {"user_username", "user_upn"}),
        ("a lice@lab.example", {"user_username", "user_upn"}),
        (HASH.upper(), {"user_username", "user_upn"}),
        (HASH[:-1], {"user_username", "user_upn"}),
        (HASH + "0", {"user_username", "user_upn"}),
        (UUID.replace("-", ""), {"user_username", "user_upn"}),
        ("0", {"user_username", "user_upn"}),
        ("05", {"user_username", "user_upn"}),
        ("-5", {"user_username", "user_upn"}),
        ("\N{ARABIC-INDIC DIGIT FIVE}", {"user_username", "user_upn"}),
        ("5" * 20, {"user_username", "user_upn"}),
        ("", set()),
    ],
)
def test_a_subject_is_good_under_the_modes_that_can_have_made_it(
    subject: str, modes: set[str]
) -> None:
    """Anything else means that the mode was changed at Authentik."""
    assert accepting_modes(subject) == modes


@given(st.text(max_size=80))
def test_no_subject_is_good_under_two_of_the_modes_that_make_ids(subject: str) -> None:
    """Hash, number, UUID and address exclude each other, whatever the text."""
    assert len(accepting_modes(subject) & {"hashed_user_id", "user_id", "user_uuid"}) <= 1


@given(st.from_regex(re.compile("[0-9a-f]{64}"), fullmatch=True))
def test_a_hash_is_never_taken_for_a_name(subject: str) -> None:
    """A provider set back to the default mode is noticed."""
    assert accepting_modes(subject) == {"hashed_user_id", "user_upn"}


def test_the_default_mode_holds_if_none_is_configured() -> None:
    """An empty option is the strict one, not none."""
    extract(None, HASH)
    with pytest.raises(TokenRejected) as caught:
        extract(None, "alice")
    assert caught.value.code is ErrorCode.SUBJECT_UNEXPECTED


def test_the_refusal_says_both_forms_and_not_the_subject() -> None:
    """Enough to find the setting; an address is nobody's business in a log."""
    with pytest.raises(TokenRejected) as caught:
        extract("hashed_user_id", "alice@lab.example")
    assert "subject mode hashed_user_id, but like user_email" in str(caught.value)
    assert "alice" not in repr(caught.value) + str(dict(caught.value.evidence))


@pytest.mark.attack("IDT-15")
def test_an_access_token_is_told_by_azp_and_uid_together() -> None:
    """One of them may come from a scope mapping, or from a later release."""
    extract("hashed_user_id", HASH, azp="c")
    extract("hashed_user_id", HASH, uid="x")
    with pytest.raises(TokenRejected) as caught:
        extract("hashed_user_id", HASH, azp="c", uid="x")
    assert caught.value.code is ErrorCode.TOKEN_KIND_WRONG


@pytest.mark.attack("ACC-04")
@pytest.mark.parametrize(
    ("mode", "subject", "claims", "good"),
    [
        # A user name that looks like an address, and the address of somebody else.
        ("user_username", "a@x", {"preferred_username": "a@x", "email": "b@x"}, True),
        ("user_username", "b@x", {"preferred_username": "a@x", "email": "b@x"}, False),
        ("user_email", "b@x", {"preferred_username": "a@x", "email": "b@x"}, True),
        ("user_email", "a@x", {"preferred_username": "a@x", "email": "b@x"}, False),
        # A number is a user's id, unless it is the name.
        ("user_username", "5", {"preferred_username": "alice"}, False),
        ("user_username", "5", {"preferred_username": "5"}, True),
        # An own scope mapping that fills the claims with something else proves nothing.
        ("user_username", "alice", {"preferred_username": "Alice", "email": "b@x"}, True),
        ("user_email", "a@x", {"email": "A@X"}, True),
        # Nor does a claim that is missing, empty or no text.
        ("user_username", "b@x", {"email": "b@x"}, True),
        ("user_username", "b@x", {"preferred_username": "", "email": "b@x"}, True),
        ("user_username", "b@x", {"preferred_username": 1, "email": "b@x"}, True),
        # The UPN may be name and address.
        ("user_upn", "b@x", {"preferred_username": "a@x", "email": "b@x"}, True),
    ],
)
def test_name_and_address_are_told_apart_by_the_claims_beside_them(
    mode: str, subject: str, claims: dict[str, Any], *, good: bool
) -> None:
    """Whoever took another's address for a user name must not become them, nor the reverse."""
    assert accepts(mode, subject, **claims) is good
    if not good:
        with pytest.raises(TokenRejected, match=f"is not the claim .*, as in subject mode {mode}"):
            extract(mode, subject, **claims)

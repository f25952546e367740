"""Tokens of a real Authentik, judged as a sign-in judges them, with the clock of that moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from dockmesh_auth.domain.claims import ClaimPath
from dockmesh_auth.domain.groups import Groups, GroupState
from dockmesh_auth.domain.ports import Answer
from dockmesh_auth.errors import ErrorCode, TokenRejected
from dockmesh_auth.oidc.userinfo import parse_userinfo

GROUPS = ClaimPath("groups")
REFUSED = {
    # A scope mapping that overrides iss, aud and exp: signed all the same.
    ("groups_expression", "overrides_iss_aud_exp"): ErrorCode.ISSUER_MISMATCH,
    # Subject mode e-mail, and a user without one: `sub` is empty.
    ("subject_modes", "user_email|erin_without_email"): ErrorCode.CLAIM_MALFORMED,
    # No signing key selected: HS256 with the client secret.
    ("signing_algorithms", "hs256_without_key"): ErrorCode.NO_SIGNING_KEY,
}


def mode_of(case: Mapping[str, Any]) -> dict[str, Any]:
    mode = case.get("settings", {}).get("sub_mode", "hashed_user_id")
    return {"options": {"subject_mode": mode.partition(",")[0]}}


def accepts(answer: Any, mode: str) -> bool:
    try:
        answer.judge(options={"subject_mode": mode})
    except TokenRejected as refusal:
        if refusal.code is not ErrorCode.SUBJECT_UNEXPECTED:
            raise
        return False
    return True


def test_every_recorded_login_is_judged_rightly(login: Any) -> None:
    """Good ones are accepted with their subject; the three that must be refused are."""
    name, case, answer = login
    expected = REFUSED.get((name, case))
    if expected is None:
        claims = answer.judge(**mode_of(answer.case))
        assert claims.subject == answer.decoded["sub"]
        assert dict(claims).keys() == answer.decoded.keys()
        return
    with pytest.raises(TokenRejected) as caught:
        answer.judge(**mode_of(answer.case))
    assert caught.value.code is expected


@pytest.mark.attack("IDT-15")
def test_no_recorded_access_token_is_taken_for_an_id_token(login: Any) -> None:
    """It has the right key, header, issuer, audience, nonce and times."""
    name, case, answer = login
    with pytest.raises(TokenRejected) as caught:
        answer.judge(token="access_token", **mode_of(answer.case))
    assert caught.value.code is REFUSED.get((name, case), ErrorCode.TOKEN_KIND_WRONG)


@pytest.mark.attack("IDT-15")
@pytest.mark.parametrize("case", ["idp_logout", "es256", "two_logins_one_session"])
def test_no_recorded_logout_token_is_taken_for_an_id_token(
    recorded: Callable[..., Any], case: str
) -> None:
    """Same key, issuer, audience and subject, and `typ` JWT: the core knows it by `events`."""
    answer = recorded("backchannel_logout", case)
    for request in answer.case["logout_requests"]:
        with pytest.raises(TokenRejected) as caught:
            answer.judge_raw(request["form"]["logout_token"])
        assert caught.value.code is ErrorCode.TOKEN_KIND_WRONG


@pytest.mark.attack("ACC-04")
def test_a_changed_subject_mode_is_noticed(recorded: Callable[..., Any]) -> None:
    """Every recorded subject under every configured mode."""
    modes = ("hashed_user_id", "user_id", "user_uuid", "user_username", "user_email", "user_upn")
    accepted = {
        f"{mode}|{user}": {
            configured
            for configured in modes
            if accepts(recorded("subject_modes", f"{mode}|{user}"), configured)
        }
        for mode in modes
        for user in ("alice", "erin")
    }
    anything = {"user_username", "user_upn"}
    assert accepted == {
        "hashed_user_id|alice": {"hashed_user_id", "user_upn"},
        "hashed_user_id|erin": {"hashed_user_id", "user_upn"},
        "user_id|alice": {"user_id"} | anything,
        "user_id|erin": {"user_id"} | anything,
        "user_uuid|alice": {"user_uuid", "user_upn"},
        "user_uuid|erin": {"user_uuid", "user_upn"},
        "user_username|alice": anything,
        "user_username|erin": anything,
        "user_email|alice": {"user_email"} | anything,
        "user_email|erin": {"user_email"} | anything,
        "user_upn|alice": {"user_email"} | anything,
        # erin has no attribute `upn`: Authentik falls back to the hash.
        "user_upn|erin": {"hashed_user_id", "user_upn"},
    }


BOTH = {"dockmesh-admins", "dockmesh Users"}


@pytest.mark.parametrize(
    ("case", "state", "names"),
    [
        ("list|groups_only", GroupState.ABSENT, set()),
        ("list|with_profile", GroupState.PRESENT, BOTH),
        ("dict|groups_only", GroupState.PRESENT, BOTH),
        ("dict|with_profile_duplicates", GroupState.PRESENT, BOTH),
        ("dict|profile_without_groups_scope", GroupState.PRESENT, BOTH),
        ("dict|neither", GroupState.ABSENT, set()),
        ("empty_dict", GroupState.ABSENT, set()),
        ("dict_with_empty_list", GroupState.EMPTY, set()),
        ("none", GroupState.ABSENT, set()),
        ("no_return", GroupState.ABSENT, set()),
        ("string", GroupState.ABSENT, set()),
        ("dict_with_string", GroupState.PRESENT, {"dockmesh-admins"}),
        ("dict_with_string_and_profile", GroupState.PRESENT, BOTH),
        ("dict_with_objects", GroupState.MALFORMED, set()),
        ("dict_with_numbers", GroupState.MALFORMED, set()),
        ("other_claim_name", GroupState.ABSENT, set()),
        ("raising|groups_only", GroupState.ABSENT, set()),
        ("raising|with_profile", GroupState.PRESENT, BOTH),
        ("raising_attribute", GroupState.ABSENT, set()),
        ("user_groups_of_2026_2_on_this_version", GroupState.EMPTY, set()),
        ("all_groups_portable", GroupState.PRESENT, BOTH),
        ("filtered_by_prefix", GroupState.PRESENT, {"dockmesh-admins"}),
    ],
)
def test_whatever_a_groups_mapping_returns_is_read_as_what_it_is(
    recorded: Callable[..., Any], case: str, state: GroupState, names: set[str]
) -> None:
    """Missing is never empty, malformed never partly used, doubled never counted twice."""
    groups = Groups.read(recorded("groups_expression", case).judge(), GROUPS)
    assert (groups.state, set(groups.names)) == (state, names)
    assert len(groups.names) == len(names)


def test_a_nested_claim_is_found_by_its_path(recorded: Callable[..., Any]) -> None:
    """`groups_claim: dockmesh.roles`."""
    claims = recorded("groups_expression", "other_claim_name").judge()
    assert set(Groups.read(claims, ClaimPath("dockmesh.roles")).names) == BOTH


@pytest.mark.parametrize("claim", ["entitlements", "roles"])
@pytest.mark.parametrize(
    ("case", "groups"),
    [
        ("alice", Groups.of(["dockmesh:admin", "dockmesh:read"])),
        ("bob", Groups.of(["dockmesh:read"])),
    ],
)
def test_entitlements_are_groups_under_another_name(
    recorded: Callable[..., Any], claim: str, case: str, groups: Groups
) -> None:
    """Both claims hold the same list; without the scope they are absent, not empty."""
    assert Groups.read(recorded("entitlements", case).judge(), ClaimPath(claim)) == groups
    without = recorded("entitlements", "alice_not_asked").judge()
    assert Groups.read(without, ClaimPath(claim)).state is GroupState.ABSENT


@pytest.mark.parametrize(
    ("user", "scopes", "names"),
    [
        ("alice", "openid profile email", BOTH),
        ("alice", "openid profile email groups offline_access", BOTH),
        ("alice", "openid email groups", BOTH),
        ("bob", "openid profile email", {"dockmesh-ops", "dockmesh Users"}),
        ("erin", "openid profile email", set()),
        ("erin", "openid email groups", set()),
    ],
)
def test_groups_come_from_userinfo_if_the_id_token_has_none(
    recorded: Callable[..., Any], user: str, scopes: str, names: set[str]
) -> None:
    """The setting "Include claims in id_token" is off; the subjects agree."""
    answer = recorded("include_claims_off", f"{user}|{scopes}")
    claims = answer.judge()
    assert Groups.read(claims, GROUPS).state is GroupState.ABSENT
    sent = Answer(status=200, headers={"content-type": "application/json"}, body=answer.userinfo)
    more = parse_userinfo(sent, claims, answer.provider())
    groups = Groups.read(claims.merged_with(more), GROUPS)
    assert (groups.state, set(groups.names)) == (
        GroupState.PRESENT if names else GroupState.EMPTY,
        names,
    )


@pytest.mark.attack("CLM-07")
@pytest.mark.parametrize("case", ["groups_scope", "with_profile_400_entries"])
def test_two_hundred_groups_are_read_once_each(recorded: Callable[..., Any], case: str) -> None:
    """Also if two mappings send them twice."""
    groups = Groups.read(recorded("many_groups_200", case).judge(), GROUPS)
    assert groups.state is GroupState.PRESENT
    assert len(groups.names) == 200


def test_group_names_are_free_text(recorded: Callable[..., Any]) -> None:
    """Quotes, slashes, commas and Greek letters are parts of one name."""
    case = recorded("identity_edge_cases", "child_group_and_special_characters")
    groups = Groups.read(case.judge(), GROUPS)
    assert set(groups.names) == {"dockmesh-sub", 'Équipe Ω / "prod", a:b'}


@pytest.mark.attack("ACC-01")
def test_a_shared_address_does_not_make_two_people_one(recorded: Callable[..., Any]) -> None:
    """bob has alice's address and keeps his own subject."""
    alice = recorded("reference_login", "alice").judge()
    bob = recorded("identity_edge_cases", "same_email_as_alice").judge()
    assert bob["email"] == alice["email"]
    assert bob.subject != alice.subject


def test_a_renamed_user_stays_and_a_recreated_one_does_not(recorded: Callable[..., Any]) -> None:
    """With the hashed id, as the default is."""
    before = recorded("identity_edge_cases", "renamed_user", "before").judge()
    after = recorded("identity_edge_cases", "renamed_user", "after").judge()
    assert (before["preferred_username"], after["preferred_username"]) == ("bob", "bobby")
    assert before.subject == after.subject
    first = recorded("identity_edge_cases", "recreated_user", "token_1").judge()
    second = recorded("identity_edge_cases", "recreated_user", "token_2").judge()
    assert first.subject != second.subject


def test_after_a_change_of_certificate_only_the_new_key_set_will_do(
    recorded: Callable[..., Any],
) -> None:
    """A code from before the change brings a token of the new key: the old set does not know it."""
    answer = recorded("certificate_rotation", "2_code_issued_before_exchanged_after")
    assert answer.judge().subject == answer.decoded["sub"]
    with pytest.raises(TokenRejected) as caught:
        answer.judge_raw(answer.answer["id_token"], jwks=answer.case["jwks_before"])
    assert caught.value.code is ErrorCode.KEY_UNKNOWN


@pytest.mark.parametrize(
    ("case", "kept"),
    [
        ("signing_only", 1),
        ("signing_and_encryption_rsa", 1),
        ("same_key_for_both", 1),
        ("encryption_only_no_signing_key", 0),
        ("no_key_at_all", 0),
    ],
)
def test_only_signing_keys_of_a_recorded_key_set_are_used(
    recorded: Callable[..., Any], case: str, kept: int
) -> None:
    """`use` enc is left out, also under the same name; `{}` is a provider without a key."""
    assert len(recorded("jwks_forms", case).keys().keys) == kept

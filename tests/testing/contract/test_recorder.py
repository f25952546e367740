"""Pictures of arguments tell any change, and show no secret."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import pytest
from attrs import evolve

from dockmesh_auth import Claims, GroupMapping, Groups, MappingTable, Profile, Secret, hookimpl
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.host.registry import load_module
from dockmesh_auth.testing.contract.recorder import Recorder, picture
from tests.contract.mutants.families import STRICT

ROW = GroupMapping("ops", RoleCatalogue().named("admin"), Scope.all_hosts())


def person(name: str, *groups: str) -> Profile:
    return Profile(username=name, groups=Groups.of(groups))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Secret("a"), Secret("b")),
        (person("a"), person("b")),
        (person("a", "x"), person("a", "y")),
        (Claims({"a": [1]}, issuer="i", subject="s"), Claims({"a": [2]}, issuer="i", subject="s")),
        (Claims({}, issuer="i", subject="s"), Claims({}, issuer="i", subject="t")),
        (Claims({}, issuer="i", subject="s"), Claims({}, issuer="j", subject="s")),
        (MappingTable([ROW]), MappingTable([evolve(ROW, claim_value="dev")])),
        (MappingProxyType({"a": "1"}), MappingProxyType({"a": "2"})),
        ((1, "1"), (1, 1)),
        (None, False),
    ],
)
def test_what_differs_has_another_picture(one: object, other: object) -> None:
    """Down to what an argument keeps to itself."""
    assert picture(one) == picture(one)
    assert picture(one) != picture(other)


def test_a_picture_shows_no_secret() -> None:
    """It could stand in a message."""
    assert "hush" not in picture((Secret("hush"), {"key": Secret("hush")}))


def test_reading_claims_does_not_change_their_picture() -> None:
    """Copies that are made when they are first asked for are no change."""
    claims = Claims({"a": [1], "b": {"c": 2}}, issuer="i", subject="s")
    before = picture(claims)
    assert claims["a"] == (1,)
    assert picture(claims) == before


def record(hook: Callable[..., object]) -> Recorder:
    """What is recorded of *hook* in the place of resolve_roles, asked once."""
    module = STRICT.plugin()
    hook.__name__ = "dockmesh_auth_resolve_roles"
    module.dockmesh_auth_resolve_roles = hookimpl(hook)
    recorder = Recorder(compares_arguments=True)
    plugin = recorder.around(load_module(module, "strict"))
    profile = person("a")
    try:
        plugin.hooks["dockmesh_auth_resolve_roles"].ask(None, None, profile)
    except KeyError:
        pass
    finally:
        plugin.lane.close()
    return recorder


def test_answers_and_errors_are_kept() -> None:
    """Whichever way a hook ends."""

    def fails(profile: Profile) -> None:
        raise KeyError(profile.username)

    assert record(lambda profile: profile.username).answers == {"dockmesh_auth_resolve_roles": "a"}
    assert isinstance(record(fails).answers["dockmesh_auth_resolve_roles"], KeyError)


def test_a_changed_argument_is_told_of_its_hook() -> None:
    """Also if the hook fails after it."""

    def changes(profile: Profile) -> None:
        object.__setattr__(profile, "username", "b")
        raise KeyError

    assert record(changes).changed == {"dockmesh_auth_resolve_roles"}
    assert record(lambda profile: None).changed == set()


def test_metadata_has_a_picture_of_all_its_fields() -> None:
    """An endpoint more is another picture."""
    found = ProviderMetadata(issuer="i", authorization_endpoint="a", token_endpoint="t")
    assert picture(found) != picture(evolve(found, jwks_uri="k"))

"""Roles have an order, and custom ones keep it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockmesh_auth.domain.roles import BUILT_IN_ROLES, Role, RoleCatalogue
from dockmesh_auth.errors import ConfigurationError, ErrorCode

NAMES = ["viewer", "operator", "deployer", "host-admin", "admin"]


def test_the_built_in_roles_and_their_order() -> None:
    """viewer < operator < deployer < host-admin < admin."""
    assert [role.name for role in BUILT_IN_ROLES] == NAMES
    assert [str(role) for role in RoleCatalogue()] == NAMES
    for lower, higher in itertools.combinations(BUILT_IN_ROLES, 2):
        assert lower < higher


@pytest.mark.attack("CLM-08")
@pytest.mark.parametrize(
    "name", ["Admin", "ADMIN", " admin", "admin ", "", "admins", "\u0430dmin", "root"]
)
def test_a_role_is_named_exactly(name: str) -> None:
    """No folding, trimming or guessing; the message lists what there is."""
    with pytest.raises(ConfigurationError, match="there are: viewer, operator") as failure:
        RoleCatalogue().named(name)
    assert failure.value.code == ErrorCode.CONFIG_INVALID_VALUE


def test_a_role_is_found() -> None:
    """By its name."""
    assert RoleCatalogue().named("deployer").name == "deployer"


def test_a_custom_role_stands_above_what_it_names() -> None:
    """And below the next built-in role; later ones above earlier ones of the same place."""
    catalogue = RoleCatalogue.with_custom(
        [("night-shift", "operator"), ("auditor", "viewer"), ("lead", "night-shift")]
    )
    assert [role.name for role in catalogue] == [
        *("viewer", "auditor", "operator", "night-shift", "lead"),
        *("deployer", "host-admin", "admin"),
    ]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 10**6), max_size=80))
def test_no_custom_role_outgrows_the_next_built_in_one(choices: list[int]) -> None:
    """However many there are and however they are chained, each stands strictly above the role
    it names and below the built-in role that follows."""
    named = NAMES[:-1]
    custom: list[tuple[str, str]] = []
    for number, choice in enumerate(choices):
        below = named[choice % len(named)]
        custom.append((f"custom-{number}", below))
        named = [*named, f"custom-{number}"]
    catalogue = RoleCatalogue.with_custom(custom)
    band = {name: name for name in NAMES}
    for name, below in custom:
        band[name] = band[below]
        following = NAMES[NAMES.index(band[name]) + 1]
        assert catalogue.named(below) < catalogue.named(name) < catalogue.named(following)
    assert len({role.rank for role in catalogue}) == len(NAMES) + len(custom)


def test_a_long_chain_ends_in_an_error() -> None:
    """999 roles fit between two built-in ones; the next would overtake one and is refused."""
    chain = [("c1", "viewer"), *((f"c{n}", f"c{n - 1}") for n in range(2, 1000))]
    catalogue = RoleCatalogue.with_custom(chain)
    assert catalogue.named("c999") < catalogue.named("operator")
    with pytest.raises(ConfigurationError, match="too many roles") as failure:
        RoleCatalogue.with_custom([*chain, ("c1000", "c999")])
    assert failure.value.code == ErrorCode.CONFIG_INVALID_VALUE


@pytest.mark.parametrize(
    ("name", "above", "code"),
    [
        ("admin", "viewer", ErrorCode.CONFIG_DUPLICATE),
        ("viewer", "operator", ErrorCode.CONFIG_DUPLICATE),
        ("super", "admin", ErrorCode.CONFIG_INVALID_VALUE),
        ("super", "nobody", ErrorCode.CONFIG_INVALID_VALUE),
        ("super", "super", ErrorCode.CONFIG_INVALID_VALUE),
        ("super", "Viewer", ErrorCode.CONFIG_INVALID_VALUE),
        ("", "viewer", ErrorCode.CONFIG_INVALID_VALUE),
        ("Super", "viewer", ErrorCode.CONFIG_INVALID_VALUE),
        ("-super", "viewer", ErrorCode.CONFIG_INVALID_VALUE),
        ("su per", "viewer", ErrorCode.CONFIG_INVALID_VALUE),
        ("super\n", "viewer", ErrorCode.CONFIG_INVALID_VALUE),
        ("a" * 65, "viewer", ErrorCode.CONFIG_INVALID_VALUE),
        ("\u0430dmin", "viewer", ErrorCode.CONFIG_INVALID_VALUE),
    ],
)
def test_what_cannot_be_a_custom_role(name: str, above: str, code: ErrorCode) -> None:
    """Taken or malformed names, unknown places, and anything above admin."""
    with pytest.raises(ConfigurationError) as failure:
        RoleCatalogue.with_custom([(name, above)])
    assert failure.value.code == code


def test_two_custom_roles_of_one_name() -> None:
    """The second is refused."""
    with pytest.raises(ConfigurationError) as failure:
        RoleCatalogue.with_custom([("lead", "viewer"), ("lead", "operator")])
    assert failure.value.code == ErrorCode.CONFIG_DUPLICATE


def test_the_catalogue_does_not_change() -> None:
    """It copies what it is made of and cannot be written to."""
    roles = {"viewer": Role(1000, "viewer")}
    catalogue = RoleCatalogue(roles)
    roles["root"] = Role(9999, "root")
    assert list(catalogue.by_name) == ["viewer"]
    with pytest.raises(TypeError):
        catalogue.by_name["root"] = roles["root"]  # type: ignore[index]

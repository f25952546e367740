"""Options of plugins: what each kind takes."""

from __future__ import annotations

import pytest

from dockmesh_auth import OptionType, PluginOption
from dockmesh_auth.host.config.kinds import Refused
from dockmesh_auth.host.config.options import kind_of

SOURCES = PluginOption(
    name="sources", type=OptionType.LIST, choices=("groups", "roles"), description="Some of two."
)


@pytest.mark.parametrize("written", [[], ["roles"], ["groups", "roles"]])
def test_a_list_with_choices_takes_some_of_them(written: list[str]) -> None:
    """In the order in which they are written."""
    assert kind_of(SOURCES).read(written) == tuple(written)


@pytest.mark.parametrize("written", [["role"], ["roles", "Groups"], ["roles", True], [""]])
def test_a_list_with_choices_takes_nothing_else(written: list[object]) -> None:
    """A word that is misspelt is found when the configuration is read."""
    with pytest.raises(ExceptionGroup) as caught:
        kind_of(SOURCES).read(written)
    assert all(isinstance(fault, Refused) for fault in caught.value.exceptions)


def test_a_text_is_no_list() -> None:
    """Nor is one word a list of one."""
    with pytest.raises(Refused, match="must be a list of groups, roles"):
        kind_of(SOURCES).read("roles")


def test_a_list_without_choices_takes_any_texts() -> None:
    """As before."""
    option = PluginOption(name="tenants", type=OptionType.LIST, description="Any.")
    assert kind_of(option).read(["a", "b"]) == ("a", "b")
    assert kind_of(option).schema()["items"]["type"] == "string"
    assert kind_of(SOURCES).schema()["items"] == {"enum": ["groups", "roles"]}

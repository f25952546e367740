"""What a plugin is tried with: its provider as a fake, and somebody who can sign in there."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final, Protocol

from attrs import field, frozen

from dockmesh_auth.testing.fake_provider import FakeUser, Shape

__all__ = ["UNDER_TEST_GROUP", "MakeUnderTest", "ProviderUnderTest"]

UNDER_TEST_GROUP: Final = "dockmesh_auth.under_test"
"""The entry-point group in which a distribution names its `MakeUnderTest`, by the plugin's name."""


@frozen(kw_only=True)
class ProviderUnderTest:
    """The provider that a plugin is tried with.

    Attributes:
        plugin: The module with the hooks.
        shape: The product as a fake. It derives everything that the provider tells of a person's
            groups from `FakeUser.groups`, so that other groups can be tried.
        person: Somebody who may sign in. `subject` is set, so that another name is not another
            person; `groups` is not empty.
        group: One of the person's groups, spelled as a row of `group_mappings` spells it.
        issuer: What an operator writes as `issuer_url`; `{base}` stands for the fake's address.
        settings: What an operator writes besides into the provider's entry in `dockmesh.yaml`:
            the plugin's own options, or keys that every provider has.
    """

    plugin: ModuleType
    shape: Shape = field(factory=Shape)
    person: FakeUser = field()
    group: str = field()
    issuer: str = field()
    settings: Mapping[str, Any] = field(factory=dict)

    @person.default
    def _somebody(self) -> FakeUser:
        return FakeUser(
            name="ada",
            full_name="Ada Example",
            email="ada@example.test",
            groups=("engineers", "staff"),
            subject="5f0c3a52-7d6e-4c8b-9a43-1d2e3f405162",
        )

    @group.default
    def _first_group(self) -> str:
        return self.person.groups[0]

    @issuer.default
    def _plain_issuer(self) -> str:
        return "{base}" + self.shape.issuer_path


class MakeUnderTest(Protocol):
    """The function that the entry point names."""

    def __call__(self) -> ProviderUnderTest:
        """The provider that the plugin is tried with."""
        ...

"""Right plugins, each with the provider that it is for: what mutants are made of."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import frozen

from dockmesh_auth.testing.contract import ProviderUnderTest
from dockmesh_auth.testing.fake_provider import Api, ApiCall, FakeUser, Shape
from dockmesh_auth.testing.fake_provider.paging import paged_by_member

BASES = Path(__file__).with_name("bases")


@frozen
class Family:
    """A right plugin.

    Attributes:
        name: The file of `bases/` that holds it.
        shape: Its provider.
        person: Who signs in there.
    """

    name: str
    shape: Shape
    person: FakeUser | None = None

    def plugin(self) -> ModuleType:
        """The plugin as a new module, which a mutant may change."""
        path = BASES / f"{self.name}.py"
        spec = importlib.util.spec_from_file_location(f"mutant_of_{self.name}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def under_test(self, plugin: ModuleType) -> ProviderUnderTest:
        """*plugin* with this family's provider."""
        people = {} if self.person is None else {"person": self.person}
        return ProviderUnderTest(plugin=plugin, shape=self.shape, **people)


@frozen(kw_only=True)
class DirectoryShape(Shape):
    """Groups are told by an interface, fifty to a page."""

    groups_scope: str = "none"

    def apis(self) -> Sequence[Api]:
        return (Api("memberships", "/memberships", self._memberships),)

    def _memberships(self, call: ApiCall) -> Any:
        entries = [{"name": name} for name in call.user.groups]
        return paged_by_member(call, entries, 50, items_member="groups", next_member="next")


@frozen(kw_only=True)
class ForgeShape(Shape):
    """Plain OAuth 2.0 with an account and teams."""

    sends_id_token: bool = False
    has_discovery: bool = False
    requires_openid: bool = False

    def apis(self) -> Sequence[Api]:
        return (
            Api("account", "/account", self._account),
            Api("teams", "/teams", lambda call: list(call.user.groups)),
        )

    def _account(self, call: ApiCall) -> dict[str, Any]:
        user = call.user
        account = {"id": int(user.subject), "login": user.name, "name": user.full_name}
        return account | {"email": user.email}


STRICT = Family("strict", Shape(groups_claim="teams"))
DIRECTORY = Family("directory", DirectoryShape())
FORGE = Family(
    "forge",
    ForgeShape(),
    FakeUser(
        name="ada",
        full_name="Ada Example",
        email="ada@example.test",
        groups=("engineers", "staff"),
        subject="4711",
    ),
)
FAMILIES = (STRICT, DIRECTORY, FORGE)

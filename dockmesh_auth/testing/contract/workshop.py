"""Makes benches: one for each check, so that none sees what another has left behind."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator, Sequence
from types import ModuleType
from typing import Final

from attrs import field, frozen

from dockmesh_auth.errors import AuthError
from dockmesh_auth.host.answers import type_name
from dockmesh_auth.host.dispatch import Deadlines
from dockmesh_auth.host.lane import DeadlineMissed, Lane
from dockmesh_auth.host.registry import LoadedPlugin, load_module
from dockmesh_auth.testing.clock import FrozenClock
from dockmesh_auth.testing.contract.bench import Bench
from dockmesh_auth.testing.contract.check import broken
from dockmesh_auth.testing.contract.configuration import SITE, Configurations
from dockmesh_auth.testing.contract.switchboard import Switchboard
from dockmesh_auth.testing.contract.under_test import ProviderUnderTest
from dockmesh_auth.testing.fake_provider import FakeClient, FakeProvider

__all__ = ["Workshop"]

# One for all benches of a process, so that the configuration that holds it is read once.
_CLIENT: Final = FakeClient(
    client_id="dockmesh",
    client_secret=secrets.token_hex(32),
    redirect_uris=(f"{SITE}/auth/oidc/callback",),
)


@frozen(eq=False)
class Workshop:
    """Makes benches for one provider under test, one after the other.

    Attributes:
        under_test: What is tried.
        switchboard: Behind which the fake providers stand.
        deadlines: How long the plugin's hooks may take.
        configurations: What was read of the configuration so far.
        search_path: Where distributions are looked for; None for where Python looks.
    """

    under_test: ProviderUnderTest
    switchboard: Switchboard
    deadlines: Deadlines = field(factory=Deadlines)
    configurations: Configurations = field(factory=Configurations)
    search_path: Sequence[str] | None = None

    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        """A new bench; the former one is not used any more.

        Raises:
            ContractBroken: The host would not load the plugin.
            ConfigurationError: An operator could not configure the provider so.
        """
        clock = FrozenClock()
        fake = FakeProvider(
            shape=self.under_test.shape,
            users=[self.under_test.person],
            clients=[_CLIENT],
            clock=clock,
            base_url=self.switchboard.base_url,
        )
        self.switchboard.app = fake.app
        plugin = _loaded(self.under_test.plugin, self.deadlines.pure)
        try:
            bench = Bench(
                self.under_test,
                fake,
                clock,
                self.deadlines,
                plugin,
                self.configurations,
                self.search_path,
            )
            try:
                yield bench
            finally:
                await bench.close()
        finally:
            plugin.lane.close()


def _loaded(module: ModuleType, patience: float) -> LoadedPlugin:
    """The plugin as the host loads it, though it may hang or fail where it describes itself."""
    lane = Lane("describe")
    try:
        outcome = lane.run_blocking(
            lambda: load_module(module, module.dockmesh_auth_describe().name), patience
        )
    except DeadlineMissed:
        broken(f"it did not describe itself within {patience:g} seconds")
    finally:
        lane.close()
    if isinstance(outcome.error, AuthError):
        broken(f"the host does not load it: {outcome.error.code}, {outcome.error.detail}")
    if outcome.error is not None:
        broken(f"describing itself ended in {type_name(outcome.error)}")
    return outcome.unwrap()

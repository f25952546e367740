"""Where a plugin is tried: the host's own sign-in against a fake provider on loopback."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Sequence
from typing import Any, Final

from attrs import define, evolve, field, frozen

from dockmesh_auth.domain.grants import Grant, Origin
from dockmesh_auth.domain.provider import Provider, ResponseMode
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.domain.session import SessionPolicy
from dockmesh_auth.errors import AuthError, PluginError
from dockmesh_auth.host.connection import Connection
from dockmesh_auth.host.dispatch import Deadlines, Stages
from dockmesh_auth.host.registry import LoadedPlugin
from dockmesh_auth.host.sign_in import SignIns
from dockmesh_auth.oidc.http import HttpClient
from dockmesh_auth.oidc.trust import TrustStore
from dockmesh_auth.testing.clock import FrozenClock
from dockmesh_auth.testing.contract.check import broken
from dockmesh_auth.testing.contract.configuration import SITE, SLUG, Configurations
from dockmesh_auth.testing.contract.ledger import Ledger, SignedIn
from dockmesh_auth.testing.contract.recorder import Recorder
from dockmesh_auth.testing.contract.under_test import ProviderUnderTest
from dockmesh_auth.testing.fake_provider import FakeProvider, FakeUser, Problem

__all__ = ["Bench"]

# Read once for all benches of a process: it takes longer than a sign-in.
_AUTHORITIES: Final[dict[str | None, ssl.SSLContext]] = {}
_NOT_OF_THE_PERSON: Final = frozenset({"discovery", "jwks", "token", "pushed_authorization"})


@frozen
class _Randomness:
    def token(self) -> str:
        return secrets.token_urlsafe(32)

    def uuid(self) -> str:
        return "00000000-0000-4000-8000-000000000000"


@define(eq=False)
class Bench:
    """One trial: a fake provider without a past, and a plugin freshly loaded.

    Attributes:
        under_test: What is tried.
        fake: The provider. Its faults and edits are the check's to set.
        clock: The time of host and provider.
        deadlines: How long the plugin's hooks may take.
        plugin: The plugin as the host loads it, what its hooks answer recorded.
        recorder: What they answered.
        search_path: Where distributions are looked for; None for where Python looks.
        provider: The provider as configured.
        connection: The host's side of it.
        ledger: What the last sign-in would have written.
    """

    under_test: ProviderUnderTest
    fake: FakeProvider
    clock: FrozenClock
    deadlines: Deadlines
    plugin: LoadedPlugin
    _configurations: Configurations
    search_path: Sequence[str] | None = None
    recorder: Recorder = field(factory=Recorder, init=False)
    provider: Provider = field(init=False)
    connection: Connection = field(init=False)
    ledger: Ledger = field(factory=Ledger, init=False)
    _clients: list[HttpClient] = field(factory=list, init=False)
    _sign_ins: SignIns = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.recorder.requests = self.fake.requests
        self.plugin = self.recorder.around(self.plugin)
        self.connect(self.configured())

    @property
    def person(self) -> FakeUser:
        """Who signs in unless a check says otherwise."""
        return self.under_test.person

    def configured(self, **settings: Any) -> Provider:
        """The provider as an operator would configure it, with *settings* on top.

        One row of the group mappings gives `operator` to the person's group, one gives `admin` to
        the canary's.
        """
        return self._configurations.provider(
            self.under_test, self.plugin.description, self.fake, settings
        )

    def connect(self, provider: Provider) -> None:
        """Use *provider* from now on, with nothing known of it yet."""
        self.provider = provider
        self._clients.append(HttpClient(clock=self.clock, trust=TrustStore(_AUTHORITIES)))
        stages = Stages(provider, self.plugin, self.deadlines)
        self.connection = Connection(provider, stages, self._clients[-1], self.clock)
        self._sign_ins = SignIns(
            SITE,
            {provider.slug: self.connection},
            SessionPolicy(),
            self.ledger,
            self.clock,
            _Randomness(),
        )

    def give_everybody_a_role(self) -> None:
        """Configure the default role `viewer`: who is in no group that is mapped gets it."""
        default = Grant(RoleCatalogue().named("viewer"), Scope.all_hosts(), Origin.DEFAULT)
        self.connect(evolve(self.provider, default_grant=default))

    async def sign_in(self, person: FakeUser | None = None) -> SignedIn:
        """Sign *person* in as the host does, from the first redirect to the last row.

        Raises:
            AuthError: The sign-in is refused.
            ContractBroken: It failed by the plugin's fault.
        """
        person = person or self.person
        self.fake.users = (person,)
        self.ledger.forget()
        try:
            started = await self._sign_ins.start(SLUG, return_to=None)
            parameters = self.fake.approve(started.url, person.name)
            await self._sign_ins.finish(
                parameters,
                posted=self.provider.response_mode is ResponseMode.FORM_POST,
                slug=None,
                browser_tokens={started.attempt_key: started.browser_token},
            )
        except Problem as problem:
            broken(f"the provider takes no such request: {problem.error}, {problem.description}")
        except PluginError as fault:
            broken(f"the plugin failed: {fault.code}, {fault.detail} ({fault.hook})")
        assert self.ledger.entry is not None
        return self.ledger.entry

    async def outcome(self, person: FakeUser | None = None) -> SignedIn | AuthError:
        """What comes of a sign-in, whichever way it ends."""
        try:
            return await self.sign_in(person)
        except AuthError as refusal:
            return refusal

    def endpoints_of_the_person(self) -> Sequence[str]:
        """The endpoints that were asked about the person so far: userinfo, the product's own."""
        asked = (request.endpoint for request in self.fake.requests)
        return tuple(dict.fromkeys(name for name in asked if name not in _NOT_OF_THE_PERSON))

    async def close(self) -> None:
        """Give connections and the plugin's thread back."""
        for client in self._clients:
            await client.close()
        self.plugin.lane.close()

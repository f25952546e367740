"""Where a plugin is tried: the host's own sign-in against a fake provider on loopback."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import json
import secrets
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs
from attrs import define, evolve, field, frozen
from starlette.types import ASGIApp, Receive, Scope, Send

from dockmesh_auth.domain.provider import Provider, ResponseMode
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.session import SessionPolicy
from dockmesh_auth.errors import AuthError, PluginError
from dockmesh_auth.host.config import build_config, parse_config
from dockmesh_auth.host.connection import Connection
from dockmesh_auth.host.dispatch import Deadlines, Stages
from dockmesh_auth.host.hooks import Implementation
from dockmesh_auth.host.registry import LoadedPlugin, load_module
from dockmesh_auth.host.sign_in import SignIns
from dockmesh_auth.oidc.http import HttpClient
from dockmesh_auth.testing.clock import FrozenClock
from dockmesh_auth.testing.contract.check import broken
from dockmesh_auth.testing.contract.ledger import Ledger, SignedIn
from dockmesh_auth.testing.contract.under_test import ProviderUnderTest
from dockmesh_auth.testing.fake_provider import FakeClient, FakeProvider, FakeUser
from dockmesh_auth.testing.server import served

__all__ = ["CANARY_GROUP", "Bench", "Switchboard", "Workshop", "open_switchboard"]

SITE: Final = "https://dockmesh.example"
CANARY_GROUP: Final = "dockmesh-contract-canary"
"""The group that gives everything, and that nobody is in."""

_NOT_OF_THE_PERSON: Final = frozenset({"discovery", "jwks", "token", "pushed_authorization"})


@frozen
class _Randomness:
    def token(self) -> str:
        return secrets.token_urlsafe(32)

    def uuid(self) -> str:
        return "00000000-0000-4000-8000-000000000000"


@define(eq=False)
class Switchboard:
    """One socket for all benches: the application behind it changes.

    Attributes:
        base_url: Where it listens.
        app: What answers there at the moment.
    """

    base_url: str = ""
    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the present application answer."""
        assert self.app is not None
        await self.app(scope, receive, send)


@contextlib.contextmanager
def open_switchboard() -> Iterator[Switchboard]:
    """A switchboard on loopback for as long as the block lasts."""
    switchboard = Switchboard()
    with served(switchboard) as base_url:
        switchboard.base_url = base_url
        yield switchboard


@define(eq=False)
class Bench:
    """One trial: a fake provider without a past, and a plugin freshly loaded.

    Attributes:
        under_test: What is tried.
        fake: The provider. Its faults and edits are the check's to set.
        clock: The time of host and provider.
        plugin: The plugin as the host loads it; its hooks' answers are kept in `answers`.
        provider: The provider as configured.
        answers: What each hook of the plugin itself answered or raised last, by hook.
        compares_arguments: Whether the arguments of each hook are compared before and after.
        changed: The hooks that changed an argument, then.
    """

    under_test: ProviderUnderTest
    fake: FakeProvider
    clock: FrozenClock
    deadlines: Deadlines
    plugin: LoadedPlugin = field(init=False)
    provider: Provider = field(init=False)
    answers: dict[str, object] = field(factory=dict, init=False)
    ledger: Ledger = field(factory=Ledger, init=False)
    compares_arguments: bool = field(default=False, init=False)
    changed: set[str] = field(factory=set, init=False)
    connection: Connection = field(init=False)
    _clients: list[HttpClient] = field(factory=list, init=False)
    _sign_ins: SignIns = field(init=False)

    def __attrs_post_init__(self) -> None:
        module = self.under_test.plugin
        self.plugin = self._recorded(load_module(module, module.dockmesh_auth_describe().name))
        self.provider = self.configured()
        self.connect(self.provider)

    @property
    def person(self) -> FakeUser:
        """Who signs in unless a check says otherwise."""
        return self.under_test.person

    def configured(self, **settings: Any) -> Provider:
        """The provider as an operator would configure it, with *settings* on top.

        One row of the group mappings gives `operator` to the person's group, one gives `admin` to
        the canary's.
        """
        name = self.plugin.description.name
        entry = {
            "slug": "contract",
            "plugin": name,
            "issuer_url": self.under_test.issuer.replace("{base}", self.fake.base_url),
            "client_id": "dockmesh",
            "client_secret": _secret_of(self.fake.clients[0]),
            "insecure_allow_http": True,
            "allow_private_addresses": True,
            "timeout": 10,
            **self.under_test.settings,
            **settings,
        }
        rows = [
            {"claim_value": self.under_test.group, "role": "operator", "scope": "all"},
            {"claim_value": CANARY_GROUP, "role": "admin", "scope": "all"},
        ]
        document = {
            "server": {"base_url": SITE},
            "database": {"driver": "sqlite", "dsn": ":memory:"},
            "auth": {"providers": [entry], "group_mappings": rows},
        }
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "dockmesh.yaml"
            path.touch(mode=0o600)
            path.write_text(json.dumps(document), encoding="utf-8")  # JSON is YAML
            parsed = parse_config(path, environ={})
            config = build_config(parsed, {name: self.plugin.description}, environ={})
        return config.providers[0]

    def connect(self, provider: Provider) -> None:
        """Use *provider* from now on, with nothing known of it yet."""
        self.provider = provider
        self._clients.append(HttpClient(clock=self.clock))
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
            started = await self._sign_ins.start("contract", return_to=None)
            parameters = self.fake.approve(started.url, person.name)
            await self._sign_ins.finish(
                parameters,
                posted=self.provider.response_mode is ResponseMode.FORM_POST,
                slug=None,
                browser_tokens={started.attempt_key: started.browser_token},
            )
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

    def _recorded(self, plugin: LoadedPlugin) -> LoadedPlugin:
        hooks = {
            name: Implementation(name, self._keeping(name, hook.ask))
            for name, hook in plugin.hooks.items()
        }
        return evolve(plugin, hooks=hooks)

    def _keeping(self, hook: str, ask: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*arguments: Any) -> Any:
            before = self._pictures(arguments)
            try:
                answer = ask(*arguments)
            except BaseException as error:
                self._keep(hook, error, arguments, before)
                raise
            if inspect.isawaitable(answer):
                return self._awaited(hook, answer, arguments, before)
            self._keep(hook, answer, arguments, before)
            return answer

        return asked

    async def _awaited(
        self, hook: str, waiting: Awaitable[Any], arguments: tuple[Any, ...], before: list[str]
    ) -> Any:
        try:
            answer = await waiting
        except BaseException as error:
            self._keep(hook, error, arguments, before)
            raise
        self._keep(hook, answer, arguments, before)
        return answer

    def _keep(
        self, hook: str, answer: object, arguments: tuple[Any, ...], before: list[str]
    ) -> None:
        self.answers[hook] = answer
        if self._pictures(arguments) != before:
            self.changed.add(hook)

    def _pictures(self, arguments: tuple[Any, ...]) -> list[str]:
        return [picture(argument) for argument in arguments] if self.compares_arguments else []


@frozen(eq=False)
class Workshop:
    """Makes benches for one provider under test, one after the other.

    Attributes:
        under_test: What is tried.
        switchboard: Behind which the fake providers stand.
        deadlines: How long the plugin's hooks may take.
    """

    under_test: ProviderUnderTest
    switchboard: Switchboard
    deadlines: Deadlines = field(factory=Deadlines)

    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        """A new bench; the former one is not used any more."""
        client = FakeClient(
            client_id="dockmesh",
            client_secret=secrets.token_hex(32),
            redirect_uris=(f"{SITE}/auth/oidc/callback",),
        )
        clock = FrozenClock()
        fake = FakeProvider(
            shape=self.under_test.shape,
            users=[self.under_test.person],
            clients=[client],
            clock=clock,
            base_url=self.switchboard.base_url,
        )
        self.switchboard.app = fake.app
        bench = Bench(self.under_test, fake, clock, self.deadlines)
        try:
            yield bench
        finally:
            await bench.close()


def _secret_of(client: FakeClient) -> str:
    assert client.client_secret is not None
    return client.client_secret.reveal()


def picture(value: object) -> str:
    """All that *value* holds, as text to compare; secrets are told apart and not shown."""
    if isinstance(value, Secret):
        return hashlib.sha256(value.reveal().encode()).hexdigest()
    if isinstance(value, Mapping):
        return str({str(name): picture(member) for name, member in value.items()})
    if isinstance(value, tuple | frozenset):
        return str([picture(member) for member in value])
    if attrs.has(type(value)):
        names = (attribute.name for attribute in getattr(type(value), "__attrs_attrs__", ()))
        return str([picture(getattr(value, name)) for name in names])
    return repr(value)

"""The host: what an application, the web pages and the command line hold."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Self

import structlog
from attrs import define, field, frozen

from dockmesh_auth.domain.ports import Clock, Randomness, Store
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.session import Session
from dockmesh_auth.errors import AuthError, ConfigurationError
from dockmesh_auth.host.catalogue import Catalogue
from dockmesh_auth.host.config import HostConfig, build_config, parse_config
from dockmesh_auth.host.connection import Connection
from dockmesh_auth.host.dispatch import Deadlines, Stages
from dockmesh_auth.host.registry import PluginRegistry
from dockmesh_auth.host.sign_in import FinishedSignIn, SignIns, StartedSignIn
from dockmesh_auth.host.system import SystemClock, SystemRandomness
from dockmesh_auth.oidc.http import HttpClient

__all__ = ["AuthHost", "Health", "load_config"]

_log = structlog.get_logger("dockmesh_auth.plugins")


@frozen(kw_only=True)
class Health:
    """How the host is doing.

    Attributes:
        ok: Whether sign-ins are possible as far as the host alone can tell: the store answers.
        store: `ok`, or the code of what is wrong.
        providers: For each provider its state, in words; a provider that is away does not make
            the host unhealthy.
    """

    ok: bool
    store: str
    providers: Mapping[str, str]


def load_config(
    path: str | os.PathLike[str],
    *,
    environ: Mapping[str, str] | None = None,
    catalogue: Catalogue | None = None,
) -> tuple[HostConfig, PluginRegistry]:
    """Read `dockmesh.yaml` and load the plugins it enables.

    Args:
        path: The file.
        environ: Where `{env: NAME}` looks; the process's environment by default.
        catalogue: The installed plugins; looked up by default.

    Raises:
        ConfigurationError: The file, a plugin it needs, or the two together cannot be used.
    """
    environ = os.environ if environ is None else environ
    parsed = parse_config(Path(path), environ=environ)
    registry: PluginRegistry | None = None
    try:
        registry = PluginRegistry.load(parsed.plugin_names, catalogue)
        for slug, plugin in parsed.plugin_of_provider.items():
            registry.require(plugin, slug)
        return build_config(parsed, registry.descriptions, environ=environ), registry
    except ConfigurationError as error:
        if registry is not None:
            registry.close()
        if error.location is None:
            error.location = parsed.place_of_plugin(error.plugin)
        raise


@define(eq=False)
class AuthHost:
    """Signs people in through the configured providers.

    Made once for a process, used in one event loop, closed at the end.

    Attributes:
        config: What was configured.
        registry: The plugins.
        providers: The enabled providers by slug, in the order of the configuration.
    """

    config: HostConfig
    registry: PluginRegistry
    _store: Store
    _clock: Clock = field(factory=SystemClock)
    _randomness: Randomness = field(factory=SystemRandomness)
    _deadlines: Deadlines = field(factory=Deadlines)
    providers: Mapping[str, Provider] = field(init=False)
    _http: HttpClient = field(init=False, repr=False)
    _connections: Mapping[str, Connection] = field(init=False, repr=False)
    _sign_ins: SignIns = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.providers = MappingProxyType(
            {provider.slug: provider for provider in self.config.providers}
        )
        self._http = HttpClient(clock=self._clock)
        self._connections = {
            slug: self._connect(provider) for slug, provider in self.providers.items()
        }
        self._sign_ins = SignIns(
            self.config.base_url,
            self._connections,
            self.config.session,
            self._store,
            self._clock,
            self._randomness,
        )

    @classmethod
    def from_config(
        cls,
        path: str | os.PathLike[str],
        *,
        open_store: Callable[[HostConfig], Store],
        environ: Mapping[str, str] | None = None,
        clock: Clock | None = None,
    ) -> Self:
        """The host of a configuration file. Needs no provider to be reachable.

        Args:
            path: `dockmesh.yaml`.
            open_store: Opens the database that the configuration names;
                `dockmesh_auth.open_store` does.
            environ: Where `{env: NAME}` looks; the process's environment by default.
            clock: The time; the machine's by default.

        Raises:
            ConfigurationError: The configuration or a plugin that it needs cannot be used.
            StorageError: The database cannot be used.
        """
        config, registry = load_config(path, environ=environ)
        for plugin in registry.quarantined.values():
            # No provider needs it, or there would be no host; whoever enabled it wants to know.
            _log.warning("plugin_quarantined", plugin=plugin.name, reason=str(plugin.reason))
        store = open_store(config)
        return cls(config, registry, store, SystemClock() if clock is None else clock)

    async def start_sign_in(self, slug: str, *, return_to: str | None) -> StartedSignIn:
        """Begin a sign-in; see `SignIns.start`."""
        return await self._sign_ins.start(slug, return_to=return_to)

    async def finish_sign_in(
        self,
        parameters: Sequence[tuple[str, str]],
        *,
        posted: bool,
        slug: str | None,
        browser_tokens: Mapping[str, Secret],
    ) -> FinishedSignIn:
        """Finish a sign-in; see `SignIns.finish`."""
        return await self._sign_ins.finish(
            parameters, posted=posted, slug=slug, browser_tokens=browser_tokens
        )

    async def read_session(self, token: Secret) -> Session | None:
        """The session of *token* with its user as they are at this moment; None if it is not
        good (any more), or if its provider is not configured any more or is another by now.

        Raises:
            StorageError: The store does not answer; the caller must not let anybody in.
        """
        session = await self._store.read_session(
            token, policy=self.config.session, now=self._clock.now()
        )
        if session is None:
            return None
        provider = self.providers.get(session.provider)
        if provider is None or not provider.vouches_as(session.user.identity.issuer):
            # Nobody whom the operator trusts vouches for this person any more.
            await self._store.end_session(token)
            return None
        return session

    async def end_session(self, token: Secret) -> None:
        """Sign out here: the session of *token* is over, whatever the provider does."""
        await self._store.end_session(token)

    async def health(self) -> Health:
        """How the host is doing; asks the store, not the providers."""
        store = "ok"
        try:
            await self._store.check()
        except AuthError as error:
            store = str(error.code)
        return Health(
            ok=store == "ok",
            store=store,
            providers={slug: link.state for slug, link in self._connections.items()},
        )

    async def close(self) -> None:
        """Give connections, threads and the store back."""
        await self._http.close()
        await self._store.close()
        self.registry.close()

    def _connect(self, provider: Provider) -> Connection:
        plugin = self.registry.require(provider.plugin, provider.slug)
        stages = Stages(provider, plugin, self._deadlines)
        return Connection(provider, stages, self._http, self._clock)

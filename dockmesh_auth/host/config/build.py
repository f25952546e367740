"""The second phase: with the plugins' descriptions, settings become providers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.session import SessionPolicy
from dockmesh_auth.errors import ErrorCode
from dockmesh_auth.hookspecs import PluginDescription
from dockmesh_auth.host.config.checks import provider_path
from dockmesh_auth.host.config.identities import conflicts_of
from dockmesh_auth.host.config.options import read_options
from dockmesh_auth.host.config.parse import ParsedConfig
from dockmesh_auth.host.config.problems import KeyPath, Problem, error_of, told
from dockmesh_auth.host.config.providers import ProviderBuilder
from dockmesh_auth.host.config.secrets_in_place import Secrets

__all__ = ["DatabaseConfig", "HostConfig", "build_config"]


@frozen(kw_only=True)
class DatabaseConfig:
    """Where users, sessions and attempts are kept.

    Attributes:
        driver: `sqlite` or `postgres`.
        dsn: Where the database is; may hold a password.
    """

    driver: str
    dsn: Secret


@frozen(kw_only=True)
class HostConfig:
    """Everything that an operator decides, checked.

    Attributes:
        path: The file it comes from, whole.
        base_url: Scheme, host and port of this site, without a slash at the end.
        database: Where things are kept.
        providers: The enabled providers in the order of the file.
        session: How long sessions live.
        roles: The roles that exist.
        plugin_names: The enabled plugins.
        warnings: What an administrator should look at, each with its place.
    """

    path: Path
    base_url: str
    database: DatabaseConfig
    providers: tuple[Provider, ...]
    session: SessionPolicy = field(factory=SessionPolicy)
    roles: RoleCatalogue = field(factory=RoleCatalogue)
    plugin_names: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def build_config(
    parsed: ParsedConfig,
    descriptions: Mapping[str, PluginDescription],
    *,
    environ: Mapping[str, str],
) -> HostConfig:
    """Apply the plugins' defaults, check their options, fetch the secrets.

    Args:
        parsed: What `parse_config` gave.
        descriptions: What the plugins of `parsed.plugin_names` say of themselves.
        environ: Where `{env: NAME}` looks.

    Raises:
        ConfigurationError: Something is wrong. The error is the first fault in the file; its
            `others` are all the rest.
    """
    settings, positions = parsed.settings, parsed.positions
    problems: list[Problem] = []
    warnings: list[tuple[KeyPath, str]] = []
    secrets = Secrets(positions.folder, environ, problems, warnings)
    dsn = secrets.resolve(settings.database.dsn, ("database", "dsn"))
    builder = ProviderBuilder(settings.auth, parsed.roles, secrets, problems)
    providers: list[tuple[int, Provider]] = []
    for index, provider in enumerate(settings.auth.providers):
        description = descriptions.get(provider.plugin)
        if provider.enabled and description is not None:
            built = builder.build(index, provider, description)
            providers.extend([] if built is None else [(index, built)])
        elif provider.enabled:
            problems.append(_not_installed(provider.plugin, index))
        elif description is not None:
            problems.extend(read_options(provider.options, description, provider_path(index))[1])
    problems.extend(conflicts_of(providers))
    if problems or dsn is None:
        raise error_of(problems, positions)
    session = settings.auth.session
    return HostConfig(
        path=positions.folder / positions.file.name,
        base_url=parsed.base_url,
        database=DatabaseConfig(driver=settings.database.driver, dsn=dsn),
        providers=tuple(provider for _, provider in providers),
        session=SessionPolicy(idle=session.idle, absolute=session.absolute),
        roles=parsed.roles,
        plugin_names=parsed.plugin_names,
        warnings=parsed.warnings + told(warnings, positions),
    )


def _not_installed(plugin: str, index: int) -> Problem:
    text = f"the plugin {plugin!r} is not installed"
    path = provider_path(index, "plugin")
    return Problem(path, ErrorCode.PLUGIN_NOT_INSTALLED, text, plugin=plugin)

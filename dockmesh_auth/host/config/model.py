"""The keys of `dockmesh.yaml` that concern sign-in: what each takes, means and defaults to.

The single place where a key is declared. Reading, JSON Schema and the reference page follow it.
"""

# ruff: noqa: RUF009 - `key` is `attrs.field` with a meaning

from __future__ import annotations

from typing import Final

from attrs import evolve, frozen

from dockmesh_auth.domain.groups import MAX_GROUP_NAME
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.domain.session import SessionPolicy
from dockmesh_auth.host.config import addresses, letters
from dockmesh_auth.host.config.kinds import Choice, ListOf, OneOf, Text
from dockmesh_auth.host.config.names import PLUGIN, ROLE, SLUG
from dockmesh_auth.host.config.provider_settings import ProviderSettings
from dockmesh_auth.host.config.quantities import Duration
from dockmesh_auth.host.config.scope_lists import ScopeText
from dockmesh_auth.host.config.secret_sources import SecretKind, SecretSource
from dockmesh_auth.host.config.sections import Section, key

__all__ = [
    "FOREIGN_AUTH_KEYS",
    "AuthSettings",
    "DatabaseSettings",
    "DefaultRoleSettings",
    "FileSettings",
    "MappingSettings",
    "RoleSettings",
    "ServerSettings",
    "SessionSettings",
]

FOREIGN_AUTH_KEYS: Final = frozenset({"jwt_secret", "access_token_ttl", "refresh_token_ttl"})
"""Keys of `auth:` that are dockmesh's own. Neither read nor kept here."""


@frozen(kw_only=True)
class MappingSettings:
    """A row of `auth.group_mappings`."""

    claim_value: str = key(
        Text("text", longest=MAX_GROUP_NAME, rule=letters.visible_text),
        "A group's name as the provider writes it; compared exactly.",
    )
    role: str = key(ROLE, "The role that it gives.")
    scope: Scope = key(ScopeText(), "Where the role holds: `all`, `tag=NAME` or a list of tags.")
    provider: str | None = key(
        SLUG,
        "The slug of the provider that the row holds for.",
        default=None,
        unset="all providers",
    )


@frozen(kw_only=True)
class DefaultRoleSettings:
    """`auth.default_role`, written out."""

    role: str = key(ROLE, "The role.")
    scope: Scope = key(ScopeText(), "Where it holds: `all`, `tag=NAME` or a list of tags.")


@frozen(kw_only=True)
class RoleSettings:
    """An entry of `auth.roles`."""

    name: str = key(ROLE, "The role's name.")
    above: str = key(ROLE, "The role just below it, built in or named before it.")


@frozen(kw_only=True)
class SessionSettings:
    """`auth.session`."""

    idle: int = key(
        Duration("1m", "24h"),
        "How long a session lives without a request.",
        default=SessionPolicy().idle,
        unset="60m",
    )
    absolute: int = key(
        Duration("5m", "30d"),
        "How long a session lives in any case.",
        default=SessionPolicy().absolute,
        unset="24h",
    )


def _everywhere(role: str) -> DefaultRoleSettings:
    return DefaultRoleSettings(role=role, scope=Scope.all_hosts())


@frozen(kw_only=True)
class AuthSettings:
    """`auth:`, strict."""

    plugins: tuple[str, ...] | None = key(
        ListOf(PLUGIN, "plugins"),
        "The plugins that may be loaded; the built-in always may.",
        default=None,
        unset="those that enabled providers name",
    )
    providers: tuple[ProviderSettings, ...] = key(
        ListOf(Section(ProviderSettings, "a section with a provider", rest="options"), "providers"),
        "The identity providers, in the order of the login page.",
    )
    group_mappings: tuple[MappingSettings, ...] = key(
        ListOf(Section(MappingSettings, "a section with claim_value, role and scope"), "rows"),
        "Which group gives which role where. Rows add up.",
        default=(),
        unset="no row: groups give nothing",
    )
    default_role: DefaultRoleSettings | None = key(
        OneOf(
            (
                (
                    str,
                    evolve(ROLE, rule=_everywhere),
                ),
                (dict, Section(DefaultRoleSettings, "a section with role and scope")),
            ),
            "the name of a role, or a section with role and scope",
        ),
        "What a person gets whom no row matches: a role on all hosts, or a role and its scope.",
        default=None,
        unset="nothing, and no entry",
    )
    roles: tuple[RoleSettings, ...] = key(
        ListOf(Section(RoleSettings, "a section with name and above"), "roles"),
        "Roles besides viewer, operator, deployer, host-admin and admin.",
        default=(),
        unset="none",
    )
    session: SessionSettings = key(
        Section(SessionSettings, "a section with idle and absolute"),
        "How long people stay signed in.",
        default=SessionSettings(),
        unset="the defaults of its keys",
    )


@frozen(kw_only=True)
class ServerSettings:
    """`server:`, of which only this is ours."""

    base_url: str | None = key(
        Text("an https URL without a path", longest=2048, rule=addresses.base_url),
        "The address under which people reach this site; the redirect URI begins with it.",
        default=None,
        unset="the environment variable `DOCKMESH_BASE_URL`",
    )


@frozen(kw_only=True)
class DatabaseSettings:
    """`database:`, of which only this is ours."""

    driver: str = key(Choice(("sqlite", "postgres")), "Which database it is.")
    dsn: SecretSource = key(
        SecretKind(), "Where it is: a file for sqlite, a postgresql:// URL for postgres."
    )


@frozen(kw_only=True)
class FileSettings:
    """The file, of which these sections are ours."""

    server: ServerSettings = key(
        Section(ServerSettings, "a section", foreign=None),
        "dockmesh's server; keys that are not named here are not looked at.",
        default=ServerSettings(),
        unset="empty",
    )
    database: DatabaseSettings = key(
        Section(DatabaseSettings, "a section with driver and dsn", foreign=None),
        "dockmesh's database; keys that are not named here are not looked at.",
    )
    auth: AuthSettings = key(
        Section(AuthSettings, "a section", foreign=FOREIGN_AUTH_KEYS), "Sign-in."
    )

"""The keys of `dockmesh.yaml` that concern sign-in: what each takes, means and defaults to.

The single place where a key is declared. Reading, JSON Schema and the reference page follow it.
"""

# ruff: noqa: RUF009 - `key` is `attrs.field` with a meaning

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from attrs import field, frozen

from dockmesh_auth.domain.claims import ClaimPath
from dockmesh_auth.domain.provider import (
    DEFAULT_ALGORITHMS,
    ClientAuthentication,
    MissingGroups,
    ResponseMode,
    UserinfoPolicy,
)
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.domain.session import SessionPolicy
from dockmesh_auth.host.config import addresses, letters
from dockmesh_auth.host.config.kinds import (
    Choice,
    Duration,
    Flag,
    ListOf,
    Number,
    OneOf,
    Text,
    Whole,
)
from dockmesh_auth.host.config.scope_lists import ClaimName, ScopeList, ScopeText
from dockmesh_auth.host.config.secret_sources import SecretKind, SecretSource
from dockmesh_auth.host.config.sections import Section, key

__all__ = [
    "ALGORITHMS",
    "BUILT_IN",
    "FOREIGN_AUTH_KEYS",
    "UNSET",
    "AuthSettings",
    "DatabaseSettings",
    "DefaultRoleSettings",
    "FileSettings",
    "MappingSettings",
    "ProviderSettings",
    "RoleSettings",
    "ServerSettings",
    "SessionSettings",
    "Unset",
]

BUILT_IN: Final = "oidc"
"""The plugin of a provider that names none."""

FOREIGN_AUTH_KEYS: Final = frozenset({"jwt_secret", "access_token_ttl", "refresh_token_ttl"})
"""Keys of `auth:` that are dockmesh's own. Neither read nor kept here."""

ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519", "HS256", "HS384", "HS512"),
)
"""The signature algorithms that may be listed. `none` is not among them and never will be."""

_SLUG: Final = "[a-z0-9][a-z0-9-]{0,62}"
_ROLE: Final = "[a-z0-9][a-z0-9-]{0,63}"
_PLUGIN: Final = "[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,99}"


class Unset(Enum):
    """A key that is not written, where `null` means something else."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


def _slug(meaning: str, **default: Any) -> Any:
    words = "a slug: a-z, 0-9 and -, at most 63 characters"
    return key(Text(words, pattern=_SLUG, longest=63), meaning, **default)


def _role(meaning: str) -> Any:
    return key(Text("the name of a role: a-z, 0-9 and -", pattern=_ROLE, longest=64), meaning)


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _path(meaning: str, **default: Any) -> Any:
    return key(
        Text("the path of a file", longest=4096, rule=letters.visible_text), meaning, **default
    )


@frozen(kw_only=True)
class ProviderSettings:
    """An entry of `auth.providers`."""

    slug: str = _slug("The provider's name in addresses; part of the redirect URI.")
    plugin: str = key(
        Text("the name of a plugin", pattern=_PLUGIN, longest=100),
        "The plugin that adapts the provider; `oidc` is standard OpenID Connect, built in.",
        default=BUILT_IN,
    )
    display_name: str | None = key(
        Text("text", longest=80, rule=letters.visible_text),
        "What the login page calls the provider.",
        default=None,
        unset="the slug",
    )
    issuer_url: str = key(
        Text("an https URL", longest=2048, rule=addresses.issuer),
        "The issuer, exactly as the provider's discovery document writes it; a slash at the end"
        " counts.",
    )
    discovery_url: str | None = key(
        Text("an https URL", longest=2048, rule=addresses.discovery_url),
        "Where the discovery document is.",
        default=None,
        unset="`/.well-known/openid-configuration` below the issuer",
    )
    client_id: str = key(
        Text("text of printable ASCII characters", pattern="[ -~]+", longest=512),
        "Our name at the provider.",
    )
    client_secret: SecretSource | None = key(
        SecretKind(),
        "What proves to the provider who we are.",
        default=None,
        unset="none, for `client_authentication: none` only",
    )
    client_authentication: ClientAuthentication | None = key(
        Choice(ClientAuthentication),
        "How it is proved at the token endpoint.",
        default=None,
        unset="as the plugin says; for the built-in `client_secret_basic`",
    )
    scopes: tuple[str, ...] | None = key(
        ScopeList(),
        "What is asked for; `openid` must be among them.",
        default=None,
        unset="as the plugin says; for the built-in `openid profile email`",
    )
    groups_claim: ClaimPath | Unset | None = key(
        ClaimName(),
        "The claim that holds the groups, or a path of names with dots into an object; `null`"
        " for none.",
        default=UNSET,
        unset="as the plugin says; for the built-in none",
    )
    missing_groups: MissingGroups = key(
        Choice(MissingGroups),
        "What it means when that claim is not there: `refuse` the sign-in, or take it for"
        " `no_groups`.",
        default=MissingGroups.REFUSE,
    )
    enabled: bool = key(Flag(), "Whether the provider is in use.", default=True)
    id_token_algorithms: tuple[str, ...] = key(
        ListOf(Choice(ALGORITHMS), "algorithms", fewest=1),
        "The signature algorithms that are accepted for ID tokens, and no others.",
        default=DEFAULT_ALGORITHMS,
        unset="`" + ", ".join(DEFAULT_ALGORITHMS) + "`",
    )
    clock_skew: int = key(
        Whole(0, 300), "Seconds that the provider's clock and ours may differ.", default=60
    )
    max_age: int | None = key(
        Duration("0s", "30d"),
        "How long ago a person may have signed in at the provider at most.",
        default=None,
        unset="any time",
    )
    trusted_audiences: tuple[str, ...] = key(
        ListOf(Text("text", longest=512, rule=letters.visible_text), "client ids"),
        "Other clients that an ID token may also be meant for.",
        default=(),
        unset="none",
    )
    userinfo: UserinfoPolicy = key(
        Choice(UserinfoPolicy),
        "When the userinfo endpoint is asked; `auto` asks it if the ID token lacks the groups.",
        default=UserinfoPolicy.AUTO,
    )
    response_mode: ResponseMode = key(
        Choice(ResponseMode),
        "How the browser brings the answer back.",
        default=ResponseMode.QUERY,
    )
    own_callback: bool = key(
        Flag(),
        "Whether the redirect URI carries the slug: `/auth/oidc/SLUG/callback` instead of"
        " `/auth/oidc/callback`.",
        default=False,
    )
    auto_login: bool = key(
        Flag(),
        "Whether people are sent there without a login page; at most one provider.",
        default=False,
    )
    decryption_key: tuple[SecretSource, ...] = key(
        OneOf(
            (
                (list, ListOf(SecretKind(), "secrets", fewest=1)),
                (str, SecretKind()),
                (dict, SecretKind()),
            ),
            "a secret or a list of secrets",
        ),
        "Our private key in PEM form for encrypted ID tokens, or several while they change.",
        default=(),
        unset="none; encrypted tokens are refused",
        converter=_several,
    )
    allow_private_addresses: bool = key(
        Flag(),
        "Whether the provider may have a private, loopback or link-local address.",
        default=False,
    )
    insecure_allow_http: bool = key(
        Flag(),
        "Whether a provider on this very machine may be called by plain http. For tests.",
        default=False,
    )
    allowed_hosts: tuple[str, ...] = key(
        ListOf(Text("a host", longest=262, rule=addresses.host_name), "hosts"),
        "Hosts beside the issuer's that its endpoints may lie on, as `host` or `host:port`.",
        default=(),
        unset="none",
    )
    ca_file: str | None = _path(
        "A PEM file with the authorities to trust for this provider, relative to this file.",
        default=None,
        unset="the system's authorities",
    )
    timeout: float = key(
        Number(0.1, 60), "Seconds that one request to the provider may take.", default=5.0
    )
    options: Mapping[str, Any] = field(factory=dict, repr=False)


@frozen(kw_only=True)
class MappingSettings:
    """A row of `auth.group_mappings`."""

    claim_value: str = key(
        Text("text", longest=1024, rule=letters.claim_value),
        "A group's name as the provider writes it; compared exactly.",
    )
    role: str = _role("The role that it gives.")
    scope: Scope = key(ScopeText(), "Where the role holds: `all`, `tag=NAME` or a list of tags.")
    provider: str | None = _slug(
        "The slug of the provider that the row holds for.", default=None, unset="all providers"
    )


@frozen(kw_only=True)
class DefaultRoleSettings:
    """`auth.default_role`, written out."""

    role: str = _role("The role.")
    scope: Scope = key(ScopeText(), "Where it holds: `all`, `tag=NAME` or a list of tags.")


@frozen(kw_only=True)
class RoleSettings:
    """An entry of `auth.roles`."""

    name: str = _role("The role's name.")
    above: str = _role("The role just below it, built in or named before it.")


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
        ListOf(Text("the name of a plugin", pattern=_PLUGIN, longest=100), "plugins"),
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
                    Text("the name of a role", pattern=_ROLE, longest=64, rule=_everywhere),
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

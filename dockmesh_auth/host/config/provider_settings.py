"""The keys of an entry of `auth.providers`."""

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
    PushedAuthorization,
    ResponseMode,
    UserinfoPolicy,
)
from dockmesh_auth.host.config import addresses, letters
from dockmesh_auth.host.config.kinds import Choice, Flag, ListOf, OneOf, Text
from dockmesh_auth.host.config.names import BUILT_IN, PLUGIN, SLUG
from dockmesh_auth.host.config.quantities import Duration, Number, Whole
from dockmesh_auth.host.config.scope_lists import ClaimName, ScopeList
from dockmesh_auth.host.config.secret_sources import SecretKind, SecretSource
from dockmesh_auth.host.config.sections import key
from dockmesh_auth.oidc.jws import SUPPORTED_ALGORITHMS

__all__ = ["UNSET", "ProviderSettings", "Unset"]


class Unset(Enum):
    """A key that is not written, where `null` means something else."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


@frozen(kw_only=True)
class ProviderSettings:
    """An entry of `auth.providers`."""

    slug: str = key(SLUG, "The provider's name in addresses, in the group mappings and in the log.")
    plugin: str = key(
        PLUGIN,
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
        ListOf(Choice(tuple(sorted(SUPPORTED_ALGORITHMS))), "algorithms", fewest=1),
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
    pushed_authorization_requests: PushedAuthorization = key(
        Choice(PushedAuthorization),
        "When requests are sent to the provider ahead of the browser (RFC 9126); `auto` does it"
        " if the provider demands it.",
        default=PushedAuthorization.AUTO,
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
    ca_file: str | None = key(
        Text("the path of a file", longest=4096, rule=letters.visible_text),
        "A PEM file with the authorities to trust for this provider, relative to this file.",
        default=None,
        unset="the system's authorities",
    )
    timeout: float = key(
        Number(0.1, 60), "Seconds that one request to the provider may take.", default=5.0
    )
    options: Mapping[str, Any] = field(factory=dict, repr=False)

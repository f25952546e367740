"""A provider as the operator configured it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from attrs import field, frozen

from dockmesh_auth.domain.claims import ClaimPath
from dockmesh_auth.domain.grants import Grant, MappingTable
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.tenants import Tenants

__all__ = [
    "DEFAULT_ALGORITHMS",
    "ClientAuthentication",
    "MissingGroups",
    "NetworkRules",
    "OptionValue",
    "Provider",
    "PushedAuthorization",
    "ResponseMode",
    "UserinfoPolicy",
]

OptionValue = str | bool | int | tuple[str, ...] | None
"""What a plugin's own option may hold, once it is read."""

DEFAULT_ALGORITHMS = ("RS256", "ES256", "EdDSA", "Ed25519")
"""Signature algorithms that are accepted unless the configuration says otherwise."""


class ClientAuthentication(StrEnum):
    """How we prove to the token endpoint who we are (OpenID Connect Core 1.0, section 9)."""

    CLIENT_SECRET_BASIC = "client_secret_basic"  # noqa: S105 - the name of a method
    CLIENT_SECRET_POST = "client_secret_post"  # noqa: S105 - the name of a method
    NONE = "none"


class ResponseMode(StrEnum):
    """How the browser brings the authorization response back."""

    QUERY = "query"
    FORM_POST = "form_post"


class PushedAuthorization(StrEnum):
    """When an authorization request is sent ahead of the browser (RFC 9126)."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class UserinfoPolicy(StrEnum):
    """When the userinfo endpoint is asked."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class MissingGroups(StrEnum):
    """What it means when a provider says nothing of somebody's groups."""

    REFUSE = "refuse"
    NO_GROUPS = "no_groups"


@frozen(kw_only=True)
class NetworkRules:
    """What requests to a provider may do.

    Attributes:
        allow_private_addresses: Whether private, loopback and link-local addresses may be
            connected to.
        insecure_allow_http: Whether plain http is accepted. For tests and demonstrations.
        allowed_hosts: Hosts beside the issuer's that its endpoints may lie on.
        ca_file: A PEM file with the authorities to trust instead of the system's.
        timeout: Seconds that one whole request may take.
        max_answer: Bytes that one answer may have, after decoding.
    """

    allow_private_addresses: bool = False
    insecure_allow_http: bool = False
    allowed_hosts: frozenset[str] = frozenset()
    ca_file: str | None = None
    timeout: float = 5.0
    max_answer: int = 262_144


def _read_only(options: Mapping[str, OptionValue]) -> Mapping[str, OptionValue]:
    return MappingProxyType(dict(options))


@frozen(kw_only=True)
class Provider:
    """An OpenID provider as configured: everything that is decided here and not there.

    Attributes:
        slug: Its name in addresses and in the configuration.
        plugin: The plugin that adapts it; `oidc` is the built-in standard.
        display_name: What the login page calls it.
        issuer: The issuer, exactly as the provider writes it; with `tenants` the address that
            stands for all of them.
        tenants: Whose people may sign in, if one document serves many issuers; else None.
        subject_claim: The claim that names a person beside the issuer, as the plugin says.
        id_token: Whether the provider sends ID tokens; if not, its plugin asks who it is.
        discovery_url: Where the document is, if not below the issuer.
        client_id: Our name at the provider.
        client_secret: What proves it; None for a public client.
        client_authentication: How it is proved.
        scopes: What is asked for; `openid` is among them.
        groups_claim: Where the groups stand; None if the provider has none to give.
        missing_groups: What it means when that claim is not there.
        id_token_algorithms: The signature algorithms that are accepted, and no others.
        clock_skew: Seconds that the two clocks may differ, 0 to 300.
        max_age: Seconds since the person's last active sign-in there; None for any.
        trusted_audiences: Other clients that a token may also be meant for.
        userinfo: When the userinfo endpoint is asked.
        response_mode: How the browser brings the answer back.
        pushed_authorization_requests: When requests are sent ahead of the browser; by itself
            where the provider demands it.
        own_callback: Whether the redirect URI carries the slug, against mix-up.
        auto_login: Whether a signed-out person is sent there without a login page.
        decryption_keys: Our private keys (PEM) for encrypted ID tokens.
        mappings: The group mappings that hold for this provider.
        default_grant: What a person gets whom no mapping matches; None: nothing, and no entry.
        network: What requests to it may do.
        options: The plugin's own options, checked against its description.
    """

    slug: str
    plugin: str = "oidc"
    display_name: str
    issuer: str
    tenants: Tenants | None = None
    subject_claim: str = "sub"
    id_token: bool = True
    discovery_url: str | None = None
    client_id: str
    client_secret: Secret | None = None
    client_authentication: ClientAuthentication = ClientAuthentication.CLIENT_SECRET_BASIC
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    groups_claim: ClaimPath | None = None
    missing_groups: MissingGroups = MissingGroups.REFUSE
    id_token_algorithms: tuple[str, ...] = DEFAULT_ALGORITHMS
    clock_skew: int = 60
    max_age: int | None = None
    trusted_audiences: frozenset[str] = frozenset()
    userinfo: UserinfoPolicy = UserinfoPolicy.AUTO
    response_mode: ResponseMode = ResponseMode.QUERY
    pushed_authorization_requests: PushedAuthorization = PushedAuthorization.AUTO
    own_callback: bool = False
    auto_login: bool = False
    decryption_keys: tuple[Secret, ...] = ()
    mappings: MappingTable = field(factory=MappingTable, repr=False)
    default_grant: Grant | None = None
    network: NetworkRules = field(factory=NetworkRules)
    options: Mapping[str, OptionValue] = field(factory=dict, converter=_read_only)

    @property
    def document_issuer(self) -> str:
        """The issuer that the discovery document has to name."""
        return self.issuer if self.tenants is None else self.tenants.document_issuer

    def vouches_as(self, issuer: str) -> bool:
        """Whether *issuer* is one whose people this provider may vouch for."""
        if self.tenants is None:
            return issuer == self.issuer
        return issuer in self.tenants.issuers

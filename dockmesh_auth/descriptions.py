"""What a plugin says of itself: the values of `dockmesh_auth_describe`, part of the contract."""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen

from dockmesh_auth.domain.provider import ClientAuthentication, OptionValue

__all__ = ["OptionType", "PluginDescription", "PluginOption", "TenantRule"]


class OptionType(StrEnum):
    """The type of a plugin's own option in the configuration."""

    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    CHOICE = "choice"
    LIST = "list"


@frozen(kw_only=True)
class PluginOption:
    """An option that a plugin adds to its providers in the configuration.

    Attributes:
        name: The key; a-z and underscores.
        type: What may be written. A `list` is one of texts; the plugin gets a tuple.
        default: What holds if the key is not written.
        choices: The values of a choice. A list that has some takes no other texts.
        description: One sentence for administrators.
    """

    name: str
    type: OptionType = OptionType.TEXT
    default: OptionValue = None
    choices: tuple[str, ...] = ()
    description: str


@frozen(kw_only=True)
class TenantRule:
    """How a provider serves many tenants with one discovery document.

    The operator may then configure the shared address as the issuer, and lists the tenants whose
    people may sign in. The host holds issuer and tenant of every token against that list.

    Attributes:
        claim: The claim of the ID token that names the tenant.
        placeholder: What the document's issuer has where a tenant's own has its name.
        shared: The names that stand for more than one tenant there, as a segment of the path.
        option: The plugin's option, of type `list`, in which the operator lists the tenants.
    """

    claim: str
    placeholder: str
    shared: tuple[str, ...]
    option: str


@frozen(kw_only=True)
class PluginDescription:
    """What a plugin says of itself.

    Attributes:
        name: The name that `plugin:` in the configuration refers to; equal to the entry point's.
        display_name: What people read.
        contract_version: The contract it was written for: write the number, do not import it.
        scopes: The scopes a provider asks for if its configuration names none.
        groups_claim: The claim that holds groups if the configuration names none.
        client_authentication: How the client authenticates if the configuration does not say.
        options: The plugin's own options.
        subject_claim: The claim that names a person beside the issuer, for good: a string that is
            never given to somebody else. Another than `sub` only where `sub` is not that.
        id_token: Whether the provider sends ID tokens. Plain OAuth 2.0 does not: then
            `dockmesh_auth_fetch_user` has to be there, and says who the person is.
        hosts: Hosts beside the issuer's that the provider's endpoints and interfaces lie on, as
            `host` or `host:port`. The access token may be sent there.
        tenants: How many tenants share a discovery document; None if each has its own.
    """

    name: str
    display_name: str
    contract_version: int
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    groups_claim: str | None = None
    client_authentication: ClientAuthentication = ClientAuthentication.CLIENT_SECRET_BASIC
    options: tuple[PluginOption, ...] = field(default=())
    subject_claim: str = "sub"
    id_token: bool = True
    hosts: tuple[str, ...] = ()
    tenants: TenantRule | None = None

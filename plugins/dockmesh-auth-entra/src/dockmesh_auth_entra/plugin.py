"""What Microsoft Entra ID does differently from standard OpenID Connect.

- A person is `oid` in the tenant `tid`, which the issuer names. `sub` is another one for each
  application; addresses and user names are nobody's for good and never identify.
- What `group_mappings` is held against are the app roles, the ids of groups, or both. Names of
  groups are not accepted: several groups can have one, and anybody who makes a group chooses it.
- Whoever is in more than 200 groups has a token that only says so. Their groups are then asked for
  at Microsoft Graph, and never at the address that the token names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from dockmesh_auth import (
    ClaimPath,
    Claims,
    ClientAuthentication,
    ErrorCode,
    Fetch,
    Groups,
    GroupState,
    OptionType,
    PluginDescription,
    PluginOption,
    Profile,
    Provider,
    ProviderError,
    ProviderMetadata,
    TenantRule,
    TokenRejected,
    build_profile,
    fetch_pages,
    hookimpl,
    next_by_member,
)

PERSONAL_ACCOUNTS: Final = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant of all personal Microsoft accounts, which anybody can make."""

_GUID: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ISSUER: Final = re.compile(r"https?://[^/]+/([^/]+)/v2\.0")
_DEFAULT_SOURCES: Final = ("app_roles",)
_APP_ROLES: Final = ClaimPath("roles")
_GROUP_IDS: Final = ClaimPath("groups")
# A page of 999 ids has about 100 kB. A cast (`microsoft.graph.group`) is an advanced query, which
# needs the count and the header.
_MEMBERSHIPS: Final = (
    "/v1.0/me/transitiveMemberOf/microsoft.graph.group?$count=true&$select=id&$top=999"
)
_ADVANCED_QUERY: Final = {"ConsistencyLevel": "eventual"}
_KNOWN: Final = frozenset({GroupState.PRESENT, GroupState.EMPTY})


@hookimpl
def dockmesh_auth_describe() -> PluginDescription:
    """Entra ID: `oid` names the person, the issuer their tenant; Graph is beside it."""
    return PluginDescription(
        name="entra",
        display_name="Microsoft Entra ID",
        contract_version=1,
        scopes=("openid", "profile", "email"),
        client_authentication=ClientAuthentication.CLIENT_SECRET_POST,
        options=(
            PluginOption(
                name="tenants",
                type=OptionType.LIST,
                default=(),
                description="The ids of the tenants whose people may sign in, if issuer_url has"
                " common or organizations in the place of one tenant's id.",
            ),
            PluginOption(
                name="sources",
                type=OptionType.LIST,
                choices=("app_roles", "groups"),
                default=_DEFAULT_SOURCES,
                description="What claim_value in group_mappings is: the value of an app role, the"
                " object id of a group, or either.",
            ),
            PluginOption(
                name="graph_url",
                description="Where Microsoft Graph is, if not on the host of the userinfo endpoint."
                " Its host has to be in allowed_hosts.",
            ),
        ),
        subject_claim="oid",
        hosts=("graph.microsoft.com",),
        tenants=TenantRule(
            claim="tid",
            placeholder="{tenantid}",
            shared=("common", "organizations"),
            option="tenants",
        ),
    )


@hookimpl
def dockmesh_auth_discover(provider: Provider) -> None:
    """Refuse issuers that name no tenant for good; the built-in fetches the document.

    Raises:
        ProviderError: `DISCOVERY_UNSUPPORTED`.
    """
    match = _ISSUER.fullmatch(provider.issuer)
    if match is None:
        raise _unsupported("has to look like https://login.microsoftonline.com/TENANT-ID/v2.0")
    tenants = [match[1]] if provider.tenants is None else provider.tenants.issuers.values()
    for tenant in tenants:
        if tenant in {"consumers", PERSONAL_ACCOUNTS}:
            raise _unsupported("is for personal accounts, which anybody can make")
        if not _is_guid(tenant):
            raise _unsupported(f"or tenants name {tenant!r}, not a tenant's id; names change hands")


@hookimpl
async def dockmesh_auth_extract_claims(
    provider: Provider, metadata: ProviderMetadata, claims: Claims, fetch: Fetch
) -> Profile:
    """Names out of the token; app roles and groups out of it, or groups from Microsoft Graph.

    Raises:
        TokenRejected: `TOKEN_KIND_WRONG`, `CLAIM_MALFORMED` or `ISSUER_MISMATCH`.
        ProviderError: The groups had to be fetched and could not be.
    """
    _check_token(claims)
    sources = provider.options.get("sources") or _DEFAULT_SOURCES
    assert isinstance(sources, tuple)
    found = [_read_app_roles(claims)] if "app_roles" in sources else []
    if "groups" in sources:
        found.append(await _group_ids(provider, metadata, claims, fetch))
    # One that is not known makes the whole unknown: a part of a list is not the list.
    unknown = [groups for groups in found if groups.state not in _KNOWN]
    names = (name for groups in found for name in groups.names)
    return build_profile(claims, unknown[0] if unknown else Groups.of(names))


def _check_token(claims: Claims) -> None:
    if claims.get("ver") != "2.0":
        problem = "the token is not of version 2.0: issuer_url has to end in /v2.0"
        raise TokenRejected(ErrorCode.TOKEN_KIND_WRONG, problem)
    for name in ("oid", "tid"):
        if not _is_guid(claims.get(name)):
            problem = f"the token's claim {name} is not a GUID in lower case"
            raise TokenRejected(ErrorCode.CLAIM_MALFORMED, problem, evidence={"claim": name})
    # Without a list of tenants the host compares the issuer alone.
    issuer = _ISSUER.fullmatch(claims.issuer)
    if issuer is None or issuer[1] != claims["tid"]:
        problem = "the token's claim tid names another tenant than its issuer"
        raise TokenRejected(ErrorCode.ISSUER_MISMATCH, problem)


def _read_app_roles(claims: Claims) -> Groups:
    """The app roles. Entra sends those that there are, without a setting and without a limit, and
    no claim if there are none: that is knowledge, unlike a missing claim of groups.
    """
    roles = Groups.read(claims, _APP_ROLES) if "roles" in claims else Groups.of(())
    if any(_is_guid(name.lower()) for name in roles.names):
        return Groups.malformed("an app role has a value that looks like the id of a group")
    return roles


async def _group_ids(
    provider: Provider, metadata: ProviderMetadata, claims: Claims, fetch: Fetch
) -> Groups:
    groups = Groups.read(claims, provider.groups_claim or _GROUP_IDS)
    if groups.state is GroupState.OVERAGE:
        graph = provider.options.get("graph_url") or _origin(metadata.userinfo_endpoint)
        groups = await _fetch_group_ids(str(graph).removesuffix("/"), fetch)
    if groups.state is GroupState.ABSENT and provider.missing_groups.value == "no_groups":
        return Groups.of(())  # as the operator says, so that app roles beside them count
    if not all(_is_guid(name) for name in groups.names):
        return Groups.malformed("an entry of the groups is not the object id of a group")
    return groups


async def _fetch_group_ids(graph: str, fetch: Fetch) -> Groups:
    """The ids of all groups that the person is in, also through others."""
    pages = fetch_pages(
        fetch,
        graph + _MEMBERSHIPS,
        next_page=next_by_member("@odata.nextLink"),
        headers=_ADVANCED_QUERY,
    )
    found = [name async for page in pages for name in _ids(page)]
    if not found:
        return Groups.overage("the token has too many groups to send, and Graph shows none of them")
    return Groups.of(found)


def _ids(page: object) -> list[str]:
    entries = page.get("value") if isinstance(page, Mapping) else None
    if isinstance(entries, tuple):
        ids = [entry.get("id") if isinstance(entry, Mapping) else None for entry in entries]
        names = [name for name in ids if isinstance(name, str)]
        if len(names) == len(ids):
            return names
    raise ProviderError(
        ErrorCode.PROVIDER_ANSWER_MALFORMED, "a page of Microsoft Graph is not a list of groups"
    )


def _origin(url: str | None) -> str:
    parts = urlsplit(url or "https://graph.microsoft.com")
    return f"{parts.scheme}://{parts.netloc}"


def _is_guid(value: object) -> bool:
    return isinstance(value, str) and _GUID.fullmatch(value) is not None


def _unsupported(problem: str) -> ProviderError:
    return ProviderError(ErrorCode.DISCOVERY_UNSUPPORTED, f"issuer_url {problem}")

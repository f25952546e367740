"""What Keycloak does differently from standard OpenID Connect. Everything else is the built-in's.

- Its tokens say what they are in the claim `typ`: `ID`, `Bearer`, `Logout`. Another than `ID` is
  no ID token, whatever else it holds.
- Roles stand in the access token only. If they are asked for, the access token is held against
  the ID token before its roles are believed.
- Groups are paths, such as `/staff/ops`. The name behind the last slash is not unique.
- An empty list is never sent: nothing said is not the same as no groups.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from dockmesh_auth import (
    ClaimPath,
    Claims,
    ErrorCode,
    Expectation,
    Fetch,
    Groups,
    GroupState,
    OptionType,
    PluginDescription,
    PluginOption,
    Profile,
    Provider,
    ProviderMetadata,
    TokenRejected,
    TokenResponse,
    TokenVerifier,
    fetch_profile,
    hookimpl,
    validate_id_token,
)

_REALM: Final = "realm:"
_CLIENT: Final = "client:"
_NOISE: Final = re.compile("default-roles-.*|offline_access|uma_authorization", re.DOTALL)
"""The roles that everybody in a realm has; the realm's name follows the first."""


@hookimpl
def dockmesh_auth_describe() -> PluginDescription:
    """Keycloak: groups by a mapper of the client; no scope for them, an unknown one is an error."""
    return PluginDescription(
        name="keycloak",
        display_name="Keycloak",
        contract_version=1,
        scopes=("openid", "profile", "email"),
        groups_claim="groups",
        options=(
            PluginOption(
                name="sources",
                type=OptionType.LIST,
                choices=tuple(_READERS),
                default=("groups",),
                description="What group_mappings may name: groups, `realm:ROLE`, `client:ROLE`.",
            ),
            PluginOption(
                name="group_names",
                type=OptionType.CHOICE,
                choices=("full_path", "last_part"),
                default="full_path",
                description="Groups by path (`/staff/ops`), or by its last part (`ops`), which"
                " groups with another parent can have as well.",
            ),
        ),
    )


@hookimpl
def dockmesh_auth_validate_token(
    provider: Provider,
    metadata: ProviderMetadata,
    verifier: TokenVerifier,
    tokens: TokenResponse,
    expected: Expectation,
) -> Claims:
    """The claims of the ID token, and the roles of the access token if they are a source.

    Raises:
        TokenRejected: One of the tokens is refused.
    """
    claims = validate_id_token(provider, metadata, verifier, tokens, expected)
    if claims.get("typ") != "ID":
        raise TokenRejected(ErrorCode.TOKEN_KIND_WRONG, "the token's claim typ is not ID")
    if not {"realm_roles", "client_roles"}.intersection(_sources(provider)):
        return claims
    try:
        access = verifier.open(tokens.access_token)
        _check_access_token(access, claims, provider, expected.now)
    except TokenRejected as refusal:
        detail = f"the access token, which holds the roles: {refusal.detail}"
        raise TokenRejected(refusal.code, detail, evidence=refusal.evidence) from None
    roles = {name: access[name] for name in ("realm_access", "resource_access") if name in access}
    return claims.merged_with(Claims(roles, issuer=claims.issuer, subject=claims.subject))


def _check_access_token(
    access: Mapping[str, Any], claims: Claims, provider: Provider, now: float
) -> None:
    """Whether it is an access token of this realm, person and client, and good at this time.

    Its audience is whom it may be shown to, and need not be us: `azp` is whom it was issued to.
    """
    for name, wanted, code in (
        ("typ", "Bearer", ErrorCode.TOKEN_KIND_WRONG),
        ("iss", claims.issuer, ErrorCode.ISSUER_MISMATCH),
        ("sub", claims.subject, ErrorCode.ACCESS_TOKEN_HASH_MISMATCH),
        ("azp", provider.client_id, ErrorCode.AUTHORIZED_PARTY_MISMATCH),
    ):
        if access.get(name) != wanted:
            problem = code if name in access else ErrorCode.CLAIM_MISSING
            raise TokenRejected(problem, f"its claim {name} is not as it should be")
    for name in ("exp", "iat"):
        if type(access.get(name)) not in {int, float}:
            raise TokenRejected(ErrorCode.CLAIM_MALFORMED, f"its claim {name} is not a number")
    if not access["exp"] + provider.clock_skew > now:
        raise TokenRejected(ErrorCode.TOKEN_EXPIRED, "it has expired")
    if not access["iat"] - provider.clock_skew <= now:
        raise TokenRejected(ErrorCode.TOKEN_NOT_YET_VALID, "it was issued in the future")


@hookimpl
async def dockmesh_auth_extract_claims(
    provider: Provider, metadata: ProviderMetadata, claims: Claims, fetch: Fetch
) -> Profile:
    """The standard claims as the built-in reads them, and the names of all configured sources."""
    read = partial(read_sources, provider)
    return await fetch_profile(provider, metadata, claims, fetch, read_groups=read)


def read_sources(provider: Provider, claims: Claims) -> Groups:
    """The names of all configured sources together.

    Names that are known count even where another source says nothing, since Keycloak says nothing
    of an empty one. Without any name it is known that there are none only if every source says so.
    """
    found = [_READERS[source](provider, claims) for source in _sources(provider)]
    for groups in found:
        if groups.state in {GroupState.MALFORMED, GroupState.OVERAGE}:
            return groups
    names = [name for groups in found for name in groups.names]
    silent = [groups.detail for groups in found if groups.state is GroupState.ABSENT]
    if not names and (silent or not found):
        return Groups.absent(", ".join(silent) or "no source of groups is configured")
    return Groups.of(names)


def _sources(provider: Provider) -> tuple[str, ...]:
    sources = provider.options["sources"]
    assert isinstance(sources, tuple)
    return sources


def _groups(provider: Provider, claims: Claims) -> Groups:
    """The claim of the group mapper: paths, or of each only what follows the last slash."""
    path = provider.groups_claim or ClaimPath("groups")
    found = Groups.read(claims, path)
    if not found.names:
        return found
    if provider.options["group_names"] == "full_path":
        if all(name.startswith("/") for name in found.names):
            return found
        return Groups.malformed(f"the claim {path} holds a name that is no path with a slash")
    parts = [name.rpartition("/")[2] for name in found.names]
    sent = path.find(claims)
    if isinstance(sent, tuple) and len(set(parts)) < len(sent):
        return Groups.malformed(f"two groups in the claim {path} have the same last part")
    if any(part.startswith((_REALM, _CLIENT)) for part in parts):
        return Groups.malformed(f"a group in the claim {path} is called like a role")
    return Groups.of(parts)


def _realm_roles(_provider: Provider, claims: Claims) -> Groups:
    roles = _at(claims, "realm_access", "roles")
    names = [_REALM + role for role in roles.names if not _NOISE.fullmatch(role)]
    return Groups.of(names) if roles.names else roles


def _client_roles(provider: Provider, claims: Claims) -> Groups:
    roles = _at(claims, "resource_access", provider.client_id, "roles")
    return Groups.of([_CLIENT + role for role in roles.names]) if roles.names else roles


def _at(claims: Claims, *steps: str) -> Groups:
    """The names at a path whose steps are taken literally: a client id may hold dots."""
    value: Any = claims
    for number, step in enumerate(steps):
        if not isinstance(value, Mapping):
            return Groups.malformed(f"the claim {'.'.join(steps[:number])} is not an object")
        if step not in value:
            return Groups.absent(f"there is no claim {'.'.join(steps[: number + 1])}")
        value = value[step]
    place = ".".join(steps)
    return Groups.read({place: value}, ClaimPath(place))


_READERS: Final = {"groups": _groups, "realm_roles": _realm_roles, "client_roles": _client_roles}

"""Standard OpenID Connect as a plugin: what holds for every provider unless its plugin differs."""

from __future__ import annotations

from typing import Final

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.grants import Grants
from dockmesh_auth.domain.groups import Groups, GroupState
from dockmesh_auth.domain.identity import Profile
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Fetch, TokenVerifier
from dockmesh_auth.domain.provider import MissingGroups, Provider, UserinfoPolicy
from dockmesh_auth.domain.tokens import Expectation, TokenResponse
from dockmesh_auth.errors import AccessDenied, ErrorCode
from dockmesh_auth.hookspecs import PluginDescription, hookimpl
from dockmesh_auth.oidc.discovery import document_url, parse_metadata
from dockmesh_auth.oidc.id_token import validate_id_token
from dockmesh_auth.oidc.userinfo import parse_userinfo

MAX_NAME: Final = 255
"""Characters of a name that are kept."""

_NOT_SENT: Final = frozenset({GroupState.ABSENT, GroupState.OVERAGE})


@hookimpl
def dockmesh_auth_describe() -> PluginDescription:
    """Standard OpenID Connect, without a groups claim of its own."""
    return PluginDescription(name="oidc", display_name="OpenID Connect", contract_version=1)


@hookimpl
async def dockmesh_auth_discover(provider: Provider, fetch: Fetch) -> ProviderMetadata:
    """OpenID Connect Discovery 1.0, section 4."""
    return parse_metadata(await fetch(document_url(provider)), provider)


@hookimpl
def dockmesh_auth_validate_token(
    provider: Provider,
    metadata: ProviderMetadata,
    verifier: TokenVerifier,
    tokens: TokenResponse,
    expected: Expectation,
) -> Claims:
    """OpenID Connect Core 1.0, section 3.1.3.7."""
    return validate_id_token(provider, metadata, verifier, tokens, expected)


@hookimpl
async def dockmesh_auth_extract_claims(
    provider: Provider, metadata: ProviderMetadata, claims: Claims, fetch: Fetch
) -> Profile:
    """Standard claims (OpenID Connect Core 1.0, section 5.1) and the configured groups claim."""
    groups = _groups(provider, claims)
    if _userinfo_is_needed(provider, metadata, groups):
        assert metadata.userinfo_endpoint is not None
        answer = await fetch(metadata.userinfo_endpoint, with_access_token=True)
        claims = claims.merged_with(parse_userinfo(answer, claims, provider))
        # What is signed stays, also where userinfo has it under a name that would be found first.
        groups = _groups(provider, claims) if groups.state in _NOT_SENT else groups
    username = _name(claims, "preferred_username") or _name(claims, "nickname")
    return Profile(
        username=username,
        display_name=_name(claims, "name") or username,
        email=_name(claims, "email"),
        groups=groups,
    )


@hookimpl
def dockmesh_auth_resolve_roles(provider: Provider, profile: Profile) -> Grants:
    """The rows of all the person's groups; the default role if none matches."""
    groups = profile.groups
    if not groups.names:  # with names they are known
        _check_known(provider, groups)
    grants = provider.mappings.resolve(groups.names)
    if not grants and provider.default_grant is not None:
        return Grants((provider.default_grant,))
    return grants


def _check_known(provider: Provider, groups: Groups) -> None:
    if groups.state is GroupState.MALFORMED:
        raise AccessDenied(ErrorCode.GROUPS_MALFORMED, groups.detail)
    if groups.state is GroupState.OVERAGE:
        raise AccessDenied(ErrorCode.GROUPS_OVERAGE, groups.detail)
    if groups.state is GroupState.ABSENT and provider.missing_groups is MissingGroups.REFUSE:
        raise AccessDenied(ErrorCode.GROUPS_ABSENT, groups.detail)


def _userinfo_is_needed(provider: Provider, metadata: ProviderMetadata, groups: Groups) -> bool:
    if metadata.userinfo_endpoint is None or provider.userinfo is UserinfoPolicy.NEVER:
        return False
    return provider.userinfo is UserinfoPolicy.ALWAYS or groups.state in _NOT_SENT


def _groups(provider: Provider, claims: Claims) -> Groups:
    if provider.groups_claim is None:
        return Groups.of(())
    return Groups.read(claims, provider.groups_claim)


def _name(claims: Claims, claim: str) -> str:
    name = (claims.text(claim) or "")[:MAX_NAME]
    if not name.isprintable():
        name = "".join(letter if letter.isprintable() else " " for letter in name)
    return name.strip()

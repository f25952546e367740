"""Standard OpenID Connect as a plugin: what holds for every provider unless its plugin differs."""

from __future__ import annotations

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.grants import Grants
from dockmesh_auth.domain.groups import Groups, GroupState
from dockmesh_auth.domain.identity import Profile
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Fetch, TokenVerifier
from dockmesh_auth.domain.provider import MissingGroups, Provider
from dockmesh_auth.domain.tokens import Expectation, TokenResponse
from dockmesh_auth.errors import AccessDenied, ErrorCode
from dockmesh_auth.hookspecs import PluginDescription, hookimpl
from dockmesh_auth.oidc.discovery import document_url, parse_metadata
from dockmesh_auth.oidc.id_token import validate_id_token
from dockmesh_auth.oidc.profile import fetch_profile


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
    return await fetch_profile(provider, metadata, claims, fetch)


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

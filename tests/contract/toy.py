"""A third party's plugin that answers every stage itself."""

from __future__ import annotations

from dockmesh_auth import (
    AccessDenied,
    Claims,
    ErrorCode,
    Expectation,
    Grants,
    Groups,
    GroupState,
    PluginDescription,
    Profile,
    Provider,
    ProviderMetadata,
    TokenResponse,
    TokenVerifier,
    hookimpl,
    validate_id_token,
)


@hookimpl
def dockmesh_auth_describe() -> PluginDescription:
    return PluginDescription(
        name="toy", display_name="Toy", contract_version=1, groups_claim="teams"
    )


@hookimpl
def dockmesh_auth_validate_token(
    provider: Provider,
    metadata: ProviderMetadata,
    verifier: TokenVerifier,
    tokens: TokenResponse,
    expected: Expectation,
) -> Claims:
    return validate_id_token(provider, metadata, verifier, tokens, expected)


@hookimpl
async def dockmesh_auth_extract_claims(claims: Claims) -> Profile:
    return Profile(username=claims.text("preferred_username") or "", groups=_teams(claims))


@hookimpl
def dockmesh_auth_resolve_roles(provider: Provider, profile: Profile) -> Grants:
    if profile.groups.state not in {GroupState.PRESENT, GroupState.EMPTY}:
        raise AccessDenied(ErrorCode.PLUGIN_DENIED, profile.groups.detail)
    return provider.mappings.resolve(profile.groups.names)


def _teams(claims: Claims) -> Groups:
    teams = claims.get("teams")
    if isinstance(teams, str):
        return Groups.of([teams])
    if not isinstance(teams, tuple):
        return Groups.malformed("teams is not a list")
    return Groups.of(teams)

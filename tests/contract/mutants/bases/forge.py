"""A right plugin for plain OAuth 2.0: no discovery, no ID token, an account with a number."""

from __future__ import annotations

from collections.abc import Mapping

from dockmesh_auth import (
    Claims,
    ErrorCode,
    Groups,
    PluginDescription,
    ProviderError,
    ProviderMetadata,
    TokenRejected,
    build_profile,
    fetch_json,
    hookimpl,
)


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(
        name="forge",
        display_name="Forge",
        contract_version=1,
        scopes=("profile",),
        id_token=False,
    )


@hookimpl
def dockmesh_auth_discover(provider):
    return ProviderMetadata(
        issuer=provider.issuer,
        authorization_endpoint=f"{provider.issuer}/authorize",
        token_endpoint=f"{provider.issuer}/token",
    )


@hookimpl
async def dockmesh_auth_fetch_user(provider, fetch):
    account = await fetch_json(fetch, f"{provider.issuer}/account")
    if not isinstance(account, Mapping):
        raise TokenRejected(ErrorCode.CLAIM_MALFORMED, "the account is no object")
    return Claims(
        {"preferred_username": account.get("login"), "name": account.get("name")},
        issuer=provider.issuer,
        subject=subject_of(account),
    )


def subject_of(account):
    number = account.get("id")
    if type(number) is not int:
        raise TokenRejected(ErrorCode.CLAIM_MALFORMED, "the account has no number")
    return str(number)


@hookimpl
async def dockmesh_auth_extract_claims(provider, claims, fetch):
    return build_profile(claims, await read_groups(provider, fetch))


async def read_groups(provider, fetch):
    teams = await fetch_json(fetch, f"{provider.issuer}/teams")
    if not isinstance(teams, tuple):
        raise ProviderError(ErrorCode.PROVIDER_ANSWER_MALFORMED, "the teams are no list")
    return Groups.of(teams)

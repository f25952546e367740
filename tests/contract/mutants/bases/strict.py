"""A right plugin that answers every stage itself and believes nothing that it has not checked."""

from __future__ import annotations

from dockmesh_auth import (
    AccessDenied,
    Claims,
    ErrorCode,
    Grants,
    Groups,
    GroupState,
    OptionType,
    PluginDescription,
    PluginOption,
    Profile,
    ProviderError,
    ProviderMetadata,
    TokenRejected,
    hookimpl,
)

YEAR_2200 = 7_258_118_400


@hookimpl
def dockmesh_auth_describe():
    return description()


def description():
    return PluginDescription(
        name="strict",
        display_name="Strict Identity",
        contract_version=1,
        groups_claim="teams",
        options=(
            PluginOption(
                name="region",
                type=OptionType.CHOICE,
                choices=("eu", "us"),
                default="eu",
                description="Where the tenant is kept.",
            ),
        ),
    )


@hookimpl
async def dockmesh_auth_discover(provider, fetch):
    document = await read_document(provider, fetch)
    if document.get("issuer") != provider.issuer:
        raise ProviderError(ErrorCode.DISCOVERY_ISSUER_MISMATCH)
    return metadata_of(provider, document)


async def read_document(provider, fetch):
    answer = await fetch(f"{provider.issuer}/.well-known/openid-configuration")
    if answer.status != 200:
        raise ProviderError(ErrorCode.PROVIDER_STATUS, f"status {answer.status}")
    try:
        document = answer.json()
    except ValueError:
        raise ProviderError(ErrorCode.DISCOVERY_INCOMPLETE, "not JSON") from None
    if not isinstance(document, dict):
        raise ProviderError(ErrorCode.DISCOVERY_INCOMPLETE, "not an object")
    return document


def metadata_of(provider, document):
    endpoints = {
        name: document.get(name)
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
    }
    if not all(isinstance(url, str) for url in endpoints.values()):
        raise ProviderError(ErrorCode.DISCOVERY_INCOMPLETE, "an endpoint is missing")
    return ProviderMetadata(issuer=provider.issuer, **endpoints)


@hookimpl
def dockmesh_auth_validate_token(provider, verifier, tokens, expected):
    if tokens.id_token is None:
        raise TokenRejected(ErrorCode.ID_TOKEN_MISSING)
    claims = open_token(provider, verifier, tokens)
    check_kind(claims)
    check_issuer(provider, claims)
    check_subject(claims)
    check_audience(provider, claims)
    check_party(provider, claims)
    check_end(claims, expected.now - provider.clock_skew)
    check_beginning(claims, expected.now + provider.clock_skew)
    check_nonce(claims, expected.nonce)
    check_access_token(verifier, tokens, claims)
    return vouched(claims, tokens)


def open_token(provider, verifier, tokens):
    return verifier.open(tokens.id_token)


def vouched(claims, tokens):
    return Claims(claims, issuer=claims["iss"], subject=claims["sub"])


def check_kind(claims):
    if "events" in claims:
        raise TokenRejected(ErrorCode.TOKEN_KIND_WRONG)


def check_issuer(provider, claims):
    if claims.get("iss") != provider.issuer:
        raise TokenRejected(ErrorCode.ISSUER_MISMATCH)


def check_subject(claims):
    subject = claims.get("sub")
    good = isinstance(subject, str) and 0 < len(subject) <= 255 and subject.isprintable()
    if not good:
        raise TokenRejected(ErrorCode.CLAIM_MALFORMED)


def check_audience(provider, claims):
    if claims.get("aud") not in (provider.client_id, [provider.client_id]):
        raise TokenRejected(ErrorCode.AUDIENCE_MISMATCH)


def check_party(provider, claims):
    if claims.get("azp", provider.client_id) != provider.client_id:
        raise TokenRejected(ErrorCode.AUTHORIZED_PARTY_MISMATCH)


def check_end(claims, earliest):
    if not earliest < seconds(claims, "exp") < YEAR_2200:
        raise TokenRejected(ErrorCode.TOKEN_EXPIRED)


def check_beginning(claims, latest):
    if seconds(claims, "iat") > latest:
        raise TokenRejected(ErrorCode.TOKEN_EXPIRED)
    if "nbf" in claims and seconds(claims, "nbf") > latest:
        raise TokenRejected(ErrorCode.TOKEN_EXPIRED)


def seconds(claims, name):
    value = claims.get(name)
    if type(value) not in (int, float):
        raise TokenRejected(ErrorCode.CLAIM_MALFORMED, f"{name} is no number")
    return value


def check_nonce(claims, nonce):
    if claims.get("nonce") != nonce:
        raise TokenRejected(ErrorCode.NONCE_MISMATCH)


def check_access_token(verifier, tokens, claims):
    digest = claims.get("at_hash", "")
    if not isinstance(digest, str) or (
        "at_hash" in claims
        and not verifier.matches_access_token(tokens.id_token, digest, tokens.access_token)
    ):
        raise TokenRejected(ErrorCode.ACCESS_TOKEN_HASH_MISMATCH)


@hookimpl
def dockmesh_auth_extract_claims(claims):
    username = claims.text("preferred_username") or claims.subject
    return Profile(
        username=username,
        display_name=claims.text("name") or username,
        email=claims.text("email") or "",
        groups=read_teams(claims),
    )


def read_teams(claims):
    teams = claims.get("teams")
    if teams is None:
        return Groups.absent("there is no claim teams")
    if not isinstance(teams, tuple):
        return Groups.malformed("teams is no list")
    return Groups.of(teams)


@hookimpl
def dockmesh_auth_resolve_roles(provider, profile):
    if profile.groups.state not in {GroupState.PRESENT, GroupState.EMPTY}:
        raise AccessDenied(ErrorCode.GROUPS_MALFORMED, profile.groups.detail)
    return grants_of(provider, profile) or default_of(provider)


def grants_of(provider, profile):
    return provider.mappings.resolve(profile.groups.names)


def default_of(provider):
    return Grants(() if provider.default_grant is None else (provider.default_grant,))

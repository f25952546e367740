"""GitHub: OAuth 2.0 without discovery and without ID tokens.

- Where the endpoints are follows from the issuer: that of github.com, or of a GitHub Enterprise.
- Who somebody is, is the number of their account. Logins are given up and taken by others.
- Groups are the organisations that the person is a member of, `acme`, and the teams there,
  `acme/ops`. Neither name can hold a slash, so none can be taken for another.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Final

from dockmesh_auth import (
    AccessDenied,
    Claims,
    ClientAuthentication,
    ErrorCode,
    Fetch,
    Groups,
    OptionType,
    PluginDescription,
    PluginOption,
    Profile,
    Provider,
    ProviderError,
    ProviderMetadata,
    TokenRejected,
    build_profile,
    fetch_json,
    fetch_pages,
    hookimpl,
    next_by_link,
)

_PUBLIC: Final = "https://github.com"
_ISSUER_PATH: Final = "/login/oauth"
_HEADERS: Final = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
# A team comes with its organisation, 4 to 5 kB: a hundred of them would be too large an answer.
_MEMBERSHIPS: Final = "/user/memberships/orgs?state=active&per_page=50"
_TEAMS: Final = "/user/teams?per_page=50"
_MAX_ID: Final = 2**63


@hookimpl
def dockmesh_auth_describe() -> PluginDescription:
    """GitHub: no ID token; the API is on a host of its own."""
    return PluginDescription(
        name="github",
        display_name="GitHub",
        contract_version=1,
        scopes=("read:user", "read:org"),
        client_authentication=ClientAuthentication.CLIENT_SECRET_POST,
        options=(
            PluginOption(
                name="organisations",
                type=OptionType.LIST,
                default=(),
                description="Only members of at least one of these organisations may sign in, and"
                " only these and their teams are groups. Empty: all organisations.",
            ),
            PluginOption(
                name="spelling",
                type=OptionType.CHOICE,
                choices=("names", "ids"),
                default="names",
                description="How organisations and teams are written: by name (acme/ops), or by"
                " number (1234/567), which never changes hands.",
            ),
        ),
        id_token=False,
        hosts=("api.github.com",),
    )


@hookimpl
def dockmesh_auth_discover(provider: Provider) -> ProviderMetadata:
    """The endpoints, which follow from the issuer.

    Raises:
        ProviderError: `DISCOVERY_UNSUPPORTED`: the issuer is not GitHub's, or all the world would
            get the default role.
    """
    everybody = provider.default_grant is not None and not _organisations(provider)
    if _site(provider) == _PUBLIC and everybody:
        raise _unsupported(
            "with default_role, and without organisations, everybody at GitHub would be let in"
        )
    return ProviderMetadata(
        issuer=provider.issuer,
        authorization_endpoint=f"{provider.issuer}/authorize",
        token_endpoint=f"{provider.issuer}/access_token",
    )


@hookimpl
async def dockmesh_auth_fetch_user(provider: Provider, fetch: Fetch) -> Claims:
    """Who signed in, by the number of the account.

    Raises:
        TokenRejected: `CLAIM_MALFORMED`: there is no such number.
        ProviderError: It could not be fetched.
    """
    account = await fetch_json(fetch, f"{_api(provider)}/user", headers=_HEADERS)
    number = _id(account)
    if number is None or not isinstance(account, Mapping):
        raise TokenRejected(ErrorCode.CLAIM_MALFORMED, "the account has no number for its id")
    names = {"preferred_username": "login", "name": "name", "email": "email"}
    claims = {claim: account.get(member) for claim, member in names.items()}
    return Claims(claims, issuer=provider.issuer, subject=str(number))


@hookimpl
async def dockmesh_auth_extract_claims(provider: Provider, claims: Claims, fetch: Fetch) -> Profile:
    """Names out of the account; organisations and teams from the API.

    An organisation that has not approved this application is not shown to it: such a membership
    does not exist here, and GitHub gives no sign of it.

    Raises:
        AccessDenied: `PLUGIN_DENIED`: the person is in none of the listed organisations.
        ProviderError: They could not be fetched, all of them.
    """
    listed = _organisations(provider)
    names: dict[int | None, str] = {}
    async for entry in _entries(provider, fetch, _MEMBERSHIPS):
        organisation = entry.get("organization")
        name = _spelt(provider, organisation, "login")
        # Others are invitations; who is only invited to a repository is not listed at all.
        if entry.get("state") == "active" and (name in listed or not listed):
            names[_id(organisation)] = name
    if listed and not names:
        raise AccessDenied(
            ErrorCode.PLUGIN_DENIED,
            "a member of none of the organisations, or of one that has not approved the OAuth app",
        )
    groups = list(names.values())
    async for team in _entries(provider, fetch, _TEAMS):
        name = _spelt(provider, team, "slug")
        organisation = _id(team.get("organization"))  # none: a team of a whole enterprise
        if organisation in names:
            groups.append(f"{names[organisation]}/{name}")
    return build_profile(claims, Groups.of(groups))


async def _entries(
    provider: Provider, fetch: Fetch, path: str
) -> AsyncIterator[Mapping[str, object]]:
    url = _api(provider) + path
    async for page in fetch_pages(fetch, url, next_page=next_by_link, headers=_HEADERS):
        for entry in page if isinstance(page, tuple) else (None,):
            if not isinstance(entry, Mapping):
                raise _malformed("a page is not a list of objects")
            yield entry


def _id(entry: object) -> int | None:
    number = entry.get("id") if isinstance(entry, Mapping) else None
    return number if type(number) is int and 0 < number < _MAX_ID else None


def _spelt(provider: Provider, entry: object, member: str) -> str:
    """How an organisation or a team is called in the configuration."""
    number, name = _id(entry), entry.get(member) if isinstance(entry, Mapping) else None
    if number is None or not isinstance(name, str) or not name or "/" in name:
        raise _malformed(f"an entry has no id, or no {member} without a slash")
    return str(number) if provider.options.get("spelling") == "ids" else name


def _organisations(provider: Provider) -> tuple[str, ...]:
    listed = provider.options.get("organisations")
    return listed if isinstance(listed, tuple) else ()


def _api(provider: Provider) -> str:
    """Where the API is: on a host of its own in GitHub's cloud, else below the site."""
    site = _site(provider)
    if site == _PUBLIC or site.endswith(".ghe.com"):
        return site.replace("://", "://api.", 1)
    return f"{site}/api/v3"


def _site(provider: Provider) -> str:
    """Scheme and host of the issuer. GitHub calls itself `https://github.com/login/oauth`, in the
    parameter `iss` of its responses (RFC 9207).
    """
    site = provider.issuer.removesuffix(_ISSUER_PATH)
    if site == provider.issuer or site.count("/") != len("//"):
        raise _unsupported(f"issuer_url has to be the host's address and {_ISSUER_PATH}")
    return site


def _unsupported(detail: str) -> ProviderError:
    return ProviderError(ErrorCode.DISCOVERY_UNSUPPORTED, detail)


def _malformed(detail: str) -> ProviderError:
    return ProviderError(ErrorCode.PROVIDER_ANSWER_MALFORMED, f"the API of GitHub: {detail}")

"""A right plugin that fetches groups, page by page, from the product's own interface."""

from __future__ import annotations

from collections.abc import Mapping

from dockmesh_auth import (
    ErrorCode,
    Groups,
    PluginDescription,
    ProviderError,
    build_profile,
    fetch_pages,
    hookimpl,
    next_by_member,
)


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(
        name="directory", display_name="Directory", contract_version=1, scopes=("openid", "profile")
    )


@hookimpl
async def dockmesh_auth_extract_claims(provider, claims, fetch):
    return build_profile(claims, await read_groups(provider, fetch))


async def read_groups(provider, fetch):
    names = []
    async for page in fetch_pages(
        fetch, f"{provider.issuer}/memberships", next_page=next_by_member("next")
    ):
        names += names_on(page)
    return Groups.of(names)


def names_on(page):
    entries = page.get("groups") if isinstance(page, Mapping) else None
    if not isinstance(entries, tuple):
        raise malformed("a page has no list of groups")
    for entry in entries:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
            raise malformed("a group has no name")
    return [entry["name"] for entry in entries]


def malformed(detail):
    return ProviderError(ErrorCode.PROVIDER_ANSWER_MALFORMED, detail)

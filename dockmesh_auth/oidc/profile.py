"""Names and groups out of claims, and out of userinfo if it must be asked.

OpenID Connect Core 1.0, sections 5.1 and 5.3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.groups import Groups, GroupState
from dockmesh_auth.domain.identity import Profile
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Fetch
from dockmesh_auth.domain.provider import Provider, UserinfoPolicy
from dockmesh_auth.oidc.userinfo import parse_userinfo

__all__ = ["ReadGroups", "build_profile", "fetch_profile"]

ReadGroups: TypeAlias = Callable[[Claims], Groups]
"""Reads groups out of claims: pure, and never fails; what it cannot read is a state of `Groups`."""

MAX_NAME: Final = 255
"""Characters of a name that are kept."""

_NOT_SENT: Final = frozenset({GroupState.ABSENT, GroupState.OVERAGE})


async def fetch_profile(
    provider: Provider,
    metadata: ProviderMetadata,
    claims: Claims,
    fetch: Fetch,
    *,
    read_groups: ReadGroups | None = None,
) -> Profile:
    """What the built-in extracts: the standard claims, the groups, userinfo if it must.

    The userinfo endpoint is asked if the ID token does not tell the groups, or always or never, as
    the configuration says. Claims that are signed have precedence over those of userinfo.

    Args:
        provider: The groups claim, and when userinfo is asked.
        metadata: Where it is.
        claims: The validated claims.
        fetch: What asks.
        read_groups: Another way to read groups; by default `Groups.read` at the configured claim,
            and no groups if none is configured.

    Raises:
        ProviderError: `USERINFO_FAILED`, or what `fetch` raises.
        TokenRejected: `USERINFO_SUBJECT_MISMATCH`.
    """
    read = read_groups or (lambda members: _configured_groups(provider, members))
    groups = read(claims)
    if _userinfo_is_needed(provider, metadata, groups):
        assert metadata.userinfo_endpoint is not None
        answer = await fetch(metadata.userinfo_endpoint, with_access_token=True)
        claims = claims.merged_with(parse_userinfo(answer, claims, provider))
        # What is signed stays, also where userinfo has it under a name that would be found first.
        groups = read(claims) if groups.state in _NOT_SENT else groups
    return build_profile(claims, groups)


def build_profile(claims: Claims, groups: Groups) -> Profile:
    """A profile with the names of the standard claims (section 5.1) and *groups*."""
    username = _name(claims, "preferred_username") or _name(claims, "nickname")
    return Profile(
        username=username,
        display_name=_name(claims, "name") or username,
        email=_name(claims, "email"),
        groups=groups,
    )


def _userinfo_is_needed(provider: Provider, metadata: ProviderMetadata, groups: Groups) -> bool:
    if metadata.userinfo_endpoint is None or provider.userinfo is UserinfoPolicy.NEVER:
        return False
    return provider.userinfo is UserinfoPolicy.ALWAYS or groups.state in _NOT_SENT


def _configured_groups(provider: Provider, claims: Claims) -> Groups:
    if provider.groups_claim is None:
        return Groups.of(())
    return Groups.read(claims, provider.groups_claim)


def _name(claims: Claims, claim: str) -> str:
    name = (claims.text(claim) or "")[:MAX_NAME]
    if not name.isprintable():
        name = "".join(letter if letter.isprintable() else " " for letter in name)
    return name.strip()

"""The whole contract between the host and a plugin: six hooks, and the types they use.

What a plugin says of itself stands in `dockmesh_auth.descriptions` and is offered here as well.

A plugin is a module with functions that carry these names and the mark `hookimpl`, found by an
entry point in the group `dockmesh_auth`::

    [project.entry-points.dockmesh_auth]
    example = "dockmesh_auth_example.plugin"

Only `dockmesh_auth_describe` is required. For every other hook there are three answers:

- **None**: not mine. The built-in, standard OpenID Connect, does it.
- **a value** of the type of the signature: mine.
- **an error** of `dockmesh_auth.errors`, of exactly one of its branches: mine, and refused. The
  sign-in ends.

Anything else (another type, another exception, no answer in time) is the plugin's fault: that
sign-in fails closed and the log names plugin, hook and provider. Other providers go on.

For a provider only the plugin that its configuration names is asked, then the built-in. No other
installed plugin sees its tokens, its secrets or its users.

An implementation takes the arguments it needs, by name. All arguments are immutable. The order is
the same everywhere: `provider, metadata, verifier, tokens, expected, claims, profile, fetch`.
"""

# ruff: noqa: ARG001 - a specification has arguments and no body

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final, TypeAlias

import pluggy

from dockmesh_auth.descriptions import OptionType, PluginDescription, PluginOption, TenantRule
from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.grants import Grants
from dockmesh_auth.domain.identity import Profile
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Fetch, TokenVerifier
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.tokens import Expectation, TokenResponse

__all__ = [
    "CONTRACT_VERSION",
    "NAME",
    "SUPPORTED_CONTRACT_VERSIONS",
    "MetadataAnswer",
    "OptionType",
    "PluginDescription",
    "PluginOption",
    "ProfileAnswer",
    "TenantRule",
    "UserAnswer",
    "dockmesh_auth_describe",
    "dockmesh_auth_discover",
    "dockmesh_auth_extract_claims",
    "dockmesh_auth_fetch_user",
    "dockmesh_auth_resolve_roles",
    "dockmesh_auth_validate_token",
    "hookimpl",
    "hookspec",
]

NAME: Final = "dockmesh_auth"
"""The name of the project, of the entry-point group and of the hooks' prefix."""

CONTRACT_VERSION: Final = 1
"""The version of this contract. It changes when a plugin written for the former one would break."""

SUPPORTED_CONTRACT_VERSIONS: Final = frozenset({CONTRACT_VERSION})
"""The versions whose plugins are loaded: this one, and former ones as long as they are kept."""

hookspec = pluggy.HookspecMarker(NAME)
"""Marks the specifications of hooks: the functions below, and no others."""

hookimpl = pluggy.HookimplMarker(NAME)
"""Marks the functions of a plugin that implement hooks."""


# --- describing a plugin --------------------------------------------------------------------


@hookspec(firstresult=True)
def dockmesh_auth_describe() -> PluginDescription:
    """Say who you are. Pure and synchronous.

    Called once, when the plugin is loaded. The only hook that every plugin implements.

    Returns:
        The description. There is no other answer.
    """
    raise AssertionError  # pragma: no cover - a specification has no body


# --- the four stages of a sign-in -----------------------------------------------------------

MetadataAnswer: TypeAlias = "ProviderMetadata | Awaitable[ProviderMetadata | None] | None"
"""What `dockmesh_auth_discover` may answer."""

UserAnswer: TypeAlias = "Claims | Awaitable[Claims | None] | None"
"""What `dockmesh_auth_fetch_user` may answer."""

ProfileAnswer: TypeAlias = "Profile | Awaitable[Profile | None] | None"
"""What `dockmesh_auth_extract_claims` may answer."""


@hookspec(firstresult=True)
def dockmesh_auth_discover(provider: Provider, fetch: Fetch) -> MetadataAnswer:
    """Find out where the provider's endpoints are. May be `async def`.

    Called when the provider is first needed and whenever what is known of it has become old; the
    host keeps the last good answer. The host itself holds every endpoint against the provider's
    address rules, and the issuer against the configured one, whatever the answer.

    Args:
        provider: The provider as configured.
        fetch: The only way to ask anything. There is no access token yet.

    Returns:
        The metadata; None leaves it to OpenID Connect Discovery 1.0, section 4.

    Raises:
        ProviderError: The provider cannot be used as it is.
    """
    raise AssertionError  # pragma: no cover - a specification has no body


@hookspec(firstresult=True)
def dockmesh_auth_validate_token(
    provider: Provider,
    metadata: ProviderMetadata,
    verifier: TokenVerifier,
    tokens: TokenResponse,
    expected: Expectation,
) -> Claims | None:
    """Decide whether the provider's answer vouches for somebody. Pure and synchronous.

    Called once per sign-in, after the code was exchanged; once more if the provider may have
    changed its keys. To be stricter than the standard, call
    `dockmesh_auth.validate_id_token` and check more. Whoever answers without calling it is alone
    responsible for audience, time and nonce; the host checks signature, issuer and subject again.

    Args:
        provider: The provider as configured.
        metadata: What discovery found.
        verifier: Opens signed tokens with the provider's keys and allowed algorithms.
        tokens: The token endpoint's answer, not yet trusted.
        expected: Nonce, time and age to hold the token against.

    Returns:
        The claims. Their issuer must be the provider's. None leaves it to OpenID Connect Core
        1.0, section 3.1.3.7.

    Raises:
        TokenRejected: The token is refused.
    """
    raise AssertionError  # pragma: no cover - a specification has no body


@hookspec(firstresult=True)
def dockmesh_auth_fetch_user(
    provider: Provider, metadata: ProviderMetadata, fetch: Fetch
) -> UserAnswer:
    """Ask the provider who has signed in, where no ID token says it. May be `async def`.

    Called once per sign-in instead of `dockmesh_auth_validate_token`, for plugins whose
    description says `id_token=False` and for no others. What the access token opens is then the
    only witness: it came from the token endpoint itself, for a code that PKCE and state bind to
    this browser (RFC 6749, section 4.1; RFC 7636).

    Args:
        provider: The provider as configured.
        metadata: What discovery found.
        fetch: The only way to ask; can send this sign-in's access token.

    Returns:
        The claims: the provider's issuer, a subject that names the person for good (an account's
        number, never its name or address), and what the provider tells besides. There is no
        built-in to leave it to: None refuses the sign-in as `id_token_missing`.

    Raises:
        TokenRejected: The answer does not name a person.
        ProviderError: It could not be fetched.
    """
    raise AssertionError  # pragma: no cover - a specification has no body


@hookspec(firstresult=True)
def dockmesh_auth_extract_claims(
    provider: Provider,
    metadata: ProviderMetadata,
    claims: Claims,
    fetch: Fetch,
) -> ProfileAnswer:
    """Read names and groups out of the claims. May be `async def`.

    Called once per sign-in, with claims that passed validation. Who the person is has been
    settled by then: the identity is the claims' issuer and subject (or the claim that the
    description names instead), and no answer changes it.

    What is standard need not be written again: `dockmesh_auth.fetch_profile` is what the built-in
    does, and takes another way to read groups.

    Args:
        provider: The provider as configured.
        metadata: What discovery found.
        claims: The validated claims.
        fetch: The only way to ask for more; can send this sign-in's access token.

    Returns:
        The profile. Its groups say *how much* is known: groups that could not be had are
        `absent`, `malformed` or `overage`, never empty. None leaves it to the built-in, which
        reads the configured groups claim and asks the userinfo endpoint if it must.

    Raises:
        TokenRejected: The claims show that this is not what the provider should have sent.
        ProviderError: What was needed could not be fetched.
        AccessDenied: The person is known and may not sign in.
    """
    raise AssertionError  # pragma: no cover - a specification has no body


@hookspec(firstresult=True)
def dockmesh_auth_resolve_roles(
    provider: Provider, claims: Claims, profile: Profile
) -> Grants | None:
    """Decide what the person may do. Pure and synchronous.

    Called once per sign-in. The operator's table is `provider.mappings`; a plugin may choose
    among what its rows give and can grant nothing else: the host refuses it.

    Args:
        provider: The provider as configured, with the mappings that hold for it.
        claims: The validated claims.
        profile: What claim extraction found.

    Returns:
        The grants. None at all means that nobody enters. None, the answer, leaves it to the
        built-in: the rows of all the person's groups, else the default role.

    Raises:
        AccessDenied: The person is known and may not sign in.
    """
    raise AssertionError  # pragma: no cover - a specification has no body

"""Whose people may sign in where one discovery document serves many tenants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from dockmesh_auth.domain.provider import OptionValue
from dockmesh_auth.domain.tenants import Tenants
from dockmesh_auth.errors import ErrorCode
from dockmesh_auth.hookspecs import TenantRule
from dockmesh_auth.host.config.problems import KeyPath, Problem

__all__ = ["tenants_of"]

# One segment of a path, which cannot be mistaken for more or less of an address.
_TENANT: Final = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_PATH: Final = 3
"""The number of a path's first segment: before it are the scheme, nothing, and the host."""


def tenants_of(
    issuer: str, rule: TenantRule | None, options: Mapping[str, OptionValue], path: KeyPath
) -> tuple[Tenants | None, list[Problem]]:
    """The tenants of the provider at *path*, or None if its issuer is one tenant's own.

    Args:
        issuer: As configured.
        rule: How the plugin's provider serves many tenants; None if it does not.
        options: The plugin's options, read.
        path: The provider's place.
    """
    if rule is None:
        return None, []
    segments = issuer.split("/")
    shared = [at for at in range(_PATH, len(segments)) if segments[at] in rule.shared]
    listed = options.get(rule.option)
    tenants = listed if isinstance(listed, tuple) else ()
    if not shared or not tenants:
        return None, list(_misplaced(rule, segments[shared[0]] if shared else None, tenants, path))
    at = (*path, rule.option)
    problems = [
        Problem((*at, number), ErrorCode.CONFIG_INVALID_VALUE, "must be the name of one tenant")
        for number, tenant in enumerate(tenants)
        if tenant in rule.shared or not _TENANT.fullmatch(tenant)
    ]
    if problems:
        return None, problems

    def issuer_of(tenant: str) -> str:
        return "/".join([*segments[: shared[0]], tenant, *segments[shared[0] + 1 :]])

    return (
        Tenants(
            document_issuer=issuer_of(rule.placeholder),
            claim=rule.claim,
            issuers={issuer_of(tenant): tenant for tenant in tenants},
        ),
        [],
    )


def _misplaced(
    rule: TenantRule, shared: str | None, tenants: tuple[str, ...], path: KeyPath
) -> Iterator[Problem]:
    """A list of tenants without a shared address, or such an address without a list."""
    if shared is None and tenants:
        text = f"has no meaning here: the issuer is one tenant's own, not {_either(rule.shared)}"
        yield Problem((*path, rule.option), ErrorCode.CONFIG_INVALID_VALUE, text)
    if shared is not None:
        text = (
            f"the key {rule.option!r} is missing or empty: with {shared!r} in the issuer it"
            " lists whose people may sign in"
        )
        yield Problem(path, ErrorCode.CONFIG_MISSING_KEY, text, at_key=True)


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(repr(name) for name in names)

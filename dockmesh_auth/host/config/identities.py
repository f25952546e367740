"""Whether two providers that speak for the same people would mean the same by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.errors import ErrorCode
from dockmesh_auth.host.config.checks import provider_path
from dockmesh_auth.host.config.problems import Problem

__all__ = ["conflicts_of"]


def conflicts_of(providers: Iterable[tuple[int, Provider]]) -> Iterator[Problem]:
    """What two enabled providers must not both say of one issuer.

    A person is an issuer and a name there. If one provider took the name from another claim than
    the other does, or from an interface instead of an ID token, somebody could have as the one
    what is another person's as the other. And one client at one issuer is one provider, or answers
    mix up (RFC 9700, section 4.4).

    Args:
        providers: The providers with their numbers in the file.
    """
    first: dict[str, tuple[int, Provider]] = {}
    for index, provider in providers:
        for issuer in _issuers(provider):
            number, other = first.setdefault(issuer, (index, provider))
            if _named_by(other) != _named_by(provider):
                text = (
                    f"provider {number + 1} speaks for the same people and its plugin has other"
                    " names for them than this one, so that one could be taken for another"
                )
                yield Problem(provider_path(index, "plugin"), ErrorCode.CONFIG_INVALID_VALUE, text)
                break
            if number != index and other.client_id == provider.client_id:
                text = f"providers {number + 1} and {index + 1} share an issuer and the client id"
                yield Problem(provider_path(index, "client_id"), ErrorCode.CONFIG_DUPLICATE, text)
                break


def _issuers(provider: Provider) -> Iterable[str]:
    return (provider.issuer,) if provider.tenants is None else provider.tenants.issuers


def _named_by(provider: Provider) -> tuple[str, str | None]:
    """What gives people their names: a claim of ID tokens, or of what one plugin asks for."""
    return provider.subject_claim, None if provider.id_token else provider.plugin

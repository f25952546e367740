"""Plugins that find the provider wrong."""

from __future__ import annotations

import itertools

import attrs

from dockmesh_auth import ProviderError, ProviderMetadata
from tests.contract.mutants.families import STRICT
from tests.contract.mutants.mutant import instead, wrong


def guessed(provider):
    """The endpoints as they are at most installations of the product."""
    return ProviderMetadata(
        issuer=provider.issuer,
        authorization_endpoint=f"{provider.issuer}/authorize",
        token_endpoint=f"{provider.issuer}/token",
        jwks_uri=f"{provider.issuer}/jwks",
    )


def guesses_after(plugin, faults):
    right = plugin.dockmesh_auth_discover

    @instead(plugin)
    async def dockmesh_auth_discover(provider, fetch):
        try:
            return await right(provider, fetch)
        except faults:
            return guessed(provider)


@wrong(STRICT, "discovery-outage")
def guesses_endpoints_when_discovery_fails(plugin):
    guesses_after(plugin, ProviderError)


@wrong(STRICT, "discovery-nested")
def guesses_endpoints_whatever_happens(plugin):
    guesses_after(plugin, Exception)


@wrong(STRICT, "discovery-number")
def fails_on_a_document_that_is_none(plugin):
    @instead(plugin)
    async def read_document(provider, fetch):
        return (await fetch(f"{provider.issuer}/.well-known/openid-configuration")).json()


@wrong(STRICT, "a-document-of-another-issuer-is-refused")
def ignores_the_documents_issuer(plugin):
    @instead(plugin)
    async def dockmesh_auth_discover(provider, fetch):
        return plugin.metadata_of(provider, await plugin.read_document(provider, fetch))


@wrong(STRICT, "an-endpoint-elsewhere-is-refused")
def takes_a_guess_for_an_endpoint_elsewhere(plugin):
    right = plugin.metadata_of

    @instead(plugin)
    def metadata_of(provider, document):
        found = right(provider, document)
        known = found.token_endpoint.startswith(provider.issuer)
        return found if known else guessed(provider)


@wrong(STRICT, "the-issuer-is-the-configured-one")
def tidies_the_issuer(plugin):
    right = plugin.metadata_of

    @instead(plugin)
    def metadata_of(provider, document):
        return attrs.evolve(right(provider, document), issuer=f"{provider.issuer}/")


@wrong(STRICT, "the-endpoints-are-found")
def sends_people_to_its_makers_host(plugin):
    right = plugin.metadata_of

    @instead(plugin)
    def metadata_of(provider, document):
        elsewhere = "https://login.strict.example/authorize"
        return attrs.evolve(right(provider, document), authorization_endpoint=elsewhere)


@wrong(STRICT, "the-endpoints-are-found")
def signs_people_out_at_its_makers_host(plugin):
    right, described = plugin.metadata_of, plugin.description

    @instead(plugin)
    def description():
        return attrs.evolve(described(), hosts=("login.strict.example",))

    @instead(plugin)
    def metadata_of(provider, document):
        elsewhere = "https://login.strict.example/logout"
        return attrs.evolve(right(provider, document), end_session_endpoint=elsewhere)


@wrong(STRICT, "the-same-document-gives-the-same-metadata")
def takes_turns_between_regions(plugin):
    right, turns = plugin.metadata_of, itertools.count()

    @instead(plugin)
    def metadata_of(provider, document):
        found = right(provider, document)
        address = f"{found.authorization_endpoint}?region={next(turns) % 2}"
        return attrs.evolve(found, authorization_endpoint=address)

"""Where the provider is: what must hold of `discover`, the plugin's own or the built-in's."""

from __future__ import annotations

from typing import Final

from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.errors import AuthError
from dockmesh_auth.testing.contract.bench import Bench
from dockmesh_auth.testing.contract.check import (
    NotApplicable,
    Part,
    Registry,
    broken,
)
from dockmesh_auth.testing.contract.faulty_answers import FAULTY_ANSWERS, FaultyAnswer
from dockmesh_auth.testing.contract.places import FINDING
from dockmesh_auth.testing.fake_provider.faults import edited

__all__ = ["DISCOVERY"]

DISCOVERY: Final = Registry(Part.DISCOVERY)

_ENDPOINTS: Final = (
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "userinfo_endpoint",
    "end_session_endpoint",
)


async def _known(bench: Bench) -> ProviderMetadata:
    return await bench.connection.metadata()


async def _needs_document(bench: Bench) -> None:
    if not bench.fake.shape.has_discovery:
        raise NotApplicable("the provider has no discovery document")
    await _known(bench)
    if not bench.fake.count("discovery"):
        raise NotApplicable("the plugin finds the provider without its document")
    bench.connect(bench.provider)


@DISCOVERY.add(
    why="Without endpoints nobody can sign in.", where="OpenID Connect Discovery 1.0, section 4"
)
async def the_endpoints_are_found(bench: Bench) -> None:
    """Metadata is found, and every endpoint is an address of the provider."""
    try:
        metadata = await _known(bench)
    except AuthError as refusal:
        broken(f"no metadata was found: {refusal.code}, {refusal.detail}")
    for name in _ENDPOINTS:
        url = getattr(metadata, name)
        if url is not None and not url.startswith(bench.fake.base_url):
            broken(f"{name} is not below the provider's own address")


@DISCOVERY.add(
    why="Keys and endpoints of one provider would speak for the people of another.",
    where="OpenID Connect Discovery 1.0, section 4.3",
)
async def the_issuer_is_the_configured_one(bench: Bench) -> None:
    """The issuer that was found is the one that the operator configured."""
    if (await _known(bench)).issuer != bench.provider.document_issuer:
        broken("another issuer was found than is configured")


@DISCOVERY.add(
    why="Keys and endpoints of one provider would speak for the people of another.",
    where="OpenID Connect Discovery 1.0, section 4.3",
)
async def a_document_of_another_issuer_is_refused(bench: Bench) -> None:
    """A discovery document that names another issuer is refused."""
    await _needs_document(bench)
    bench.fake.faults.always(
        "discovery", edited(lambda document: document | {"issuer": document["issuer"] + "1"})
    )
    if not isinstance(await bench.outcome(), AuthError):
        broken("somebody signed in though the document is another issuer's")


@DISCOVERY.add(
    why="Codes, secrets and tokens would be sent to whoever wrote the document.",
    where="RFC 9700, section 4.4",
)
async def an_endpoint_elsewhere_is_refused(bench: Bench) -> None:
    """A token endpoint on a host that nobody allowed is refused."""
    await _needs_document(bench)
    bench.fake.faults.always(
        "discovery",
        edited(lambda document: document | {"token_endpoint": "https://attacker.example/token"}),
    )
    if not isinstance(await bench.outcome(), AuthError):
        broken("somebody signed in though the token endpoint is said to be on a foreign host")


@DISCOVERY.add(why="What changes between two calls cannot be kept or compared.", where=FINDING)
async def the_same_document_gives_the_same_metadata(bench: Bench) -> None:
    """Discovery asked twice gives equal metadata."""
    first = await _known(bench)
    bench.connect(bench.provider)
    if await _known(bench) != first:
        broken("two discoveries of one provider differ")


def _put_fault(faulty: FaultyAnswer) -> None:
    async def run(bench: Bench) -> None:
        await _needs_document(bench)
        faulty.prepare(bench)
        bench.fake.faults.always("discovery", faulty.fault)
        outcome = await bench.outcome()
        if not isinstance(outcome, AuthError):
            broken(f"somebody signed in though the discovery document is {faulty.what}")

    DISCOVERY.put(
        f"discovery-{faulty.name}",
        run,
        law=f"A discovery document that is {faulty.what} ends the sign-in with an error of ours.",
        why=faulty.why,
        where=faulty.where,
    )


for _faulty in FAULTY_ANSWERS:
    _put_fault(_faulty)

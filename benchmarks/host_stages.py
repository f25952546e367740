"""How much the host adds to validation: the four stages of a warm sign-in, as the host calls them.

`discover` is answered by the cache of metadata, as in every sign-in but the first of an hour.
Plugins are real distributions, installed and loaded. In the rows with 1, 3 and 50 of them the
provider's own plugin only describes itself; the others answer every stage, for providers of their
own. What it costs that the provider's plugin does answer, in a thread of its own, is told apart.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from benchmarks.harness import Case, measure
from benchmarks.plugins import ALL, EXTRACT, installed
from benchmarks.report import Part, Row, times
from benchmarks.subject import EXPECTED, METADATA, Issuer, answer, bare, group
from benchmarks.validation import ours
from dockmesh_auth.domain.claims import ClaimPath
from dockmesh_auth.domain.grants import GroupMapping, MappingTable
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Answer
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.host.dispatch import Stages
from dockmesh_auth.host.metadata_cache import MetadataCache
from dockmesh_auth.host.registry import PluginRegistry
from dockmesh_auth.host.system import SystemClock

BARE, VALIDATION = "RS256: bare verify", "validation alone"
ONE, THREE, FIFTY = "1 plugin installed", "3 plugins installed", "50 plugins installed"
LOOP, HOP, HOPS = "3 installed, in a loop", "own plugin extracts", "own plugin answers all"
TURNS = 20


async def nothing_to_fetch(*_: object, **__: object) -> Answer:
    """The fetch of a provider that sends everything in its token."""
    raise AssertionError("a warm sign-in fetches nothing")


async def known() -> ProviderMetadata:
    """What discovery found."""
    return METADATA


def stages_of(issuer: Issuer, registry: PluginRegistry) -> Stages:
    """The stages of the provider whose plugin is `own`."""
    return Stages(issuer.provider, registry.require("own", "idp"))


def warm_pass(issuer: Issuer, stages: Stages) -> Callable[[], Coroutine[Any, Any, object]]:
    """What a warm sign-in asks the stages, one after the other."""
    cache, tokens = MetadataCache(known, SystemClock()), answer(issuer.token("RS256", 5))

    async def run() -> object:
        metadata = await cache.get()
        claims = await stages.validate_token_in_lane(metadata, issuer.verifier, tokens, EXPECTED)
        profile = await stages.extract_claims_in_lane(metadata, claims, nothing_to_fetch)
        return await stages.resolve_roles_in_lane(claims, profile)

    asyncio.run(run())  # fills the cache
    return run


def straight(make: Callable[[], Coroutine[Any, Any, object]]) -> Callable[[], object]:
    """Run a coroutine that never waits, without a loop around it."""

    def run() -> None:
        try:
            make().send(None)
        except StopIteration:
            return
        raise AssertionError("it waited")

    return run


def looped(
    make: Callable[[], Coroutine[Any, Any, object]], loop: asyncio.AbstractEventLoop
) -> Callable[[], object]:
    """Run a coroutine *TURNS* times in a loop."""

    async def turns() -> None:
        for _ in range(TURNS):
            await make()

    return lambda: loop.run_until_complete(turns())


def configured() -> Issuer:
    """A provider with a groups claim and three rows."""
    operator = RoleCatalogue().named("operator")
    mappings = [GroupMapping(group(number), operator, Scope.all_hosts()) for number in range(3)]
    return Issuer.new().configured(
        plugin="own", groups_claim=ClaimPath("groups"), mappings=MappingTable(mappings)
    )


def run(rounds: int) -> Part:
    """Measure."""
    issuer = configured()
    token = issuer.token("RS256", 5)
    measured = [
        Case(BARE, bare(token, issuer.signer("RS256"))),
        Case(VALIDATION, ours(token, issuer), BARE),
    ]
    loop = asyncio.new_event_loop()
    with contextlib.ExitStack() as stack:

        def passing(own: str, count: int) -> Callable[[], Coroutine[Any, Any, object]]:
            others = {f"other{number}": EXTRACT + ALL for number in range(count - 1)}
            registry = stack.enter_context(installed({"own": own} | others))
            return warm_pass(issuer, stages_of(issuer, registry))

        measured += [
            Case(name, straight(passing("", count)), BARE)
            for name, count in ((ONE, 1), (THREE, 3), (FIFTY, 50))
        ]
        measured += [
            Case(name, looped(passing(code, 3), loop), BARE, TURNS)
            for name, code in ((LOOP, ""), (HOP, EXTRACT), (HOPS, EXTRACT + ALL))
        ]
        results = measure(measured, rounds=rounds)
    loop.close()
    by_name = {result.name: result for result in results}
    one, fifty = by_name[ONE], by_name[FIFTY]
    return Part(
        [
            Row("validation and all stages, 3 plugins", times(by_name[THREE]), "1.45", "1.75"),
            Row(
                "the stages, 50 plugins against 1",
                f"{fifty.median - one.median:+.1f} us ({fifty.best - one.best:+.1f} us)",
                "no difference",
                "+3 us",
                "pluggy alone: 12 x a call",
            ),
            Row(
                "all stages, own plugin extracts: 1 hop",
                times(by_name[HOP]),
                peers=_hop(by_name[HOP].best - by_name[LOOP].best, 1),
            ),
            Row(
                "all stages, own plugin answers: 3 hops",
                times(by_name[HOPS]),
                peers=_hop(by_name[HOPS].best - by_name[LOOP].best, 3),
            ),
        ],
        results,
    )


def _hop(added: float, hops: int) -> str:
    return f"a hop into the plugin's thread and back: {added / hops:.0f} us"

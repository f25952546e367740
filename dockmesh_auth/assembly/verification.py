"""Try an installed plugin by the contract kit, as `dockmesh-auth plugin verify` does."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import Collection, Iterator, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

from attrs import frozen

from dockmesh_auth.cli.verification import CheckRow, ResultRow, Verification
from dockmesh_auth.descriptions import PluginDescription
from dockmesh_auth.errors import ConfigurationError, ErrorCode, PluginError
from dockmesh_auth.host.catalogue import Catalogue, InstalledPlugin
from dockmesh_auth.host.registry import PluginRegistry
from dockmesh_auth.testing.contract import Check, ContractBroken, ProviderUnderTest
from dockmesh_auth.testing.contract.checks import CHECKS
from dockmesh_auth.testing.contract.switchboard import open_switchboard
from dockmesh_auth.testing.contract.trial import try_check
from dockmesh_auth.testing.contract.under_test import UNDER_TEST_GROUP
from dockmesh_auth.testing.contract.workshop import Workshop
from dockmesh_auth.testing.fake_provider import Shape

__all__ = ["contract_checks", "verify"]


def contract_checks() -> Sequence[CheckRow]:
    """All checks, as the command tells of them."""
    return [_row(check) for check in CHECKS]


@contextlib.contextmanager
def verify(plugin: str, names: Collection[str]) -> Iterator[Verification]:
    """Try *plugin* by the checks called *names*, or by all; see `Actions.verify`.

    Raises:
        ConfigurationError: `PLUGIN_NOT_INSTALLED` or `PLUGIN_AMBIGUOUS`.
        PluginError: Why the host sets it aside; `PLUGIN_UNDER_TEST` if what it offers to be tried
            with is no good.
    """
    candidate = _load(plugin)
    chosen = [check for check in CHECKS if not names or check.name in names]
    with open_switchboard() as switchboard:
        workshop = Workshop(candidate.under_test, switchboard)
        _check_settings(workshop, plugin)
        yield Verification(
            plugin=plugin,
            distribution=candidate.installed.distribution,
            version=candidate.installed.version,
            tried_with=candidate.tried_with,
            total=len(chosen),
            results=_results(chosen, workshop, plugin),
        )


@frozen
class _Candidate:
    """A plugin and what it is tried with; `tried_with` as in `Verification`."""

    installed: InstalledPlugin
    under_test: ProviderUnderTest
    tried_with: str | None


def _load(plugin: str) -> _Candidate:
    catalogue = Catalogue.read()
    installed = catalogue.find(plugin)
    registry = PluginRegistry.load([plugin], catalogue)
    registry.close()
    if plugin in registry.quarantined:
        reason = registry.quarantined[plugin].reason
        raise PluginError(
            reason.code,
            f"the plugin {plugin!r} is in quarantine: {reason.detail}",
            plugin=plugin,
            evidence=reason.evidence,
        )
    module = installed.entry_point.load()  # which the registry has imported
    offered = _offered(installed)
    if offered is None:
        description = registry.loaded[plugin].description
        return _Candidate(installed, _plain(module, description), None)
    return _Candidate(installed, _made(offered, module, plugin), offered.value)


def _offered(installed: InstalledPlugin) -> EntryPoint | None:
    """What the plugin's own distribution names; nobody else speaks for it."""
    distribution = installed.entry_point.dist
    assert distribution is not None
    found = distribution.entry_points.select(group=UNDER_TEST_GROUP, name=installed.name)
    return next(iter(found), None)


def _made(entry: EntryPoint, module: ModuleType, plugin: str) -> ProviderUnderTest:
    try:
        made = entry.load()()
    except (Exception, SystemExit) as fault:  # noqa: BLE001 - a stranger's code raises anything
        raise _no_good(
            plugin, f"{type(fault).__name__} at {_place(fault)} when {entry.value} was called"
        ) from None
    if not isinstance(made, ProviderUnderTest):
        raise _no_good(plugin, f"{entry.value} answers with no ProviderUnderTest")
    if made.plugin is not module:
        raise _no_good(plugin, f"{entry.value} names another module than the plugin's entry point")
    return made


def _plain(module: ModuleType, description: PluginDescription) -> ProviderUnderTest:
    """A plain OpenID provider with the plugin's defaults: its scopes, its groups claim."""
    if not description.id_token:
        raise _no_good(
            description.name,
            "there is none, and without ID tokens no plain provider can stand for its own",
        )
    claim = description.groups_claim or "groups"
    shape = Shape(scopes=description.scopes, groups_claim=claim, groups_scope="openid")
    return ProviderUnderTest(plugin=module, shape=shape, settings={"groups_claim": claim})


def _check_settings(workshop: Workshop, plugin: str) -> None:
    """Whether a provider can be configured at all: else every check would tell the same."""

    async def configure() -> None:
        with contextlib.suppress(ContractBroken):  # which the checks tell better
            async with workshop.bench():
                pass

    try:
        asyncio.run(configure())
    except ConfigurationError as fault:
        raise _no_good(plugin, f"its settings are refused: {fault.code}, {fault.detail}") from None


def _results(checks: Sequence[Check], workshop: Workshop, plugin: str) -> Iterator[ResultRow]:
    for check in checks:
        try:
            result = try_check(check, workshop)
        except Exception as fault:  # noqa: BLE001 - as above: the shape is the plugin's author's
            raise _no_good(
                plugin, f"{type(fault).__name__} at {_place(fault)} during {check.name}"
            ) from None
        what = result.text.partition("\n")[0].removeprefix(f"{check.name}: ")
        yield ResultRow(**_row(check), verdict=result.verdict.value, what=what)


def _row(check: Check) -> CheckRow:
    return CheckRow(
        name=check.name,
        part=check.part.value,
        law=check.law,
        why=check.why,
        where=check.where,
    )


def _place(fault: BaseException) -> str:
    """File and line; the text of a stranger's exception may hold anything."""
    frames = traceback.extract_tb(fault.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"


def _no_good(plugin: str, detail: str) -> PluginError:
    return PluginError(ErrorCode.PLUGIN_UNDER_TEST, detail, plugin=plugin)

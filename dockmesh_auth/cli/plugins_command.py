"""What `dockmesh-auth plugins` shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dockmesh_auth.host.registry import PluginRegistry

__all__ = ["PluginRow", "plugins_report", "print_plugins"]

_PREFIX = "dockmesh_auth_"
_COLOURS = {"loaded": "green", "quarantined": "red", "not enabled": "dim"}


class PluginRow(TypedDict):
    """One plugin.

    Attributes:
        name: Its name.
        distribution: Where it comes from.
        version: That distribution's version.
        contract: The contract version it was written for, if it was loaded.
        state: `loaded`, `quarantined` or `not enabled`.
        hooks: The hooks it implements, without the prefix, if it was loaded.
        reason: Why it is in quarantine.
        id_token: Whether ID tokens say who signs in; else its own code does. Null if not loaded.
        subject_claim: The claim by which people are known. Null if it was not loaded.
        other_hosts: Hosts beside the issuer's that it may ask, with the person's access token.
        notices: What of it the contract will not have any more.
    """

    name: str
    distribution: str
    version: str
    contract: int | None
    state: str
    hooks: list[str]
    reason: str
    id_token: bool | None
    subject_claim: str | None
    other_hosts: list[str]
    notices: list[str]


def plugins_report(registry: PluginRegistry) -> list[PluginRow]:
    """Every plugin that is built in or installed, and how it does."""
    rows = [
        PluginRow(
            name=plugin.name,
            distribution=plugin.distribution or "built in",
            version=plugin.version or "",
            contract=plugin.description.contract_version,
            state="loaded",
            hooks=sorted(hook.removeprefix(_PREFIX) for hook in plugin.hooks),
            reason="",
            id_token=plugin.description.id_token,
            subject_claim=plugin.description.subject_claim,
            other_hosts=list(plugin.description.hosts),
            notices=list(plugin.notices),
        )
        for plugin in registry.loaded.values()
    ]
    for name, claims in registry.catalogue.by_name.items():
        quarantined = registry.quarantined.get(name)
        if name in registry.loaded and len(claims) == 1 and registry.loaded[name].distribution:
            continue
        for claim in claims:
            reason = str(quarantined.reason) if quarantined else ""
            if name in registry.loaded:
                reason = "the name is reserved for the built-in"
            elif len(claims) > 1:
                reason = "two distributions claim this name: neither can be enabled"
            rows.append(
                PluginRow(
                    name=name,
                    distribution=claim.distribution,
                    version=claim.version,
                    contract=None,
                    state="quarantined" if reason else "not enabled",
                    hooks=[],
                    reason=reason,
                    id_token=None,
                    subject_claim=None,
                    other_hosts=[],
                    notices=[],
                )
            )
    return rows


def print_plugins(rows: list[PluginRow]) -> None:
    """A table for people. What may be long stands in the last column and breaks between words."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("plugin", overflow="fold")
    table.add_column("state", no_wrap=True)
    table.add_column("distribution, contract, hooks", overflow="fold")
    for row in rows:
        table.add_row(
            Text(row["name"]), Text(row["state"], _COLOURS[row["state"]]), Text(_about(row))
        )
    Console(highlight=False).print(table)


def _about(row: PluginRow) -> str:
    source = f"{row['distribution']} {row['version']}".rstrip()
    if row["contract"] is not None:
        source += f", contract {row['contract']}"
    return "\n".join(
        filter(None, (source, ", ".join(row["hooks"]), row["reason"], *_noteworthy(row)))
    )


def _noteworthy(row: PluginRow) -> Iterator[str]:
    """What an administrator should know before trusting it: where it differs from the standard."""
    if row["id_token"] is False:
        yield "signs in without ID tokens"
    if row["subject_claim"] not in {None, "sub"}:
        yield f"identifies people by {row['subject_claim']}"
    if row["other_hosts"]:
        yield f"may also ask: {', '.join(row['other_hosts'])}"
    yield from row["notices"]

"""Run checks and keep what came of each."""

from __future__ import annotations

import asyncio
from enum import StrEnum

from attrs import frozen

from dockmesh_auth.errors import AuthError, ConfigurationError
from dockmesh_auth.testing.contract.check import Check, ContractBroken, NotApplicable
from dockmesh_auth.testing.contract.workshop import Workshop

__all__ = ["Result", "Verdict", "try_check"]


class Verdict(StrEnum):
    """What came of a check."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_APPLICABLE = "not applicable"


@frozen
class Result:
    """What came of one check.

    Attributes:
        check: The check.
        verdict: What came of it.
        text: What was wrong and where that is written, or why it does not apply; empty if kept.
    """

    check: Check
    verdict: Verdict
    text: str = ""


def try_check(check: Check, workshop: Workshop) -> Result:
    """Run *check* on a new bench of *workshop*."""
    return asyncio.run(_tried(check, workshop))


async def _tried(check: Check, workshop: Workshop) -> Result:
    try:
        async with workshop.bench() as bench:
            await check.run(bench)
    except ContractBroken as fault:
        return Result(check, Verdict.BROKEN, check.explain(str(fault)))
    except NotApplicable as reason:
        return Result(check, Verdict.NOT_APPLICABLE, str(reason))
    except AuthError as refusal:
        # A check that needs the person inside was refused: the plugin, or the case, is wrong.
        what = (
            "the provider cannot be configured so"
            if isinstance(refusal, ConfigurationError)
            else "the sign-in that the check begins with was refused"
        )
        detail = f", {refusal.detail}" if refusal.detail else ""
        text = f"{what}: {refusal.code}{detail}"
        return Result(check, Verdict.BROKEN, check.explain(text))
    return Result(check, Verdict.KEPT)

"""What a provider answers when it is broken, slow or taken over, by name."""

from __future__ import annotations

import asyncio
from typing import Final

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response

from dockmesh_auth.testing.contract.bench import Bench
from dockmesh_auth.testing.contract.places import FAULTS
from dockmesh_auth.testing.fake_provider.faults import (
    Fault,
    Proceed,
    answer,
    cut_off,
    garbage,
    redirect,
)

__all__ = ["FAULTY_ANSWERS", "FaultyAnswer"]

_PART: Final = "Part of the truth, taken for the whole, takes roles away or gives wrong ones."
_WAIT: Final = "One slow provider would hold people, and threads, for as long as it likes."
_LEAD: Final = "Whoever can make the provider redirect would choose whom we ask next."


@frozen
class FaultyAnswer:
    """An answer that must end a sign-in with an error, and never with a grant.

    Attributes:
        name: Its name.
        what: What it is, as the rest of "an answer that is ...".
        why: What goes wrong otherwise.
        where: Where that is written.
        fault: Makes it.
        patience: The provider's `timeout` in the configuration, seconds; None for the usual.
    """

    name: str
    what: str
    why: str
    where: str
    fault: Fault
    patience: float | None = None

    def prepare(self, bench: Bench) -> None:
        """Configure the provider for it."""
        if self.patience is not None:
            bench.connect(bench.configured(timeout=self.patience))


async def _slow(request: Request, proceed: Proceed) -> Response:
    """Later than anybody waits; over as soon as nobody does, so that no server waits for it."""
    for _ in range(60):
        if await request.is_disconnected():
            break
        await asyncio.sleep(0.05)
    return await proceed()


FAULTY_ANSWERS: Final = (
    FaultyAnswer("outage", "an error (503)", _PART, FAULTS, answer(status=503)),
    FaultyAnswer("gone", "not there (404)", _PART, FAULTS, answer(status=404)),
    FaultyAnswer(
        "refused", "refused to us (401)", _PART, "RFC 6750, section 3.1", answer(status=401)
    ),
    FaultyAnswer("garbage", "not JSON", _PART, FAULTS, garbage()),
    FaultyAnswer("empty", "empty", _PART, FAULTS, answer(b"")),
    FaultyAnswer("page", "a web page", _PART, FAULTS, answer(b"<html>", media_type="text/html")),
    FaultyAnswer("number", "a number", _PART, FAULTS, answer(b"5")),
    FaultyAnswer("null", "null", _PART, FAULTS, answer(b"null")),
    FaultyAnswer("nested", "JSON without an end", _PART, FAULTS, answer(b"[" * 100_000)),
    FaultyAnswer(
        "large",
        "larger than anything of use",
        _WAIT,
        FAULTS,
        answer(b'"' + b"x" * 600_000 + b'"'),
    ),
    FaultyAnswer("cut-off", "cut off", _PART, "RFC 9112, section 8", cut_off(b"{")),
    FaultyAnswer(
        "redirect",
        "a redirect",
        _LEAD,
        "RFC 9700, section 4.11",
        redirect("https://attacker.example/"),
    ),
    FaultyAnswer("slow", "later than the time limit", _WAIT, FAULTS, _slow, patience=0.4),
)

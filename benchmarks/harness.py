"""Measure small things fairly on a machine that is busy with others.

Every case is calibrated to a batch of a few milliseconds. In every round all cases run once, in
random order, with the garbage collector off. What is reported is the best batch, the median, and
the ratio to a base case: of the best to the best, and the median over the rounds of the ratio
within a round. Absolute times belong to one machine and one day; ratios carry over.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """Something to measure.

    Attributes:
        name: Its row in the table.
        run: What is done, once.
        base: The name of the case that it is a multiple of; None for a base.
    """

    name: str
    run: Callable[[], object]
    base: str | None = None


@dataclass(frozen=True)
class Result:
    """What came out, in microseconds and as multiples of the base.

    Attributes:
        name: The case's name.
        best: The best batch.
        median: The median batch.
        ratio: Best to the base's best; 1 for a base.
        paired: The median of the ratios within each round; 1 for a base.
    """

    name: str
    best: float
    median: float
    ratio: float
    paired: float


def measure(
    cases: Sequence[Case], *, rounds: int = 60, batch_seconds: float = 0.003, seed: int = 1
) -> list[Result]:
    """Run *cases* interleaved, *rounds* times."""
    order = random.Random(seed)
    counts = {case.name: _calibrated(case.run, batch_seconds) for case in cases}
    times: dict[str, list[float]] = {case.name: [] for case in cases}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for case in order.sample(cases, len(cases)):
                times[case.name].append(_batch(case.run, counts[case.name]))
    finally:
        gc.enable()
    return [_result(case, times) for case in cases]


def table(results: Sequence[Result], notes: dict[str, str] | None = None) -> str:
    """The results as aligned text, with a note behind the rows that have one."""
    width = max(len(result.name) for result in results)
    lines = [f"{'':{width}}  best us  median  ratio  paired"]
    lines += [
        f"{r.name:{width}}  {r.best:7.2f} {r.median:7.2f}  {r.ratio:5.2f}  {r.paired:6.2f}"
        f"  {(notes or {}).get(r.name, '')}".rstrip()
        for r in results
    ]
    return "\n".join(lines)


def _batch(run: Callable[[], object], count: int) -> float:
    begin = time.perf_counter_ns()
    for _ in range(count):
        run()
    return (time.perf_counter_ns() - begin) / count / 1000


def _calibrated(run: Callable[[], object], seconds: float) -> int:
    run()
    fastest = min(_batch(run, 20) for _ in range(5))
    return max(1, int(seconds * 1e6 / fastest))


def _result(case: Case, times: dict[str, list[float]]) -> Result:
    own = times[case.name]
    base = times[case.base or case.name]
    return Result(
        name=case.name,
        best=min(own),
        median=statistics.median(own),
        ratio=min(own) / min(base),
        paired=statistics.median(a / b for a, b in zip(own, base, strict=True)),
    )

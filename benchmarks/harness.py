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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """Something to measure.

    Attributes:
        name: Its row in the table.
        run: What is done, once.
        base: The name of the case that it is a multiple of; None for a base.
        times: How often `run` does it at a call.
    """

    name: str
    run: Callable[[], object]
    base: str | None = None
    times: int = 1


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
    bases = {case.name: case.base for case in cases}
    times: dict[str, list[float]] = {case.name: [] for case in cases}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for case in order.sample(cases, len(cases)):
                times[case.name].append(_batch(case.run, counts[case.name]) / case.times)
    finally:
        gc.enable()
    return results_of(times, bases)


def results_of(
    times: Mapping[str, Sequence[float]], bases: Mapping[str, str | None]
) -> list[Result]:
    """What follows from *times*, in microseconds, of each round."""
    return [_result(name, own, times[bases.get(name) or name]) for name, own in times.items()]


def table(results: Sequence[Result]) -> str:
    """The results as aligned text."""
    width = max(len(result.name) for result in results)
    lines = [f"{'':{width}}   best us     median  ratio  paired"]
    lines += [
        f"{r.name:{width}}  {r.best:8.2f}  {r.median:9.2f}  {r.ratio:5.2f}  {r.paired:6.2f}"
        for r in results
    ]
    return "\n".join(lines)


def _batch(run: Callable[[], object], count: int) -> float:
    begin = time.perf_counter_ns()
    for _ in range(count):
        run()
    return (time.perf_counter_ns() - begin) / count / 1000


def _calibrated(run: Callable[[], object], seconds: float) -> int:
    """How often *run* fits into *seconds*; once, if it is longer than that."""
    run()
    first = _batch(run, 1)
    if first > seconds * 1e6:
        return 1
    fastest = min(_batch(run, 20) for _ in range(5))
    return max(1, int(seconds * 1e6 / fastest))


def _result(name: str, own: Sequence[float], base: Sequence[float]) -> Result:
    return Result(
        name=name,
        best=min(own),
        median=statistics.median(own),
        ratio=min(own) / min(base),
        paired=statistics.median(a / b for a, b in zip(own, base, strict=True)),
    )

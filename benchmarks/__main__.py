"""Run the benchmarks and print one table.

    python -m benchmarks                          all of them
    python -m benchmarks validation start         some
    python -m benchmarks --rounds 200 --details   longer, with every case

Ratios: first the median over the rounds of the ratio within a round, then, in brackets, the best
time over the best. Nothing here fails because of a time: a machine that is busy says little.
"""

from __future__ import annotations

import argparse
import sys
import time

from benchmarks import harness, host_stages, mappings, report, sign_in, start, validation

PARTS = {
    "validation": validation.run,
    "host_stages": host_stages.run,
    "mappings": mappings.run,
    "start": start.run,
    "sign_in": sign_in.run,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", nargs="*", help=f"one of: {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=60, help="how often each case is timed")
    parser.add_argument("--details", action="store_true", help="print every case as well")
    arguments = parser.parse_args()
    unknown = set(arguments.part) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    found = {}
    for name in arguments.part or PARTS:
        begin = time.monotonic()
        print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
        found[name] = PARTS[name](arguments.rounds)
        print(f"{time.monotonic() - begin:.0f} s", file=sys.stderr)
    print(report.table([row for part in found.values() for row in part.rows]))
    if arguments.details:
        for name, part in found.items():
            print(f"\n{name}\n{harness.table(part.results)}")


if __name__ == "__main__":
    main()

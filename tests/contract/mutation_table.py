"""Which mutant breaks which check: `python -m tests.contract.mutation_table [check ...]`.

Every mutant meets every check, which takes a quarter of an hour. The table has a line for each
check: how many mutants break it, and two of them; then the checks that none breaks.
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections import defaultdict

import structlog

from dockmesh_auth.testing.contract.check import Check, Part
from dockmesh_auth.testing.contract.checks import CHECKS
from dockmesh_auth.testing.contract.switchboard import Switchboard, open_switchboard
from dockmesh_auth.testing.contract.trial import Verdict, try_check
from dockmesh_auth.testing.contract.workshop import Workshop
from tests.contract.mutants import MUTANTS, Mutant
from tests.contract.mutants.of_packaging import PACKAGED

_LETS_IN = next(check for check in CHECKS if check.name == "the-person-is-let-in")


def killers(names: frozenset[str]) -> dict[str, list[str]]:
    """The mutants that break each check, those that are meant for it first."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    tried = [check for check in CHECKS if check.name in names and check.part is not Part.PACKAGING]
    with open_switchboard() as switchboard:
        for mutant in MUTANTS:
            # One that lets nobody in would break every check; it counts for its own.
            lets_in = _verdict(mutant, _LETS_IN, switchboard) is Verdict.KEPT
            for check in tried:
                meant = check.name == mutant.check
                if not meant and not lets_in:
                    continue
                if _verdict(mutant, check, switchboard) is Verdict.BROKEN:
                    mutants = found[check.name]
                    mutants.insert(0 if meant else len(mutants), mutant.name)
    for packaged in PACKAGED:
        found[packaged.check].append(packaged.name)
    return found


def _verdict(mutant: Mutant, check: Check, switchboard: Switchboard) -> Verdict:
    # A new module for each check: what a mutant remembers is of one check.
    under_test = mutant.family.under_test(mutant.plugin())
    return try_check(check, Workshop(under_test, switchboard, mutant.deadlines)).verdict


def main() -> None:
    """Print the table."""
    logging.getLogger().addHandler(logging.NullHandler())
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    names = frozenset(sys.argv[1:]) or frozenset(check.name for check in CHECKS)
    write = sys.stdout.write
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        found = killers(names)
    write("| check | broken by | for example |\n| --- | --- | --- |\n")
    for check in CHECKS:
        if check.name in names:
            mutants = found.get(check.name, [])
            write(f"| {check.name} | {len(mutants)} | {', '.join(mutants[:2])} |\n")
    kept = [check.name for check in CHECKS if check.name in names and not found.get(check.name)]
    write(f"\n{len(MUTANTS) + len(PACKAGED)} mutants; {len(names)} checks;")
    write(f" broken by none: {', '.join(kept) or 'no check'}\n")


if __name__ == "__main__":
    main()

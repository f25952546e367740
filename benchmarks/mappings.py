"""How much the resolution of roles costs, and that the number of rows does not matter.

Run it from the repository: `python benchmarks/mappings.py`. The unit is one bare verification of
an RSA-2048 signature by `cryptography`, in the same run. Fails if a limit is broken.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from harness import Case, Result, measure, table

from dockmesh_auth.domain.claims import ClaimPath, Claims
from dockmesh_auth.domain.grants import GroupMapping, MappingTable
from dockmesh_auth.domain.groups import Groups
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.scope import Scope

BARE = "RSA-2048 verify"
FEW_ROWS, MANY_ROWS = 1_000, 100_000
GROUP_COUNTS = (5, 50, 500)

LIMIT_OF_50_GROUPS = 0.1
"""Multiples of a bare verification."""

LIMIT_OF_MANY_ROWS = 1.5
"""100,000 rows to 1,000."""


def bare_verification() -> Callable[[], object]:
    """One signature check with the key loaded."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    message = b"x" * 1_400
    signature = key.sign(message, PKCS1v15(), SHA256())
    public = key.public_key()
    return lambda: public.verify(signature, message, PKCS1v15(), SHA256())


def table_of(rows: int) -> MappingTable:
    """A table with *rows* rows, three roles and two scopes among them."""
    roles = [RoleCatalogue().named(name) for name in ("viewer", "operator", "admin")]
    scopes = [Scope.all_hosts(), Scope.of_tags(["prod"])]
    return MappingTable(
        GroupMapping(f"mapped-{number}", roles[number % 3], scopes[number % 2])
        for number in range(rows)
    )


def person(groups: int, rows: int) -> tuple[str, ...]:
    """Somebody in *groups* groups, three of which are mapped: at both ends and in the middle."""
    mapped = ("mapped-0", f"mapped-{rows // 2}", f"mapped-{rows - 1}")
    return (*(f"unmapped-{number}" for number in range(groups - len(mapped))), *mapped)


def cases() -> list[Case]:
    """The base, and resolution with few and many rows and groups; and the reading of the claim."""
    measured = [Case(BARE, bare_verification())]
    for rows in (FEW_ROWS, MANY_ROWS):
        mappings = table_of(rows)
        for count in GROUP_COUNTS:
            names = person(count, rows)
            measured.append(
                Case(name_of(count, rows), lambda m=mappings, n=names: m.resolve(n), BARE)
            )
    for count in GROUP_COUNTS:
        claims = Claims(
            {"groups": list(person(count, FEW_ROWS))}, issuer="https://id.example/", subject="u1"
        )
        path = ClaimPath("groups")
        measured.append(
            Case(
                f"{count} groups: read the claim", lambda c=claims, p=path: Groups.read(c, p), BARE
            )
        )
    return measured


def name_of(groups: int, rows: int) -> str:
    """The row of the table for that many groups and rows."""
    return f"{groups} groups, {rows:,} rows: resolve"


def broken_limits(results: dict[str, Result]) -> list[str]:
    """What is slower than it may be, in words."""
    broken = []
    of_50 = results[name_of(50, FEW_ROWS)].ratio
    if of_50 > LIMIT_OF_50_GROUPS:
        broken.append(f"50 groups cost {of_50:.2f} of a verification; {LIMIT_OF_50_GROUPS} allowed")
    for count in GROUP_COUNTS:
        ratio = results[name_of(count, MANY_ROWS)].best / results[name_of(count, FEW_ROWS)].best
        print(f"{count} groups: {MANY_ROWS:,} rows cost {ratio:.2f} times what {FEW_ROWS:,} cost")
        if ratio > LIMIT_OF_MANY_ROWS:
            broken.append(f"{count} groups: many rows cost {ratio:.2f} times few rows")
    return broken


def main() -> int:
    """Measure, print, judge."""
    results = measure(cases())
    print(table(results, {name_of(50, FEW_ROWS): f"limit {LIMIT_OF_50_GROUPS}"}))
    broken = broken_limits({result.name: result for result in results})
    print("\n".join(broken) or "all limits are kept")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

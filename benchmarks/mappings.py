"""How much the resolution of roles costs, and that the number of rows does not matter.

The unit is one bare verification of an RS256 token by `cryptography`, in the same run.
"""

from __future__ import annotations

from benchmarks.harness import Case, measure
from benchmarks.report import Part, Row, times
from benchmarks.subject import Issuer, bare
from dockmesh_auth.domain.claims import ClaimPath, Claims
from dockmesh_auth.domain.grants import GroupMapping, MappingTable
from dockmesh_auth.domain.groups import Groups
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.scope import Scope

BARE = "RS256: bare verify"
FEW_ROWS, MANY_ROWS = 1_000, 100_000
GROUP_COUNTS = (5, 50, 500)


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


def name_of(groups: int, rows: int) -> str:
    """The case of that many groups and rows."""
    return f"{groups} groups, {rows:,} rows: resolve"


def cases() -> list[Case]:
    """The base, and resolution with few and many rows and groups; and the reading of the claim."""
    issuer = Issuer.new()
    measured = [Case(BARE, bare(issuer.token("RS256", 5), issuer.signer("RS256")))]
    for rows in (FEW_ROWS, MANY_ROWS):
        mappings = table_of(rows)
        for count in GROUP_COUNTS:
            names = person(count, rows)
            measured.append(
                Case(name_of(count, rows), lambda m=mappings, n=names: m.resolve(n), BARE)
            )
    path = ClaimPath("groups")
    for count in GROUP_COUNTS:
        members = {"groups": list(person(count, FEW_ROWS))}

        def read(members: dict[str, list[str]] = members) -> Groups:
            # New claims each time: they copy a value once only.
            return Groups.read(Claims(members, issuer="https://id.example/", subject="u1"), path)

        measured.append(Case(f"{count} groups: read the claim", read, BARE))
    return measured


def run(rounds: int) -> Part:
    """Measure. Many rows are compared to few within the same run."""
    results = measure(cases(), rounds=rounds)
    by_name = {result.name: result for result in results}
    few, many = by_name[name_of(50, FEW_ROWS)], by_name[name_of(50, MANY_ROWS)]
    between = f"{many.median / few.median:.2f} ({many.best / few.best:.2f})"
    rows = [
        Row("roles of 50 groups", times(few), "0.1", "0.2", "naive 360"),
        Row("roles: 100,000 mapping rows over 1,000", between, "1", "1.5", "naive 100"),
    ]
    return Part(rows, results)

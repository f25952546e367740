"""Every attack of first priority that this release can meet has a test that carries its row."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

AREAS = {
    "account linking",
    "authorization response",
    "claims/role mapping",
    "config/secrets",
    "discovery",
    "id token",
    "jose",
    "jwks",
    "plugin loading",
    "redirect",
    "token endpoint",
}

CANNOT_OCCUR = {
    "AUR-06": "no account is ever linked: an identity is issuer and subject, and there is no page "
    "or command that joins two",
    "IDT-17": "no refresh token is requested or used: there is no refresh answer",
    "RED-11": "sign-out ends the session here and sends nobody to the provider: there is no "
    "`post_logout_redirect_uri`",
    "TOK-09": "no refresh token is requested or used",
    "TOK-10": "no refresh token is requested or used",
}
"""Rows whose subject does not exist in this release. Whoever adds the subject removes the row."""


def marked_rows() -> set[str]:
    """The rows that tests carry, read from the source: a test that is skipped counts as well."""
    rows: set[str] = set()
    for folder in ("tests", "plugins"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.attack":
                    rows |= {ast.literal_eval(argument) for argument in node.args}
    return rows


def test_every_first_priority_row_has_a_test(attack_rows: list[dict[str, Any]]) -> None:
    """117 rows in eleven areas: each is held by a test, or cannot occur for the reason given."""
    due = {
        row["id"]: row["attack"]
        for row in attack_rows
        if row["area"] in AREAS and row["priority"] == 1
    }
    assert len(due) == 117
    held = marked_rows() | set(CANNOT_OCCUR)
    assert {row: attack for row, attack in due.items() if row not in held} == {}


def test_reasons_are_given_for_open_rows_only(attack_rows: list[dict[str, Any]]) -> None:
    """An exception that has a test, or is no row, is no exception."""
    assert set(CANNOT_OCCUR) <= {row["id"] for row in attack_rows}
    assert set(CANNOT_OCCUR) & marked_rows() == set()


def test_marks_name_rows(attack_rows: list[dict[str, Any]]) -> None:
    """No test carries a row that does not exist."""
    assert marked_rows() - {row["id"] for row in attack_rows} == set()

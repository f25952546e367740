"""The page on trust says what the tests show."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt

from dockmesh_auth.errors import ErrorCode

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "trust-model.md"

SHOWN: dict[str, str | tuple[str, ...]] = {
    "is installed and not enabled": "test_an_application_imports_one_of_seventy",
    "claims a name that another distribution claims": (
        "test_a_name_that_two_distributions_claim_is_nobody_s"
    ),
    "claims the name of the built-in": ("test_claims_to_names_that_are_not_in_use_disturb_nobody"),
    "is a second copy of a distribution, further down the path": (
        "test_a_distribution_further_down_the_path_is_shadowed"
    ),
    "cannot be imported, or exits while it is": (
        "test_those_that_cannot_be_loaded_are_set_aside_and_the_others_serve"
    ),
    "hangs while it is imported": (
        "test_an_import_that_hangs_delays_the_start_and_no_more",
        "test_an_import_that_hangs_does_not_hang_the_host",
    ),
    "wraps a hook, implements one of another tool, or one twice": (
        "test_those_that_cannot_be_loaded_are_set_aside_and_the_others_serve"
    ),
    "is in quarantine, and a provider names it": (
        "test_a_provider_whose_plugin_is_broken_keeps_the_host_from_starting"
    ),
    "asks to be first or last, or gives its functions other names": (
        "test_no_order_makes_a_plugin_speak_for_another_provider"
    ),
    "does not return from a hook": "test_nobody_waits_for_a_hook_that_does_not_return",
    "leaves four threads blocked, or 64 calls that refuse to be cancelled": (
        "test_a_plugin_that_leaves_too_many_threads_behind_is_out_of_service",
        "test_calls_that_refuse_to_be_cancelled_are_bounded",
        "test_a_plugin_with_too_many_blocked_calls_is_out_of_service",
    ),
    "raises anything but an error of the contract, SystemExit too": (
        "test_a_hook_that_ends_the_program_ends_one_sign_in"
    ),
    "answers with another type than the hook's": (
        "test_a_wrong_type_is_the_plugin_s_error_and_grants_nothing"
    ),
    "vouches for a person of another issuer, or for another one than the token's": (
        "test_no_plugin_vouches_for_another_person"
    ),
    "gives what no row for its provider gives": (
        "test_no_plugin_gives_what_another_provider_s_row_gives"
    ),
    "changes what it was given": "test_what_a_plugin_is_given_cannot_be_changed",
    "asks another host than its provider's": (
        "test_what_a_plugin_keeps_works_at_its_own_provider_only"
    ),
    "keeps its fetch for later": "test_what_a_plugin_keeps_works_at_its_own_provider_only",
    "keeps its verifier for later": "test_what_a_plugin_keeps_works_at_its_own_provider_only",
    "starts threads and leaves them": (
        "test_neither_a_hook_that_does_not_return_nor_a_thread_keeps_the_process_from_ending"
    ),
    "changes settings of the whole process": (
        "test_what_a_careless_plugin_sets_for_the_whole_process_costs_no_sign_in"
    ),
    "replace a function of the host, or a value of another plugin": (
        "test_a_plugin_that_replaces_functions_does_so_where_it_is_enabled"
    ),
    "look through the memory of the process": (
        "test_a_plugin_can_read_the_secrets_of_other_providers"
    ),
    "end the process past all handlers, with os._exit or a crash in C": (
        "test_an_enabled_plugin_can_end_the_process"
    ),
    "make a call in C that keeps the interpreter's lock; "
    "a regular expression that backtracks is one": (
        "test_a_call_in_c_that_keeps_the_interpreter_holds_everybody_up"
    ),
    "start a thread with daemon=False": (
        "test_a_thread_that_asks_for_it_keeps_the_process_from_ending"
    ),
    "print what looks like a line of the host's log": (
        "test_what_a_plugin_prints_is_in_the_log_and_nowhere_else"
    ),
}
"""The first column of each row of the page's tables, and the test or tests that show it."""


def shown_by(row: str) -> tuple[str, ...]:
    """The tests of *row*."""
    names = SHOWN[row]
    return (names,) if isinstance(names, str) else names


def table_rows() -> Iterator[list[str]]:
    """The cells of all rows below the tables' heads, without marks."""
    tokens = MarkdownIt().enable("table").parse(PAGE.read_text("utf-8"))
    below_the_head = False
    cells: list[str] = []
    for token, after in itertools.pairwise(tokens):
        if token.type == "tbody_open":
            below_the_head = True
        elif token.type == "tbody_close":
            below_the_head = False
        elif token.type == "td_open":
            cells.append(after.content.replace("`", ""))
        elif token.type == "tr_close" and below_the_head:
            yield cells
            cells = []


def sources_of_tests() -> dict[str, str]:
    """The source of every test of plugins, by its name."""
    found: dict[str, str] = {}
    for folder in ("isolation", "host"):
        for path in (ROOT / "tests" / folder).glob("test_*.py"):
            source = path.read_text("utf-8")
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    found[node.name] = ast.get_source_segment(source, node) or ""
    return found


def test_every_row_of_the_page_is_shown_by_a_test() -> None:
    """What the page promises, and what it says it cannot, has a test that exists."""
    rows = [row[0] for row in table_rows()]

    assert rows == list(SHOWN)
    assert {name for row in rows for name in shown_by(row)} - set(sources_of_tests()) == set()


def test_every_code_on_the_page_is_what_the_row_s_test_finds() -> None:
    """The third column is a code of ours, and the test of the row looks for it."""
    tests, codes = sources_of_tests(), {str(code) for code in ErrorCode}
    named = 0
    for attempt, _, *code in table_rows():
        if not code or not code[0]:
            continue
        named += 1
        assert code[0] in codes
        assert any(code[0] in tests[name].lower() for name in shown_by(attempt)), attempt
    assert named == 14

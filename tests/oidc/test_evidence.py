"""What a stranger wrote is shown escaped, cut and without what may be secret."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth.oidc.evidence import MAX_SHOWN, shown, shown_address, shown_without_secrets


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("abc", "'abc'"),
        ("a\nb", "'a\\nb'"),
        ("ä\u202e", "'\\xe4\\u202e'"),
        ("x" * 101, "'" + "x" * 100 + "'..."),
        ({}, "an object"),
        ([1], "an array"),
        (True, "a boolean"),
        (1, "a number"),
        (1.5, "a number"),
        (None, "null"),
        (b"", "another type"),
    ],
)
def test_values_are_shown_in_quotes_or_by_their_type(value: object, text: str) -> None:
    """No value but a string is quoted."""
    assert shown(value) == text


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://a.example/b", "'https://a.example/b'"),
        ("https://u:p@a.example/b?token=x#y", "'https://a.example/b'"),
        ("https://u@p@a.example/@b", "'https://a.example/@b'"),
        ("no address", "'no address'"),
    ],
)
def test_addresses_are_shown_without_credentials_and_query(url: str, text: str) -> None:
    """Credentials, query and fragment may be secret."""
    assert shown_address(url) == text


def test_sentences_are_shown_without_what_looks_secret() -> None:
    """A code or a token in an error's description does not reach the log."""
    secret = "eyJhbGciOiJFUzI1NiJ9.e30"
    assert shown_without_secrets(f"The code {secret} is used.\n") == "The code [...] is used.\\n"
    assert shown_without_secrets("") == ""


@given(st.text())
def test_whatever_is_shown_is_short_printable_ascii(text: str) -> None:
    """One line of a log, always."""
    for result in (shown(text), shown_address(text), shown_without_secrets(text)):
        assert result.isascii()
        assert not result or result.isprintable()
        assert len(result) <= 10 * MAX_SHOWN + 5

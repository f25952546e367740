"""A neighbour whose import does not end. Begun with the first host of these tests, read last."""

from __future__ import annotations

import pytest


@pytest.mark.attack("PLG-03")
def test_an_import_that_hangs_delays_the_start_and_no_more(slow) -> None:
    """After fifteen seconds the host goes on without it, and ends as it should."""
    slow.wait_for('"serving"', patience=40)

    assert slow.sign_in("home").roles == ["viewer"]
    assert slow.imported() == ["hangs_at_import", "good"]
    assert slow.end() == 0

"""Claim names, as the configuration takes them."""

from __future__ import annotations

import pytest

from dockmesh_auth.errors import ErrorCode
from dockmesh_auth.host.config.kinds import Refused
from dockmesh_auth.host.config.scope_lists import ClaimName, ScopeText


@pytest.mark.parametrize("value", [7, True, ["groups"], {"name": "groups"}, 1.5])
def test_only_text_or_null_names_a_claim(value: object) -> None:
    """Nothing is converted."""
    with pytest.raises(Refused) as caught:
        ClaimName().read(value)

    assert caught.value.code is ErrorCode.CONFIG_WRONG_TYPE


def test_null_says_that_there_is_no_such_claim() -> None:
    """For providers that have no groups to give."""
    assert ClaimName().read(None) is None


@pytest.mark.parametrize("value", [None, True, 1, 1.5, {}, {"tag": "prod"}])
def test_only_text_or_a_list_is_a_scope(value: object) -> None:
    """Nothing is taken for `all`."""
    with pytest.raises(Refused) as caught:
        ScopeText().read(value)
    assert caught.value.code is ErrorCode.CONFIG_WRONG_TYPE

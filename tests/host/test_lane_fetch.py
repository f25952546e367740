"""The fetch that a stage gets: it ends with the stage."""

from __future__ import annotations

import asyncio

import pytest

from dockmesh_auth.domain.ports import Answer
from dockmesh_auth.errors import ErrorCode, PluginError
from dockmesh_auth.host.lane_fetch import LaneFetch


async def test_it_asks_until_its_stage_is_over() -> None:
    """Then nothing is sent any more, whoever kept it."""
    asked: list[str] = []

    async def fetch(url: str, **_: object) -> Answer:
        asked.append(url)
        return Answer(status=200, headers={}, body=b"{}")

    bridged = LaneFetch(fetch, asyncio.get_running_loop())
    await bridged("https://id.example/one")
    bridged.end()
    with pytest.raises(PluginError) as refused:
        await bridged("https://id.example/two")

    assert refused.value.code is ErrorCode.PLUGIN_BAD_REQUEST
    assert asked == ["https://id.example/one"]
    assert repr(bridged) == "<fetch>"

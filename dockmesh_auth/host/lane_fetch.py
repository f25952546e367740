"""The fetch that a plugin gets: it runs in the host's loop, whichever thread asks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from attrs import frozen

from dockmesh_auth.domain.ports import Answer, Fetch
from dockmesh_auth.domain.strict_json import Json

__all__ = ["LaneFetch"]


@frozen(eq=False)
class LaneFetch:
    """A `Fetch` for another thread than the one whose loop holds the connections."""

    _fetch: Fetch
    _home: asyncio.AbstractEventLoop

    async def __call__(
        self,
        url: str,
        *,
        method: str = "GET",
        with_access_token: bool = False,
        headers: Mapping[str, str] | None = None,
        json: Json = None,
    ) -> Answer:
        """Ask *url*; see `dockmesh_auth.domain.ports.Fetch`."""

        async def ask() -> Answer:
            return await self._fetch(
                url,
                method=method,
                with_access_token=with_access_token,
                headers=headers,
                json=json,
            )

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(ask(), self._home))

    def __repr__(self) -> str:
        return "<fetch>"

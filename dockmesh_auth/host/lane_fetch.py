"""The fetch that a plugin gets: it runs in the host's loop, whichever thread asks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping

from attrs import field, frozen

from dockmesh_auth.domain.ports import Answer, Fetch
from dockmesh_auth.domain.strict_json import Json
from dockmesh_auth.errors import ErrorCode, PluginError

__all__ = ["LaneFetch"]


@frozen(eq=False)
class LaneFetch:
    """A `Fetch` for another thread than the one whose loop holds the connections.

    It is good for one stage of one sign-in: with the stage it ends, whoever keeps it.
    """

    _fetch: Fetch
    _home: asyncio.AbstractEventLoop
    _over: threading.Event = field(factory=threading.Event, init=False)

    async def __call__(
        self,
        url: str,
        *,
        method: str = "GET",
        with_access_token: bool = False,
        headers: Mapping[str, str] | None = None,
        json: Json = None,
    ) -> Answer:
        """Ask *url*; see `dockmesh_auth.domain.ports.Fetch`.

        Raises:
            PluginError: `PLUGIN_BAD_REQUEST` also after the stage that it was given to.
        """
        if self._over.is_set():
            raise PluginError(
                ErrorCode.PLUGIN_BAD_REQUEST, "the stage that this fetch was for is over"
            )

        async def ask() -> Answer:
            return await self._fetch(
                url,
                method=method,
                with_access_token=with_access_token,
                headers=headers,
                json=json,
            )

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(ask(), self._home))

    def end(self) -> None:
        """The stage is over: nothing is sent any more."""
        self._over.set()

    def __repr__(self) -> str:
        return "<fetch>"

"""Style sheet and icon, kept in memory and named by their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Final

from attrs import field, frozen
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

__all__ = ["STATIC", "Assets"]

STATIC: Final = "/static"
"""The path below which they are served."""

_MEDIA_TYPES: Final = {".css": "text/css", ".svg": "image/svg+xml"}
_FOREVER: Final = "public, max-age=31536000, immutable"


@frozen
class _Asset:
    content: bytes = field(repr=False)
    media_type: str
    digest: str


def _load() -> Mapping[str, _Asset]:
    folder = resources.files("dockmesh_auth.web") / "static"
    found = {}
    for file in folder.iterdir():
        content = file.read_bytes()
        media_type = _MEDIA_TYPES[file.name[file.name.rfind(".") :]]
        found[file.name] = _Asset(content, media_type, hashlib.sha256(content).hexdigest()[:16])
    return MappingProxyType(found)


@frozen
class Assets:
    """The files of `static/`. A changed file has another address, so none is ever asked twice."""

    _files: Mapping[str, _Asset] = field(factory=_load, repr=False)

    def path(self, name: str) -> str:
        """The path of the file *name*, with the digest of its content."""
        return f"{STATIC}/{self._files[name].digest}/{name}"

    async def serve(self, request: Request) -> Response:
        """GET /static/{digest}/{name}."""
        asset = self._files.get(request.path_params["name"])
        if asset is None or asset.digest != request.path_params["digest"]:
            raise HTTPException(404)
        return Response(
            asset.content, media_type=asset.media_type, headers={"cache-control": _FOREVER}
        )

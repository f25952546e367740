"""Answers for programs."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

__all__ = ["is_for_programs", "json_response"]


def json_response(content: Any, *, status: int = 200) -> Response:
    """*content* as JSON in ASCII, so that no text, however odd, fails to be sent."""
    return Response(json.dumps(content), status_code=status, media_type="application/json")


def is_for_programs(path: str) -> bool:
    """Whether programs ask for *path*; where a sign-in begins is for people, wherever it lies."""
    return path.endswith("/healthz") or ("/api/" in path and not path.endswith("/login"))

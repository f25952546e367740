"""What a request to a provider may hold: its method, its headers, the access token."""

from __future__ import annotations

import json as json_text
import re
from collections.abc import Mapping
from typing import Final

from dockmesh_auth.domain.ports import Request
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.strict_json import Json
from dockmesh_auth.errors import ErrorCode, PluginError

__all__ = ["build_fetch_request", "check_request"]

_METHODS: Final = frozenset({"GET", "POST"})
# RFC 9110, sections 5.1 and 5.5: a token; visible ASCII with spaces and tabs between. A line end
# in either would be the begin of another header or another request.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"(?:[!-~](?:[ \t!-~]*[!-~])?)?")
# The transport's own headers, and the ones that would carry state from request to request.
_RESERVED: Final = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "cookie",
        "expect",
        "host",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def build_fetch_request(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    json: Json = None,
    bearer: Secret | None = None,
) -> Request:
    """The request that a plugin's `fetch` asks for (see `dockmesh_auth.domain.ports.Fetch`).

    Args:
        url: The address; not looked at here.
        method: GET or POST.
        headers: More headers.
        json: A body for POST; None sends none.
        bearer: The access token to send (RFC 6750, section 2.1); None sends none.

    Raises:
        PluginError: `PLUGIN_BAD_REQUEST`: the body is not JSON, or has no POST to go with.
    """
    sent = {"accept": "application/json"}
    body: bytes | None = None
    if json is not None:
        if method != "POST":
            raise _refused("only POST has a body")
        try:
            body = json_text.dumps(json, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError):
            raise _refused("the body cannot be written as JSON") from None
        sent["content-type"] = "application/json"
    sent |= {name.lower(): value for name, value in (headers or {}).items()}
    if bearer is not None:
        if "authorization" in sent:
            raise _refused("there is an Authorization header beside the access token")
        sent["authorization"] = f"Bearer {bearer.reveal()}"
    return Request(method=method, url=url, headers=sent, body=body)


def check_request(request: Request) -> None:
    """Hold method and headers against what may be sent.

    Raises:
        PluginError: `PLUGIN_BAD_REQUEST`. The message names the header and never its value.
    """
    if request.method not in _METHODS:
        raise _refused("the method is neither GET nor POST")
    for name, value in request.headers.items():
        if not _NAME.fullmatch(name):
            raise _refused("a header's name is malformed")
        if name.lower() in _RESERVED:
            raise _refused(f"the header {name} is not a request's own to set")
        if not _VALUE.fullmatch(value):
            raise _refused(f"the value of the header {name} is malformed")


def _refused(detail: str) -> PluginError:
    return PluginError(ErrorCode.PLUGIN_BAD_REQUEST, detail)

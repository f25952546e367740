"""Where a browser may be sent after a sign-in: a path of this site and nothing else."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, urlsplit

__all__ = ["MAX_RETURN_PATH", "safe_return_path"]

MAX_RETURN_PATH: Final = 2048
"""The longest path that is remembered, in characters."""

# One slash, then anything visible in ASCII but a second slash or a backslash: what every browser
# reads as a path of the same site (WHATWG URL, section 4.4; RFC 9700, section 4.11.1).
_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")
_OWN_PAGES: Final = frozenset({"login", "logout", "auth"})
_OWN_API: Final = ["api", "v1", "auth"]
# What a server may cut off a segment: parameters, and an encoded `?` or `#`.
_SUFFIX = re.compile("[;?#]")


def safe_return_path(address: str | None, default: str = "/") -> str:
    """*address* if it is a path of this site that may be returned to, else *default*.

    Refused are other sites in any spelling, control characters, backslashes, non-ASCII letters,
    dot segments, empty segments, encoded slashes that would make one of these, and the sign-in's
    own pages with all that lies below them. Query and fragment are kept as they are.
    """
    if not address or len(address) > MAX_RETURN_PATH or not _PATH.fullmatch(address):
        return default
    path = urlsplit(address).path
    decoded = _decoded(path)
    if decoded is None or "//" in decoded or "\\" in decoded or not decoded.isprintable():
        return default
    segments = [_SUFFIX.split(segment, maxsplit=1)[0] for segment in decoded[1:].split("/")]
    own = segments[0] in _OWN_PAGES or segments[:3] == _OWN_API
    if own or not {".", ".."}.isdisjoint(segments):
        return default
    return address


def _decoded(path: str) -> str | None:
    """*path* with all layers of percent-encoding off; None if there are suspiciously many."""
    for _ in range(4):
        bare = unquote(path)
        if bare == path:
            return path
        path = bare
    return None

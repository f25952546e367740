"""Read base64url strictly (RFC 7515, section 2): one text for one value, and no other."""

from __future__ import annotations

from typing import Final

from pybase64 import b64decode

__all__ = ["decode"]

# The last character before the end of a group of two or three: the bits that stand for nothing
# are zero in these, so that no two texts mean the same octets (RFC 4648, section 3.5).
_CANONICAL_END: Final = {2: b"AQgw", 3: b"AEIMQUYcgkosw048"}
_EQUALS, _PLUS, _SLASH = b"=+/"
_PADDING: Final = {2: b"==", 3: b"="}


def decode(text: bytes) -> bytes:
    """The octets that *text* stands for.

    Raises:
        ValueError: *text* has a character outside of `A-Z a-z 0-9 - _` (padding, white space and
            the alphabet of plain base64 included), an impossible length, or stray bits.
    """
    # The decoder lets these three pass; everything else outside of the alphabet it refuses.
    if _EQUALS in text or _PLUS in text or _SLASH in text:
        raise ValueError("the text is not base64url")
    rest = len(text) & 3
    if rest:
        if rest == 1 or text[-1] not in _CANONICAL_END[rest]:
            raise ValueError("the text is not base64url")
        text += _PADDING[rest]
    return b64decode(text, b"-_", True)

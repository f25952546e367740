"""A short name for a refusal, that a person can read out and an operator can find in the log."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from dockmesh_auth.domain.ports import Randomness

__all__ = ["make_reference"]

# Crockford's alphabet: no I, L, O or U, which people misread or mishear.
_CROCKFORD: Final = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)


def make_reference(randomness: Randomness) -> str:
    """A new reference: eight letters and digits in two groups, 40 random bits."""
    digest = hashlib.sha256(randomness.token().encode()).digest()
    text = base64.b32encode(digest[:5]).translate(_CROCKFORD).decode()
    return f"{text[:4]}-{text[4:]}"

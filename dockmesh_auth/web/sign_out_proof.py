"""Whether a request to sign out was meant: a proof that only our own page can carry."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from dockmesh_auth.domain.secret import Secret

__all__ = ["comes_from_elsewhere", "proof_for", "proves"]

_PURPOSE: Final = b"dockmesh_auth sign-out proof 1"


def proof_for(token: Secret) -> str:
    """The proof for the session of *token*: bound to it, and of no use for anything else."""
    return hmac.new(token.reveal().encode(), _PURPOSE, hashlib.sha256).hexdigest()


def proves(proof: str, token: Secret) -> bool:
    """Whether *proof* is the one for *token*, compared in constant time."""
    return Secret(proof_for(token)).matches(proof)


def comes_from_elsewhere(headers: Headers, base_url: str) -> bool:
    """Whether the browser itself says that another site sent the request.

    `Sec-Fetch-Site` says it (Fetch Metadata); where an old browser lacks it, `Origin` does. Our
    pages have `Referrer-Policy: no-referrer`, under which their own forms carry `Origin: null`
    (Fetch, section 3.2): that says nothing either way, and the proof alone decides.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site != "same-origin"
    origin = headers.get("origin", "null")
    if origin == "null":
        return False
    ours = urlsplit(base_url)
    return origin.lower() != f"{ours.scheme}://{ours.netloc}".lower()

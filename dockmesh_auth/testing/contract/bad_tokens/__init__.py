"""Bad ID tokens by name: each is a good one with one fault, in the provider's own hand.

Names that begin like a test of the OpenID Foundation's relying-party suite are that test's; the
others say the fault::

    provider.edits.id_token = lambda draft: BAD_TOKENS["invalid-aud"].spoil(draft, provider)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dockmesh_auth.testing.contract.bad_tokens.claims import BAD_CLAIMS
from dockmesh_auth.testing.contract.bad_tokens.forms import BAD_FORMS
from dockmesh_auth.testing.contract.bad_tokens.token import BadToken

__all__ = ["BAD_TOKENS", "BadToken"]

BAD_TOKENS: Final[Mapping[str, BadToken]] = {bad.name: bad for bad in (*BAD_CLAIMS, *BAD_FORMS)}
"""The bad tokens by name."""

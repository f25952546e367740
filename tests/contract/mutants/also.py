"""Checks for which no mutant was made of its own, by a mutant that breaks them as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "guesses-endpoints-when-discovery-fails": (
        "discovery-gone",
        "discovery-refused",
        "discovery-garbage",
        "discovery-empty",
        "discovery-page",
        "discovery-null",
        "discovery-large",
        "discovery-cut-off",
        "discovery-redirect",
        "discovery-slow",
    ),
    "believes-everything-that-can-be-decoded": (
        "missing-iss",
        "iss-is-a-list",
        "missing-sub",
        "empty-sub",
        "long-sub",
        "missing-aud",
        "empty-aud",
        "aud-is-an-object",
        "empty-nonce",
    ),
    "never-looks-at-the-signature": (
        "alg-empty",
        "no-signature",
        "another-payload",
        "signed-with-other-key",
        "kid-unknown",
        "x5u",
        "alg-of-another-key",
        "alg-missing",
        "b64-false",
        "alg-twice",
        "sub-twice",
        "payload-a-list",
        "payload-garbage",
        "two-parts",
        "four-parts",
        "white-space",
        "padded",
        "json-serialization",
        "encrypted-for-somebody",
    ),
    "takes-an-outage-for-no-groups": (
        "person-empty",
        "person-page",
        "person-nested",
        "person-large",
        "person-cut-off",
        "person-redirect",
    ),
    "expects-a-list-of-texts": (
        "claims-that-are-true",
        "claims-that-are-false",
        "claims-that-are-number",
        "claims-that-are-fraction",
        "claims-that-are-list-of-null",
        "claims-that-are-list-with-one-odd",
        "claims-that-are-empty-object",
    ),
    "expects-a-list": (
        "claims-that-are-empty-text",
        "claims-that-are-invisible-text",
        "claims-that-are-long-text",
        "claims-that-are-object-of-names",
    ),
}
"""Checks by mutant."""

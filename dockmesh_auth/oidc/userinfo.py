"""More claims about a person who is already known: OpenID Connect Core 1.0, section 5.3."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.ports import Answer
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.strict_json import FrozenJson, Json, freeze, parse_object
from dockmesh_auth.errors import ErrorCode, ProviderError, TokenRejected

__all__ = ["PROTOCOL_CLAIMS", "parse_userinfo"]

PROTOCOL_CLAIMS: Final = frozenset(
    {
        "acr",
        "amr",
        "at_hash",
        "aud",
        "auth_time",
        "azp",
        "c_hash",
        "cnf",
        "events",
        "exp",
        "iat",
        "iss",
        "jti",
        "nbf",
        "nonce",
        "s_hash",
        "sid",
        "sub",
    }
)
"""Claims that only a signed token can make; userinfo's are dropped, wherever they come from."""

_OK: Final = 200
# RFC 6750, section 3: error="insufficient_scope"
_BEARER_ERROR = re.compile(r'error="([a-z_]{1,40})"')


def parse_userinfo(answer: Answer, claims: Claims, provider: Provider) -> Mapping[str, FrozenJson]:
    """Read the answer (sections 5.3.2 and 5.3.4): what it adds to *claims*, immutable.

    Nothing of it is used unless its `sub` is that of the ID token. Claims of the protocol are left
    out, so that no reader can take them for the token's.

    Raises:
        ProviderError: `USERINFO_FAILED`: a status other than 200, or anything but a JSON object.
        TokenRejected: `USERINFO_SUBJECT_MISMATCH`: `sub` is missing or another.
    """
    members = _members(answer, provider)
    subject = members.get("sub")
    if not isinstance(subject, str) or not _same(subject, claims.subject):
        found = "no sub" if subject is None else "another sub"
        raise TokenRejected(
            ErrorCode.USERINFO_SUBJECT_MISMATCH,
            f"the userinfo answer has {found} than the ID token",
            provider=provider.slug,
        )
    return MappingProxyType(
        {name: freeze(value) for name, value in members.items() if name not in PROTOCOL_CLAIMS}
    )


def _members(answer: Answer, provider: Provider) -> Mapping[str, Json]:
    if answer.status != _OK:
        raise _failed(f"it answered with status {answer.status}{_reason(answer)}", provider)
    if answer.media_type == "application/jwt":
        raise _failed(
            "it answers with a signed token; let the provider send plain JSON, "
            "or set `userinfo: never`",
            provider,
        )
    try:
        return parse_object(answer.body)
    except ValueError as fault:
        raise _failed(str(fault), provider) from None


def _reason(answer: Answer) -> str:
    match = _BEARER_ERROR.search(answer.headers.get("www-authenticate", ""))
    return f" ({match[1]})" if match else ""


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )


def _failed(detail: str, provider: Provider) -> ProviderError:
    return ProviderError(
        ErrorCode.USERINFO_FAILED, f"the userinfo endpoint failed: {detail}", provider=provider.slug
    )

"""Bad ID tokens whose signature is good, and whose claims are not."""

from __future__ import annotations

from typing import Any, Final

from dockmesh_auth.testing.contract.bad_tokens.token import (
    CONFUSED,
    OLD,
    OTHERS,
    REPLAY,
    WHO,
    BadToken,
    Fault,
    alike,
)
from dockmesh_auth.testing.fake_provider import FakeProvider
from dockmesh_auth.testing.fake_provider.edits import TokenDraft
from dockmesh_auth.testing.minting import base64url

__all__ = ["BAD_CLAIMS"]

CORE: Final = "OpenID Connect Core 1.0, section 3.1.3.7"


def _claims(**changes: Any) -> Fault:
    """Set these claims; None removes one; a function makes the new value of the old one."""

    def fault(draft: TokenDraft, _provider: FakeProvider) -> None:
        for name, change in changes.items():
            value = change(draft.claims.get(name)) if callable(change) else change
            draft.claims.pop(name, None)
            if value is not None:
                draft.claims[name] = value

    return fault


def _times(name: str, seconds: float) -> Fault:
    def fault(draft: TokenDraft, provider: FakeProvider) -> None:
        draft.claims[name] = int(provider.clock.now() + seconds)

    return fault


def _wrong_at_hash(draft: TokenDraft, _provider: FakeProvider) -> None:
    draft.claims["at_hash"] = base64url(b"sixteen octets!!")


def _two_audiences(draft: TokenDraft, _provider: FakeProvider) -> None:
    draft.claims.update(aud=[_client(draft), "another-client"], azp=_client(draft))


def _client(draft: TokenDraft) -> str:
    audience = draft.claims["aud"]
    return str(audience[0] if isinstance(audience, list) else audience)


BAD_CLAIMS: Final[tuple[BadToken, ...]] = (
    *alike(
        f"{CORE}, step 2",
        OTHERS,
        ("invalid-iss", "of another issuer", _claims(iss=lambda iss: f"{iss}1")),
        ("missing-iss", "without an issuer", _claims(iss=None)),
        (
            "iss-with-other-slash",
            "whose issuer differs in the slash at its end",
            _claims(iss=lambda iss: iss[:-1] if iss.endswith("/") else f"{iss}/"),
        ),
        (
            "iss-with-other-case",
            "whose issuer differs in letter case",
            _claims(iss=lambda iss: iss.upper()),
        ),
    ),
    *alike(
        "RFC 7519, section 4.1.1",
        OTHERS,
        ("iss-is-a-list", "whose issuer is a list", _claims(iss=lambda iss: [iss])),
    ),
    *alike(
        "OpenID Connect Core 1.0, section 2",
        WHO,
        ("missing-sub", "without a subject", _claims(sub=None)),
        ("empty-sub", "with an empty subject", _claims(sub="")),
        ("long-sub", "with a subject of 256 characters", _claims(sub="s" * 256)),
    ),
    *alike(
        "RFC 7519, section 4.1.2",
        WHO,
        ("number-as-sub", "whose subject is a number", _claims(sub=5)),
    ),
    *alike(
        "OpenID Connect Core 1.0, section 2",
        WHO,
        (
            "invisible-sub",
            "whose subject holds an invisible character",
            _claims(sub=lambda sub: f"{sub}\u200b"),
        ),
    ),
    *alike(
        f"{CORE}, step 3",
        OTHERS,
        ("invalid-aud", "for another client", _claims(aud="another-client", azp=None)),
        ("missing-aud", "without an audience", _claims(aud=None)),
        ("empty-aud", "whose list of audiences is empty", _claims(aud=())),
        (
            "aud-with-our-name-inside",
            "whose audience only contains our name",
            _claims(aud="not-dockmesh", azp=None),
        ),
        ("untrusted-aud", "that is also for a client nobody trusts", _two_audiences),
    ),
    *alike(
        "RFC 7519, section 4.1.3",
        OTHERS,
        (
            "aud-is-an-object",
            "whose audience is an object",
            _claims(aud=lambda aud: {str(aud): True}),
        ),
    ),
    *alike(
        f"{CORE}, step 5",
        OTHERS,
        ("other-azp", "that was issued to another client", _claims(azp="another-client")),
    ),
    *alike(
        f"{CORE}, step 9",
        OLD,
        ("missing-exp", "without an end", _claims(exp=None)),
        ("expired", "that has expired", _times("exp", -61)),
    ),
    *alike(
        "RFC 7519, section 4.1.4",
        OLD,
        ("text-as-exp", "whose end is a text", _claims(exp=str)),
        ("true-as-exp", "whose end is `true`", _claims(exp=True)),
        ("exp-in-the-far-future", "that ends in the year 33658", _claims(exp=10**12)),
    ),
    *alike(
        "OpenID Connect Core 1.0, section 2",
        OLD,
        ("missing-iat", "that does not say when it was issued", _claims(iat=None)),
    ),
    *alike(
        f"{CORE}, step 10",
        OLD,
        ("issued-in-the-future", "that is yet to be issued", _times("iat", 61)),
    ),
    *alike(
        "RFC 7519, section 4.1.5",
        OLD,
        ("not-yet-valid", "that is not valid yet", _times("nbf", 61)),
    ),
    *alike(
        f"{CORE}, step 11",
        REPLAY,
        ("nonce-invalid", "that answers another request", _claims(nonce=lambda nonce: f"{nonce}1")),
        ("missing-nonce", "that answers no request", _claims(nonce=None)),
        ("empty-nonce", "with an empty nonce", _claims(nonce="")),
        ("nonce-in-a-list", "whose nonce stands in a list", _claims(nonce=lambda nonce: [nonce])),
    ),
    *alike(
        "OpenID Connect Core 1.0, section 3.1.3.8",
        REPLAY,
        ("wrong-at-hash", "that belongs to another access token", _wrong_at_hash),
    ),
    *alike(
        "OpenID Connect Back-Channel Logout 1.0, section 2.4; RFC 8725, section 3.12",
        CONFUSED,
        (
            "logout-token",
            "that is a logout token",
            _claims(events={"http://schemas.openid.net/event/backchannel-logout": {}}),
        ),
    ),
)
"""In the order of the claims."""

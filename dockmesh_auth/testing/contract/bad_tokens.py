"""Bad ID tokens by name: each is a good one with one fault, in the provider's own hand.

Names that begin like a test of the OpenID Foundation's relying-party suite are that test's; the
others say the fault.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final, TypeAlias

from attrs import evolve, frozen

from dockmesh_auth.testing.fake_provider import FakeProvider
from dockmesh_auth.testing.fake_provider.edits import TokenDraft
from dockmesh_auth.testing.minting import SigningKey, base64url, encrypt

__all__ = ["BAD_TOKENS", "BadToken"]

CORE: Final = "OpenID Connect Core 1.0, section 3.1.3.7"

Fault: TypeAlias = Callable[[TokenDraft, FakeProvider], str | None]
"""Spoils a draft in place, or gives what is sent instead of a token."""


@frozen
class BadToken:
    """A token that must be refused.

    Attributes:
        name: The name of the fault.
        what: What is wrong with it, as the rest of "an ID token ...".
        where: Where it is written that it is refused.
        why: What an attacker or a mistake does with it.
        fault: Makes it.
    """

    name: str
    what: str
    where: str
    why: str
    fault: Fault

    def spoil(self, draft: TokenDraft, provider: FakeProvider) -> str | None:
        """Make *draft* this bad token."""
        return self.fault(draft, provider)


# --- faults of claims --------------------------------------------------------------------------

_OTHERS = "A token that was made for somebody else, or by somebody else, would open this door."
_OLD = "A token that was stolen or kept would work for ever."
_REPLAY = "A token of another sign-in could be put in the place of this one's."
_WHO = "Two people could be taken for one, or one for nobody."
_FORGED = "Whoever can write JSON could sign in as anybody."
_CONFUSED = "What two readers read in two ways lets an attacker show each what it wants to see."


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


_CLAIM_FAULTS: Final[tuple[tuple[str, str, str, str, Fault], ...]] = (
    ("invalid-iss", "of another issuer", f"{CORE}, step 2", _OTHERS, _claims(iss=lambda iss: f"{iss}1")),
    ("missing-iss", "without an issuer", f"{CORE}, step 2", _OTHERS, _claims(iss=None)),
    ("iss-with-other-slash", "whose issuer differs in the slash at its end", f"{CORE}, step 2", _OTHERS, _claims(iss=lambda iss: iss[:-1] if iss.endswith("/") else f"{iss}/")),
    ("iss-with-other-case", "whose issuer differs in letter case", f"{CORE}, step 2", _OTHERS, _claims(iss=lambda iss: iss.upper())),
    ("iss-is-a-list", "whose issuer is a list", "RFC 7519, section 4.1.1", _OTHERS, _claims(iss=lambda iss: [iss])),
    ("missing-sub", "without a subject", "OpenID Connect Core 1.0, section 2", _WHO, _claims(sub=None)),
    ("empty-sub", "with an empty subject", "OpenID Connect Core 1.0, section 2", _WHO, _claims(sub="")),
    ("long-sub", "with a subject of 256 characters", "OpenID Connect Core 1.0, section 2", _WHO, _claims(sub="s" * 256)),
    ("number-as-sub", "whose subject is a number", "RFC 7519, section 4.1.2", _WHO, _claims(sub=5)),
    ("invisible-sub", "whose subject holds an invisible character", "OpenID Connect Core 1.0, section 5.7", _WHO, _claims(sub=lambda sub: f"{sub}\u200b")),
    ("invalid-aud", "for another client", f"{CORE}, step 3", _OTHERS, _claims(aud="another-client", azp=None)),
    ("missing-aud", "without an audience", f"{CORE}, step 3", _OTHERS, _claims(aud=None)),
    ("empty-aud", "whose list of audiences is empty", f"{CORE}, step 3", _OTHERS, _claims(aud=())),
    ("aud-with-our-name-inside", "whose audience only contains our name", f"{CORE}, step 3", _OTHERS, _claims(aud="not-dockmesh", azp=None)),
    ("untrusted-aud", "that is also for a client nobody trusts", f"{CORE}, step 3", _OTHERS, _two_audiences),
    ("aud-is-an-object", "whose audience is an object", "RFC 7519, section 4.1.3", _OTHERS, _claims(aud=lambda aud: {str(aud): True})),
    ("other-azp", "that was issued to another client", f"{CORE}, step 5", _OTHERS, _claims(azp="another-client")),
    ("missing-exp", "without an end", f"{CORE}, step 9", _OLD, _claims(exp=None)),
    ("expired", "that has expired", f"{CORE}, step 9", _OLD, _times("exp", -61)),
    ("text-as-exp", "whose end is a text", "RFC 7519, section 4.1.4", _OLD, _claims(exp=lambda exp: str(exp))),
    ("true-as-exp", "whose end is `true`", "RFC 7519, section 4.1.4", _OLD, _claims(exp=True)),
    ("exp-in-the-far-future", "that ends in the year 33658", "RFC 7519, section 4.1.4", _OLD, _claims(exp=10**12)),
    ("missing-iat", "that does not say when it was issued", "OpenID Connect Core 1.0, section 2", _OLD, _claims(iat=None)),
    ("issued-in-the-future", "that is yet to be issued", f"{CORE}, step 10", _OLD, _times("iat", 61)),
    ("not-yet-valid", "that is not valid yet", "RFC 7519, section 4.1.5", _OLD, _times("nbf", 61)),
    ("nonce-invalid", "that answers another request", f"{CORE}, step 11", _REPLAY, _claims(nonce=lambda nonce: f"{nonce}1")),
    ("missing-nonce", "that answers no request", f"{CORE}, step 11", _REPLAY, _claims(nonce=None)),
    ("empty-nonce", "with an empty nonce", f"{CORE}, step 11", _REPLAY, _claims(nonce="")),
    ("nonce-in-a-list", "whose nonce stands in a list", f"{CORE}, step 11", _REPLAY, _claims(nonce=lambda nonce: [nonce])),
    ("wrong-at-hash", "that belongs to another access token", "OpenID Connect Core 1.0, section 3.1.3.8", _REPLAY, _wrong_at_hash),
    ("logout-token", "that is a logout token", "OpenID Connect Back-Channel Logout 1.0, section 2.4; RFC 8725, section 3.12", _CONFUSED, _claims(events={"http://schemas.openid.net/event/backchannel-logout": {}})),
)  # fmt: skip


# --- faults of the signature and the form ------------------------------------------------------


@cache
def _stranger(algorithm: str) -> SigningKey:
    return SigningKey.generate(algorithm, "stranger")


def _stranger_of(draft: TokenDraft) -> SigningKey:
    return _stranger(draft.key.algorithm if not draft.key.algorithm.startswith("HS") else "RS256")


def _header(**members: Any) -> Fault:
    def fault(draft: TokenDraft, _provider: FakeProvider) -> None:
        draft.header.update(members)

    return fault


def _none(spelling: str) -> Fault:
    def fault(draft: TokenDraft, _provider: FakeProvider) -> None:
        draft.header["alg"] = spelling
        draft.signature = b""

    return fault


def _other_key(draft: TokenDraft, _provider: FakeProvider) -> None:
    draft.key = evolve(_stranger_of(draft), kid=draft.key.kid)


def _unknown_key(draft: TokenDraft, _provider: FakeProvider) -> None:
    draft.key = _stranger_of(draft)


def _own_key_inside(draft: TokenDraft, _provider: FakeProvider) -> None:
    draft.key = _stranger_of(draft)
    draft.header["jwk"] = draft.key.public_jwk()


def _flipped(draft: TokenDraft, _provider: FakeProvider) -> None:
    signature = draft.sign().rpartition(".")[2]
    octets = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    draft.signature = bytes(octet ^ 0x5A for octet in octets)


def _no_signature(draft: TokenDraft, _provider: FakeProvider) -> None:
    draft.signature = b""


def _public_key_as_secret(draft: TokenDraft, _provider: FakeProvider) -> None:
    text = json.dumps(_public(draft), sort_keys=True)
    draft.key = evolve(SigningKey.from_secret(text), kid=draft.key.kid)


def _public(draft: TokenDraft) -> Mapping[str, Any]:
    return (
        _stranger("RS256").public_jwk()
        if draft.key.algorithm.startswith("HS")
        else draft.key.public_jwk()
    )


def _client_secret_as_key(draft: TokenDraft, provider: FakeProvider) -> None:
    secret = provider.clients[0].client_secret
    assert secret is not None
    draft.key = SigningKey.from_secret(secret.reveal(), "HS512")


def _of_another(draft: TokenDraft, _provider: FakeProvider) -> str:
    token = draft.sign()
    head, _, signature = token.rpartition(".")
    header = head.partition(".")[0]
    claims = draft.claims | {"sub": "somebody-else"}
    payload = base64url(json.dumps(claims).encode())
    return f"{header}.{payload}.{signature}"


def _twice(draft: TokenDraft, _provider: FakeProvider) -> None:
    text = json.dumps(draft.claims)
    draft.payload = (text[:-1] + ', "sub": "somebody-else"}').encode()


def _not_an_object(draft: TokenDraft, _provider: FakeProvider) -> None:
    draft.payload = json.dumps([draft.claims]).encode()


def _garbage(draft: TokenDraft, _provider: FakeProvider) -> None:
    draft.payload = b"\xff\xfe not JSON"


def _alg_twice(draft: TokenDraft, _provider: FakeProvider) -> None:
    names = json.dumps({"alg": draft.key.algorithm, "kid": draft.key.kid})
    draft.header_octets = (names[:-1] + ', "alg": "none"}').encode()


def _encrypted_for_us(draft: TokenDraft, _provider: FakeProvider) -> str:
    return encrypt(draft.sign(), _stranger("RS256").private)  # type: ignore[arg-type]


def _parts(change: Callable[[str], str]) -> Fault:
    return lambda draft, _provider: change(draft.sign())


_FORM_FAULTS: Final[tuple[tuple[str, str, str, str, Fault], ...]] = (
    ("alg-none", "with `alg: none` and no signature", "RFC 8725, section 3.2", _FORGED, _none("none")),
    ("alg-None", "with `alg: None` and no signature", "RFC 8725, section 3.2", _FORGED, _none("None")),
    ("alg-empty", "with an empty `alg` and no signature", "RFC 8725, section 3.1", _FORGED, _none("")),
    ("no-signature", "without a signature", "RFC 7515, section 5.2", _FORGED, _no_signature),
    ("invalid-sig", "whose signature is wrong", f"{CORE}, step 6", _FORGED, _flipped),
    ("another-payload", "whose signature belongs to other claims", f"{CORE}, step 6", _FORGED, _of_another),
    ("signed-with-other-key", "signed by a stranger under the name of a good key", f"{CORE}, step 6", _FORGED, _other_key),
    ("kid-unknown", "signed with a key that the provider does not publish", f"{CORE}, step 6", _FORGED, _unknown_key),
    ("key-inside", "that brings its own key along (`jwk`)", "RFC 8725, section 3.10", _FORGED, _own_key_inside),
    ("jku", "that says where to fetch its key (`jku`)", "RFC 8725, section 3.10", _FORGED, _header(jku="https://attacker.example/jwks")),
    ("x5u", "that says where to fetch its certificate (`x5u`)", "RFC 8725, section 3.10", _FORGED, _header(x5u="https://attacker.example/certificate")),
    ("public-key-as-secret", "signed by HMAC with the public key as the secret", "RFC 8725, sections 2.1 and 3.1", _FORGED, _public_key_as_secret),
    ("client-secret-as-key", "signed by HMAC with the client secret, which nobody allowed", f"{CORE}, steps 7 and 8", _FORGED, _client_secret_as_key),
    ("alg-of-another-key", "whose `alg` is not that of its key", "RFC 8725, section 3.1", _FORGED, _header(alg="PS512")),
    ("alg-missing", "without an `alg`", "RFC 7515, section 4.1.1", _FORGED, _header(alg=None)),
    ("crit", "with a critical header that nobody knows", "RFC 7515, section 4.1.11", _CONFUSED, _header(crit=["exp-ignored"], **{"exp-ignored": True})),
    ("b64-false", "whose payload is not encoded (`b64: false`)", "RFC 7797, section 7", _CONFUSED, _header(b64=False)),
    ("alg-twice", "whose header says `alg` twice", "RFC 7515, section 4", _CONFUSED, _alg_twice),
    ("sub-twice", "that names two subjects", "RFC 7519, section 4", _CONFUSED, _twice),
    ("payload-a-list", "whose payload is a list", "RFC 7519, section 7.2", _CONFUSED, _not_an_object),
    ("payload-garbage", "whose payload is not JSON", "RFC 7519, section 7.2", _CONFUSED, _garbage),
    ("two-parts", "of two parts", "RFC 7515, section 7.1", _CONFUSED, _parts(lambda token: token.rpartition(".")[0])),
    ("four-parts", "of four parts", "RFC 7515, section 7.1", _CONFUSED, _parts(lambda token: f"{token}.{token.rpartition('.')[2]}")),
    ("white-space", "with white space around it", "RFC 7515, section 2", _CONFUSED, _parts(lambda token: f" {token}\n")),
    ("padded", "whose parts are padded", "RFC 7515, section 2", _CONFUSED, _parts(lambda token: f"{token}=")),
    ("json-serialization", "in the JSON serialization", "RFC 7519, section 1", _CONFUSED, _parts(lambda token: json.dumps(dict(zip(("protected", "payload", "signature"), token.split("."), strict=True))))),
    ("encrypted-for-somebody", "encrypted for a key that is not ours", "RFC 7516, section 5.2", _CONFUSED, _encrypted_for_us),
    ("not-a-token", "that is no token at all", "RFC 7515, section 7.1", _CONFUSED, lambda _draft, _provider: "not-a-token"),
)  # fmt: skip


def _all() -> Iterator[BadToken]:
    for name, what, where, why, fault in (*_CLAIM_FAULTS, *_FORM_FAULTS):
        yield BadToken(name, what, where, why, fault)


BAD_TOKENS: Final[Mapping[str, BadToken]] = {bad.name: bad for bad in _all()}
"""The bad tokens by name."""

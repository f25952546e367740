"""Bad ID tokens whose signature or form is bad, whatever they claim."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from attrs import evolve

from dockmesh_auth.testing.contract.bad_tokens.token import (
    CONFUSED,
    FORGED,
    BadToken,
    Fault,
    alike,
)
from dockmesh_auth.testing.fake_provider import FakeProvider
from dockmesh_auth.testing.fake_provider.edits import TokenDraft
from dockmesh_auth.testing.minting import SigningKey, base64url, encrypt

__all__ = ["BAD_FORMS"]

CORE: Final = "OpenID Connect Core 1.0, section 3.1.3.7"


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


BAD_FORMS: Final[tuple[BadToken, ...]] = (
    *alike(
        "RFC 8725, section 3.2",
        FORGED,
        ("alg-none", "with `alg: none` and no signature", _none("none")),
        ("alg-None", "with `alg: None` and no signature", _none("None")),
    ),
    *alike(
        "RFC 8725, section 3.1",
        FORGED,
        ("alg-empty", "with an empty `alg` and no signature", _none("")),
    ),
    *alike(
        "RFC 7515, section 5.2",
        FORGED,
        ("no-signature", "without a signature", _no_signature),
    ),
    *alike(
        f"{CORE}, step 6",
        FORGED,
        ("invalid-sig", "whose signature is wrong", _flipped),
        ("another-payload", "whose signature belongs to other claims", _of_another),
        ("signed-with-other-key", "signed by a stranger under the name of a good key", _other_key),
        ("kid-unknown", "signed with a key that the provider does not publish", _unknown_key),
    ),
    *alike(
        "RFC 8725, section 3.10",
        FORGED,
        ("key-inside", "that brings its own key along (`jwk`)", _own_key_inside),
        (
            "jku",
            "that says where to fetch its key (`jku`)",
            _header(jku="https://attacker.example/jwks"),
        ),
        (
            "x5u",
            "that says where to fetch its certificate (`x5u`)",
            _header(x5u="https://attacker.example/certificate"),
        ),
    ),
    *alike(
        "RFC 8725, sections 2.1 and 3.1",
        FORGED,
        (
            "public-key-as-secret",
            "signed by HMAC with the public key as the secret",
            _public_key_as_secret,
        ),
    ),
    *alike(
        f"{CORE}, steps 7 and 8",
        FORGED,
        (
            "client-secret-as-key",
            "signed by HMAC with the client secret, which nobody allowed",
            _client_secret_as_key,
        ),
    ),
    *alike(
        "RFC 8725, section 3.1",
        FORGED,
        ("alg-of-another-key", "whose `alg` is not that of its key", _header(alg="PS512")),
    ),
    *alike(
        "RFC 7515, section 4.1.1",
        FORGED,
        ("alg-missing", "without an `alg`", _header(alg=None)),
    ),
    *alike(
        "RFC 7515, section 4.1.11",
        CONFUSED,
        (
            "crit",
            "with a critical header that nobody knows",
            _header(crit=["exp-ignored"], **{"exp-ignored": True}),
        ),
    ),
    *alike(
        "RFC 7797, section 7",
        CONFUSED,
        ("b64-false", "whose payload is not encoded (`b64: false`)", _header(b64=False)),
    ),
    *alike(
        "RFC 7515, section 4",
        CONFUSED,
        ("alg-twice", "whose header says `alg` twice", _alg_twice),
    ),
    *alike(
        "RFC 7519, section 4",
        CONFUSED,
        ("sub-twice", "that names two subjects", _twice),
    ),
    *alike(
        "RFC 7519, section 7.2",
        CONFUSED,
        ("payload-a-list", "whose payload is a list", _not_an_object),
        ("payload-garbage", "whose payload is not JSON", _garbage),
    ),
    *alike(
        "RFC 7515, section 7.1",
        CONFUSED,
        ("two-parts", "of two parts", _parts(lambda token: token.rpartition(".")[0])),
        (
            "four-parts",
            "of four parts",
            _parts(lambda token: f"{token}.{token.rpartition('.')[2]}"),
        ),
    ),
    *alike(
        "RFC 7515, section 2",
        CONFUSED,
        ("white-space", "with white space around it", _parts(lambda token: f" {token}\n")),
        ("padded", "whose parts are padded", _parts(lambda token: f"{token}=")),
    ),
    *alike(
        "RFC 7519, section 1",
        CONFUSED,
        (
            "json-serialization",
            "in the JSON serialization",
            _parts(
                lambda token: json.dumps(
                    dict(zip(("protected", "payload", "signature"), token.split("."), strict=True))
                )
            ),
        ),
    ),
    *alike(
        "RFC 7516, section 5.2",
        CONFUSED,
        ("encrypted-for-somebody", "encrypted for a key that is not ours", _encrypted_for_us),
    ),
    *alike(
        "RFC 7515, section 7.1",
        CONFUSED,
        ("not-a-token", "that is no token at all", lambda _draft, _provider: "not-a-token"),
    ),
)
"""Signatures first, then headers, then what is no token in the compact serialization."""

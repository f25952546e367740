"""Mint tokens as a provider does, and tokens as no provider should.

The parts of a token are put together here byte by byte, so that a test can have a header that
lies about its algorithm, a claim that stands twice, or a signature that belongs to something else.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen
from joserfc.jwa import JWS_ALGORITHMS
from joserfc.jwe import encrypt_compact
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

__all__ = ["SigningKey", "at_hash", "base64url", "encrypt", "mint", "standard_claims"]

_ALGORITHMS: Final[Mapping[str, Any]] = {model.name: model for model in JWS_ALGORITHMS}
_CURVES: Final[Mapping[str, str]] = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


def base64url(octets: bytes) -> str:
    """*octets* in base64url without padding (RFC 7515, section 2)."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


@frozen(eq=False)
class SigningKey:
    """A key that a provider signs with.

    Attributes:
        kid: Its name in the key set and in token headers; None for a key without a name.
        algorithm: The `alg` it signs with.
        private: The key itself.
    """

    kid: str | None
    algorithm: str
    private: RSAKey | ECKey | OKPKey | OctKey = field(repr=False)

    @classmethod
    def generate(cls, algorithm: str = "RS256", kid: str | None = "key-1") -> SigningKey:
        """A new key for *algorithm*: RSA has 2048 bits, `EdDSA` is Ed25519, HMAC 512 bits.

        Raises:
            ValueError: No key can be made for *algorithm*.
        """
        if algorithm.startswith(("RS", "PS")):
            return cls(kid, algorithm, RSAKey.generate_key(2048))
        if algorithm in _CURVES:
            return cls(kid, algorithm, ECKey.generate_key(_CURVES[algorithm]))
        if algorithm in {"EdDSA", "Ed25519"}:
            return cls(kid, algorithm, OKPKey.generate_key("Ed25519"))
        if algorithm == "Ed448":
            return cls(kid, algorithm, OKPKey.generate_key("Ed448"))
        if algorithm.startswith("HS"):
            return cls(kid, algorithm, OctKey.generate_key(512))
        raise ValueError(f"no key can be made for {algorithm!r}")

    @classmethod
    def from_secret(cls, secret: str, algorithm: str = "HS256") -> SigningKey:
        """The key of a provider that signs with the client secret: its UTF-8 octets, no name
        (OpenID Connect Core 1.0, section 10.1).
        """
        return cls(None, algorithm, OctKey.import_key(secret.encode()))

    def public_jwk(self, **overrides: Any) -> dict[str, Any]:
        """This key as an entry of a key set (RFC 7517, section 4), without its private members.

        Args:
            overrides: Members to set; None removes one.

        Raises:
            TypeError: The key is a shared secret, which has no public half.
        """
        if isinstance(self.private, OctKey):
            raise TypeError("a shared secret has no public half")
        members: dict[str, Any] = dict(self.private.as_dict(private=False))
        members.update(use="sig", alg=self.algorithm, kid=self.kid)
        return _overridden(members, overrides)


def mint(
    claims: Mapping[str, Any],
    key: SigningKey,
    header: Mapping[str, Any] | None = None,
    payload: bytes | None = None,
    *,
    header_octets: bytes | None = None,
    signature: bytes | None = None,
) -> str:
    """A token in the compact serialization (RFC 7515, section 7.1), signed with *key*.

    Args:
        claims: The members of the payload.
        key: What signs. Its algorithm is used whatever the header says.
        header: Members to set in the header besides `alg`, `kid` and `typ`; None removes one.
        payload: The payload as it is, instead of *claims*.
        header_octets: The header as it is, instead of its members.
        signature: The signature as it is, instead of the right one.
    """
    members: dict[str, Any] = {"alg": key.algorithm, "kid": key.kid, "typ": "JWT"}
    first = header_octets if header_octets is not None else _json(_overridden(members, header))
    second = payload if payload is not None else _json(claims)
    signing_input = f"{base64url(first)}.{base64url(second)}"
    if signature is None:
        signature = _ALGORITHMS[key.algorithm].sign(signing_input.encode("ascii"), key.private)
    return f"{signing_input}.{base64url(signature)}"


def standard_claims(
    *, issuer: str, client_id: str, subject: str, nonce: str, now: float, **overrides: Any
) -> dict[str, Any]:
    """The claims of an ID token that every check lets pass at *now*, Unix seconds.

    Args:
        issuer: `iss`.
        client_id: `aud`.
        subject: `sub`.
        nonce: `nonce`.
        now: `iat` and `auth_time`; it expires five minutes later.
        overrides: Claims to set; None removes one.
    """
    issued = int(now)
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": subject,
        "aud": client_id,
        "exp": issued + 300,
        "iat": issued,
        "auth_time": issued,
        "nonce": nonce,
    }
    return _overridden(claims, overrides)


def at_hash(access_token: str, algorithm: str) -> str:
    """The `at_hash` of *access_token* beside a token signed with *algorithm*: the left half of
    the digest of its ASCII octets (OpenID Connect Core 1.0, section 3.1.3.6).
    """
    octets = access_token.encode("ascii")
    if algorithm == "Ed448":
        digest = hashlib.shake_256(octets).digest(114)
    elif algorithm in {"EdDSA", "Ed25519"}:
        digest = hashlib.sha512(octets).digest()
    else:
        digest = hashlib.new(f"sha{algorithm[2:]}", octets).digest()
    return base64url(digest[: len(digest) // 2])


def encrypt(token: str, public: RSAKey, header: Mapping[str, Any] | None = None) -> str:
    """*token* encrypted for the holder of *public*'s private half (RFC 7516, section 7.1).

    Args:
        token: What is inside; mostly a signed token.
        public: The recipient's key.
        header: Members to set besides `alg` RSA-OAEP-256, `enc` A256CBC-HS512 and `cty`; None
            removes one.
    """
    members = _overridden({"alg": "RSA-OAEP-256", "enc": "A256CBC-HS512", "cty": "JWT"}, header)
    algorithms = [members[name] for name in ("alg", "enc", "zip") if name in members]
    return encrypt_compact(members, token.encode(), public, algorithms=algorithms)


def _overridden(members: Mapping[str, Any], overrides: Mapping[str, Any] | None) -> dict[str, Any]:
    merged = {**members, **(overrides or {})}
    return {name: value for name, value in merged.items() if value is not None}


def _json(members: Mapping[str, Any]) -> bytes:
    return json.dumps(members, separators=(",", ":")).encode("ascii")

"""Certificates for published keys, as Authentik publishes them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from base64 import b64encode
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc.jwk import ECKey, RSAKey

from dockmesh_auth.testing.minting import base64url

__all__ = ["with_certificate"]


def with_certificate(jwk: dict[str, Any]) -> dict[str, Any]:
    """*jwk* with `x5c`, `x5t` and `x5t#S256` (RFC 7517, sections 4.7 to 4.9)."""
    text = json.dumps(
        {name: jwk[name] for name in ("kty", "n", "e", "crv", "x", "y") if name in jwk}
    )
    octets = _certificate(text)
    return jwk | {
        "x5c": [b64encode(octets).decode()],
        "x5t": base64url(hashlib.sha1(octets, usedforsecurity=False).digest()),
        "x5t#S256": base64url(hashlib.sha256(octets).digest()),
    }


@cache
def _certificate(jwk: str) -> bytes:
    """A certificate of the public key *jwk*. Its own signature is nobody's: none looks at it."""
    members = json.loads(jwk)
    kind = RSAKey if members["kty"] == "RSA" else ECKey
    public = kind.import_key(members).public_key
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in Self-signed Certificate")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=3650))
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.DER)

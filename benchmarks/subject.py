"""What is measured: an ID token like a real provider's, and its bare signature check.

Compact JSON, the claims that Authentik sends, 5, 50 or 500 groups; a key set of five keys.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from typing import Any

from attrs import evolve, field, frozen
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.tokens import Expectation, TokenResponse
from dockmesh_auth.oidc.jwks import parse_jwks
from dockmesh_auth.oidc.jws import SignatureVerifier
from dockmesh_auth.testing.minting import SigningKey, mint, standard_claims

ISSUER = "https://auth.example.com/application/o/dockmesh/"
CLIENT = "Zr0KFLbUWVZJsLM5PoEbKsSvnGXw5bQaAqXyv2lS"
NOW = 1_800_000_000
NONCE = "rrF8Ndtrr3nZDBuJ6lG0i7sVRbm4RDvzaM8f0QYbiHk"
METADATA = ProviderMetadata(
    issuer=ISSUER, authorization_endpoint=f"{ISSUER}a", token_endpoint=f"{ISSUER}t"
)
EXPECTED = Expectation(nonce=NONCE, now=NOW)


def group(number: int) -> str:
    """The name of a group."""
    return f"dockmesh-team-{number:03d}-operators"


def claims(groups: int) -> dict[str, Any]:
    """The claims of a sign-in of somebody in *groups* groups."""
    return standard_claims(
        issuer=ISSUER,
        client_id=CLIENT,
        subject="8e2a1a4f3a0e5d0a5f1c2b7f9d7e6c5b4a3f2e1d0c9b8a7f6e5d4c3b2a190817",
        nonce=NONCE,
        now=NOW,
        acr="goauthentik.io/providers/oauth2/default",
        amr=["pwd", "mfa"],
        sid="5c7f0e7c0b7b4f4c8a9e3d2f1b0a99887766554433221100ffeeddccbbaa9988",
        email="alice@example.com",
        email_verified=False,
        name="Alice Example",
        given_name="Alice Example",
        preferred_username="alice",
        nickname="alice",
        groups=[group(number) for number in range(groups)],
    )


def bare(token: str, key: SigningKey) -> Callable[[], object]:
    """The signature check alone: key loaded, signature decoded, DER ready."""
    signing_input, _, last = token.rpartition(".")
    message = signing_input.encode()
    signature = urlsafe_b64decode(last + "=" * (-len(last) % 4))
    public: Any = key.private.public_key
    if key.algorithm == "RS256":
        padding, digest = PKCS1v15(), SHA256()
        return lambda: public.verify(signature, message, padding, digest)
    if key.algorithm == "ES256":
        numbers = (int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
        der, scheme = encode_dss_signature(*numbers), ECDSA(SHA256())
        return lambda: public.verify(der, message, scheme)
    return lambda: public.verify(signature, message)


def answer(token: str) -> TokenResponse:
    """The token endpoint's answer with *token*."""
    return TokenResponse(id_token=Secret(token), access_token=Secret("access"))


@frozen
class Issuer:
    """Who signs: two RSA keys, two EC, one OKP, and the provider as it is configured here."""

    signers: tuple[SigningKey, ...]
    provider: Provider
    verifier: SignatureVerifier = field(init=False)

    def __attrs_post_init__(self) -> None:
        keys = parse_jwks(json.dumps({"keys": self.published()}).encode())
        object.__setattr__(self, "verifier", SignatureVerifier(self.provider, keys))

    @classmethod
    def new(cls) -> Issuer:
        """New keys."""
        algorithms = ("RS256", "ES256", "EdDSA", "RS256", "ES256")
        signers = tuple(SigningKey.generate(name, f"{n:032x}") for n, name in enumerate(algorithms))
        provider = Provider(slug="idp", display_name="IdP", issuer=ISSUER, client_id=CLIENT)
        return cls(signers, provider)

    def configured(self, **settings: Any) -> Issuer:
        """The same keys, and other *settings* of the provider."""
        return evolve(self, provider=evolve(self.provider, **settings))

    def published(self) -> list[dict[str, Any]]:
        """The entries of the key set."""
        return [key.public_jwk() for key in self.signers]

    def signer(self, algorithm: str) -> SigningKey:
        """The last key of the set for *algorithm*."""
        return next(key for key in reversed(self.signers) if key.algorithm == algorithm)

    def token(self, algorithm: str, groups: int) -> str:
        """A token of somebody in *groups* groups."""
        return mint(claims(groups), self.signer(algorithm))

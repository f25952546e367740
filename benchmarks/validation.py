"""How much the validation of an ID token costs, as a multiple of its bare signature check.

Run it from the repository: `python benchmarks/validation.py`. The unit is one verification by
`cryptography` with the key loaded, of the same token, in the same run. The token is like a real
provider's: compact JSON, 5, 50 or 500 groups; the key set has five keys.
"""

from __future__ import annotations

import argparse
import json
import warnings
from base64 import urlsafe_b64decode
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from harness import Case, measure, table
from joserfc import jwt
from joserfc.jwk import KeySet as StockKeySet
from joserfc.jws import JWSRegistry

from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.tokens import Expectation, TokenResponse
from dockmesh_auth.oidc import validate_id_token
from dockmesh_auth.oidc.jwks import parse_jwks
from dockmesh_auth.oidc.jws import SignatureVerifier
from dockmesh_auth.testing.minting import SigningKey, mint, standard_claims

ISSUER = "https://auth.example.com/application/o/dockmesh/"
CLIENT = "Zr0KFLbUWVZJsLM5PoEbKsSvnGXw5bQaAqXyv2lS"
NOW = 1_800_000_000
NONCE = "rrF8Ndtrr3nZDBuJ6lG0i7sVRbm4RDvzaM8f0QYbiHk"

# The aim and the limit of the project, and what others were measured to take on the same token
# (joserfc 1.8, PyJWT 2.15 with its JWKS client, Authlib 1.9, Node jose 6.2).
NOTES = {
    "RS256, 5 groups: ours": "aim 1.35, limit 1.6 | joserfc 2.7, PyJWT 8.0, Authlib 13, jose 3.0",
    "RS256, 50 groups: ours": "aim 1.4, limit 1.7 | joserfc 3.1, PyJWT 12.9, Authlib 13, jose 3.0",
    "RS256, 500 groups: ours": "aim 2.0, limit 2.8 | joserfc 5.0, PyJWT 45, Authlib 12, jose 5.6",
    "ES256, 5 groups: ours": "aim 1.16, limit 1.3 | joserfc 1.7, PyJWT 3.4, Authlib 5.8, jose 2.0",
    "EdDSA, 5 groups: ours": "aim 1.08, limit 1.2 | joserfc 1.5, PyJWT 2.6, Authlib 4.1, jose 1.5",
}


def claims(groups: int) -> dict[str, Any]:
    """The claims of a sign-in at a real provider, with *groups* groups."""
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
        groups=[f"dockmesh-team-{number:03d}-operators" for number in range(groups)],
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


def ours(token: str, verifier: SignatureVerifier, provider: Provider) -> Callable[[], object]:
    """What a sign-in does with the token endpoint's answer."""
    metadata = ProviderMetadata(
        issuer=ISSUER, authorization_endpoint=f"{ISSUER}a", token_endpoint=f"{ISSUER}t"
    )
    tokens = TokenResponse(id_token=Secret(token), access_token=Secret("access"))
    expected = Expectation(nonce=NONCE, now=NOW)
    return lambda: validate_id_token(provider, metadata, verifier, tokens, expected)


def stock(token: str, keys: StockKeySet, algorithm: str) -> Callable[[], object]:
    """joserfc as its documentation has it, key set and registries reused."""
    registry = JWSRegistry(algorithms=[algorithm])
    rules = jwt.JWTClaimsRegistry(
        now=lambda: NOW,
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": CLIENT},
        nonce={"essential": True, "value": NONCE},
        exp={"essential": True},
        iat={"essential": True},
    )

    def run() -> None:
        rules.validate(jwt.decode(token, keys, registry=registry).claims)

    return run


def cases() -> list[Case]:
    """All rows of the table."""
    algorithms = ("RS256", "ES256", "EdDSA", "RS256", "ES256")
    signers = [SigningKey.generate(name, f"{n:032x}") for n, name in enumerate(algorithms)]
    entries = [key.public_jwk() for key in signers]
    provider = Provider(slug="idp", display_name="IdP", issuer=ISSUER, client_id=CLIENT)
    keys = parse_jwks(json.dumps({"keys": entries}).encode())
    verifier = SignatureVerifier(provider, keys)
    stock_keys = StockKeySet.import_key_set({"keys": entries})
    rows = []
    for signer, groups in [
        (signers[3], 5),
        (signers[3], 50),
        (signers[3], 500),
        (signers[4], 5),
        (signers[2], 5),
    ]:
        token = mint(claims(groups), signer)
        name = f"{signer.algorithm}, {groups} groups"
        base = f"{name}: bare verify"
        rows += [
            Case(base, bare(token, signer)),
            Case(f"{name}: ours", ours(token, verifier, provider), base),
            Case(f"{name}: joserfc", stock(token, stock_keys, signer.algorithm), base),
        ]
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # the library warns at every use of EdDSA's older name
    print(table(measure(cases(), rounds=arguments.rounds), NOTES))


if __name__ == "__main__":
    main()

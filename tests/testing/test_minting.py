"""Minted tokens are what they are said to be: read here with other libraries' means."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from joserfc import jwe, jws
from joserfc.jwk import OctKey, RSAKey

from dockmesh_auth.testing.minting import SigningKey, at_hash, encrypt, mint, standard_claims

ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "Ed448", "HS256")


def _part(token: str, index: int) -> Any:
    part = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_minted_token_verifies_under_its_key(algorithm: str) -> None:
    """joserfc itself accepts the signature and reads the claims back."""
    key = SigningKey.generate(algorithm, kid="k")
    token = mint({"sub": "alice"}, key)
    opened = jws.deserialize_compact(token, key.private, algorithms=[algorithm])
    assert json.loads(opened.payload) == {"sub": "alice"}
    assert _part(token, 0) == {"alg": algorithm, "kid": "k", "typ": "JWT"}


def test_no_key_for_an_unknown_algorithm() -> None:
    """An algorithm without a kind of key is an error, not a guess."""
    with pytest.raises(ValueError, match="no key"):
        SigningKey.generate("XY256")


def test_header_members_can_be_set_and_removed() -> None:
    """The header may lie; the key's algorithm signs all the same."""
    token = mint({}, SigningKey.generate("ES256"), {"alg": "none", "kid": None, "crit": ["x"]})
    assert _part(token, 0) == {"alg": "none", "typ": "JWT", "crit": ["x"]}


def test_parts_can_be_given_as_they_are() -> None:
    """Header, payload and signature can be any octets."""
    token = mint({}, SigningKey.generate("ES256"), payload=b"p", header_octets=b"h", signature=b"")
    assert token == "aA.cA."


def test_a_shared_secret_signs_as_its_octets() -> None:
    """The client secret's UTF-8 octets are the HMAC key."""
    token = mint({"a": 1}, SigningKey.from_secret("s" * 40))
    key = OctKey.import_key(b"s" * 40)
    assert jws.deserialize_compact(token, key, algorithms=["HS256"]).payload == b'{"a":1}'
    assert "kid" not in _part(token, 0)


def test_the_public_half_holds_nothing_private() -> None:
    """No private member of any kind of key is published."""
    for algorithm in ("RS256", "ES256", "EdDSA"):
        members = SigningKey.generate(algorithm).public_jwk(x="y", use=None)
        assert not members.keys() & {"d", "p", "q", "dp", "dq", "qi"}
        assert members["x"] == "y"
        assert "use" not in members
    with pytest.raises(TypeError, match="no public half"):
        SigningKey.from_secret("s" * 40).public_jwk()


def test_repr_hides_the_key() -> None:
    """The key does not show in a test's output."""
    assert repr(SigningKey.generate("ES256", "k")) == "SigningKey(kid='k', algorithm='ES256')"


def test_standard_claims() -> None:
    """The claims of section 2, and overrides."""
    claims = standard_claims(
        issuer="https://i/", client_id="c", subject="s", nonce="n", now=10.5, nonce2=1, iat=None
    )
    assert claims == {
        "iss": "https://i/",
        "sub": "s",
        "aud": "c",
        "exp": 310,
        "auth_time": 10,
        "nonce": "n",
        "nonce2": 1,
    }


def test_at_hash_is_the_left_half_of_the_digest() -> None:
    """The example of OpenID Connect Core 1.0, appendix A.3; lengths of the others."""
    token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
    assert at_hash(token, "RS256") == "77QmUPtjPfzWtF2AnpK9RQ"
    lengths = {name: len(at_hash(token, name)) for name in ("ES384", "HS512", "EdDSA", "Ed448")}
    assert lengths == {"ES384": 32, "HS512": 43, "EdDSA": 43, "Ed448": 76}


def test_encrypted_tokens_open_with_the_private_half() -> None:
    """What was encrypted comes out again."""
    key = RSAKey.generate_key(2048)
    sealed = encrypt("a.b.c", key, {"kid": "e", "cty": None})
    assert _part(sealed, 0) == {"alg": "RSA-OAEP-256", "enc": "A256CBC-HS512", "kid": "e"}
    opened = jwe.decrypt_compact(sealed, key, algorithms=["RSA-OAEP-256", "A256CBC-HS512"])
    assert opened.plaintext == b"a.b.c"

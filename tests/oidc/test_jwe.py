"""Encrypted tokens are opened with our own key and then verified as any other (RFC 7516)."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey, RSAKey

from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.errors import ConfigurationError, ErrorCode, TokenRejected
from dockmesh_auth.oidc.jwe import TokenDecryption, parse_decryption_key
from dockmesh_auth.oidc.jwks import parse_jwks
from dockmesh_auth.oidc.jws import MAX_HEADER, MAX_TOKEN, SignatureVerifier
from dockmesh_auth.testing.minting import SigningKey, at_hash, base64url, encrypt, mint


@cache
def _ours(name: str = "current") -> RSAKey:
    return RSAKey.generate_key(2048, parameters={"kid": name}) if name else RSAKey.generate_key()


@cache
def _signer() -> SigningKey:
    return SigningKey.generate("ES256", "k")


def _pem(key: RSAKey | ECKey) -> Secret:
    return Secret(key.as_pem(private=True).decode())


def _verifier(*keys: RSAKey) -> SignatureVerifier:
    provider = Provider(
        slug="idp",
        display_name="IdP",
        issuer="https://idp.example/",
        client_id="dockmesh",
        decryption_keys=tuple(_pem(key) for key in keys),
    )
    body = json.dumps({"keys": [_signer().public_jwk()]}).encode()
    return SignatureVerifier(provider, parse_jwks(body))


def _refusal(token: str, *keys: RSAKey) -> TokenRejected:
    with pytest.raises(TokenRejected) as caught:
        _verifier(*(keys or (_ours(),))).open(Secret(token))
    return caught.value


@pytest.mark.parametrize("content", ["A256CBC-HS512", "A256GCM"])
def test_an_encrypted_signed_token_is_opened(content: str) -> None:
    """RFC 7519, section 5.2: a signed token within an encrypted one; header names are ignored."""
    header = {"enc": content, "typ": "JWE", "kid": "the provider's name", "x": 1}
    signed = mint({"sub": "alice"}, _signer())
    registry = jwe.JWERegistry(algorithms=["RSA-OAEP-256", content], strict_check_header=False)
    sealed = jwe.encrypt_compact(
        {"alg": "RSA-OAEP-256", **header}, signed, _ours(), registry=registry
    )
    verifier = _verifier(_ours())
    for _ in range(2):
        assert verifier.open(Secret(sealed)) == {"sub": "alice"}
    access = Secret("access")
    assert verifier.matches_access_token(Secret(sealed), at_hash("access", "ES256"), access)


def test_any_of_our_keys_opens_it() -> None:
    """While the key is being changed both are configured."""
    sealed = encrypt(mint({"a": 1}, _signer()), _ours("former"))
    assert _verifier(_ours(), _ours("former")).open(Secret(sealed)) == {"a": 1}
    assert _refusal(sealed).code is ErrorCode.TOKEN_DECRYPTION_FAILED


def test_large_tokens_are_opened() -> None:
    """Thousands of groups are no reason to refuse; the limit is the token's."""
    signed = mint({"groups": ["g" * 30] * 4000}, _signer())
    assert len(_verifier(_ours()).open(Secret(encrypt(signed, _ours())))["groups"]) == 4000  # type: ignore[arg-type]
    huge = _refusal("a" * MAX_TOKEN + "....")
    assert huge.code is ErrorCode.TOKEN_TOO_LARGE
    wide = encrypt(signed[:10], _ours(), {"kid": "k" * 500})
    wide = base64url(b'{"x":"' + b"y" * MAX_HEADER + b'"}') + wide[wide.index(".") :]
    assert _refusal(wide).code is ErrorCode.TOKEN_TOO_LARGE


@pytest.mark.attack("JOS-11")
def test_without_a_key_an_encrypted_token_is_refused_as_such() -> None:
    """The operator is told what is missing, not that the token is broken."""
    sealed = encrypt(mint({}, _signer()), _ours())
    with pytest.raises(TokenRejected) as caught:
        _verifier().open(Secret(sealed))
    assert caught.value.code is ErrorCode.TOKEN_ENCRYPTED


@pytest.mark.attack("JOS-11")
def test_encryption_proves_nothing() -> None:
    """Anybody can encrypt for our public key: what is inside has to be signed all the same."""
    claims = json.dumps({"sub": "admin"})
    unsigned = mint({"sub": "admin"}, _signer(), {"alg": "none"}, signature=b"")
    stranger = mint({"sub": "admin"}, SigningKey.generate("ES256", "k"))
    twice = encrypt(mint({}, _signer()), _ours())
    assert _refusal(encrypt(claims, _ours())).code is ErrorCode.TOKEN_MALFORMED
    assert _refusal(encrypt(unsigned, _ours())).code is ErrorCode.ALGORITHM_NOT_ALLOWED
    assert _refusal(encrypt(stranger, _ours())).code is ErrorCode.SIGNATURE_INVALID
    assert _refusal(encrypt(twice, _ours())).code is ErrorCode.TOKEN_MALFORMED
    assert _refusal(encrypt("", _ours())).code is ErrorCode.TOKEN_MALFORMED


@pytest.mark.attack("JOS-13")
@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"alg": "RSA1_5"}, ErrorCode.ALGORITHM_NOT_ALLOWED),
        ({"alg": "RSA-OAEP"}, ErrorCode.ALGORITHM_NOT_ALLOWED),
        ({"alg": "dir"}, ErrorCode.ALGORITHM_NOT_ALLOWED),
        ({"alg": "none"}, ErrorCode.ALGORITHM_NOT_ALLOWED),
        ({"alg": None}, ErrorCode.ALGORITHM_NOT_ALLOWED),
        ({"alg": ["RSA-OAEP-256"]}, ErrorCode.ALGORITHM_NOT_ALLOWED),
        ({"enc": "A128CBC-HS256"}, ErrorCode.ALGORITHM_NOT_ALLOWED),
        ({"enc": "A128GCM"}, ErrorCode.ALGORITHM_NOT_ALLOWED),
        ({"enc": 7}, ErrorCode.ALGORITHM_NOT_ALLOWED),
        (
            {"alg": "PBES2-HS512+A256KW", "p2c": 2**31, "p2s": "AAAAAAAAAAA"},
            ErrorCode.ALGORITHM_NOT_ALLOWED,
        ),
        ({"zip": "DEF"}, ErrorCode.HEADER_REFUSED),
        ({"crit": ["exp"], "exp": 1}, ErrorCode.HEADER_REFUSED),
    ],
)
def test_other_encryption_is_refused_by_its_header(header: dict[str, Any], code: ErrorCode) -> None:
    """Exact allow lists for `alg` and `enc`; nothing compressed, nothing critical. No work is
    done for it."""
    members = {"alg": "RSA-OAEP-256", "enc": "A256CBC-HS512", **header}
    sealed = encrypt(mint({}, _signer()), _ours())
    token = base64url(json.dumps(members).encode()) + sealed[sealed.index(".") :]
    assert _refusal(token).code is code


@pytest.mark.attack("JOS-12")
def test_a_compression_bomb_is_not_unpacked() -> None:
    """RFC 8725, section 3.6: `zip` is refused before anything is opened."""
    bomb = encrypt("u" * 200_000, _ours(), {"zip": "DEF"})
    assert len(bomb) < 2000
    assert _refusal(bomb).code is ErrorCode.HEADER_REFUSED


def test_direct_encryption_with_the_client_secret_is_refused() -> None:
    """A token that a shared key encrypts is not one of ours, though well made."""
    header = {"alg": "dir", "enc": "A256GCM"}
    key = OctKey.generate_key(256)
    token = jwe.encrypt_compact(header, "a.b.c", key, algorithms=["dir", "A256GCM"])
    assert _refusal(token).code is ErrorCode.ALGORITHM_NOT_ALLOWED


@pytest.mark.parametrize("part", range(1, 5))
@pytest.mark.parametrize("change", ["flip", "empty", "cut", "padding", "longer", "zero"])
def test_every_damage_is_the_same_error(part: int, change: str) -> None:
    """RFC 7516, section 11.5: whatever is wrong, there is one answer."""
    parts = encrypt(mint({}, _signer()), _ours()).split(".")
    text = parts[part]
    parts[part] = {
        "flip": ("B" if text[0] == "A" else "A") + text[1:],
        "empty": "",
        "cut": text[:-4],
        "padding": text + "=",
        "longer": text + "AAAA",
        "zero": "A" * (len(text) // 4 * 4),
    }[change]
    refusal = _refusal(".".join(parts))
    assert refusal.code is ErrorCode.TOKEN_DECRYPTION_FAILED
    assert refusal.__cause__ is None
    assert dict(refusal.evidence) == {}


def test_a_changed_header_is_the_same_error() -> None:
    """The header is authenticated with the content."""
    sealed = encrypt(mint({}, _signer()), _ours())
    members = {"alg": "RSA-OAEP-256", "enc": "A256CBC-HS512", "cty": "jwt"}
    token = base64url(json.dumps(members).encode()) + sealed[sealed.index(".") :]
    assert _refusal(token).code is ErrorCode.TOKEN_DECRYPTION_FAILED


@pytest.mark.parametrize("header", [b"", b"[]", b'{"alg":"RSA-OAEP-256","alg":"dir"}', b"\xff"])
def test_headers_that_are_no_strict_object_are_refused(header: bytes) -> None:
    """RFC 7516, section 4: names in a header are unique."""
    assert _refusal(f"{base64url(header)}.a.b.c.d").code is ErrorCode.TOKEN_MALFORMED
    assert _refusal("e30=.a.b.c.d").code is ErrorCode.TOKEN_MALFORMED


@given(st.lists(st.binary(max_size=40), min_size=4, max_size=4))
@settings(max_examples=15, deadline=None)
def test_no_octets_whatever_raise_anything_else(parts: list[bytes]) -> None:
    """Under a good header any octets end in that one error."""
    header = base64url(b'{"alg":"RSA-OAEP-256","enc":"A256GCM"}')
    token = ".".join([header, *(base64url(part) for part in parts)])
    assert _refusal(token).code is ErrorCode.TOKEN_DECRYPTION_FAILED


def _encrypted_pem() -> Secret:
    raw: Any = _ours().private_key
    protection = BestAvailableEncryption(b"passphrase")
    pem: bytes = raw.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)
    return Secret(pem.decode())


def _small_pem() -> Secret:
    with pytest.warns(UserWarning, match="2048"):
        return _pem(RSAKey.generate_key(1024))


def test_what_is_no_private_rsa_key_is_a_fault_of_the_configuration() -> None:
    """Public, elliptic, small, encrypted, or no PEM at all; the message quotes nothing."""
    public = Secret(_ours().as_pem(private=False).decode())
    elliptic = _pem(ECKey.generate_key("P-256"))
    for pem in (public, elliptic, _encrypted_pem(), _small_pem(), Secret("x"), Secret("\ud800")):
        with pytest.raises(ConfigurationError) as caught:
            parse_decryption_key(pem)
        assert caught.value.code is ErrorCode.CONFIG_INVALID_VALUE
        assert caught.value.__cause__ is None
        assert "BEGIN" not in str(caught.value)
        with pytest.raises(ConfigurationError):
            TokenDecryption([pem])
    assert parse_decryption_key(_pem(_ours())).is_private

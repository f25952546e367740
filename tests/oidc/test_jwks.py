"""Which keys of a set may verify a token (RFC 7517)."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OKPKey, RSAKey

from dockmesh_auth.errors import AuthError, ErrorCode, ProviderError, TokenRejected
from dockmesh_auth.oidc.jwks import KeySet, parse_jwks
from dockmesh_auth.oidc.roca import is_roca_modulus
from dockmesh_auth.testing.minting import SigningKey, base64url


@cache
def _signer(algorithm: str = "ES256") -> SigningKey:
    return SigningKey.generate(algorithm, "good")


def _good(**overrides: Any) -> dict[str, Any]:
    return _signer().public_jwk(**overrides)


def _parse(*entries: Any) -> KeySet:
    return parse_jwks(json.dumps({"keys": list(entries)}).encode())


def _refused(body: bytes) -> ErrorCode:
    with pytest.raises(ProviderError) as caught:
        parse_jwks(body)
    return caught.value.code


@pytest.mark.parametrize(
    ("algorithm", "fitting"),
    [
        ("RS256", {"RS256"}),
        ("PS384", {"PS384"}),
        ("ES256", {"ES256"}),
        ("ES384", {"ES384"}),
        ("ES512", {"ES512"}),
        ("EdDSA", {"EdDSA", "Ed25519"}),
        ("Ed25519", {"EdDSA", "Ed25519"}),
        ("Ed448", {"EdDSA", "Ed448"}),
    ],
)
def test_a_key_verifies_its_algorithm_and_no_other(algorithm: str, fitting: set[str]) -> None:
    """RFC 8725, section 3.1: a key's `alg` is the only one it is used with; the two names of
    Ed25519 are one algorithm (RFC 9864)."""
    keys = _parse(SigningKey.generate(algorithm, "k").public_jwk())
    assert keys.keys[0].algorithms == fitting
    assert keys.skipped == ()


def test_a_key_without_alg_verifies_what_its_type_and_curve_allow() -> None:
    """RFC 7517, section 4.4: `alg` is optional."""
    rsa, ec = _signer("RS256").public_jwk(alg=None), _good(alg=None)
    keys = _parse(rsa, ec)
    assert keys.keys[0].algorithms == {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
    assert keys.keys[1].algorithms == {"ES256"}


@pytest.mark.attack("JWK-16")
@pytest.mark.parametrize(
    "overrides",
    [
        {"use": "enc"},
        {"use": 7},
        {"use": None, "key_ops": ["sign"]},
        {"use": None, "key_ops": []},
        {"use": None, "key_ops": "verify"},
        {"alg": "ES384"},
        {"alg": "RSA-OAEP-256"},
        {"alg": "none"},
        {"alg": 5},
    ],
)
def test_a_key_for_another_use_is_not_eligible(overrides: dict[str, Any]) -> None:
    """`use`, `key_ops` and `alg` are held; a set that has only such keys is empty and valid."""
    keys = _parse(_good(**overrides))
    assert keys.keys == ()
    assert len(keys.skipped) == 1


@pytest.mark.parametrize("overrides", [{"use": None}, {"key_ops": ["verify"]}, {"x5c": ["?"]}])
def test_members_that_do_not_matter_do_not_harm(overrides: dict[str, Any]) -> None:
    """No `use`, the right `key_ops`, a certificate that is none: the key is good."""
    assert len(_parse(_good(**overrides, x5u=7, alg="ES256")).keys) == 1


_P256 = _signer().public_jwk()


@pytest.mark.attack("JWK-15")
@pytest.mark.parametrize(
    "bad",
    [
        {"kty": "XYZ", "kid": "new"},
        {"kid": "no kty"},
        {"kty": 1},
        {"kty": "RSA", "e": "AQAB"},
        {"kty": "RSA", "n": "AQAB", "e": 65537},
        {"kty": "RSA", "n": "", "e": "AQAB"},
        {"kty": "RSA", "n": "AQ=B", "e": "AQAB"},
        {"kty": "RSA", "n": "é", "e": "AQAB"},
        {"kty": "RSA", "n": "A" * 2000, "e": "AQAB"},
        {"kty": "EC", "crv": "secp256k1", "x": "AQ", "y": "AQ"},
        {"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"},
        {"kty": "EC", "crv": ["P-256"], "x": "AQ", "y": "AQ"},
        {"kty": "EC", "crv": "P-384", "x": _P256["x"], "y": _P256["y"]},
        {"kty": "EC", "x": "AQ", "y": "AQ"},
        {"kty": "OKP", "crv": "X25519", "x": "A" * 43},
        {"kty": "OKP", "crv": "Ed25519", "x": "AQ"},
        {"kty": "OKP", "crv": "Ed25519", "x": "*" * 43},
        dict(_P256, kid=5),
        dict(_P256, kid=["good"]),
        None,
        "key",
        [],
    ],
)
def test_a_broken_entry_does_not_spoil_the_set(bad: object) -> None:
    """RFC 7517, section 5: what is not understood is ignored; the good key beside it stays."""
    keys = _parse(bad, _good())
    assert [key.kid for key in keys.keys] == ["good"]
    assert len(keys.skipped) == 1
    assert keys.skipped[0].startswith("key 1 is left out: ")


def _modulus(bits: int, **overrides: Any) -> dict[str, Any]:
    number = (1 << (bits - 1)) | 0x1234567890ABCDEF1
    octets = number.to_bytes((bits + 7) // 8)
    return {"kty": "RSA", "n": base64url(octets), "e": "AQAB", "kid": "r", **overrides}


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        (_modulus(1024), "1024 bits"),
        (_modulus(2047), "2047 bits"),
        (_modulus(8200), "8200 bits"),
        (_modulus(2048, e=base64url(b"\x01" + bytes(8))), "exponent"),
        (_modulus(2048, e="AQ"), "no key"),
        (_modulus(2048, e="AA"), "no key"),
    ],
)
def test_weak_or_costly_rsa_keys_are_left_out(entry: dict[str, Any], word: str) -> None:
    """At least 2048 bits (RFC 7518, section 3.3), and nothing that makes verifying slow."""
    keys = _parse(entry, _good())
    assert [key.kid for key in keys.keys] == ["good"]
    assert word in keys.skipped[0]


def test_rsa_keys_of_the_allowed_sizes_are_taken() -> None:
    """2048 bits and a leading zero octet are fine."""
    numbers = RSAKey.generate_key(2048).public_key.public_numbers()
    entry = {"kty": "RSA", "n": base64url(b"\0" + numbers.n.to_bytes(256)), "e": "AQAB"}
    assert len(_parse(entry).keys) == 1


def test_keys_of_the_faulty_generator_are_recognised() -> None:
    """CVE-2017-15361: a product of powers of 65537 modulo every small prime."""
    assert is_roca_modulus(pow(65537, 1234))
    assert not is_roca_modulus(pow(65537, 1234) + 2)
    numbers = RSAKey.generate_key(2048).public_key.public_numbers()
    assert not is_roca_modulus(numbers.n)
    weak = pow(65537, 128)
    entry = {"kty": "RSA", "n": base64url(weak.to_bytes(257)), "e": "AQAB"}
    assert weak.bit_length() == 2049
    assert "CVE-2017-15361" in _parse(entry, _good()).skipped[0]


@pytest.mark.attack("JWK-17")
def test_shared_secrets_and_private_keys_are_not_taken() -> None:
    """A secret that is published is none; a private key that is published is everybody's."""
    secret = {"kty": "oct", "k": "A" * 43, "alg": "HS256", "kid": "s"}
    rsa = _signer("RS256").public_jwk()
    leaked = [dict(_good(), d="AQ"), dict(_good(), k="AQ"), dict(rsa, p="AQ")]
    keys = _parse(secret, *leaked, _good())
    assert [key.kid for key in keys.keys] == ["good"]
    assert "shared secret" in keys.skipped[0]
    assert all("private members" in reason for reason in keys.skipped[1:])
    assert _parse(secret).keys == ()
    assert _refused(json.dumps({"keys": leaked}).encode()) is ErrorCode.JWKS_MALFORMED


@pytest.mark.parametrize("body", [b"{}", b'{"keys":[]}'])
def test_an_empty_set_is_a_valid_answer(body: bytes) -> None:
    """A provider without a signing key publishes `{}`; that is an answer, not a fault."""
    assert parse_jwks(body).keys == ()
    assert KeySet.empty().keys == ()


@pytest.mark.attack("JWK-05")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!doctype html><p>Sign in</p>",
        b'{"keys":[',
        b"[]",
        b"null",
        b'{"error":"x"}',
        b'{"keys":{}}',
        b'{"keys":null}',
        b'{"keys":[],"keys":[]}',
        b'\xef\xbb\xbf{"keys":[]}',
        b'{"keys":[{"kty":"RSA"}]}',
        b'{"keys":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    ],
)
def test_what_is_no_key_set_is_refused(body: bytes) -> None:
    """HTML, broken JSON, another object, repeated names, nothing but broken keys."""
    assert _refused(body) is ErrorCode.JWKS_MALFORMED


@pytest.mark.attack("JWK-20")
def test_a_set_of_too_many_keys_is_refused_unread() -> None:
    """A hundred keys are a set; one more is not, whatever they are."""
    assert len(_parse(*([{"kty": "XYZ"}] * 99), _good()).keys) == 1
    many = json.dumps({"keys": [_good()] * 101}).encode()
    assert _refused(many) is ErrorCode.JWKS_MALFORMED
    assert _refused(json.dumps({"keys": [_good()] * 10_000}).encode()) is ErrorCode.JWKS_MALFORMED


def _select(keys: KeySet, kid: str | None, algorithm: str = "ES256") -> ErrorCode | int:
    try:
        return len(keys.select(kid, algorithm))
    except TokenRejected as refusal:
        return refusal.code


def test_a_name_selects_the_key_of_that_name_that_fits() -> None:
    """Name and algorithm both have to agree."""
    keys = _parse(_good(kid="a"), _good(kid="b"), _signer("RS256").public_jwk(kid="a"))
    assert [key.kid for key in keys.select("b", "ES256")] == ["b"]
    assert keys.select("a", "RS256")[0].algorithms == {"RS256"}
    assert _select(keys, "c") is ErrorCode.KEY_UNKNOWN
    assert _select(keys, "b", "RS256") is ErrorCode.KEY_UNKNOWN
    assert _select(keys, "a", "ES512") is ErrorCode.KEY_UNKNOWN


def test_without_a_name_only_one_key_may_fit() -> None:
    """OpenID Connect Core 1.0, section 10.1: with several keys a token has to name its key."""
    assert _select(_parse(_good()), None) == 1
    assert _select(_parse(_good(), _signer("RS256").public_jwk()), None) == 1
    assert _select(_parse(_good(kid=None), _good()), None) is ErrorCode.KEY_AMBIGUOUS
    assert _select(_parse(_good()), None, "RS256") is ErrorCode.KEY_UNKNOWN
    assert _select(KeySet.empty(), None) is ErrorCode.KEY_UNKNOWN


def test_a_named_token_is_not_verified_with_a_nameless_key() -> None:
    """A name that no key carries is unknown, even if there is a key without a name."""
    assert _select(_parse(_good(kid=None)), "good") is ErrorCode.KEY_UNKNOWN


@pytest.mark.attack("JWK-14")
def test_keys_of_one_name_are_candidates_up_to_four() -> None:
    """RFC 7517, section 4.5 allows equal names; the work on one token stays bounded."""
    assert _select(_parse(*[_good()] * 4), "good") == 4
    assert _select(_parse(*[_good()] * 5), "good") is ErrorCode.KEY_AMBIGUOUS
    both = _parse(_good(use="enc"), _good())
    assert _select(both, "good") == 1


def test_a_refusal_names_what_is_published_without_trusting_it() -> None:
    """Names of keys are shown escaped and cut."""
    keys = _parse(_good(kid="x\n" + "y" * 500), _good(kid=None))
    with pytest.raises(TokenRejected) as caught:
        keys.select("bad\r\nname" * 50, "ES256")
    shown = "".join(caught.value.evidence.values())
    assert "\n" not in shown
    assert "\r" not in shown
    assert len(shown) < 400
    assert "no kid" in caught.value.evidence["published"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
_ENTRIES = st.dictionaries(
    st.sampled_from(["kty", "use", "key_ops", "alg", "kid", "crv", "n", "e", "x", "y", "d", "k"]),
    _JSON
    | st.sampled_from(
        ["RSA", "EC", "OKP", "oct", "sig", "ES256", "P-256", "Ed25519", "AQAB", "A" * 43]
    ),
)


def _outcome(body: bytes) -> KeySet | ErrorCode:
    try:
        return parse_jwks(body)
    except AuthError as error:
        return error.code


@given(st.lists(_ENTRIES | _JSON, max_size=4))
def test_no_set_whatever_raises_anything_else(entries: list[Any]) -> None:
    """Any JSON is either a key set, with every entry accounted for, or a `ProviderError`."""
    outcome = _outcome(json.dumps({"keys": entries}).encode())
    if isinstance(outcome, KeySet):
        assert len(outcome.keys) + len(outcome.skipped) == len(entries)
    else:
        assert outcome is ErrorCode.JWKS_MALFORMED


@given(st.binary(max_size=200))
def test_no_octets_whatever_raise_anything_else(body: bytes) -> None:
    """Any octets are either a key set or a `ProviderError`."""
    outcome = _outcome(body)
    assert isinstance(outcome, KeySet) or outcome is ErrorCode.JWKS_MALFORMED


def test_a_key_on_an_edwards_curve_without_alg_fits_its_curve() -> None:
    """`EdDSA` means the curve of the key."""
    public = OKPKey.generate_key("Ed25519").as_dict(private=False)
    assert _parse(public).keys[0].algorithms == {"EdDSA", "Ed25519"}

"""Project Wycheproof's vectors for JSON Web Signatures, Keys and Crypto, and for Encryption.

No invalid vector may be accepted. The valid ones that are refused are refused on purpose; each is
listed with its reason.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import OctKey, RSAKey

from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.errors import AuthError
from dockmesh_auth.oidc.jwe import TokenDecryption
from dockmesh_auth.oidc.jwks import parse_jwks
from dockmesh_auth.oidc.jws import SUPPORTED_ALGORITHMS, SignatureVerifier

OTHER_ALGORITHM = "the key's `alg` names another algorithm than the token's (RFC 8725, 3.1)"
STRAY_CHARACTER = "a character outside of base64url is not skipped (RFC 7515, 2)"
SHARED_SECRETS = "shared secrets are never taken from a key set; there is one client secret"
ENCRYPTION = "of encryption only RSA-OAEP-256 is accepted, and only around a signed token"

REFUSED: dict[str, dict[int, str]] = {
    "json_web_signature": {
        346: OTHER_ALGORITHM,
        347: OTHER_ALGORITHM,
        350: OTHER_ALGORITHM,
        351: OTHER_ALGORITHM,
        372: STRAY_CHARACTER,
        373: STRAY_CHARACTER,
    },
    "json_web_key": {2: SHARED_SECRETS},
    "json_web_crypto": {48: SHARED_SECRETS, 50: ENCRYPTION, 67: ENCRYPTION},
}
# 367 and 370 say that padding is there, and hold the very text of 357, which is valid, under the
# same key: the padding got lost on the way into the file. Nobody can refuse one and accept the
# other. That we refuse padding is tested in test_jws.py.
SAME_AS_VALID = {"json_web_signature": {367, 370}}
TESTS = {"json_web_signature": 401, "json_web_key": 26, "json_web_crypto": 83}
VALID = {"json_web_signature": 46, "json_web_key": 5, "json_web_crypto": 6}


def _vectors(shared: Path, name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    path = shared / "vectors" / "wycheproof" / f"{name}_test.json"
    for group in json.loads(path.read_bytes())["testGroups"]:
        for test in group["tests"]:
            yield group, test


def _verifier(group: dict[str, Any]) -> SignatureVerifier:
    """Our verifier, with the group's key where a provider's key would be.

    A single symmetric key is put where the client secret is, and its `alg` is the one that the
    configuration allows: there is no other place for either.
    """
    key = group.get("public") or group["private"]
    entries = key.get("keys", [key])
    allowed: tuple[str, ...] = tuple(SUPPORTED_ALGORITHMS)
    secret = b""
    if len(entries) == 1 and entries[0]["kty"] == "oct":
        text = entries[0]["k"]
        secret = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        allowed = (entries[0]["alg"],)
    provider = Provider(
        slug="w",
        display_name="W",
        issuer="https://w.example/",
        client_id="w",
        id_token_algorithms=allowed,
    )
    verifier = SignatureVerifier(provider, parse_jwks(json.dumps({"keys": entries}).encode()))
    if secret:
        # A client secret is text; these keys are any octets.
        verifier._shared_secret = OctKey(secret, secret)
    return verifier


def _accepted(group: dict[str, Any], test: dict[str, Any]) -> bool:
    token = test.get("jws") or test.get("jwe") or ""
    if not isinstance(token, str):
        token = json.dumps(token)
    try:
        _verifier(group).open_payload(Secret(token))
    except AuthError:
        return False
    return True


def _same_as_valid(tests: list[tuple[dict[str, Any], dict[str, Any]]]) -> set[int]:
    """The invalid vectors that are, key and text, a valid one."""
    written = [(json.dumps([group["private"], test.get("jws")]), test) for group, test in tests]
    valid = {text for text, test in written if test["result"] == "valid" and test.get("jws")}
    return {test["tcId"] for text, test in written if test["result"] != "valid" and text in valid}


@pytest.mark.attack("JOS-01", "JOS-05", "JOS-10", "JWK-14", "JWK-16", "JWK-17")
@pytest.mark.parametrize("name", sorted(TESTS))
def test_signatures_and_keys(shared: Path, name: str) -> None:
    """No invalid vector is accepted; the valid ones are, but for those refused on purpose."""
    tests = list(_vectors(shared, name))
    verdicts = {test["tcId"]: _accepted(group, test) for group, test in tests}
    valid = {test["tcId"] for _, test in tests if test["result"] == "valid"}
    accepted = {number for number, verdict in verdicts.items() if verdict}
    assert (len(verdicts), len(valid)) == (TESTS[name], VALID[name])
    assert accepted - valid == _same_as_valid(tests) == SAME_AS_VALID.get(name, set())
    assert valid - accepted == REFUSED[name].keys()


def test_the_files_have_five_hundred_and_ten_tests() -> None:
    """All of them are run, none is skipped."""
    assert sum(TESTS.values()) == 510


def _decryption(group: dict[str, Any]) -> TokenDecryption:
    key = group["private"] if group["private"]["kty"] == "RSA" else _any_key()
    numbers = {name: key[name] for name in ("kty", "n", "e", "d", "p", "q", "dp", "dq", "qi")}
    return _loaded(json.dumps(numbers))


@cache
def _any_key() -> Any:
    return RSAKey.generate_key(2048).as_dict(private=True)


@cache
def _loaded(members: str) -> TokenDecryption:
    private: Any = RSAKey.import_key(json.loads(members)).private_key
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return TokenDecryption([Secret(pem.decode())])


@pytest.mark.attack("JOS-11", "JOS-12", "JOS-13")
def test_encryption(shared: Path) -> None:
    """No invalid vector is opened. Valid ones are opened exactly if they are RSA-OAEP-256 with a
    content encryption that we accept."""
    opened, expected, invalid = set(), set(), 0
    for group, test in _vectors(shared, "json_web_encryption"):
        token = test["jwe"] if isinstance(test["jwe"], str) else json.dumps(test["jwe"])
        try:
            content = _decryption(group).decrypt(token.encode(), max_header=8192)
        except (AuthError, ValueError):
            content = None
        if content is not None:
            opened.add(test["tcId"])
        if test["result"] != "valid":
            invalid += 1
            continue
        segment = token.partition(".")[0]
        header = json.loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
        if header["alg"] == "RSA-OAEP-256" and header["enc"] in {"A256CBC-HS512", "A256GCM"}:
            expected.add(test["tcId"])
    assert (invalid, bool(expected)) == (74, True)
    assert opened == expected

"""Signed tokens are opened with what the configuration allows and the provider publishes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import string
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwa import JWS_ALGORITHMS

from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.errors import AuthError, ErrorCode, TokenRejected
from dockmesh_auth.oidc.base64url import decode
from dockmesh_auth.oidc.jwks import parse_jwks
from dockmesh_auth.oidc.jws import MAX_HEADER, MAX_TOKEN, SUPPORTED_ALGORITHMS, SignatureVerifier
from dockmesh_auth.testing.minting import SigningKey, at_hash, base64url, mint

SECRET = "the client secret, of more than sixty-four octets in UTF-8: ä ö ü ß"


@cache
def _key(algorithm: str = "ES256", kid: str | None = "k") -> SigningKey:
    return SigningKey.generate(algorithm, kid)


def _provider(**overrides: Any) -> Provider:
    values: dict[str, Any] = {
        "slug": "idp",
        "display_name": "IdP",
        "issuer": "https://idp.example/",
        "client_id": "dockmesh",
        "client_secret": Secret(SECRET),
        **overrides,
    }
    return Provider(**values)


def _verifier(*keys: SigningKey | dict[str, Any], **overrides: Any) -> SignatureVerifier:
    entries = [key.public_jwk() if isinstance(key, SigningKey) else key for key in keys]
    return SignatureVerifier(
        _provider(**overrides), parse_jwks(json.dumps({"keys": entries}).encode())
    )


def _refusal(verifier: SignatureVerifier, token: str) -> TokenRejected:
    with pytest.raises(TokenRejected) as caught:
        verifier.open(Secret(token))
    return caught.value


def _refused(verifier: SignatureVerifier, token: str) -> ErrorCode:
    """The code, the same whether or not a good token with the same key has been seen."""
    cold = _refusal(verifier, token).code
    for header in ({}, {"typ": None}):
        verifier.open(Secret(mint({"warm": 1}, _key(), header)))
    assert _refusal(verifier, token).code is cold
    return cold


@pytest.mark.parametrize("algorithm", sorted(SUPPORTED_ALGORITHMS))
def test_every_supported_algorithm_opens_its_tokens(algorithm: str) -> None:
    """RFC 7518, section 3.1; RFC 8037; RFC 9864. Twice: once by the table."""
    if algorithm.startswith("HS"):
        key, verifier = SigningKey.from_secret(SECRET, algorithm), _verifier
        opened = verifier(id_token_algorithms=(algorithm,))
    else:
        key = _key(algorithm)
        opened = _verifier(_key(), key, _key("RS256", "other"), id_token_algorithms=(algorithm,))
    for sub in ("alice", "bob"):
        assert opened.open(Secret(mint({"sub": sub}, key))) == {"sub": sub}
    forged = mint({"sub": "mallory"}, key).rpartition(".")[0] + "." + base64url(bytes(64))
    assert _refusal(opened, forged).code is ErrorCode.SIGNATURE_INVALID


@pytest.mark.attack("JOS-01", "JOS-03")
@pytest.mark.parametrize(
    "name",
    ["none", "None", "nOnE", "NONE", "", None, 0, True, ["ES256"], "es256", "ES256 ", "HS256"],
)
@pytest.mark.parametrize("signature", [b"", None])
def test_only_the_exact_names_of_allowed_algorithms_count(
    name: object, signature: bytes | None
) -> None:
    """RFC 8725, section 3.1: `none` in any spelling, missing, of another type, another case."""
    octets = json.dumps({"alg": name, "kid": "k"}).encode()
    for header in (octets, b'{"kid":"k"}', b'{"alg":null,"kid":"k"}'):
        token = mint({}, _key(), header_octets=header, signature=signature)
        assert _refused(_verifier(_key()), token) is ErrorCode.ALGORITHM_NOT_ALLOWED


@pytest.mark.attack("JOS-03")
@pytest.mark.parametrize("allowed", [(), ("none",), ("ES256K",), ("RS256",)])
def test_an_empty_allow_list_allows_nothing(allowed: tuple[str, ...]) -> None:
    """No list, or a list of what nobody supports, is not a default list."""
    verifier = _verifier(_key(), id_token_algorithms=allowed)
    assert _refusal(verifier, mint({}, _key())).code is ErrorCode.ALGORITHM_NOT_ALLOWED
    unsigned = mint({}, _key(), {"alg": "none"}, signature=b"")
    assert _refusal(verifier, unsigned).code is ErrorCode.ALGORITHM_NOT_ALLOWED


def _public_texts(key: SigningKey) -> list[str]:
    private: Any = key.private
    pem = private.as_pem(private=False)
    jwk = json.dumps(key.public_jwk(), separators=(",", ":"))
    der = private.as_der(private=False)
    return [pem.decode(), pem.decode().rstrip(), pem.decode() + "\n", jwk, der.decode("latin-1")]


@pytest.mark.attack("JOS-02")
@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
@pytest.mark.parametrize("allowed", [("RS256", "ES256", "EdDSA"), ("HS256", "RS256", "ES256")])
def test_the_public_key_is_no_secret(algorithm: str, allowed: tuple[str, ...]) -> None:
    """RFC 8725, section 2.1: an HMAC keyed with any writing of the public key is worthless, also
    where HMAC with the client secret is allowed."""
    key = _key(algorithm, "victim")
    verifier = _verifier(key, id_token_algorithms=allowed)
    for text in _public_texts(key):
        octets = {text.encode(), text.encode("latin-1")}
        for secret in octets:
            forged = _hmac_token({"sub": "admin"}, secret, {"kid": "victim"})
            expected = (
                ErrorCode.SIGNATURE_INVALID
                if "HS256" in allowed
                else ErrorCode.ALGORITHM_NOT_ALLOWED
            )
            assert _refusal(verifier, forged).code is expected


def _hmac_token(claims: dict[str, Any], secret: bytes, header: dict[str, Any]) -> str:
    parts = [{"alg": "HS256", "typ": "JWT", **header}, claims]
    text = ".".join(base64url(json.dumps(part).encode()) for part in parts)
    return f"{text}.{base64url(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def test_a_provider_without_a_key_is_told_apart() -> None:
    """HS256 is not allowed, and the provider publishes nothing: it has no signing key chosen."""
    token = mint({}, SigningKey.from_secret(SECRET))
    assert _refusal(_verifier(), token).code is ErrorCode.NO_SIGNING_KEY
    assert _refusal(_verifier(_key()), token).code is ErrorCode.ALGORITHM_NOT_ALLOWED


@pytest.mark.parametrize(("algorithm", "octets"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_a_short_secret_signs_nothing(algorithm: str, octets: int) -> None:
    """RFC 7518, section 3.2: the secret is at least as long as the digest."""
    for length, good in ((octets, True), (octets - 1, False)):
        secret = "s" * length
        verifier = _verifier(id_token_algorithms=(algorithm,), client_secret=Secret(secret))
        token = mint({"a": 1}, SigningKey.from_secret(secret, algorithm))
        if good:
            assert verifier.open(Secret(token)) == {"a": 1}
        else:
            assert _refusal(verifier, token).code is ErrorCode.ALGORITHM_NOT_ALLOWED
    public = _verifier(id_token_algorithms=(algorithm,), client_secret=None)
    token = mint({}, SigningKey.from_secret(SECRET, algorithm))
    assert _refusal(public, token).code is ErrorCode.ALGORITHM_NOT_ALLOWED


@pytest.mark.attack("JOS-05")
@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
def test_no_octets_but_the_signature_are_a_signature(algorithm: str) -> None:
    """Zeroes, nothing, DER, too short, too long, the order of the curve, another's."""
    key, other = _key(algorithm, "k"), _key(algorithm, "other")
    verifier = _verifier(key)
    good = mint({}, key)
    raw = base64.urlsafe_b64decode(good.rpartition(".")[2] + "==")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    private: Any = other.private
    bad = [
        b"",
        bytes(len(raw)),
        raw[:-1],
        raw + b"\0",
        b"\0" + raw,
        order.to_bytes(32) * 2,
        (order + 1).to_bytes(32) * 2,
        bytes([raw[0] ^ 1]) + raw[1:],
        raw[len(raw) // 2 :] + raw[: len(raw) // 2],
        bytes(1024),
    ]
    if algorithm == "ES256":
        der = private.private_key.sign(good.rpartition(".")[0].encode(), ECDSA(SHA256()))
        bad.append(der)
        larger = mint({}, _key("ES384"), {"alg": "ES256", "kid": "k"})
        assert _refusal(verifier, larger).code is ErrorCode.SIGNATURE_INVALID
    for signature in bad:
        token = mint({}, key, signature=signature)
        assert _refusal(verifier, token).code is ErrorCode.SIGNATURE_INVALID
    assert verifier.open(Secret(good)) == {}
    for signature in bad:
        token = mint({}, key, signature=signature)
        assert _refusal(verifier, token).code is ErrorCode.SIGNATURE_INVALID


@pytest.mark.attack("JOS-08", "JOS-09", "JWK-23")
@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": "exp"},
        {"crit": ["b64"], "b64": False},
        {"crit": ["b64", "b64"], "b64": True},
        {"b64": False},
        {"b64": True},
        {"zip": "DEF"},
        {"jwk": _key("ES256", "evil").public_jwk()},
        {"jku": "https://canary.example/keys"},
        {"x5u": "https://canary.example/cert"},
        {"kid": 5},
        {"kid": ["k"]},
    ],
)
def test_parameters_that_change_the_rules_are_refused(header: dict[str, Any]) -> None:
    """RFC 7515, section 4.1.11; RFC 7797; RFC 8725, section 3.10. Also when well signed."""
    for signer in (_key(), _key("ES256", "evil")):
        token = mint({}, signer, {"kid": "k", **header})
        assert _refused(_verifier(_key()), token) is ErrorCode.HEADER_REFUSED


@pytest.mark.attack("JWK-23")
def test_certificates_in_the_header_choose_no_key() -> None:
    """`x5c` and `x5t` of a stranger's key do not help it, and those of the right key do no harm."""
    extra = {"x5c": ["MIIB"], "x5t": "AQ", "x5t#S256": "AQ", "unknown": {"deep": [1]}}
    assert _verifier(_key()).open(Secret(mint({"a": 1}, _key(), extra))) == {"a": 1}
    forged = mint({}, _key("ES256", "evil"), {"kid": "k", **extra})
    assert _refused(_verifier(_key()), forged) is ErrorCode.SIGNATURE_INVALID


@pytest.mark.attack("IDT-15")
@pytest.mark.parametrize(
    ("kind", "good"),
    [
        ("JWT", True),
        ("jwt", True),
        ("application/jwt", True),
        ("application/JWT", True),
        ("at+jwt", False),
        ("application/at+jwt", False),
        ("logout+jwt", False),
        ("JOSE", False),
        ("", False),
        (7, False),
        (["JWT"], False),
    ],
)
def test_tokens_of_another_kind_are_refused(kind: object, *, good: bool) -> None:
    """RFC 8725, section 3.11: `typ` is absent or says JWT."""
    token = mint({"a": 1}, _key(), {"typ": kind})
    if good:
        assert _verifier(_key()).open(Secret(token)) == {"a": 1}
    else:
        assert _refused(_verifier(_key()), token) is ErrorCode.TOKEN_KIND_WRONG
    explicit_null = mint({}, _key(), header_octets=b'{"alg":"ES256","kid":"k","typ":null}')
    assert _refused(_verifier(_key()), explicit_null) is ErrorCode.TOKEN_KIND_WRONG


_GOOD = mint({"sub": "alice"}, _key())
_HEADER, _PAYLOAD, _SIGNATURE = _GOOD.split(".")


@pytest.mark.attack("JOS-10")
@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        _HEADER,
        f"{_HEADER}.{_PAYLOAD}",
        f"{_HEADER}..{_SIGNATURE}x.",
        f".{_PAYLOAD}.{_SIGNATURE}",
        f"{_GOOD}.",
        f".{_GOOD}",
        f"{_GOOD}.{_PAYLOAD}",
        f"{_HEADER}.{_PAYLOAD}.{_PAYLOAD}.{_SIGNATURE}",
        f" {_GOOD}",
        f"{_GOOD}\n",
        f"{_HEADER}.{_PAYLOAD}.{_SIGNATURE}=",
        f"{_HEADER}.{_PAYLOAD}.{_SIGNATURE}==",
        f"{_HEADER}=.{_PAYLOAD}.{_SIGNATURE}",
        f"{_HEADER}.{_PAYLOAD}.{_SIGNATURE}\u00e9",
        f"{_HEADER}.{_PAYLOAD}.{_SIGNATURE}\ud800",
        json.dumps({"protected": _HEADER, "payload": _PAYLOAD, "signature": _SIGNATURE}),
        json.dumps({"payload": _PAYLOAD, "signatures": [{"protected": _HEADER}]}),
        f'{{"a":"{_HEADER}.{_PAYLOAD}.{_SIGNATURE}"}}',
        "." * 200_000,
        f"bearer {_GOOD}",
    ],
)
def test_only_three_parts_of_base64url_are_a_token(token: str) -> None:
    """RFC 7515, section 7.1: no padding, no white space, no other serialization."""
    assert _refused(_verifier(_key()), token) is ErrorCode.TOKEN_MALFORMED


def test_a_well_signed_payload_in_other_base64_is_refused() -> None:
    """One text for one value: padding, the other alphabet and stray bits, though signed."""
    verifier = _verifier(_key())
    for payload in (
        base64url(b'{"a":1}') + "=",
        base64url(b'{"a":"?>"}')[:-1] + "+",
        "e1",
        "e",
        "{}",
    ):
        text = f"{_HEADER}.{payload}"
        private: Any = _key().private
        model = next(model for model in JWS_ALGORITHMS if model.name == "ES256")
        token = f"{text}.{base64url(model.sign(text.encode(), private))}"
        assert _refused(verifier, token) is ErrorCode.TOKEN_MALFORMED


@pytest.mark.attack("JOS-18", "JOS-19", "JOS-20", "JOS-21")
@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b'"text"',
        b"1",
        b"null",
        b"true",
        b'{"sub":"alice","sub":"admin"}',
        b'{"a":{"b":1,"b":2}}',
        b'{"sub":"alice","\\u0073ub":"admin"}',
        b'{"exp":NaN}',
        b'{"exp":Infinity}',
        b'{"a":1}{"a":2}',
        b'{"a":1',
        '{"a":1}'.encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b'{"a":"\xe9"}',
        b'{"a":"\xc0\xaf"}',
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",
    ],
)
def test_well_signed_payloads_that_are_no_strict_object_are_refused(payload: bytes) -> None:
    """RFC 7519, sections 4 and 7.2: an object in UTF-8, every name once, of bounded depth."""
    token = mint({}, _key(), payload=payload)
    assert _refused(_verifier(_key()), token) is ErrorCode.TOKEN_MALFORMED


@pytest.mark.attack("JOS-19")
@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"ES256","kid":"k","alg":"none"}',
        b'{"alg":"none","kid":"k","alg":"ES256"}',
        b'{"alg":"ES256","kid":"k","\\u0061lg":"none"}',
        b"[]",
        b"null",
        b"",
        b"\xff",
    ],
)
def test_headers_that_are_no_strict_object_are_refused(header: bytes) -> None:
    """RFC 7515, section 4: names in a header are unique."""
    token = mint({}, _key(), header_octets=header)
    assert _refused(_verifier(_key()), token) is ErrorCode.TOKEN_MALFORMED


@pytest.mark.attack("JOS-15", "JOS-16")
def test_sizes_are_limited_before_anything_is_decoded() -> None:
    """A long header or token is refused by name of the limit; legal long ones pass."""
    verifier = _verifier(_key())
    huge = _refusal(verifier, "a" * (MAX_TOKEN + 1))
    assert huge.code is ErrorCode.TOKEN_TOO_LARGE
    assert str(MAX_TOKEN) in huge.detail
    wide = _refusal(verifier, mint({}, _key(), {"x": "y" * MAX_HEADER}))
    assert wide.code is ErrorCode.TOKEN_TOO_LARGE
    assert str(MAX_HEADER) in wide.detail
    assert _refusal(verifier, "a" * 400_000 + "." * 100_000).code is ErrorCode.TOKEN_TOO_LARGE
    long = mint({"groups": ["g" * 30] * 5000}, _key(), {"x5t": "t" * 2000, "x5c": ["c" * 3000]})
    assert len(long) > 128_000
    assert len(verifier.open(Secret(long))["groups"]) == 5000  # type: ignore[arg-type]


def test_a_long_name_of_a_key_is_fine() -> None:
    """Providers use names of 86 characters and more."""
    key = _key("ES256", "k" * 86)
    assert _verifier(key).open(Secret(mint({"a": 1}, key))) == {"a": 1}


@pytest.mark.attack("JWK-14")
def test_of_several_keys_of_one_name_the_right_one_is_found() -> None:
    """The signer stands second; afterwards the first one's tokens open as well."""
    first, second = _key("ES256", "k"), SigningKey.generate("ES256", "k")
    verifier = _verifier(first, second)
    for key in (second, first, second):
        assert verifier.open(Secret(mint({"a": 1}, key))) == {"a": 1}
    stranger = mint({}, SigningKey.generate("ES256", "k"))
    assert _refusal(verifier, stranger).code is ErrorCode.SIGNATURE_INVALID


def test_keys_that_do_not_fit_are_unknown_or_ambiguous() -> None:
    """The rules of the key set hold for tokens."""
    verifier = _verifier(_key(), _key("ES256", "other"))
    assert _refused(verifier, mint({}, _key(), {"kid": "new"})) is ErrorCode.KEY_UNKNOWN
    assert _refusal(verifier, mint({}, _key(), {"kid": None})).code is ErrorCode.KEY_AMBIGUOUS
    alone = _verifier(_key(), _key("RS256", "r"))
    assert alone.open(Secret(mint({"a": 1}, _key(), {"kid": None}))) == {"a": 1}


@pytest.mark.attack("JWK-22")
def test_another_issuers_key_of_the_same_name_proves_nothing() -> None:
    """Key sets belong to one issuer each."""
    key_of_a, key_of_b = SigningKey.generate("ES256", "same"), SigningKey.generate("ES256", "same")
    token = mint({"iss": "https://b.example/"}, key_of_a)
    assert _verifier(key_of_a).open(Secret(token))
    assert _refusal(_verifier(key_of_b), token).code is ErrorCode.SIGNATURE_INVALID


@pytest.mark.attack("JOS-23")
def test_no_token_is_good_because_another_was() -> None:
    """What is remembered are headers, never verdicts: each token's own signature decides."""
    verifier = _verifier(_key())
    verifier.open(Secret(_GOOD))
    other = base64url(json.dumps({"sub": "admin"}).encode())
    forged = f"{_HEADER}.{other}.{_SIGNATURE}"
    assert forged[:20] == _GOOD[:20]
    assert forged[-16:] == _GOOD[-16:]
    assert _refusal(verifier, forged).code is ErrorCode.SIGNATURE_INVALID


def test_the_table_of_headers_is_bounded() -> None:
    """Headers that differ in something harmless do not fill the memory."""
    verifier = _verifier(_key())
    for number in range(150):
        verifier.open(Secret(mint({}, _key(), {"x": number})))
    assert len(verifier._known) <= 64
    for number in range(150):
        _refusal(verifier, mint({}, _key(), {"y": number}, signature=b"no"))
    assert not any(b'"y"' in decode(header) for header in verifier._known)


@pytest.mark.attack("JOS-22")
def test_refusals_hold_nothing_of_the_token() -> None:
    """No part of a token, and no secret, in any text of the error."""
    tokens = [
        mint({"sub": "alice"}, _key(), signature=b"wrong"),
        mint({"sub": "alice"}, _key(), {"kid": "new"}),
        mint({}, _key(), payload=b'{"sub":"alice","sub":"eve"}'),
        f"{_HEADER}.{_PAYLOAD}.{_SIGNATURE}=",
        mint({"sub": "alice"}, SigningKey.from_secret("s" * 32)),
    ]
    verifier = _verifier(_key(), id_token_algorithms=("ES256", "HS256"))
    for token in tokens:
        refusal = _refusal(verifier, token)
        text = f"{refusal} {refusal!r} {dict(refusal.evidence)} {refusal.__cause__!r}"
        for part in token.split("."):
            assert part[:12] not in text
        assert "alice" not in text
        assert SECRET not in text
    assert "key" not in repr(verifier).replace("keys", "")


@pytest.mark.parametrize(
    "algorithm", ["ES256", "ES384", "ES512", "RS256", "PS512", "EdDSA", "Ed25519", "Ed448"]
)
def test_the_hash_of_the_access_token_goes_by_the_algorithm(algorithm: str) -> None:
    """OpenID Connect Core 1.0, section 3.1.3.6, for every digest; before and after opening."""
    key = _key(algorithm)
    verifier = _verifier(key, id_token_algorithms=(algorithm,))
    token, access = Secret(mint({}, key)), Secret("access-token")
    good = at_hash("access-token", algorithm)
    for _ in range(2):
        assert verifier.matches_access_token(token, good, access)
        for bad in ("", good[:-1], good + "=", "é", "\ud800", at_hash("other", algorithm), "*"):
            assert not verifier.matches_access_token(token, bad, access)
        assert not verifier.matches_access_token(token, good, Secret("other"))
        assert not verifier.matches_access_token(token, good, Secret("\ud800"))


@pytest.mark.attack("IDT-14")
def test_the_hash_under_an_algorithm_that_is_not_allowed_is_not_computed() -> None:
    """An unknown algorithm fails; it does not pass for want of a digest."""
    token = mint({}, _key(), {"alg": "XS256"})
    with pytest.raises(TokenRejected) as caught:
        _verifier(_key()).matches_access_token(Secret(token), "", Secret("a"))
    assert caught.value.code is ErrorCode.ALGORITHM_NOT_ALLOWED


_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")


@given(st.text(alphabet=string.ascii_letters + string.digits + "-_+/= \n.", max_size=40))
@settings(max_examples=400)
def test_base64url_is_read_as_it_would_be_written(text: str) -> None:
    """A text is taken exactly if encoding its octets gives the text again."""
    try:
        octets = decode(text.encode())
    except ValueError:
        canonical = False
        if _ALPHABET.fullmatch(text) and len(text) % 4 != 1:
            value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            canonical = base64url(value) == text
        assert not canonical
    else:
        assert base64.urlsafe_b64encode(octets).rstrip(b"=").decode() == text


@given(st.binary(max_size=400))
def test_base64url_reads_all_that_is_written(octets: bytes) -> None:
    """Nothing is lost on the way."""
    assert decode(base64url(octets).encode()) == octets


def _code(verifier: SignatureVerifier, token: str) -> str:
    try:
        verifier.open(Secret(token))
    except AuthError as error:
        return error.code
    return "opened"


@given(st.text(max_size=60) | st.lists(st.binary(max_size=30), min_size=2, max_size=6))
def test_no_text_whatever_is_opened(text: str | list[bytes]) -> None:
    """Any text ends in a refusal and nothing else."""
    token = text if isinstance(text, str) else ".".join(base64url(part) for part in text)
    assert _code(_verifier(_key()), token) != "opened"


@given(st.data())
@settings(max_examples=150)
def test_no_changed_character_is_tolerated(data: st.DataObject) -> None:
    """A good token with one character changed anywhere is refused, cold and warm."""
    position = data.draw(st.integers(0, len(_GOOD) - 1))
    letter = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_.=+/"))
    token = _GOOD[:position] + letter + _GOOD[position + 1 :]
    verifier = _verifier(_key())
    if token != _GOOD:
        assert _code(verifier, token) != "opened"
        verifier.open(Secret(_GOOD))
        assert _code(verifier, token) != "opened"

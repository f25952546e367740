"""An ID token is held against every rule of OpenID Connect Core 1.0, section 3.1.3.7."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.tokens import Expectation, TokenResponse
from dockmesh_auth.errors import AuthError, ErrorCode, TokenRejected
from dockmesh_auth.oidc import validate_id_token
from dockmesh_auth.oidc.jwks import parse_jwks
from dockmesh_auth.oidc.jws import SignatureVerifier
from dockmesh_auth.testing.minting import SigningKey, at_hash, mint, standard_claims

ISSUER = "https://idp.example/application/o/dockmesh/"
CLIENT = "dockmesh"
NONCE = "the-nonce-of-this-very-sign-in"
NOW = 1_800_000_000
ACCESS = "the access token"


@cache
def _key() -> SigningKey:
    return SigningKey.generate("ES256", "k")


def _validate(
    token: str | None, *, max_age: int | None = None, now: float = NOW, **overrides: Any
) -> Claims:
    values: dict[str, Any] = {
        "slug": "idp",
        "display_name": "IdP",
        "issuer": ISSUER,
        "client_id": CLIENT,
        **overrides,
    }
    provider = Provider(**values)
    metadata = ProviderMetadata(
        issuer=ISSUER, authorization_endpoint=ISSUER + "a", token_endpoint=ISSUER + "t"
    )
    keys = parse_jwks(json.dumps({"keys": [_key().public_jwk()]}).encode())
    verifier = SignatureVerifier(provider, keys)
    tokens = TokenResponse(
        id_token=None if token is None else Secret(token), access_token=Secret(ACCESS)
    )
    return validate_id_token(
        provider, metadata, verifier, tokens, Expectation(nonce=NONCE, now=now, max_age=max_age)
    )


def _claims(**overrides: Any) -> dict[str, Any]:
    members = standard_claims(
        issuer=ISSUER, client_id=CLIENT, subject="alice-1", nonce=NONCE, now=NOW
    )
    return {name: value for name, value in {**members, **overrides}.items() if value is not None}


def _outcome(claims: dict[str, Any], **context: Any) -> str:
    try:
        _validate(mint(claims, _key()), **context)
    except AuthError as error:
        return error.code
    return "accepted"


def _refusal(claims: dict[str, Any], **context: Any) -> TokenRejected:
    with pytest.raises(TokenRejected) as caught:
        _validate(mint(claims, _key()), **context)
    return caught.value


def test_a_good_token_gives_its_claims() -> None:
    """Issuer, subject and every claim are handed on."""
    claims = _validate(mint(_claims(groups=["a", "b"]), _key()))
    assert (claims.issuer, claims.subject) == (ISSUER, "alice-1")
    assert claims["groups"] == ("a", "b")


@pytest.mark.attack("IDT-02")
def test_without_an_id_token_nobody_signs_in() -> None:
    """Section 3.1.3.3: nothing replaces it."""
    with pytest.raises(TokenRejected) as caught:
        _validate(None)
    assert caught.value.code is ErrorCode.ID_TOKEN_MISSING
    assert caught.value.provider == "idp"


def test_a_refusal_names_the_provider() -> None:
    """Also one that the verifier raised."""
    with pytest.raises(TokenRejected) as caught:
        _validate("not a token")
    assert (caught.value.code, caught.value.provider) == (ErrorCode.TOKEN_MALFORMED, "idp")


@pytest.mark.attack("IDT-03", "JWK-22")
@pytest.mark.parametrize(
    ("issuer", "code"),
    [
        ("https://evil.example/", ErrorCode.ISSUER_MISMATCH),
        (ISSUER.rstrip("/"), ErrorCode.ISSUER_MISMATCH),
        (ISSUER + "/", ErrorCode.ISSUER_MISMATCH),
        (ISSUER.upper(), ErrorCode.ISSUER_MISMATCH),
        (" " + ISSUER, ErrorCode.ISSUER_MISMATCH),
        ("", ErrorCode.ISSUER_MISMATCH),
        ([ISSUER], ErrorCode.CLAIM_MALFORMED),
        (5, ErrorCode.CLAIM_MALFORMED),
        (None, ErrorCode.CLAIM_MISSING),
    ],
)
def test_the_issuer_is_equal_character_by_character(issuer: object, code: ErrorCode) -> None:
    """Step 2."""
    assert _outcome(_claims(iss=issuer)) == code


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        (None, ErrorCode.CLAIM_MISSING),
        ("", ErrorCode.CLAIM_MALFORMED),
        ("a" * 256, ErrorCode.CLAIM_MALFORMED),
        ("a\x00b", ErrorCode.CLAIM_MALFORMED),
        ("a\nb", ErrorCode.CLAIM_MALFORMED),
        ("alice\u200b", ErrorCode.CLAIM_MALFORMED),
        ("alice\u202e", ErrorCode.CLAIM_MALFORMED),
        ("alice\x7f", ErrorCode.CLAIM_MALFORMED),
        (7, ErrorCode.CLAIM_MALFORMED),
        (["alice"], ErrorCode.CLAIM_MALFORMED),
        (True, ErrorCode.CLAIM_MALFORMED),
        ("a" * 255, "accepted"),
        ("auth0|5f7c", "accepted"),
        ("Zoë Ångström", "accepted"),
        ("a\u00a0b", "accepted"),
    ],
)
def test_the_subject_is_a_visible_name(subject: object, code: str) -> None:
    """Section 2: a string of at most 255 characters, none of them invisible."""
    assert _outcome(_claims(sub=subject)) == code


@pytest.mark.attack("IDT-04")
@pytest.mark.parametrize("azp", [None, CLIENT])
@pytest.mark.parametrize(
    ("audience", "code"),
    [
        (CLIENT, "accepted"),
        ([CLIENT], "accepted"),
        ([CLIENT, CLIENT], "accepted"),
        ("other", ErrorCode.AUDIENCE_MISMATCH),
        (["other"], ErrorCode.AUDIENCE_MISMATCH),
        ([], ErrorCode.AUDIENCE_MISMATCH),
        ("", ErrorCode.AUDIENCE_MISMATCH),
        (CLIENT + " ", ErrorCode.AUDIENCE_MISMATCH),
        (CLIENT.upper(), ErrorCode.AUDIENCE_MISMATCH),
        (f"{CLIENT} other", ErrorCode.AUDIENCE_MISMATCH),
        ([[CLIENT]], ErrorCode.CLAIM_MALFORMED),
        ([CLIENT, 5], ErrorCode.CLAIM_MALFORMED),
        ([CLIENT, None], ErrorCode.CLAIM_MALFORMED),
        ({CLIENT: True}, ErrorCode.CLAIM_MALFORMED),
        (5, ErrorCode.CLAIM_MALFORMED),
        (None, ErrorCode.CLAIM_MISSING),
    ],
)
def test_the_audience_contains_this_client(audience: object, azp: object, code: str) -> None:
    """Step 3: always, whatever `azp` says."""
    assert _outcome(_claims(aud=audience, azp=azp)) == code


@pytest.mark.attack("IDT-05")
@pytest.mark.parametrize(
    ("audience", "azp", "trusted", "code"),
    [
        ([CLIENT, "evil"], None, (), ErrorCode.AUDIENCE_UNTRUSTED),
        ([CLIENT, "evil"], CLIENT, (), ErrorCode.AUDIENCE_UNTRUSTED),
        ([CLIENT, "api"], CLIENT, ("api",), "accepted"),
        (["api", CLIENT], CLIENT, ("api", "more"), "accepted"),
        ([CLIENT, "api", "evil"], CLIENT, ("api",), ErrorCode.AUDIENCE_UNTRUSTED),
        ([CLIENT, "api"], None, ("api",), ErrorCode.AUTHORIZED_PARTY_MISMATCH),
        ([CLIENT, "api"], "api", ("api",), ErrorCode.AUTHORIZED_PARTY_MISMATCH),
        (["api"], CLIENT, ("api",), ErrorCode.AUDIENCE_MISMATCH),
        ("api", CLIENT, ("api",), ErrorCode.AUDIENCE_MISMATCH),
        ([CLIENT, ""], CLIENT, (), ErrorCode.AUDIENCE_UNTRUSTED),
    ],
)
def test_further_audiences_are_trusted_by_name_only(
    audience: list[str], azp: str | None, trusted: tuple[str, ...], code: str
) -> None:
    """Steps 3 and 4: listed in the configuration, and the token says that it was issued to us."""
    claims = _claims(aud=audience, azp=azp)
    assert _outcome(claims, trusted_audiences=frozenset(trusted)) == code


@pytest.mark.attack("IDT-07")
@pytest.mark.parametrize("azp", ["other", "", CLIENT + "x", 5, [CLIENT], False, {}])
def test_an_authorized_party_that_is_there_is_this_client(azp: object) -> None:
    """Step 5, also with a single audience."""
    assert _outcome(_claims(azp=azp)) == ErrorCode.AUTHORIZED_PARTY_MISMATCH
    null = json.dumps({**_claims(), "azp": None}).encode()
    with pytest.raises(TokenRejected) as caught:
        _validate(mint({}, _key(), payload=null))
    assert caught.value.code is ErrorCode.AUTHORIZED_PARTY_MISMATCH


EXPIRED, EARLY = ErrorCode.TOKEN_EXPIRED, ErrorCode.TOKEN_NOT_YET_VALID


@pytest.mark.attack("IDT-08")
@pytest.mark.parametrize(
    ("claim", "offset", "skew", "code"),
    [
        ("exp", 1, 60, "accepted"),
        ("exp", -59, 60, "accepted"),
        ("exp", -60, 60, EXPIRED),
        ("exp", -61, 60, EXPIRED),
        ("exp", -3600, 60, EXPIRED),
        ("exp", 0, 0, EXPIRED),
        ("exp", 1, 0, "accepted"),
        ("exp", -299, 300, "accepted"),
        ("exp", -301, 300, EXPIRED),
        ("exp", -301, 9999, EXPIRED),
        ("exp", 0, -50, EXPIRED),
        ("iat", 59, 60, "accepted"),
        ("iat", 60, 60, "accepted"),
        ("iat", 61, 60, EARLY),
        ("iat", 86_400, 60, EARLY),
        ("iat", 1, 0, EARLY),
        ("iat", 301, 9999, EARLY),
        ("iat", -86_400, 60, "accepted"),
        ("nbf", 60, 60, "accepted"),
        ("nbf", 61, 60, EARLY),
        ("nbf", 86_400, 60, EARLY),
        ("nbf", -86_400, 60, "accepted"),
    ],
)
def test_times_are_tolerated_within_the_skew_and_no_further(
    claim: str, offset: int, skew: int, code: str
) -> None:
    """Steps 9 and 10; the same tolerance in both directions, 60 s unless configured, 300 s at
    most."""
    claims = _claims(**{claim: NOW + offset})
    assert _outcome(claims, clock_skew=skew) == code
    if skew == 60:
        assert _outcome(claims) == code


def test_fractions_of_a_second_count() -> None:
    """A NumericDate may have a fraction, and so may the clock."""
    claims = _claims(exp=NOW + 0.5, iat=NOW - 1.5)
    assert _outcome(claims, clock_skew=0, now=NOW + 0.25) == "accepted"
    assert _outcome(claims, clock_skew=0, now=NOW + 0.5) == EXPIRED


@pytest.mark.attack("IDT-09", "IDT-10")
@pytest.mark.parametrize("claim", ["exp", "iat", "nbf", "auth_time"])
@pytest.mark.parametrize(
    "text",
    [
        "true", "false", '"1800000000"', "[1800000000]", "{}", "-1", "-1e300", "1e300",
        "7258118400", "9" * 400, "9" * 5000, "1e400", "NaN", "Infinity", "-Infinity", "null",
    ],
)  # fmt: skip
def test_a_time_is_a_number_within_reason(claim: str, text: str) -> None:
    """RFC 7519, section 2: finite, no boolean, no text, and before the year 2200."""
    members = {"auth_time": NOW, "nbf": NOW, **_claims(), claim: "@"}
    payload = json.dumps(members).replace('"@"', text).encode()
    with pytest.raises(TokenRejected) as caught:
        _validate(mint({}, _key(), payload=payload), max_age=1000)
    assert caught.value.code in {ErrorCode.CLAIM_MALFORMED, ErrorCode.TOKEN_MALFORMED}


@pytest.mark.attack("IDT-09")
@pytest.mark.parametrize("claim", ["exp", "iat", "iss", "sub", "aud"])
def test_required_claims_are_required(claim: str) -> None:
    """Section 2: without any of them it is no ID token."""
    refusal = _refusal(_claims(**{claim: None}))
    assert refusal.code is ErrorCode.CLAIM_MISSING
    assert refusal.evidence["claim"] == claim


@pytest.mark.attack("IDT-12")
@pytest.mark.parametrize(
    "nonce",
    [
        None,
        "",
        "another",
        NONCE + " ",
        NONCE[:-1],
        NONCE.upper(),
        [NONCE],
        {"n": NONCE},
        5,
        "é",
    ],
)
def test_the_nonce_is_the_one_of_this_sign_in(nonce: object) -> None:
    """Step 11: equal, and there."""
    refusal = _refusal(_claims(nonce=nonce))
    assert refusal.code is ErrorCode.NONCE_MISMATCH
    assert NONCE not in f"{refusal!r}{dict(refusal.evidence)}"


def test_no_nonce_expected_matches_nothing() -> None:
    """An empty or impossible expectation is a fault, not a wildcard."""
    provider = Provider(slug="idp", display_name="IdP", issuer=ISSUER, client_id=CLIENT)
    keys = parse_jwks(json.dumps({"keys": [_key().public_jwk()]}).encode())
    metadata = ProviderMetadata(issuer=ISSUER, authorization_endpoint="a", token_endpoint="t")
    for nonce, wanted in (("", ""), (None, ""), ("x", ""), ("ä", "ä"), ("x", "ä")):
        token = Secret(mint(_claims(nonce=nonce), _key()))
        with pytest.raises(TokenRejected) as caught:
            validate_id_token(
                provider,
                metadata,
                SignatureVerifier(provider, keys),
                TokenResponse(id_token=token, access_token=Secret(ACCESS)),
                Expectation(nonce=wanted, now=NOW),
            )
        assert caught.value.code is ErrorCode.NONCE_MISMATCH


@pytest.mark.attack("IDT-14")
@pytest.mark.parametrize(
    ("value", "code"),
    [
        (at_hash(ACCESS, "ES256"), "accepted"),
        (at_hash("another", "ES256"), ErrorCode.ACCESS_TOKEN_HASH_MISMATCH),
        (at_hash(ACCESS, "ES384"), ErrorCode.ACCESS_TOKEN_HASH_MISMATCH),
        ("", ErrorCode.ACCESS_TOKEN_HASH_MISMATCH),
        (5, ErrorCode.CLAIM_MALFORMED),
        ([at_hash(ACCESS, "ES256")], ErrorCode.CLAIM_MALFORMED),
    ],
)
def test_a_hash_of_the_access_token_that_is_there_is_right(value: object, code: str) -> None:
    """Section 3.1.3.8."""
    assert _outcome(_claims(at_hash=value)) == code
    null = json.dumps({**_claims(), "at_hash": None}).encode()
    with pytest.raises(TokenRejected) as caught:
        _validate(mint({}, _key(), payload=null))
    assert caught.value.code is ErrorCode.CLAIM_MALFORMED


@pytest.mark.parametrize(
    ("auth_time", "max_age", "code"),
    [
        (NOW - 100, None, "accepted"),
        (None, None, "accepted"),
        ("nonsense", None, "accepted"),
        (None, 100, ErrorCode.CLAIM_MISSING),
        (NOW - 160, 100, "accepted"),
        (NOW - 161, 100, ErrorCode.AUTHENTICATION_TOO_OLD),
        (NOW - 61, 0, ErrorCode.AUTHENTICATION_TOO_OLD),
        (NOW - 59, 0, "accepted"),
        (NOW + 60, 100, "accepted"),
        (NOW + 61, 100, EARLY),
        (str(NOW), 100, ErrorCode.CLAIM_MALFORMED),
    ],
)
def test_with_a_maximum_age_the_sign_in_was_recent(
    auth_time: object, max_age: int | None, code: str
) -> None:
    """Step 13, and section 2: `auth_time` is required if an age was asked for."""
    assert _outcome(_claims(auth_time=auth_time), max_age=max_age) == code


@pytest.mark.attack("IDT-15")
@pytest.mark.parametrize(
    "events", [{"http://schemas.openid.net/event/backchannel-logout": {}}, {}, 0]
)
def test_a_logout_token_is_no_id_token(events: object) -> None:
    """Back-Channel Logout 1.0, section 2.4: same issuer, same audience, same key, other purpose."""
    assert _outcome(_claims(events=events)) == ErrorCode.TOKEN_KIND_WRONG


@pytest.mark.attack("IDT-15")
@pytest.mark.parametrize("kind", ["at+jwt", "application/at+jwt", "logout+jwt", "LOGOUT+JWT"])
def test_other_tokens_of_the_issuer_are_no_id_tokens(kind: str) -> None:
    """RFC 9068, section 4; RFC 8725, section 3.11."""
    with pytest.raises(TokenRejected) as caught:
        _validate(mint(_claims(), _key(), {"typ": kind}))
    assert caught.value.code is ErrorCode.TOKEN_KIND_WRONG


@pytest.mark.attack("IDT-21")
def test_claims_that_are_only_referred_to_are_left_alone() -> None:
    """Section 5.6.2: validation fetches nothing; the references are claims like any other."""
    extra = {
        "_claim_names": {"groups": "src"},
        "_claim_sources": {"src": {"endpoint": "https://canary.example/"}},
    }
    assert "groups" not in _validate(mint(_claims(**extra), _key()))


def test_a_wrong_time_says_by_how_much() -> None:
    """The operator sees the distance to the limit."""
    late = _refusal(_claims(exp=NOW - 100))
    assert dict(late.evidence) == {
        "claim": "exp",
        "beyond_limit_seconds": "40",
        "clock_skew_seconds": "60",
    }
    early = _refusal(_claims(iat=NOW + 100))
    assert (early.evidence["claim"], early.evidence["beyond_limit_seconds"]) == ("iat", "40")
    before = _refusal(_claims(nbf=NOW + 90))
    assert (before.evidence["claim"], before.evidence["beyond_limit_seconds"]) == ("nbf", "30")
    old = _refusal(_claims(auth_time=NOW - 200), max_age=100)
    assert old.evidence["beyond_limit_seconds"] == "40"


@pytest.mark.attack("JOS-22")
def test_evidence_is_escaped_and_cut() -> None:
    """What a stranger wrote cannot break a line of the log or fill it."""
    nasty = "x\r\n\x1b[31m\u202e" + "y" * 5000
    for claims in (_claims(iss=nasty), _claims(aud=[nasty] * 50), _claims(azp=nasty)):
        refusal = _refusal(claims)
        text = "".join(refusal.evidence.values())
        assert text.isascii()
        assert text.isprintable()
        assert len(text) < 500
    seen = _refusal(_claims(iss="https://evil.example/")).evidence
    assert seen == {"iss": "'https://evil.example/'", "expected": f"'{ISSUER}'"}


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(
    st.sampled_from(
        ["iss", "sub", "aud", "exp", "iat", "nbf", "nonce", "azp", "at_hash", "events"]
    ),
    _VALUES,
)
def test_no_value_of_a_claim_whatever_raises_anything_else(name: str, value: Any) -> None:
    """Any value of any protocol claim ends in a verdict of ours."""
    payload = json.dumps({**_claims(), name: value}).encode()
    try:
        claims = _validate(mint({}, _key(), payload=payload), max_age=None)
    except TokenRejected as refusal:
        code: str = refusal.code
    else:
        code = claims.issuer
    assert code == ISSUER or code in set(ErrorCode)
    if name in {"iss", "aud", "nonce", "exp", "at_hash", "events", "azp"}:
        assert code != ISSUER or (name == "exp" and value > NOW - 60)

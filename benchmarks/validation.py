"""How much the validation of an ID token costs, as a multiple of its bare signature check.

The unit is one verification by `cryptography` with the key loaded, of the same token, in the same
run. Stock joserfc is measured beside it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from benchmarks.harness import Case, measure
from benchmarks.report import Part, Row, times
from benchmarks.subject import CLIENT, EXPECTED, ISSUER, METADATA, NONCE, NOW, Issuer, answer, bare
from dockmesh_auth.oidc.id_token import validate_id_token

# Algorithm, groups, aim, at most, and what others took of the same token (ratios).
GOALS = (
    ("RS256", 5, "1.35", "1.6", "joserfc 2.7, PyJWT + client 8.0, Authlib 13, jose 3.0"),
    ("RS256", 50, "1.4", "1.7", "joserfc 3.1, PyJWT + client 12.9, Authlib 13, jose 3.0"),
    ("RS256", 500, "2.0", "2.8", "joserfc 5.0, PyJWT + client 45, Authlib 12, jose 5.6"),
    ("ES256", 5, "1.16", "1.3", "joserfc 1.7, PyJWT + client 3.4, Authlib 5.8, jose 2.0"),
    ("EdDSA", 5, "1.08", "1.2", "joserfc 1.5, PyJWT + client 2.6, Authlib 4.1, jose 1.5"),
)


def stock(token: str, keys: KeySet, algorithm: str) -> Callable[[], object]:
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


def ours(token: str, issuer: Issuer) -> Callable[[], object]:
    """What a sign-in does with the token endpoint's answer."""
    provider, verifier, tokens = issuer.provider, issuer.verifier, answer(token)
    return lambda: validate_id_token(provider, METADATA, verifier, tokens, EXPECTED)


def cases() -> list[Case]:
    """The base, ours and the stock library's, for each token."""
    issuer = Issuer.new()
    stock_keys = KeySet.import_key_set({"keys": issuer.published()})
    measured = []
    for algorithm, groups, *_ in GOALS:
        token, name = issuer.token(algorithm, groups), f"{algorithm}, {groups} groups"
        base = f"{name}: bare verify"
        measured += [
            Case(base, bare(token, issuer.signer(algorithm))),
            Case(f"{name}: ours", ours(token, issuer), base),
            Case(f"{name}: joserfc", stock(token, stock_keys, algorithm), base),
        ]
    return measured


def run(rounds: int) -> Part:
    """Measure."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns at every use of EdDSA's older name
        results = measure(cases(), rounds=rounds)
    by_name = {result.name: result for result in results}
    rows = [
        Row(
            f"validation, {algorithm}, {groups} groups",
            times(by_name[f"{algorithm}, {groups} groups: ours"]),
            aim,
            at_most,
            f"joserfc live {times(by_name[f'{algorithm}, {groups} groups: joserfc'])}; {peers}",
        )
        for algorithm, groups, aim, at_most, peers in GOALS
    ]
    return Part(rows, results)

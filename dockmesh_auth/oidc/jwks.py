"""Which keys of a provider's key set may verify its tokens (RFC 7517; RFC 7518, section 6).

A key set is a stranger's list. What cannot verify a signature, or is not meant to, is left out
with a reason; the rest is prepared once, so that a token costs no parsing of keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias, TypeVar

from attrs import frozen
from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from dockmesh_auth.domain.strict_json import Json, parse_object
from dockmesh_auth.errors import ErrorCode, ProviderError, TokenRejected
from dockmesh_auth.oidc.base64url import decode
from dockmesh_auth.oidc.evidence import shown
from dockmesh_auth.oidc.roca import is_roca_modulus

__all__ = ["MAX_CANDIDATES", "MAX_KEYS", "KeySet", "PublicKey", "VerificationKey", "parse_jwks"]

PublicKey: TypeAlias = RSAKey | ECKey | OKPKey

MAX_KEYS: Final = 100
"""A set with more entries is refused: no provider has as many, and each costs work."""

MAX_CANDIDATES: Final = 4
"""How many keys of one name are tried on one token (RFC 7517, section 4.5 allows them)."""

_Key = TypeVar("_Key", RSAKey, ECKey, OKPKey)

_RSA_BITS: Final = range(2048, 8193)
# A large exponent makes every verification as slow as signing.
_MAX_EXPONENT_BITS: Final = 64
# 8192 bits in base64url, and room for the leading zero octets that some encoders write.
_MAX_NUMBER: Final = 1400

_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_RSA: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
# RFC 7518, section 3.4: one curve for one algorithm. RFC 9864, section 2.2: `EdDSA` with a key
# on Ed25519 is what `Ed25519` says in full.
_BY_CURVE: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("EC", "P-256"): frozenset({"ES256"}),
    ("EC", "P-384"): frozenset({"ES384"}),
    ("EC", "P-521"): frozenset({"ES512"}),
    ("OKP", "Ed25519"): frozenset({"EdDSA", "Ed25519"}),
    ("OKP", "Ed448"): frozenset({"EdDSA", "Ed448"}),
}


class VerificationKey(NamedTuple):
    """A public key of a provider, ready to verify with.

    Attributes:
        kid: Its name; None if it has none.
        algorithms: The algorithms it may verify: those of its type and curve, and of its `alg`
            if it has one (RFC 8725, section 3.1).
        key: The key.
    """

    kid: str | None
    algorithms: frozenset[str]
    key: PublicKey


@frozen(eq=False)
class KeySet:
    """The keys of one issuer that may verify its tokens. Never changes.

    Attributes:
        keys: In the provider's order.
        skipped: Why the other entries were left out, one sentence each; safe to print.
    """

    keys: tuple[VerificationKey, ...] = ()
    skipped: tuple[str, ...] = ()

    @classmethod
    def empty(cls) -> KeySet:
        """The keys of a provider that publishes none."""
        return cls()

    def select(self, kid: str | None, algorithm: str) -> Sequence[VerificationKey]:
        """The keys to try on a token: mostly one, at most `MAX_CANDIDATES`.

        Args:
            kid: The name in the token's header; None if there is none. A token without a name is
                only good where one key fits (OpenID Connect Core 1.0, section 10.1).
            algorithm: The token's `alg`, already held against the configuration.

        Raises:
            TokenRejected: No key fits, or too many do.
        """
        fitting = [key for key in self.keys if algorithm in key.algorithms]
        if kid is None:
            if len(fitting) > 1:
                raise TokenRejected(
                    ErrorCode.KEY_AMBIGUOUS,
                    f"The token names no key and {len(fitting)} published keys fit {algorithm}.",
                )
        else:
            fitting = [key for key in fitting if key.kid == kid]
            if len(fitting) > MAX_CANDIDATES:
                raise TokenRejected(
                    ErrorCode.KEY_AMBIGUOUS,
                    f"{len(fitting)} published keys share the name that the token gives.",
                    evidence={"kid": shown(kid)},
                )
        if not fitting:
            name = "no kid" if kid is None else shown(kid)
            raise TokenRejected(
                ErrorCode.KEY_UNKNOWN,
                f"None of the {len(self.keys)} published signing keys is the one for this token.",
                evidence={"kid": name, "alg": algorithm, "published": self._names()},
            )
        return fitting

    def _names(self) -> str:
        return ", ".join("no kid" if key.kid is None else shown(key.kid) for key in self.keys[:10])


def parse_jwks(body: bytes) -> KeySet:
    """The key set in *body* (RFC 7517, section 5).

    Entries that are not for signatures (another use, an unknown type, a shared secret) and
    entries that are broken are left out; the rest of the set stays good. `{}` and a set without
    entries are valid: the provider has no signing key.

    Raises:
        ProviderError: *body* is no key set, it has more than `MAX_KEYS` entries, or what it has
            is broken and nothing else is left.
    """
    try:
        members = parse_object(body)
    except ValueError as error:
        raise _malformed(str(error)) from None
    entries = members.get("keys", None if members else [])
    if not isinstance(entries, list):
        raise _malformed("there is no array `keys`")
    if len(entries) > MAX_KEYS:
        raise _malformed(f"it has {len(entries)} keys; the limit is {MAX_KEYS}")

    keys: list[VerificationKey] = []
    skipped: list[str] = []
    broken = 0
    for position, entry in enumerate(entries, start=1):
        try:
            keys.append(_parse_key(entry))
        except _NotForSignaturesError as reason:
            skipped.append(f"key {position} is left out: {reason}")
        except ValueError as reason:
            broken += 1
            skipped.append(f"key {position} is left out: {reason}")
    if broken and not keys:
        raise _malformed("; ".join(skipped[:5]))
    return KeySet(tuple(keys), tuple(skipped))


class _NotForSignaturesError(Exception):
    """The key is in order, and for something else."""


def _parse_key(entry: Json) -> VerificationKey:
    """One entry of a key set.

    Raises:
        _NotForSignaturesError: It is not meant for what we do.
        ValueError: It is broken. The message holds nothing of the key.
    """
    if not isinstance(entry, dict):
        raise ValueError("it is not an object")  # noqa: TRY004 - of the set's text, not of a type
    kid = entry.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise ValueError("its kid is not a string")
    _check_purpose(entry)
    fitting = _algorithms(entry)
    # A private key in public is everybody's: nothing that it signs proves anything (RFC 7517,
    # section 9.2).
    if not _PRIVATE.isdisjoint(entry):
        raise ValueError("it holds private members; whoever reads the set can sign with it")
    if entry["kty"] == "RSA":
        return VerificationKey(kid, fitting, _rsa_key(entry))
    if entry["kty"] == "EC":
        return VerificationKey(kid, fitting, _imported(ECKey, _texts(entry, ("crv", "x", "y"))))
    return VerificationKey(kid, fitting, _imported(OKPKey, _texts(entry, ("crv", "x"))))


def _check_purpose(entry: Mapping[str, Json]) -> None:
    """RFC 7517, sections 4.2 and 4.3: `use` and `key_ops`, where they are given."""
    if entry.get("kty") == "oct":
        raise _NotForSignaturesError("a shared secret is not taken from the network")
    use = entry.get("use", "sig")
    if use != "sig":
        raise _NotForSignaturesError(f"its use is {shown(use)}")
    operations = entry.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise _NotForSignaturesError("its key_ops do not include verify")


def _algorithms(entry: Mapping[str, Json]) -> frozenset[str]:
    """The algorithms of the key's type and curve, narrowed by its `alg` (RFC 7517, section 4.4)."""
    kind, curve = entry.get("kty"), entry.get("crv")
    if not isinstance(kind, str):
        raise ValueError("its kty is not a string")  # noqa: TRY004 - as above
    if kind == "RSA":
        fitting = _RSA
    else:
        fitting = _BY_CURVE.get((kind, curve if isinstance(curve, str) else ""), frozenset())
    if not fitting:
        raise _NotForSignaturesError(f"its type {shown(kind)} or curve is not one we verify with")
    named = entry.get("alg")
    if named is None:
        return fitting
    if named not in fitting:
        raise _NotForSignaturesError(f"its alg is {shown(named)}")
    return fitting if kind == "OKP" else frozenset({str(named)})


def _rsa_key(entry: Mapping[str, Json]) -> RSAKey:
    members = _texts(entry, ("n", "e"))
    modulus = _number(entry["n"])
    if modulus.bit_length() not in _RSA_BITS:
        bits = f"{_RSA_BITS.start} to {_RSA_BITS.stop - 1}"
        raise ValueError(f"it has {modulus.bit_length()} bits; we take {bits}")
    if _number(entry["e"]).bit_length() > _MAX_EXPONENT_BITS:
        raise ValueError("its exponent is larger than any that is used")
    if is_roca_modulus(modulus):
        raise ValueError("it was made by a faulty generator (CVE-2017-15361)")
    return _imported(RSAKey, members)


def _number(text: Json) -> int:
    try:
        return int.from_bytes(decode(str(text).encode("ascii")))
    except ValueError:
        raise ValueError("its numbers are not base64url") from None


def _texts(entry: Mapping[str, Json], names: Sequence[str]) -> dict[str, str | list[str]]:
    members: dict[str, str | list[str]] = {"kty": str(entry["kty"])}
    for name in names:
        value = entry.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= _MAX_NUMBER:
            raise ValueError(f"its member {name} is missing or not a number in base64url")
        members[name] = value
    return members


def _imported(kind: type[_Key], members: dict[str, str | list[str]]) -> _Key:
    # Only the members that make the key: certificates, addresses and names beside it are not
    # looked at, so that they can neither help nor harm.
    try:
        return kind.import_key(members)
    except (ValueError, JoseError, UnsupportedAlgorithm):
        raise ValueError("its numbers make no key") from None


def _malformed(reason: str) -> ProviderError:
    return ProviderError(
        ErrorCode.JWKS_MALFORMED, f"The provider's key set cannot be used: {reason}."
    )

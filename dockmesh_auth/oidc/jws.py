"""Open a signed token of one provider (RFC 7515, compact serialization; RFC 8725).

Which algorithms are accepted is decided by the configuration, which keys by the provider's own
key set. Nothing in a token chooses either: its header only names one of what is allowed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, final

from joserfc.jwa import JWS_ALGORITHMS, JWSAlgModel
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.strict_json import Json, parse_object
from dockmesh_auth.errors import ErrorCode, TokenRejected
from dockmesh_auth.oidc.base64url import decode
from dockmesh_auth.oidc.evidence import shown
from dockmesh_auth.oidc.jwe import TokenDecryption
from dockmesh_auth.oidc.jwks import KeySet

__all__ = ["MAX_HEADER", "MAX_TOKEN", "SUPPORTED_ALGORITHMS", "SignatureVerifier"]

MAX_TOKEN: Final = 262_144
"""Characters of a token. About 5000 groups fit; a larger one is refused before it is read."""

MAX_HEADER: Final = 8_192
"""Characters of a token's header, in base64url: room for long key names and certificates."""

_MAX_KNOWN_HEADERS: Final = 64

_SYMMETRIC: Final[Mapping[str, int]] = {"HS256": 32, "HS384": 48, "HS512": 64}
"""Octets that a secret must have at least (RFC 7518, section 3.2)."""

_ASYMMETRIC: Final = frozenset({
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
    "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "Ed448",
})  # fmt: skip

SUPPORTED_ALGORITHMS: Final = _ASYMMETRIC | _SYMMETRIC.keys()
"""What a configuration can allow. `none` is not among it (RFC 8725, section 3.2)."""

_MODELS: Final[Mapping[str, JWSAlgModel]] = {
    model.name: model for model in JWS_ALGORITHMS if model.name in SUPPORTED_ALGORITHMS
}

# RFC 7515, section 4.1.11: we know no extension, so that nothing critical can be understood.
# RFC 7797: `b64` changes what is signed. RFC 8725, section 3.10: a key that comes with the token,
# or an address to fetch one from, is how forgeries ask to be believed.
_REFUSED_PARAMETERS: Final = ("crit", "b64", "zip", "jwk", "jku", "x5u")

_TOKEN_TYPES: Final = frozenset({"jwt", "application/jwt"})

_Key = RSAKey | ECKey | OKPKey | OctKey


class _Opener(NamedTuple):
    """A header that was checked and has belonged to a good signature: what verifies the next."""

    verify: Callable[[bytes, bytes, Any], bool]
    key: _Key
    algorithm: str


@final
class SignatureVerifier:
    """Opens tokens of one provider with one of its key sets: a `TokenVerifier`.

    Cheap to make, but made for keeping: it remembers the headers of good tokens, which repeat
    from token to token, and forgets them with itself. A new key set needs a new verifier.

    Args:
        provider: Its algorithms, its client secret and our decryption keys are used.
        keys: The keys of this very provider.
    """

    __slots__ = ("_allowed", "_decryption", "_keys", "_known", "_provider", "_shared_secret")

    def __init__(self, provider: Provider, keys: KeySet) -> None:
        self._provider: Final = provider
        self._keys: Final = keys
        self._allowed: Final = SUPPORTED_ALGORITHMS.intersection(provider.id_token_algorithms)
        self._known: Final[dict[bytes, _Opener]] = {}
        self._decryption: TokenDecryption | None = None
        # Octets of the secret as they are (OpenID Connect Core 1.0, section 10.1). Made without
        # the library's import, which would take a secret that looks like a key for one.
        secret = b""
        if provider.client_secret:
            secret = provider.client_secret.reveal().encode("utf-8", "surrogatepass")
        self._shared_secret = OctKey(secret, secret)

    def open(self, token: Secret) -> Mapping[str, Json]:
        """The members of a token whose signature is good. No claim of it is checked yet.

        A token of five parts is opened with our own key first (RFC 7516), and what it holds must
        be signed.

        Raises:
            TokenRejected: It is malformed or too large, its algorithm is not allowed, its key is
                not known, its signature is wrong, or it is of another kind.
        """
        try:
            return parse_object(self.open_payload(token))
        except ValueError as error:
            raise _malformed(f"its payload is not an object of strict JSON: {error}") from None

    def open_payload(self, token: Secret) -> bytes:
        """The octets that a good signature covers, whatever they are.

        Raises:
            TokenRejected: As for `open`.
        """
        octets = _ascii(token)
        signing_input, _, last = octets.rpartition(b".")
        header, _, payload = signing_input.partition(b".")
        opener = self._known.get(header)
        if opener is None or not opener.verify(signing_input, _signature(last), opener.key):
            # Not seen before; or the table names one of several keys of the same name, and this
            # token is another's.
            _, payload = self._opened_in_full(octets)
        try:
            return decode(payload)
        except ValueError:
            raise _malformed("its payload is not base64url") from None

    def matches_access_token(self, token: Secret, at_hash: str, access_token: Secret) -> bool:
        """Whether *at_hash* is *access_token*'s hash under the algorithm that signed *token*
        (OpenID Connect Core 1.0, section 3.1.3.8).

        Raises:
            TokenRejected: *token* itself is not good.
        """
        octets = _ascii(token)
        opener = self._known.get(octets.partition(b".")[0]) or self._opened_in_full(octets)[0]
        digest = _left_half(opener, access_token.reveal().encode("utf-8", "surrogatepass"))
        try:
            given = decode(at_hash.encode("utf-8", "surrogatepass"))
        except ValueError:
            return False
        return hmac.compare_digest(digest, given)

    def _opened_in_full(self, octets: bytes) -> tuple[_Opener, bytes]:
        """What verified the token, and its payload, still in base64url."""
        parts = octets.split(b".", 5)
        if len(parts) == 5:  # noqa: PLR2004 - RFC 7516, section 7.1
            parts = self._decrypted(octets).split(b".", 5)
        if len(parts) != 3:  # noqa: PLR2004 - RFC 7515, section 7.1
            raise _malformed("it does not have three parts")
        header, payload, last = parts
        if len(header) > MAX_HEADER:
            raise TokenRejected(
                ErrorCode.TOKEN_TOO_LARGE,
                f"The token's header has {len(header)} characters; the limit is {MAX_HEADER}.",
            )
        opener = self._verified(header, b"%b.%b" % (header, payload), _signature(last))
        return opener, payload

    def _decrypted(self, octets: bytes) -> bytes:
        if self._decryption is None:
            self._decryption = TokenDecryption(self._provider.decryption_keys)
        return self._decryption.decrypt(octets, max_header=MAX_HEADER)

    def _verified(self, header: bytes, signing_input: bytes, signature: bytes) -> _Opener:
        """Check *header* in full, then the signature with every key that it may mean."""
        algorithm, kid = self._checked_header(header)
        verify = _MODELS[algorithm].verify
        for key in self._candidates(algorithm, kid):
            if verify(signing_input, signature, key):
                opener = _Opener(verify, key, algorithm)
                if len(self._known) >= _MAX_KNOWN_HEADERS:
                    self._known.clear()
                self._known[header] = opener
                return opener
        raise TokenRejected(
            ErrorCode.SIGNATURE_INVALID,
            evidence={"alg": algorithm, "kid": "no kid" if kid is None else shown(kid)},
        )

    def _checked_header(self, segment: bytes) -> tuple[str, str | None]:
        """`alg` and `kid` of a header that may be accepted (RFC 7515, section 4)."""
        try:
            header = parse_object(decode(segment))
        except ValueError as error:
            raise _malformed(f"its header is not an object of strict JSON: {error}") from None
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in self._allowed:
            raise self._algorithm_refused(algorithm)
        for name in _REFUSED_PARAMETERS:
            if name in header:
                raise TokenRejected(
                    ErrorCode.HEADER_REFUSED, f"The token's header has the parameter {name}."
                )
        kid = header.get("kid")
        if kid is not None and not isinstance(kid, str):
            raise TokenRejected(ErrorCode.HEADER_REFUSED, "The token's kid is not a string.")
        _check_type(header)
        return algorithm, kid

    def _algorithm_refused(self, algorithm: Json) -> TokenRejected:
        evidence = {"alg": shown(algorithm), "allowed": ", ".join(sorted(self._allowed)) or "none"}
        if isinstance(algorithm, str) and algorithm in _SYMMETRIC and not self._keys.keys:
            return TokenRejected(ErrorCode.NO_SIGNING_KEY, evidence=evidence)
        return TokenRejected(ErrorCode.ALGORITHM_NOT_ALLOWED, evidence=evidence)

    def _candidates(self, algorithm: str, kid: str | None) -> Sequence[_Key]:
        if algorithm not in _SYMMETRIC:
            return [candidate.key for candidate in self._keys.select(kid, algorithm)]
        # The client secret and nothing else: a key out of the key set, however it is written, is
        # public and proves nothing here (RFC 8725, section 2.1).
        needed = _SYMMETRIC[algorithm]
        if len(self._shared_secret.raw_value) < needed:
            raise TokenRejected(
                ErrorCode.ALGORITHM_NOT_ALLOWED,
                f"{algorithm} needs a client secret of at least {needed} octets.",
                evidence={"alg": algorithm},
            )
        return [self._shared_secret]

    def __repr__(self) -> str:
        return f"<SignatureVerifier of {self._provider.slug}: {len(self._keys.keys)} keys>"


def _check_type(header: Mapping[str, Json]) -> None:
    """RFC 8725, section 3.11: the token's kind, where it is said. RFC 7515, section 4.1.9: names
    are compared without regard to case, and `application/` may be left out.
    """
    kind = header.get("typ")
    if kind is None and "typ" not in header:
        return
    if not isinstance(kind, str) or kind.lower() not in _TOKEN_TYPES:
        raise TokenRejected(
            ErrorCode.TOKEN_KIND_WRONG,
            "The token's typ is not JWT.",
            evidence={"typ": shown(kind)},
        )


def _left_half(opener: _Opener, octets: bytes) -> bytes:
    """The left half of the digest that belongs to a signature (OpenID Connect Core 1.0, section
    3.1.3.6; for the Edwards curves, the digest that they sign with: RFC 8032, section 5).
    """
    if isinstance(opener.key, OKPKey):
        if opener.key.curve_name == "Ed448":
            return hashlib.shake_256(octets).digest(57)
        return hashlib.sha512(octets).digest()[:32]
    digest = hashlib.new(f"sha{opener.algorithm[2:]}", octets).digest()
    return digest[: len(digest) // 2]


def _ascii(token: Secret) -> bytes:
    """The token's characters, which are few enough and all of ASCII."""
    text = token.reveal()
    if len(text) > MAX_TOKEN:
        raise TokenRejected(
            ErrorCode.TOKEN_TOO_LARGE,
            f"The token has {len(text)} characters; the limit is {MAX_TOKEN}.",
        )
    try:
        return text.encode("ascii")
    except UnicodeEncodeError:
        raise _malformed("it has characters outside of ASCII") from None


def _signature(segment: bytes) -> bytes:
    try:
        return decode(segment)
    except ValueError:
        raise _malformed("its signature is not base64url") from None


def _malformed(reason: str) -> TokenRejected:
    return TokenRejected(
        ErrorCode.TOKEN_MALFORMED, f"The token is not a well-formed signed token: {reason}."
    )

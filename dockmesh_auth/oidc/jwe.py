"""Open an encrypted token with our own key (RFC 7516, compact serialization).

Encryption proves nothing: whoever knows our public key can encrypt. What comes out is a signed
token at best, and is verified as any other (RFC 8725, section 2.3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwe import JWERegistry, decrypt_compact
from joserfc.jwk import RSAKey

from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.strict_json import Json, parse_object
from dockmesh_auth.errors import ConfigurationError, ErrorCode, TokenRejected
from dockmesh_auth.oidc.base64url import decode
from dockmesh_auth.oidc.evidence import shown

__all__ = [
    "CONTENT_ENCRYPTION",
    "KEY_MANAGEMENT",
    "TokenDecryption",
    "parse_decryption_key",
]

KEY_MANAGEMENT: Final = frozenset({"RSA-OAEP-256"})
"""The `alg` that is accepted. Not RSA1_5 (padding oracles), not PBES2 (its work is chosen by the
sender), not `dir` (it needs a shared key)."""

CONTENT_ENCRYPTION: Final = frozenset({"A256CBC-HS512", "A256GCM"})
"""The `enc` that is accepted: both authenticate what they encrypt, under a key for one token."""

_MIN_BITS: Final = 2048


class _Registry(JWERegistry):
    # The library's limits are for short texts. Ours are on the whole token, which is measured
    # before it comes here.
    max_protected_header_length = 1 << 20
    max_ciphertext_length = 1 << 20


_REGISTRY: Final = _Registry(
    algorithms=sorted(KEY_MANAGEMENT | CONTENT_ENCRYPTION), strict_check_header=False
)


@final
class TokenDecryption:
    """Our private keys for one provider, loaded once.

    Args:
        keys: PEM texts. Several while a key is being changed; a token's `kid` is the provider's
            name for a key, which a PEM file does not carry, so that all are tried.

    Raises:
        ConfigurationError: One is not an RSA private key of at least 2048 bits.
    """

    __slots__ = ("_keys",)

    def __init__(self, keys: Sequence[Secret]) -> None:
        self._keys: Final = tuple(parse_decryption_key(key) for key in keys)

    def decrypt(self, token: bytes, *, max_header: int) -> bytes:
        """What *token*, five parts in ASCII, holds.

        Raises:
            TokenRejected: There is no key, the header is not one we accept, or no key opens it.
                The last is one and the same error whatever the cause, so that nobody learns
                anything from asking (RFC 7516, section 11.5).
        """
        if not self._keys:
            raise TokenRejected(ErrorCode.TOKEN_ENCRYPTED)
        segment = token[: token.index(b".")]
        if len(segment) > max_header:
            raise TokenRejected(
                ErrorCode.TOKEN_TOO_LARGE,
                f"The token's header has {len(segment)} characters; the limit is {max_header}.",
            )
        _check_header(_parse_header(segment))
        for key in self._keys:
            content = _opened(token, key)
            if content is not None:
                return content
        raise TokenRejected(ErrorCode.TOKEN_DECRYPTION_FAILED)


def parse_decryption_key(pem: Secret) -> RSAKey:
    """Our private key in *pem*.

    Raises:
        ConfigurationError: It is not an RSA private key of at least 2048 bits, unencrypted PEM.
    """
    try:
        key = load_pem_private_key(pem.reveal().encode(), password=None)
    except Exception:  # noqa: BLE001 - whatever went wrong may quote the key
        key = None
    if not isinstance(key, RSAPrivateKey) or key.key_size < _MIN_BITS:
        raise ConfigurationError(
            ErrorCode.CONFIG_INVALID_VALUE,
            f"A decryption key is not an RSA private key of at least {_MIN_BITS} bits in PEM"
            " without a passphrase.",
        )
    return RSAKey.import_key(key)


def _parse_header(segment: bytes) -> Mapping[str, Json]:
    try:
        return parse_object(decode(segment))
    except ValueError:
        raise TokenRejected(
            ErrorCode.TOKEN_MALFORMED, "The encrypted token's header is not an object of JSON."
        ) from None


def _check_header(header: Mapping[str, Json]) -> None:
    for name, allowed in (("alg", KEY_MANAGEMENT), ("enc", CONTENT_ENCRYPTION)):
        value = header.get(name)
        if not isinstance(value, str) or value not in allowed:
            raise TokenRejected(
                ErrorCode.ALGORITHM_NOT_ALLOWED,
                f"The token is encrypted with another {name} than is accepted.",
                evidence={name: shown(value), "allowed": ", ".join(sorted(allowed))},
            )
    # RFC 8725, section 3.6 and CVE-2024-33664: what is small may unpack to fill the memory.
    for name in ("zip", "crit"):
        if name in header:
            raise TokenRejected(
                ErrorCode.HEADER_REFUSED,
                f"The encrypted token's header has the parameter {name}.",
            )


def _opened(token: bytes, key: RSAKey) -> bytes | None:
    try:
        return decrypt_compact(token, key, registry=_REGISTRY).plaintext
    except Exception:  # noqa: BLE001 - one answer for all causes, see `decrypt`
        return None

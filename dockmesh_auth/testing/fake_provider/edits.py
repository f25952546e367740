"""What a test changes of otherwise good answers, just before they are sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define, field

from dockmesh_auth.testing.minting import SigningKey, mint

__all__ = ["Edits", "TokenDraft"]


@define(kw_only=True)
class TokenDraft:
    """A token that is about to be signed.

    Attributes:
        claims: Its claims.
        key: What will sign it.
        header: Members of the header to set; None removes one.
        payload: The payload as it is, instead of the claims.
        header_octets: The header as it is.
        signature: The signature as it is.
    """

    claims: dict[str, Any]
    key: SigningKey
    header: dict[str, Any] = field(factory=dict)
    payload: bytes | None = None
    header_octets: bytes | None = None
    signature: bytes | None = None

    def sign(self) -> str:
        """The token in the compact serialization."""
        return mint(
            self.claims,
            self.key,
            self.header,
            self.payload,
            header_octets=self.header_octets,
            signature=self.signature,
        )


@define
class Edits:
    """What a test changes of otherwise good answers; None leaves them alone.

    Attributes:
        before_signing: Called before tokens are signed; the place to rotate keys.
        id_token: Changes the draft of the ID token in place; a string that it returns is sent
            instead of a token.
        access_token: The same for an access token that is a JWT.
        token_answer: Makes another answer of the token endpoint's.
        userinfo: Makes another answer of the userinfo endpoint's.
        authorization_response: Makes other parameters of the authorization response's; may
            repeat or leave out some.
    """

    before_signing: Callable[[], None] | None = None
    id_token: Callable[[TokenDraft], str | None] | None = None
    access_token: Callable[[TokenDraft], str | None] | None = None
    token_answer: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    userinfo: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    authorization_response: Callable[[list[tuple[str, str]]], list[tuple[str, str]]] | None = None

    def clear(self) -> None:
        """Forget all edits."""
        self.__init__()  # type: ignore[misc]

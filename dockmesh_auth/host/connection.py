"""One provider at run time: its metadata, its keys, its endpoints, its stages."""

from __future__ import annotations

from typing import Final

from attrs import define, field

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.grants import Grants
from dockmesh_auth.domain.identity import Profile
from dockmesh_auth.domain.login import LoginAttempt
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Clock, Send
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.tokens import Expectation, TokenResponse
from dockmesh_auth.errors import ErrorCode, TokenRejected
from dockmesh_auth.host.dispatch import Stages
from dockmesh_auth.host.metadata_cache import MetadataCache
from dockmesh_auth.oidc.authorization import build_authorization_url
from dockmesh_auth.oidc.http import HttpClient
from dockmesh_auth.oidc.jwks import KeySet
from dockmesh_auth.oidc.jws import SignatureVerifier
from dockmesh_auth.oidc.key_cache import KeyCache
from dockmesh_auth.oidc.pushed_authorization import (
    build_pushed_request,
    build_pushed_url,
    parse_pushed_answer,
    pushing_endpoint,
)
from dockmesh_auth.oidc.token_endpoint import build_token_request, parse_token_answer

__all__ = ["Connection"]

NEW_KEYS_MAY_HELP: Final = frozenset({ErrorCode.KEY_UNKNOWN, ErrorCode.SIGNATURE_INVALID})
"""Refusals after which the provider may have changed its keys since they were fetched."""


@define(eq=False)
class Connection:
    """What the host holds for one provider. Nothing of it is shared between providers.

    Attributes:
        provider: The provider as configured.
        stages: Its hooks.
    """

    provider: Provider
    stages: Stages
    _http: HttpClient
    _clock: Clock
    _send: Send = field(init=False)
    _metadata: MetadataCache = field(init=False)
    _keys: KeyCache | None = field(default=None, init=False)
    _keys_address: str | None = field(default=None, init=False)
    _verifier: SignatureVerifier | None = field(default=None, init=False)
    _verifier_keys: KeySet | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._send = self._http.sender(self.provider)
        self._metadata = MetadataCache(
            lambda: self.stages.discover_in_lane(self._http.fetcher(self.provider)), self._clock
        )

    @property
    def state(self) -> str:
        """How the provider is doing, in words for the operator."""
        if self._metadata.last_error is not None:
            serving = "last good metadata serves; " if self._metadata.known else ""
            return f"{serving}{self._metadata.last_error.code}"
        return "ok" if self._metadata.known else "not asked yet"

    async def metadata(self) -> ProviderMetadata:
        """Where its endpoints are."""
        return await self._metadata.get()

    async def authorization_url(
        self, metadata: ProviderMetadata, attempt: LoginAttempt, state: Secret
    ) -> str:
        """Where to send the browser: with what is asked for, or with a reference to it that is
        asked for here and now (RFC 9126).
        """
        endpoint = pushing_endpoint(self.provider, metadata)
        if endpoint is None:
            return build_authorization_url(self.provider, metadata, attempt, state=state)
        request = build_pushed_request(self.provider, endpoint, attempt, state=state)
        request_uri = parse_pushed_answer(await self._send(request), self.provider)
        return build_pushed_url(self.provider, metadata, request_uri)

    async def exchange(
        self, metadata: ProviderMetadata, attempt: LoginAttempt, code: Secret
    ) -> TokenResponse:
        """The tokens for *code* (RFC 6749, section 4.1.3). Never tried twice: codes work once."""
        request = build_token_request(self.provider, metadata, attempt, code)
        return parse_token_answer(await self._send(request), self.provider)

    async def claims(
        self, metadata: ProviderMetadata, tokens: TokenResponse, expected: Expectation
    ) -> Claims:
        """Whom *tokens* vouch for: the ID token says it, or the provider when it is asked."""
        if self.provider.id_token:
            return await self._validated(metadata, tokens, expected)
        fetch = self._http.fetcher(self.provider, tokens.access_token)
        return await self.stages.fetch_user_in_lane(metadata, fetch)

    async def extract(
        self, metadata: ProviderMetadata, tokens: TokenResponse, claims: Claims
    ) -> Profile:
        """Names and groups."""
        fetch = self._http.fetcher(self.provider, tokens.access_token)
        return await self.stages.extract_claims_in_lane(metadata, claims, fetch)

    async def resolve(self, claims: Claims, profile: Profile) -> Grants:
        """What the person may do."""
        return await self.stages.resolve_roles_in_lane(claims, profile)

    async def _validated(
        self, metadata: ProviderMetadata, tokens: TokenResponse, expected: Expectation
    ) -> Claims:
        """The claims of the ID token.

        If the signing key is not known, or a known one does not fit, the provider may have
        changed its keys: they are fetched again, within the limits, and the token is judged once
        more (OpenID Connect Core 1.0, section 10.1.1).
        """
        keys = await self._current_keys(metadata)
        try:
            return await self.stages.validate_token_in_lane(
                metadata, self._verifier_for(keys), tokens, expected
            )
        except TokenRejected as refusal:
            if refusal.code not in NEW_KEYS_MAY_HELP or self._keys is None:
                raise
            newer = await self._keys.keys_after_refusal(keys)
            if newer is None:
                raise
        return await self.stages.validate_token_in_lane(
            metadata, self._verifier_for(newer), tokens, expected
        )

    async def _current_keys(self, metadata: ProviderMetadata) -> KeySet:
        if metadata.jwks_uri is None:
            return KeySet.empty()
        if self._keys is None or self._keys_address != metadata.jwks_uri:
            # Keys belong to the issuer that names them and are never looked for elsewhere.
            self._keys = KeyCache(metadata.jwks_uri, self._send, self._clock)
            self._keys_address = metadata.jwks_uri
        return await self._keys.keys()

    def _verifier_for(self, keys: KeySet) -> SignatureVerifier:
        if self._verifier is None or self._verifier_keys is not keys:
            self._verifier = SignatureVerifier(self.provider, keys)
            self._verifier_keys = keys
        return self._verifier

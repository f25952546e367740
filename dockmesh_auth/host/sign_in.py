"""A sign-in from request to session. Read it from top to bottom; each step is one call."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

import structlog
from attrs import define, field, frozen

from dockmesh_auth.domain.identity import Identity, Profile
from dockmesh_auth.domain.login import LOGIN_LIFETIME, LoginAttempt
from dockmesh_auth.domain.ports import Clock, Randomness, Store
from dockmesh_auth.domain.provider import Provider, ResponseMode
from dockmesh_auth.domain.return_path import safe_return_path
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.session import NewSession, SessionPolicy
from dockmesh_auth.domain.tokens import Expectation
from dockmesh_auth.errors import AccessDenied, AuthError, ErrorCode, SignInRejected
from dockmesh_auth.host.connection import Connection
from dockmesh_auth.oidc.authorization import (
    AuthorizationResponse,
    check_authorization_response,
    parse_authorization_response,
    redirect_uri_for,
    state_digest,
)
from dockmesh_auth.oidc.id_token import MAX_CLOCK_SKEW
from dockmesh_auth.oidc.subject import identify

__all__ = ["FinishedSignIn", "SignIns", "StartedSignIn"]

ATTEMPT_KEY_LENGTH: Final = 16
"""Hexadecimal digits of the state's digest that name the attempt's cookie."""

DENIALS: Final = frozenset({ErrorCode.NO_ROLE, ErrorCode.PLUGIN_DENIED})
"""Refusals that say that the person is known and is to have nothing."""

_log = structlog.get_logger("dockmesh_auth.sign_in")


@frozen(kw_only=True)
class StartedSignIn:
    """A sign-in that waits for the person to come back.

    Attributes:
        url: Where to send the browser.
        attempt_key: Names the cookie of this attempt; not secret.
        browser_token: What that cookie holds.
        cross_site: Whether the answer comes as a form from the provider's site, which a cookie
            with SameSite=Lax would not travel with.
        lifetime: Seconds until the attempt expires.
    """

    url: str = field(repr=False)
    attempt_key: str
    browser_token: Secret
    cross_site: bool
    lifetime: int = LOGIN_LIFETIME


@frozen(kw_only=True)
class FinishedSignIn:
    """A sign-in that succeeded.

    Attributes:
        new_session: The session that was opened.
        return_to: A path of this site to go to.
        attempt_key: Names the cookie that has served.
    """

    new_session: NewSession
    return_to: str
    attempt_key: str


@define(eq=False)
class SignIns:
    """Starts and finishes sign-ins."""

    _base_url: str
    _connections: Mapping[str, Connection]
    _session_policy: SessionPolicy
    _store: Store
    _clock: Clock
    _randomness: Randomness

    async def start(self, slug: str, *, return_to: str | None) -> StartedSignIn:
        """Begin a sign-in with the provider called *slug*.

        Args:
            slug: The provider.
            return_to: Where the person wants to go; anything but a path of this site is dropped.

        Raises:
            AuthError: There is no such provider, or it cannot be reached.
        """
        connection = self._connection(slug)
        provider = connection.provider
        try:
            metadata = await connection.metadata()
            state = Secret(self._randomness.token())
            browser_token = Secret(self._randomness.token())
            attempt = self._new_attempt(provider, state, browser_token, return_to)
            await self._store.save_attempt(attempt, self._clock.now())
            url = await connection.authorization_url(metadata, attempt, state)
        except AuthError as error:
            raise error.about(slug) from None
        return StartedSignIn(
            url=url,
            attempt_key=attempt.state_digest[:ATTEMPT_KEY_LENGTH],
            browser_token=browser_token,
            cross_site=provider.response_mode is ResponseMode.FORM_POST,
        )

    async def finish(
        self,
        parameters: Sequence[tuple[str, str]],
        *,
        posted: bool,
        slug: str | None,
        browser_tokens: Mapping[str, Secret],
    ) -> FinishedSignIn:
        """Finish the sign-in that the browser brings back.

        Args:
            parameters: What came to the callback, repetitions included.
            posted: Whether it came as a form.
            slug: The provider that the callback's path names, if it names one.
            browser_tokens: The browser's pending attempts: key and token of each cookie.

        Raises:
            AuthError: It is refused. Nothing was written, but for `no_role` and `plugin_denied`:
                somebody who is known then loses what the provider gave before, and every session.
        """
        response = parse_authorization_response(parameters)
        attempt = await self._take_attempt(response, browser_tokens)
        identity: Identity | None = None
        try:
            connection = self._connection_of(attempt, slug, posted=posted)
            metadata = await connection.metadata()
            code = check_authorization_response(response, attempt, connection.provider, metadata)
            tokens = await connection.exchange(metadata, attempt, code)
            claims = await connection.claims(
                metadata, tokens, self._expectation(attempt, connection.provider)
            )
            identity = identify(claims, connection.provider)
            profile = await connection.extract(metadata, tokens, claims)
            grants = await connection.resolve(claims, profile)
            new_session = await self._store.sign_in(
                identity,
                profile,
                grants,
                provider=attempt.provider,
                provider_session=claims.text("sid"),
                token=Secret(self._randomness.token()),
                user_id=self._randomness.uuid(),
                policy=self._session_policy,
                now=self._clock.now(),
            )
            if new_session is None:
                raise _no_role(profile)
        except AuthError as error:
            if identity is not None and error.code in DENIALS:
                # To be known and not wanted is knowledge, as to be in no group is (decision 11).
                await self._store.withdraw(identity, provider=attempt.provider)
            raise error.about(attempt.provider) from None
        _log_success(attempt, new_session)
        return FinishedSignIn(
            new_session=new_session,
            return_to=attempt.return_to,
            attempt_key=attempt.state_digest[:ATTEMPT_KEY_LENGTH],
        )

    # --- the steps that are ours alone ---------------------------------------------------------

    def _new_attempt(
        self, provider: Provider, state: Secret, browser_token: Secret, return_to: str | None
    ) -> LoginAttempt:
        return LoginAttempt(
            state_digest=state_digest(state),
            browser_digest=_digest(browser_token),
            provider=provider.slug,
            redirect_uri=redirect_uri_for(self._base_url, provider),
            response_mode=provider.response_mode,
            nonce=self._randomness.token(),
            code_verifier=Secret(self._randomness.token()),
            return_to=safe_return_path(return_to),
            expires_at=self._clock.now() + LOGIN_LIFETIME,
        )

    async def _take_attempt(
        self, response: AuthorizationResponse, browser_tokens: Mapping[str, Secret]
    ) -> LoginAttempt:
        """The attempt of this response: known, unused, of this browser, not expired.

        Without the cookie nothing is taken, so that nobody can use up another person's attempt
        (RFC 9700, section 4.7.1).
        """
        digest = state_digest(response.state)
        browser_token = browser_tokens.get(digest[:ATTEMPT_KEY_LENGTH])
        if browser_token is None:
            raise SignInRejected(ErrorCode.STATE_OTHER_BROWSER)
        attempt = await self._store.take_attempt(digest)
        if attempt is None:
            raise SignInRejected(ErrorCode.STATE_UNKNOWN)
        if not Secret(attempt.browser_digest).matches(_digest(browser_token)):
            raise SignInRejected(ErrorCode.STATE_OTHER_BROWSER, provider=attempt.provider)
        left = attempt.expires_at - self._clock.now()
        if not 0 < left <= LOGIN_LIFETIME + MAX_CLOCK_SKEW:
            # Far ahead, too: the clock was set back, and the attempt would live on for as long.
            raise SignInRejected(ErrorCode.STATE_EXPIRED, provider=attempt.provider)
        return attempt

    def _connection(self, slug: str) -> Connection:
        connection = self._connections.get(slug)
        if connection is None:
            raise SignInRejected(ErrorCode.PROVIDER_UNKNOWN)
        return connection

    def _connection_of(
        self, attempt: LoginAttempt, slug: str | None, *, posted: bool
    ) -> Connection:
        """The attempt's provider, if the response came where and how it was to come."""
        connection = self._connection(attempt.provider)
        provider = connection.provider
        if slug != (provider.slug if provider.own_callback else None):
            raise SignInRejected(ErrorCode.STATE_OTHER_PROVIDER)
        if posted is not (attempt.response_mode is ResponseMode.FORM_POST):
            raise SignInRejected(ErrorCode.RESPONSE_MODE_MISMATCH)
        return connection

    def _expectation(self, attempt: LoginAttempt, provider: Provider) -> Expectation:
        return Expectation(nonce=attempt.nonce, now=self._clock.now(), max_age=provider.max_age)


def _no_role(profile: Profile) -> AccessDenied:
    """The refusal of somebody to whom nothing is granted; the log is told which groups came."""
    seen = ", ".join(profile.groups.names[:10]) or "none"
    more = len(profile.groups.names) - 10
    return AccessDenied(
        ErrorCode.NO_ROLE, evidence={"groups": f"{seen} and {more} more" if more > 0 else seen}
    )


def _digest(token: Secret) -> str:
    return hashlib.sha256(token.reveal().encode()).hexdigest()


def _log_success(attempt: LoginAttempt, new_session: NewSession) -> None:
    user = new_session.session.user
    _log.info(
        "signed_in",
        provider=attempt.provider,
        user=user.id,
        new_user=new_session.is_new_user,
        grants=[str(grant) for grant in user.grants],
    )

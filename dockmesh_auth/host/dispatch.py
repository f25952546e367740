"""The only caller of hooks: one typed function for each stage of one provider.

The provider's own plugin is asked, then the built-in. What a plugin answers is checked here, and
what it raises becomes an error that names it.
"""

from __future__ import annotations

import asyncio
import inspect
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, TypeVar

from attrs import define, field, frozen

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.grants import Grants
from dockmesh_auth.domain.identity import Profile
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Fetch, TokenVerifier
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.tokens import Expectation, TokenResponse
from dockmesh_auth.errors import AuthError, ErrorCode, PluginError, TokenRejected
from dockmesh_auth.host import builtin
from dockmesh_auth.host.answers import (
    check_claims,
    check_grants,
    check_metadata_type,
    check_profile,
    type_name,
)
from dockmesh_auth.host.lane import DeadlineMissed, LaneFull
from dockmesh_auth.host.lane_fetch import LaneFetch
from dockmesh_auth.host.plugin_errors import copied_error
from dockmesh_auth.host.registry import LoadedPlugin
from dockmesh_auth.oidc.discovery import check_metadata

__all__ = ["Deadlines", "Stages"]

T = TypeVar("T")

DISCOVER: Final = "dockmesh_auth_discover"
VALIDATE: Final = "dockmesh_auth_validate_token"
FETCH_USER: Final = "dockmesh_auth_fetch_user"
EXTRACT: Final = "dockmesh_auth_extract_claims"
RESOLVE: Final = "dockmesh_auth_resolve_roles"

# Read past whatever a plugin's class has put before it.
_TRACEBACK: Final = vars(BaseException)["__traceback__"]


@frozen
class Deadlines:
    """How long a plugin may take.

    Attributes:
        pure: Seconds for a stage that only computes.
        waiting: Seconds for a stage that may fetch.
    """

    pure: float = 2.0
    waiting: float = 20.0


@define(eq=False)
class Stages:
    """The four stages of one provider.

    The plain methods answer in the calling thread: for a replay without a network, and for the
    built-in, which is trusted to return. `in_lane` runs one of them where the plugin can block
    nobody.
    """

    provider: Provider
    plugin: LoadedPlugin
    deadlines: Deadlines = field(factory=Deadlines)
    _own: dict[str, Callable[..., Any]] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._own = (
            {}
            if self.plugin.distribution is None
            else {name: hook.ask for name, hook in self.plugin.hooks.items()}
        )

    # --- the stages --------------------------------------------------------------------------

    async def discover(self, fetch: Fetch) -> ProviderMetadata:
        """Where the provider's endpoints are, whoever found them held against the rules."""
        arguments = (self.provider, fetch)
        answer = await self._ask_waiting(DISCOVER, *arguments) if DISCOVER in self._own else None
        if answer is None:
            return await builtin.dockmesh_auth_discover(*arguments)
        metadata = self._checked(DISCOVER, check_metadata_type, answer)
        check_metadata(metadata, self.provider)
        return metadata

    def validate_token(
        self,
        metadata: ProviderMetadata,
        verifier: TokenVerifier,
        tokens: TokenResponse,
        expected: Expectation,
    ) -> Claims:
        """Whether the answer vouches for somebody. Pure."""
        arguments = (self.provider, metadata, verifier, tokens, expected)
        answer = self._ask(VALIDATE, *arguments) if VALIDATE in self._own else None
        if answer is None:
            return builtin.dockmesh_auth_validate_token(*arguments)
        # Whatever the plugin checked: the host opens the token itself, so that no plugin can
        # vouch for a token without a good signature, or for another person, or without a token.
        if tokens.id_token is None:
            raise TokenRejected(ErrorCode.ID_TOKEN_MISSING, provider=self.provider.slug)
        opened = verifier.open(tokens.id_token)
        return self._checked(
            VALIDATE, lambda value: check_claims(value, opened, self.provider), answer
        )

    async def fetch_user(self, metadata: ProviderMetadata, fetch: Fetch) -> Claims:
        """Who signed in, where there is no ID token to say it."""
        answer = await self._ask_waiting(FETCH_USER, self.provider, metadata, fetch)
        if answer is None:
            raise TokenRejected(ErrorCode.ID_TOKEN_MISSING, provider=self.provider.slug)
        return self._checked(
            FETCH_USER, lambda value: check_claims(value, None, self.provider), answer
        )

    async def extract_claims(
        self, metadata: ProviderMetadata, claims: Claims, fetch: Fetch
    ) -> Profile:
        """Names and groups."""
        arguments = (self.provider, metadata, claims, fetch)
        answer = await self._ask_waiting(EXTRACT, *arguments) if EXTRACT in self._own else None
        if answer is None:
            return await builtin.dockmesh_auth_extract_claims(*arguments)
        return self._checked(EXTRACT, check_profile, answer)

    def resolve_roles(self, claims: Claims, profile: Profile) -> Grants:
        """What the person may do. Pure."""
        if RESOLVE in self._own:
            answer = self._ask(RESOLVE, self.provider, claims, profile)
            if answer is not None:
                return self._checked(
                    RESOLVE, lambda value: check_grants(value, self.provider), answer
                )
        return builtin.dockmesh_auth_resolve_roles(self.provider, profile)

    # --- the same, where a plugin can block nobody -------------------------------------------

    async def discover_in_lane(self, fetch: Fetch) -> ProviderMetadata:
        """`discover`, with a deadline."""
        if DISCOVER not in self._own:
            return await self.discover(fetch)
        return await self._fetching(DISCOVER, fetch, self.discover)

    async def validate_token_in_lane(
        self,
        metadata: ProviderMetadata,
        verifier: TokenVerifier,
        tokens: TokenResponse,
        expected: Expectation,
    ) -> Claims:
        """`validate_token`, with a deadline."""
        if VALIDATE not in self._own:
            return builtin.dockmesh_auth_validate_token(
                self.provider, metadata, verifier, tokens, expected
            )
        return await self._in_lane(
            VALIDATE,
            lambda: self.validate_token(metadata, verifier, tokens, expected),
            self.deadlines.pure,
        )

    async def fetch_user_in_lane(self, metadata: ProviderMetadata, fetch: Fetch) -> Claims:
        """`fetch_user`, with a deadline."""
        return await self._fetching(FETCH_USER, fetch, partial(self.fetch_user, metadata))

    async def extract_claims_in_lane(
        self, metadata: ProviderMetadata, claims: Claims, fetch: Fetch
    ) -> Profile:
        """`extract_claims`, with a deadline."""
        if EXTRACT not in self._own:
            return await builtin.dockmesh_auth_extract_claims(
                self.provider, metadata, claims, fetch
            )
        return await self._fetching(EXTRACT, fetch, partial(self.extract_claims, metadata, claims))

    async def resolve_roles_in_lane(self, claims: Claims, profile: Profile) -> Grants:
        """`resolve_roles`, with a deadline."""
        if RESOLVE not in self._own:
            return builtin.dockmesh_auth_resolve_roles(self.provider, profile)
        return await self._in_lane(
            RESOLVE, lambda: self.resolve_roles(claims, profile), self.deadlines.pure
        )

    # --- asking ------------------------------------------------------------------------------

    def _ask(self, hook: str, *arguments: object) -> object:
        try:
            return self._own[hook](*arguments)
        except BaseException as error:  # noqa: BLE001 - SystemExit is the plugin's error as well
            own = self._error_of(error, hook)
        raise own

    async def _ask_waiting(self, hook: str, *arguments: object) -> object:
        answer = self._ask(hook, *arguments)
        try:
            # Even to be asked for its class is something that a value can answer with SystemExit.
            return await answer if inspect.isawaitable(answer) else answer
        except BaseException as error:
            task = asyncio.current_task()
            if type(error) is asyncio.CancelledError and task and task.cancelling():
                raise
            own = self._error_of(error, hook)
        raise own

    def _checked(self, hook: str, check: Callable[[object], T], answer: object) -> T:
        try:
            return check(answer)
        except BaseException as error:  # noqa: BLE001 - what a value does when it is looked at
            own = self._error_of(error, hook)
        raise own

    async def _fetching(self, hook: str, fetch: Fetch, call: Callable[[Fetch], Awaitable[T]]) -> T:
        """*call* in the lane, with a fetch that is good until it returns."""
        bridged = LaneFetch(fetch, asyncio.get_running_loop())
        try:
            return await self._in_lane(hook, lambda: call(bridged), self.deadlines.waiting)
        finally:
            bridged.end()

    async def _in_lane(self, hook: str, call: Callable[[], T | Awaitable[T]], deadline: float) -> T:
        try:
            outcome = await self.plugin.lane.run(call, deadline)
        except DeadlineMissed:
            raise self._failure(
                ErrorCode.PLUGIN_DEADLINE, f"no answer within {deadline:g} seconds", hook
            ) from None
        except LaneFull:
            raise self._failure(
                ErrorCode.PLUGIN_DEADLINE, "earlier calls have not returned yet", hook
            ) from None
        if outcome.error is not None and not issubclass(type(outcome.error), AuthError):
            # A plugin's SystemExit must not end the host's loop, nor its cancelling a request.
            raise self._raised(outcome.error, hook)
        return outcome.unwrap()

    def _error_of(self, error: BaseException, hook: str) -> AuthError:
        """What a plugin raised as an error of the host's own. Raise it outside of the handler:
        else what the plugin raised, and all that led to it, would hang on it.
        """
        own = copied_error(error)
        if own is None:
            return self._raised(error, hook)
        own.plugin = own.plugin or self.plugin.name
        own.hook = own.hook or hook
        return own.about(self.provider.slug)

    def _raised(self, error: BaseException, hook: str) -> PluginError:
        # Only where it happened and what kind it was: the message of a foreign exception may
        # hold the token that it failed on.
        frames = traceback.extract_tb(_TRACEBACK.__get__(error))
        where = f"{frames[-1].name}, line {frames[-1].lineno}" if frames else "unknown"
        return self._failure(ErrorCode.PLUGIN_RAISED, f"{type_name(error)} in {where}", hook)

    def _failure(self, code: ErrorCode, detail: str, hook: str) -> PluginError:
        return PluginError(
            code, detail, provider=self.provider.slug, plugin=self.plugin.name, hook=hook
        )

"""What the pages need of the host, as a Protocol: `AuthHost` has it, and nothing else is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.session import NewSession, Session, SessionPolicy

__all__ = ["Finished", "Host", "HostHealth", "Settings", "Started"]


class Settings(Protocol):
    """The part of the configuration that concerns the pages."""

    @property
    def base_url(self) -> str:
        """Where people reach this site; decides whether cookies are `Secure`."""
        ...

    @property
    def session(self) -> SessionPolicy:
        """How long a session may live."""
        ...


class Started(Protocol):
    """A sign-in that has begun."""

    @property
    def url(self) -> str:
        """The provider's authorization endpoint with the request (RFC 6749, section 4.1.1)."""
        ...

    @property
    def attempt_key(self) -> str:
        """Names the attempt's cookie; 16 hexadecimal digits, not secret."""
        ...

    @property
    def browser_token(self) -> Secret:
        """What the browser keeps to prove that it began this attempt."""
        ...

    @property
    def cross_site(self) -> bool:
        """Whether the answer is posted from the provider's page, across sites."""
        ...

    @property
    def lifetime(self) -> int:
        """Seconds until the attempt is forgotten."""
        ...


class Finished(Protocol):
    """A sign-in that has succeeded."""

    @property
    def new_session(self) -> NewSession:
        """The session that was opened."""
        ...

    @property
    def return_to(self) -> str:
        """The path that was remembered with the attempt."""
        ...

    @property
    def attempt_key(self) -> str:
        """The attempt that is over."""
        ...


class HostHealth(Protocol):
    """How the host is."""

    @property
    def ok(self) -> bool:
        """Whether people can sign in."""
        ...

    @property
    def store(self) -> str:
        """One word for the database."""
        ...

    @property
    def providers(self) -> Mapping[str, str]:
        """One word for each provider, by slug."""
        ...


class Host(Protocol):
    """The host, as far as the pages use it. Every method raises errors of `AuthError` alone."""

    @property
    def config(self) -> Settings:
        """The configuration."""
        ...

    @property
    def providers(self) -> Mapping[str, Provider]:
        """The enabled providers by slug, in the order of the configuration."""
        ...

    async def start_sign_in(self, slug: str, *, return_to: str | None) -> Started:
        """Begin a sign-in at *slug*."""
        ...

    async def finish_sign_in(
        self,
        parameters: Sequence[tuple[str, str]],
        *,
        posted: bool,
        slug: str | None,
        browser_tokens: Mapping[str, Secret],
    ) -> Finished:
        """End a sign-in with the answer that the browser brought back."""
        ...

    async def read_session(self, token: Secret) -> Session | None:
        """The session of *token* if it is good at this moment."""
        ...

    async def end_session(self, token: Secret) -> None:
        """Forget the session of *token*."""
        ...

    async def health(self) -> HostHealth:
        """How the host is."""
        ...

"""A host for the pages alone, and a browser to look at them with."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

import httpx
import pytest
from attrs import define, field, frozen
from starlette.types import ASGIApp, Message

from dockmesh_auth.domain.grants import Grant, Grants, Origin
from dockmesh_auth.domain.groups import Groups
from dockmesh_auth.domain.identity import Identity
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.roles import BUILT_IN_ROLES
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.session import NewSession, Session, SessionPolicy, User
from dockmesh_auth.errors import AuthError, ErrorCode, SignInRejected
from dockmesh_auth.web.app import build_app

_ROLES = {role.name: role for role in BUILT_IN_ROLES}


def token_of(letter: str) -> str:
    """A token that is easy to read."""
    return letter * 43


def a_provider(slug: str = "example", name: str = "Example", **more: object) -> Provider:
    """A provider."""
    return Provider(
        slug=slug,
        display_name=name,
        issuer=f"https://{slug}.example",
        client_id="dockmesh",
        **more,  # type: ignore[arg-type]
    )


def a_user(**more: object) -> User:
    """Ada, who has one grant of each origin."""
    known: dict[str, object] = {
        "id": "8b0c6a52-6f5b-4c1e-9a55-0d6f6f6d1f5e",
        "identity": Identity("https://example.example", "ada"),
        "provider": "example",
        "username": "ada",
        "display_name": "Ada Lovelace",
        "email": "ada@example.com",
        "groups": Groups.of(["sre-team", "dev-frontend", "everyone"]),
        "grants": Grants(
            [
                Grant(_ROLES["admin"], Scope.all_hosts(), Origin.MAPPING, "sre-team"),
                Grant(
                    _ROLES["operator"],
                    Scope.of_tags(["team-frontend", "staging"]),
                    Origin.MAPPING,
                    "dev-frontend",
                ),
                Grant(_ROLES["viewer"], Scope.all_hosts(), Origin.DEFAULT),
                Grant(_ROLES["deployer"], Scope.of_tags(["lab"]), Origin.MANUAL),
            ]
        ),
    }
    return User(**{**known, **more})  # type: ignore[arg-type]


def a_session(user: User | None = None) -> Session:
    """A session of *user*, opened on 15 January 2027 at 08:00 UTC."""
    return Session(
        digest="0" * 64,
        user=user or a_user(),
        provider="example",
        created_at=1_800_000_000.0,
        expires_at=1_800_086_400.0,
    )


@frozen
class FakeSettings:
    base_url: str = "https://dockmesh.example"
    session: SessionPolicy = field(factory=SessionPolicy)


@frozen
class FakeStarted:
    url: str
    attempt_key: str
    browser_token: Secret
    cross_site: bool
    lifetime: int = 600


@frozen
class FakeFinished:
    new_session: NewSession
    return_to: str
    attempt_key: str


@frozen
class FakeHealth:
    ok: bool = True
    store: str = "ok"
    providers: Mapping[str, str] = field(factory=lambda: {"example": "ok"})


@define
class FakeHost:
    """Remembers what it was asked. `error` is raised by whatever is asked next."""

    providers: Mapping[str, Provider] = field(factory=lambda: {"example": a_provider()})
    config: FakeSettings = field(factory=FakeSettings)
    sessions: dict[str, Session] = field(factory=dict)
    error: Exception | None = None
    end_error: Exception | None = None
    cross_site: bool = False
    well: FakeHealth = field(factory=FakeHealth)
    asked_returns: list[str | None] = field(factory=list)
    finished_with: list[tuple[tuple[str, str], ...]] = field(factory=list)
    finished_slugs: list[str | None] = field(factory=list)
    ended: list[str] = field(factory=list)
    pending: dict[str, tuple[str, str]] = field(factory=dict)
    return_to: str = "/"

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error

    async def start_sign_in(self, slug: str, *, return_to: str | None) -> FakeStarted:
        self._fail()
        self.asked_returns.append(return_to)
        if slug not in self.providers:
            raise SignInRejected(ErrorCode.PROVIDER_UNKNOWN)
        state = f"state-{len(self.asked_returns)}"
        key = hashlib.sha256(state.encode()).hexdigest()[:16]
        token = hashlib.sha256(key.encode()).hexdigest()
        self.pending[key] = (state, token)
        url = f"https://{slug}.example/authorize?state={state}"
        return FakeStarted(url, key, Secret(token), self.cross_site)

    async def finish_sign_in(
        self,
        parameters: Sequence[tuple[str, str]],
        *,
        posted: bool,
        slug: str | None,
        browser_tokens: Mapping[str, Secret],
    ) -> FakeFinished:
        self.finished_with.append(tuple(parameters))
        self.finished_slugs.append(slug)
        self._fail()
        state = dict(parameters).get("state", "")
        key = hashlib.sha256(state.encode()).hexdigest()[:16]
        if key not in browser_tokens:
            raise SignInRejected(ErrorCode.STATE_OTHER_BROWSER)
        expected = self.pending.pop(key, None)
        if expected is None:
            raise SignInRejected(ErrorCode.STATE_UNKNOWN)
        if browser_tokens[key].reveal() != expected[1]:
            raise SignInRejected(ErrorCode.STATE_OTHER_BROWSER)
        token = hashlib.sha256(f"session {state}".encode()).hexdigest()
        self.sessions[token] = a_session()
        new = NewSession(token=Secret(token), session=a_session(), is_new_user=True)
        return FakeFinished(new, self.return_to, key)

    async def read_session(self, token: Secret) -> Session | None:
        self._fail()
        return self.sessions.get(token.reveal())

    async def end_session(self, token: Secret) -> None:
        self._fail()
        if self.end_error is not None:
            raise self.end_error
        self.ended.append(token.reveal())
        self.sessions.pop(token.reveal(), None)

    async def health(self) -> FakeHealth:
        if isinstance(self.error, AuthError):
            raise self.error
        return self.well


BASE = "https://dockmesh.example"
SESSION = "__Host-dockmesh_session"


@define
class Web:
    """The application over a fake host, and a browser with cookies."""

    host: FakeHost
    app: ASGIApp
    browser: httpx.AsyncClient

    provider = staticmethod(a_provider)
    user = staticmethod(a_user)
    session = staticmethod(a_session)
    token = staticmethod(token_of)
    settings = FakeSettings
    health = FakeHealth
    new_host = FakeHost

    def another(self, host: FakeHost, **more: object) -> Web:
        """The same with another host; for tests of a setting."""
        app = build_app(host, **more)  # type: ignore[arg-type]
        transport = httpx.ASGITransport(app)
        return Web(host, app, httpx.AsyncClient(transport=transport, base_url=host.config.base_url))

    def sign_in(self, letter: str = "a") -> str:
        """Give the browser a session; its token."""
        token = token_of(letter)
        self.host.sessions[token] = a_session()
        self.browser.cookies.set(SESSION, token, domain="dockmesh.example", path="/")
        return token

    async def start(self, slug: str = "example", **query: str) -> str:
        """Start a sign-in in the browser; the state."""
        answer = await self.browser.get(f"/auth/oidc/{slug}/login", params=query)
        assert answer.status_code == 303, answer.text
        return httpx.URL(answer.headers["location"]).params["state"]

    async def raw(
        self,
        path: str,
        headers: Iterable[tuple[bytes, bytes]] = (),
        *,
        method: str = "GET",
        query: bytes = b"",
        body: Sequence[Message] = ({"type": "http.request", "body": b"", "more_body": False},),
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """One request as the server hands it over, however odd: status, headers, body."""
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": path,
            "raw_path": path.encode("utf-8", "surrogatepass"),
            "query_string": query,
            "root_path": "",
            "headers": list(headers),
            "client": ("192.0.2.1", 1),
            "server": ("dockmesh.example", 443),
        }
        waiting = list(body)
        sent: list[Message] = []

        async def receive() -> Message:
            return waiting.pop(0)

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        found = [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]
        return sent[0]["status"], found, b"".join(part.get("body", b"") for part in sent[1:])


@pytest.fixture(name="web")
async def the_web() -> AsyncIterator[Web]:
    """The application over a fake host, and a browser with cookies."""
    host = FakeHost()
    app = build_app(host)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as browser:
        yield Web(host, app, browser)

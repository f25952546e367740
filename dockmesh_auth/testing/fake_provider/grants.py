"""What a fake provider remembers between requests."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field, frozen

from dockmesh_auth.testing.fake_provider.people import FakeClient, FakeUser

__all__ = [
    "AuthorizationRequest",
    "Grant",
    "LoginSession",
    "Problem",
    "PushedRequest",
    "RecordedRequest",
    "Unanswerable",
]


class Problem(Exception):  # noqa: N818 - it is an answer of the provider, not a fault of ours
    """A request that an endpoint refuses.

    APIs of a shape raise it, too.

    Attributes:
        error: The error's name in the protocol.
        description: One sentence.
        status: The HTTP status, unless the shape says otherwise.
    """

    def __init__(self, error: str, description: str = "", status: int = 400) -> None:
        self.error = error
        self.description = description
        self.status = status
        super().__init__(error)


class Unanswerable(Problem):
    """An authorization request that names nobody who could be told: the person stays."""


@frozen(kw_only=True)
class RecordedRequest:
    """A request that came in. Its repr shows nothing that could be secret.

    Attributes:
        endpoint: Which endpoint it was for.
        method: GET or POST.
        path: The path without the query.
        query: The parameters of the query, in order.
        headers: Names in lower case.
        form: The parameters of the body, in order, if it was a form.
        body: The body.
    """

    endpoint: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    form: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)


@frozen(kw_only=True)
class AuthorizationRequest:
    """An authorization request that passed the checks (RFC 6749, section 4.1.1)."""

    client: FakeClient
    redirect_uri: str
    scopes: tuple[str, ...]
    response_mode: str = "query"
    state: str | None = field(default=None, repr=False)
    nonce: str | None = field(default=None, repr=False)
    code_challenge: str | None = field(default=None, repr=False)
    code_challenge_method: str = "S256"
    prompt: frozenset[str] = frozenset()
    max_age: int | None = None


@frozen(kw_only=True)
class PushedRequest:
    """An authorization request that its client has sent ahead (RFC 9126).

    Attributes:
        asked: The request, checked.
        expires_at: Until when a browser may come with its name, Unix seconds.
    """

    asked: AuthorizationRequest
    expires_at: float


@frozen(kw_only=True)
class LoginSession:
    """Somebody who is signed in at the provider, in one browser.

    Attributes:
        user: Who.
        auth_time: When, Unix seconds.
        sid: The session's name in tokens.
    """

    user: FakeUser
    auth_time: int
    sid: str


@define(kw_only=True, eq=False)
class Grant:
    """What one authorization response stands for, from its code to its tokens.

    Attributes:
        request: What was asked.
        session: Who answered.
        issued_at: When the code was issued, Unix seconds.
        redeemed: Whether the code was used.
        base_url: Scheme, host and port that its tokens name, once there are some.
        subject: `sub` of the tokens, once there are some.
        access_token: The access token, once there is one.
        expires_at: When that token expires, Unix seconds.
        revoked: Whether its tokens are dead.
    """

    request: AuthorizationRequest
    session: LoginSession
    issued_at: float
    redeemed: bool = False
    base_url: str = ""
    subject: str = ""
    access_token: str = field(default="", repr=False)
    expires_at: float = 0.0
    revoked: bool = False

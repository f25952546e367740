"""What a product tells beside OpenID Connect: HTTP APIs that take this sign-in's access token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen

from dockmesh_auth.testing.fake_provider.people import FakeUser

__all__ = ["Api", "ApiCall"]


@frozen(kw_only=True)
class ApiCall:
    """One call of an API, by somebody who has signed in.

    Attributes:
        user: Whose access token it came with, as they are now.
        scopes: What was granted to that token.
        method: GET, POST and so on.
        path: The path that was called.
        path_parameters: What stood where the API's path has names in braces.
        query: The parameters of the query; the last of those that are repeated.
        headers: Names in lower case.
        json: The body, parsed; None if there was none.
        base_url: Scheme, host and port that the answer should name.
        now: The provider's time, Unix seconds.
    """

    user: FakeUser
    scopes: tuple[str, ...]
    method: str
    path: str
    path_parameters: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    json: Any
    base_url: str
    now: float

    @property
    def url(self) -> str:
        """The address that was called, without its query."""
        return self.base_url + self.path


@frozen
class Api:
    """An API of the product, beside its endpoints.

    Attributes:
        name: What `FakeProvider.faults` and `FakeProvider.requests` call it.
        path: Where it is, below the base address; `{name}` stands for one part of the path.
        answer: What it tells: a value that is sent as JSON, or a whole response. It may raise
            `Problem`, which `Shape.api_problem` turns into an answer.
        methods: The HTTP methods it takes.
    """

    name: str
    path: str
    answer: Callable[[ApiCall], Any]
    methods: tuple[str, ...] = ("GET",)

"""Who a fake provider knows: people and clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from dockmesh_auth.domain.secret import Secret

__all__ = ["FakeClient", "FakeUser"]


def _secret(text: str | Secret | None) -> Secret | None:
    return Secret(text) if isinstance(text, str) else text


@frozen(kw_only=True)
class FakeUser:
    """Somebody who can sign in at the provider.

    Attributes:
        name: The user name; also what the button of the login page says.
        full_name: The name to show.
        email: The address; empty if there is none.
        groups: The names of the groups.
        subject: `sub`, for shapes that do not make it up.
        claims: More claims, released with every scope; they override the others.
        attributes: What a shape needs besides.
        data: What the shape's APIs tell of the person; stands in no token by itself.
        may_enter: Whether the person may use any client at all.
    """

    name: str
    full_name: str = ""
    email: str = ""
    groups: tuple[str, ...] = ()
    subject: str = ""
    claims: Mapping[str, Any] = field(factory=dict)
    attributes: Mapping[str, str] = field(factory=dict)
    data: Mapping[str, Any] = field(factory=dict)
    may_enter: bool = True


@frozen(kw_only=True)
class FakeClient:
    """A relying party that is registered.

    Attributes:
        client_id: Its name.
        client_secret: What proves it; None for a public client.
        redirect_uris: Where people may be sent back to; compared character by character.
        post_logout_redirect_uris: Where people may be sent after signing out.
    """

    client_id: str
    client_secret: Secret | None = field(default=None, converter=_secret)
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...] = ()

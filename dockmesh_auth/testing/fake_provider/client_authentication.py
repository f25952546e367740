"""How a fake provider tells which client speaks to it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import unquote_plus

from starlette.requests import Request

from dockmesh_auth.testing.fake_provider.grants import Problem
from dockmesh_auth.testing.fake_provider.people import FakeClient
from dockmesh_auth.testing.fake_provider.state import FakeState

__all__ = ["authenticated_client"]


def authenticated_client(state: FakeState, request: Request, form: Mapping[str, str]) -> FakeClient:
    """The client that *request* proves to come from (RFC 6749, section 2.3).

    Args:
        state: Who is registered.
        request: Where the credentials stand if the client uses Basic.
        form: The parameters of the body, where they stand if it does not.

    Raises:
        Problem: It proves nothing, or too much at once.
    """
    header = request.headers.get("authorization", "")
    secret: str | None
    if header.lower().startswith("basic "):
        if "client_secret" in form and state.shape.one_authentication_only:
            raise Problem("invalid_request", "two ways of authentication at once")
        client_id, secret = _basic(header[6:], encoded=state.shape.basic_is_encoded)
        if form.get("client_id", client_id) != client_id:
            raise Problem("invalid_client", "header and body name different clients")
    else:
        client_id, secret = form.get("client_id", ""), form.get("client_secret")
    client = state.client(client_id)
    if client is None:
        raise Problem("invalid_client", "there is no client of that name")
    if client.client_secret is None:
        return client
    if secret is None or not client.client_secret.matches(secret):
        raise Problem("invalid_client", "the secret is wrong")
    return client


def _basic(credentials: str, *, encoded: bool) -> tuple[str, str]:
    try:
        text = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Problem("invalid_client", "the header is not base64 of UTF-8") from None
    client_id, colon, secret = text.partition(":")
    if not colon:
        raise Problem("invalid_client", "the header has no colon")
    return (unquote_plus(client_id), unquote_plus(secret)) if encoded else (client_id, secret)

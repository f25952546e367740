"""What a fake provider demands of an authorization request."""

from __future__ import annotations

from collections.abc import Sequence

from dockmesh_auth.testing.fake_provider.grants import AuthorizationRequest, Problem
from dockmesh_auth.testing.fake_provider.people import FakeClient
from dockmesh_auth.testing.fake_provider.state import FakeState

__all__ = ["check_recipient", "parse_authorization_request"]


def check_recipient(state: FakeState, parameters: dict[str, str]) -> tuple[FakeClient, str]:
    """The client and its redirect URI.

    Raises:
        Problem: One of them is wrong: then nobody is sent anywhere (RFC 6749, section 4.1.2.1).
    """
    client = state.client(parameters.get("client_id", ""))
    if client is None:
        raise Problem("Client ID Error", "There is no client of that name.")
    redirect_uri = parameters.get("redirect_uri", "")
    if redirect_uri not in client.redirect_uris:
        raise Problem("Redirect URI Error", "The redirect URI is not registered.")
    return client, redirect_uri


def parse_authorization_request(
    state: FakeState,
    pairs: Sequence[tuple[str, str]],
    client: FakeClient,
    redirect_uri: str,
) -> AuthorizationRequest:
    """Read the parameters (OpenID Connect Core 1.0, section 3.1.2.1; RFC 7636, section 4.3).

    Raises:
        Problem: What the client is told.
    """
    given, shape = dict(pairs), state.shape
    if len(given) != len(pairs):
        raise Problem("invalid_request", "a parameter is repeated")
    if given.get("response_type") != "code":
        raise Problem("unsupported_response_type", "only code is offered")
    if "request" in given:
        raise Problem("request_not_supported", "request objects are not supported")
    asked = tuple(dict.fromkeys(given.get("scope", "").split()))
    if shape.requires_openid and "openid" not in asked:
        raise Problem("invalid_scope", "the scope openid is missing")
    mode = given.get("response_mode", "query")
    if mode not in {"query", "form_post"}:
        raise Problem("invalid_request", "the response mode is not supported")
    method = given.get("code_challenge_method", "plain")
    if "code_challenge" in given and method not in shape.code_challenge_methods:
        raise Problem("invalid_request", f"Unsupported challenge method {method}")
    prompt = frozenset(given.get("prompt", "").split())
    return AuthorizationRequest(
        client=client,
        redirect_uri=redirect_uri,
        scopes=shape.granted_scopes(asked),
        response_mode=mode,
        state=given.get("state"),
        nonce=given.get("nonce"),
        code_challenge=given.get("code_challenge"),
        code_challenge_method=method,
        prompt=prompt,
        max_age=_max_age(given, prompt),
    )


def _max_age(given: dict[str, str], prompt: frozenset[str]) -> int | None:
    text = given.get("max_age")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise Problem("invalid_request", "max_age is not a number")
    if int(text) == 0 and "none" in prompt:
        raise Problem("invalid_request", "max_age=0 and prompt=none exclude each other")
    return int(text)

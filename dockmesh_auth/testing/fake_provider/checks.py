"""What a fake provider demands of an authorization request."""

from __future__ import annotations

from collections.abc import Sequence

from dockmesh_auth.testing.fake_provider.grants import (
    AuthorizationRequest,
    Problem,
    Unanswerable,
)
from dockmesh_auth.testing.fake_provider.people import FakeClient
from dockmesh_auth.testing.fake_provider.shape import PushedRequests
from dockmesh_auth.testing.fake_provider.state import FakeState

__all__ = ["check_recipient", "parse_authorization_request", "resolve_request"]


def resolve_request(state: FakeState, pairs: Sequence[tuple[str, str]]) -> AuthorizationRequest:
    """What the parameters of an authorization URL ask for, themselves or by a pushed request.

    Raises:
        Unanswerable: There is nobody to be told of what is wrong.
        Problem: What the client is told.
    """
    given, pushing = dict(pairs), state.shape.pushed_requests
    if "request_uri" in given and pushing is not PushedRequests.NONE:
        return _take_pushed(state, given)
    client, redirect_uri = check_recipient(state, given)
    if pushing is PushedRequests.REQUIRED:
        raise Problem("invalid_request", "requests have to be pushed")
    return parse_authorization_request(state, pairs, client, redirect_uri)


def _take_pushed(state: FakeState, given: dict[str, str]) -> AuthorizationRequest:
    # RFC 9126, section 4: once, in time, and by the client that pushed it.
    pushed = state.pushed.get(given["request_uri"])
    if pushed is None or pushed.asked.client.client_id != given.get("client_id"):
        raise Unanswerable("invalid_request_uri", "There is no such request of this client.")
    del state.pushed[given["request_uri"]]
    if state.clock.now() > pushed.expires_at:
        raise Unanswerable("invalid_request_uri", "The request has expired.")
    return pushed.asked


def check_recipient(state: FakeState, parameters: dict[str, str]) -> tuple[FakeClient, str]:
    """The client and its redirect URI.

    Raises:
        Unanswerable: One of them is wrong: nobody is sent anywhere (RFC 6749, section 4.1.2.1).
    """
    client = state.client(parameters.get("client_id", ""))
    if client is None:
        raise Unanswerable("Client ID Error", "There is no client of that name.")
    redirect_uri = parameters.get("redirect_uri", "")
    if redirect_uri not in client.redirect_uris:
        raise Unanswerable("Redirect URI Error", "The redirect URI is not registered.")
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
    if "request_uri" in given:
        raise Problem("request_uri_not_supported", "references to requests are not supported")
    asked = tuple(dict.fromkeys(given.get("scope", "").split()))
    if shape.sends_id_token and shape.requires_openid and "openid" not in asked:
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
        nonce=given.get("nonce") if shape.sends_id_token else None,
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

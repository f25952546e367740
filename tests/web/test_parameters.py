"""The parameters of an answer: all of them, as they came, or a refusal."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from dockmesh_auth.errors import ErrorCode, SignInRejected
from dockmesh_auth.web import parameters
from dockmesh_auth.web.parameters import MAX_BYTES, MAX_PARAMETERS, parse_parameters

FORM = (b"content-type", b"application/x-www-form-urlencoded")


@given(st.binary(max_size=400))
def test_any_text_is_read_or_refused(text: bytes) -> None:
    """Nothing but the one refusal leaves the parser."""
    try:
        found = parse_parameters(text)
    except SignInRejected as error:
        assert error.code is ErrorCode.RESPONSE_MALFORMED  # noqa: PT017 - both outcomes are right
    else:
        assert len(found) <= MAX_PARAMETERS


@given(st.lists(st.tuples(st.text(min_size=1, max_size=20), st.text(max_size=20)), max_size=20))
def test_what_was_encoded_comes_back(pairs: list[tuple[str, str]]) -> None:
    """Order, repetitions and empty values are kept."""
    text = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)
    assert parse_parameters(text.encode()) == tuple(pairs)


@pytest.mark.parametrize(
    "text",
    [
        b"a=" + b"x" * MAX_BYTES,
        b"&".join([b"a=b"] * (MAX_PARAMETERS + 1)),
        b"state=%FF",
        b"state=%ED%A0%80",
        "state=ä".encode(),
        b"%C3=x",
    ],
)
def test_too_much_and_broken_text_is_refused(text: bytes) -> None:
    """Too large, too many, or not UTF-8: one code, and the text is not quoted."""
    with pytest.raises(SignInRejected) as caught:
        parse_parameters(text)
    assert caught.value.code is ErrorCode.RESPONSE_MALFORMED
    assert caught.value.__suppress_context__ or caught.value.__cause__ is None


def test_the_limits_themselves_are_allowed() -> None:
    """Exactly as many and as much as the limits say is read."""
    assert len(parse_parameters(b"&".join([b"a=b"] * MAX_PARAMETERS))) == MAX_PARAMETERS
    assert len(parse_parameters(b"a=" + b"x" * (MAX_BYTES - 2))) == 1


@pytest.mark.parametrize(
    "kind",
    [b"multipart/form-data; boundary=x", b"application/json", b"text/plain", b"", b"\xff"],
)
async def test_only_a_form_is_read(web: Any, kind: bytes) -> None:
    """Any other kind of body is refused before it is read."""
    status, _, _ = await web.raw(
        "/auth/oidc/callback", [(b"content-type", kind)], method="POST", body=[]
    )
    assert status == 400
    assert web.host.finished_with == []


async def test_a_form_with_a_charset_is_a_form(web: Any) -> None:
    """Parameters of the media type and its case do not matter."""
    kind = b"Application/X-WWW-Form-Urlencoded ; charset=UTF-8"
    body = [
        {"type": "http.request", "body": b"state=", "more_body": True},
        {"type": "http.request", "body": b"x", "more_body": False},
    ]
    await web.raw("/auth/oidc/callback", [(b"content-type", kind)], method="POST", body=body)
    assert web.host.finished_with == [(("state", "x"),)]


async def test_an_endless_form_is_not_read_to_its_end(web: Any) -> None:
    """Reading stops at the limit, however much is still to come."""
    part = {"type": "http.request", "body": b"x" * 30_000, "more_body": True}
    body = [part] * 1000
    status, _, _ = await web.raw("/auth/oidc/callback", [FORM], method="POST", body=body)
    assert status == 400
    assert web.host.finished_with == []


async def test_a_form_that_breaks_off_is_refused(web: Any) -> None:
    """A browser that goes away in the middle finishes nothing."""
    body = [
        {"type": "http.request", "body": b"state=x", "more_body": True},
        {"type": "http.disconnect"},
    ]
    status, _, _ = await web.raw("/auth/oidc/callback", [FORM], method="POST", body=body)
    assert status == 400
    assert web.host.finished_with == []


async def test_a_form_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender that dribbles is not waited for beyond the limit."""
    monkeypatch.setattr(parameters, "_FORM_SECONDS", 0.01)

    async def dribble() -> Any:
        await asyncio.sleep(0.005)
        return {"type": "http.request", "body": b"x", "more_body": True}

    request = Request({"type": "http", "method": "POST", "headers": [FORM]}, dribble)
    with pytest.raises(SignInRejected) as caught:
        await parameters.read_form(request)
    assert caught.value.code is ErrorCode.RESPONSE_MALFORMED
    assert caught.value.detail == "the posted answer did not arrive whole"

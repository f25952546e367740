"""What a request may hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth.domain.ports import Request
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.errors import ErrorCode, PluginError
from dockmesh_auth.oidc.outgoing import build_fetch_request, check_request

URL = "https://idp.example/"


def endless() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def test_a_request_is_built() -> None:
    """Header names in lower case, so that none is there twice."""
    request = build_fetch_request(
        URL,
        method="POST",
        headers={"Accept": "a/b", "Content-Type": "c/d"},
        json={"a": 1},
        bearer=Secret("acc3ss"),
    )
    assert request == Request(
        method="POST",
        url=URL,
        headers={"accept": "a/b", "content-type": "c/d", "authorization": "Bearer acc3ss"},
        body=b'{"a": 1}',
    )
    check_request(request)
    assert "acc3ss" not in repr(request)


@pytest.mark.parametrize(
    "options",
    [
        {"json": {"a": 1}},
        {"method": "POST", "json": {"a": {1}}},
        {"method": "POST", "json": float("nan")},
        {"method": "POST", "json": endless()},
        {"headers": {"AUTHORIZATION": "Basic x"}, "bearer": Secret("acc3ss")},
    ],
)
def test_a_request_that_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    """A body without POST, a body that is no JSON, two authorizations."""
    with pytest.raises(PluginError) as caught:
        build_fetch_request(URL, **options)
    assert caught.value.code is ErrorCode.PLUGIN_BAD_REQUEST
    assert "acc3ss" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X\r\nY", "1"),
        ("X Y", "1"),
        ("X:", "1"),
        ("", "1"),
        ("X\u00e4", "1"),
        ("X", "s3cr3t\r\nHost: evil.example"),
        ("X", "s3cr3t\n"),
        ("X", "\x00"),
        ("X", "\u00e4"),
        ("X", " a"),
        ("X", "a "),
        ("Host", "evil.example"),
        ("content-length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("Accept-Encoding", "gzip"),
        ("Connection", "close"),
        ("Cookie", "a=b"),
        ("Expect", "100-continue"),
        ("Upgrade", "h2c"),
        ("TE", "trailers"),
        ("Trailer", "x"),
    ],
)
def test_a_header_that_would_change_the_request_is_refused(name: str, value: str) -> None:
    """Line ends, framing, the transport's own; the refusal does not show the value."""
    with pytest.raises(PluginError) as caught:
        check_request(Request(url=URL, headers={name: value}))
    assert caught.value.code is ErrorCode.PLUGIN_BAD_REQUEST
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "get", "GET /x HTTP/1.1\r\n", ""])
def test_a_method_is_get_or_post(method: str) -> None:
    """Nothing else is needed to ask."""
    with pytest.raises(PluginError):
        check_request(Request(method=method, url=URL))


@given(st.text(max_size=10), st.text(max_size=10))
def test_what_passes_is_one_line(name: str, value: str) -> None:
    """Whatever the text of a header."""
    try:
        check_request(Request(url=URL, headers={name: value}))
    except PluginError:
        return
    assert name.isascii()
    assert name.isprintable()
    assert value.isascii()
    assert value.replace("\t", " ").isprintable() or not value
    assert value == value.strip()

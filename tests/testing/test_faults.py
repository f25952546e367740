"""Scripted faults and edits do what a test asks for."""

from __future__ import annotations

import http.client
import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from dockmesh_auth.testing.browser import Browser
from dockmesh_auth.testing.fake_provider import (
    EncryptionKey,
    FakeClient,
    FakeProvider,
    FakeUser,
    faults,
)
from dockmesh_auth.testing.fake_provider.edits import TokenDraft

CALLBACK = "http://127.0.0.1:1/callback"


@pytest.fixture(name="provider", scope="module")
def served_provider() -> Iterator[FakeProvider]:
    provider = FakeProvider(
        users=[FakeUser(name="alice")],
        clients=[FakeClient(client_id="c", redirect_uris=(CALLBACK,))],
    )
    with provider.serve():
        yield provider


@pytest.fixture(autouse=True)
def as_it_was(provider: FakeProvider) -> Iterator[None]:
    yield
    provider.faults.clear()
    provider.edits.clear()
    provider.encryption_key = None


def get(provider: FakeProvider, path: str = "/jwks") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(provider.base_url).netloc, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def sign_in(provider: FakeProvider) -> tuple[Browser, dict[str, Any]]:
    browser = Browser(stop_before=CALLBACK)
    query = f"response_type=code&client_id=c&redirect_uri={CALLBACK}&scope=openid&state=s"
    browser.get(f"{provider.base_url}/authorize?{query}")
    code = browser.click("alice").query.get("code", "")
    body = f"grant_type=authorization_code&client_id=c&redirect_uri={CALLBACK}&code={code}"
    connection = http.client.HTTPConnection(urlsplit(provider.base_url).netloc, timeout=5)
    try:
        connection.request("POST", "/token", body)
        return browser, json.loads(connection.getresponse().read())
    finally:
        connection.close()


def test_scripted_faults_come_in_order_then_the_lasting_one_then_none(
    provider: FakeProvider,
) -> None:
    """`next` is used up, `always` stays until it is cleared."""
    provider.faults.always("jwks", faults.answer(status=500))
    provider.faults.next("jwks", faults.answer(status=503), faults.answer({"keys": 1}, status=201))
    assert [get(provider)[0] for _ in range(4)] == [503, 201, 500, 500]
    provider.faults.clear()
    assert get(provider)[0] == 200


def test_a_fault_is_for_one_endpoint_and_its_requests_are_recorded(provider: FakeProvider) -> None:
    """Others answer as always."""
    provider.faults.always("jwks", faults.redirect("https://evil.example/"))
    before = provider.count("jwks")
    assert get(provider)[0] == 302
    assert provider.count("jwks") == before + 1
    assert get(provider, "/.well-known/openid-configuration")[0] == 200


def test_garbage_is_not_json(provider: FakeProvider) -> None:
    """Though the media type says so."""
    provider.faults.next("jwks", faults.garbage())
    with pytest.raises(ValueError, match="decode"):
        json.loads(get(provider)[1])


def test_a_good_answer_can_be_edited(provider: FakeProvider) -> None:
    """Only what the edit touches is different."""
    provider.faults.next("discovery", faults.edited(lambda it: it | {"issuer": "https://x"}))
    changed = json.loads(get(provider, "/.well-known/openid-configuration")[1])
    good = json.loads(get(provider, "/.well-known/openid-configuration")[1])
    assert changed == good | {"issuer": "https://x"}


def test_slow_answers_are_slow(provider: FakeProvider) -> None:
    """Both before the answer and within it."""
    provider.faults.next("jwks", faults.delayed(0.2), faults.dripped(b"{ }", pause=0.1))
    for size in (None, 3):
        start = time.monotonic()
        status, body = get(provider)
        assert time.monotonic() - start >= 0.2
        assert (status, size or len(body)) == (200, len(body))


def test_a_connection_can_be_cut_off(provider: FakeProvider) -> None:
    """The client sees less than was announced."""
    provider.faults.next("jwks", faults.cut_off(b"{"))
    with pytest.raises(http.client.IncompleteRead):
        get(provider)


def test_id_tokens_can_be_changed_before_they_are_signed(provider: FakeProvider) -> None:
    """In place, or by a text that is sent instead."""

    def expire(draft: TokenDraft) -> None:
        draft.claims["exp"] = 1

    provider.edits.id_token = expire
    tokens = sign_in(provider)[1]
    payload = tokens["id_token"].split(".")[1]
    assert b'"exp":1,' in urlsafe_b64decode(payload + "===")
    provider.edits.id_token = lambda _draft: "raw"
    assert sign_in(provider)[1]["id_token"] == "raw"


def test_answers_can_be_changed_before_they_are_sent(provider: FakeProvider) -> None:
    """Token answer and authorization response."""
    provider.edits.token_answer = lambda answer: answer | {"token_type": "mac"}
    assert sign_in(provider)[1]["token_type"] == "mac"
    provider.edits.authorization_response = lambda pairs: [*pairs, ("state", "other")]
    assert sign_in(provider)[0].history[-1].status == 303


def test_tokens_can_be_encrypted(provider: FakeProvider) -> None:
    """RFC 7516: five parts; the key is published for encryption."""
    provider.encryption_key = EncryptionKey.generate()
    assert sign_in(provider)[1]["id_token"].count(".") == 4
    assert [key["use"] for key in json.loads(get(provider)[1])["keys"]] == ["sig", "enc"]


def test_a_provider_that_is_not_served_refuses_connections() -> None:
    """The port is free again as soon as the block ends."""
    provider = FakeProvider(users=[], clients=[])
    with provider.serve():
        assert get(provider)[0] == 200
    with pytest.raises(ConnectionRefusedError):
        get(provider)
    with provider.serve(int(provider.base_url.rpartition(":")[2])):
        assert get(provider)[0] == 200

"""Refusals: what the person reads, what the operator reads, and what nobody reads."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from dockmesh_auth.errors import (
    AccessDenied,
    AuthError,
    ConfigurationError,
    ErrorCode,
    PluginError,
    ProviderError,
    SignInRejected,
    StorageError,
    TokenRejected,
)
from dockmesh_auth.host.system import SystemRandomness
from dockmesh_auth.web.journal import MAX_LOGGED, printable
from dockmesh_auth.web.refusal_texts import refusal_text, status_of
from dockmesh_auth.web.refusals import LastResort, Refusals

CALLBACK = "/auth/oidc/callback?state=x&code=y"
BRANCHES: list[tuple[type[AuthError], ErrorCode, int]] = [
    (SignInRejected, ErrorCode.STATE_UNKNOWN, 400),
    (TokenRejected, ErrorCode.SIGNATURE_INVALID, 400),
    (AccessDenied, ErrorCode.NO_ROLE, 403),
    (ProviderError, ErrorCode.PROVIDER_TIMEOUT, 502),
    (PluginError, ErrorCode.PLUGIN_RAISED, 503),
    (StorageError, ErrorCode.STORE_UNAVAILABLE, 503),
    (ConfigurationError, ErrorCode.PLUGIN_QUARANTINED, 503),
]
CANARY = "canary-7Hq2"


def reference_on(text: str) -> str:
    found = re.search(r"<dd>([0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4})</dd>", text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(("branch", "code", "status"), BRANCHES)
async def test_each_branch_has_its_status(
    web: Any, branch: type[AuthError], code: ErrorCode, status: int
) -> None:
    """Who must act decides the status; there is a way to start again and no session."""
    web.host.error = branch(code, provider="example")
    answer = await web.browser.get(CALLBACK)
    assert answer.status_code == status
    assert 'href="/login">Start again' in answer.text
    assert "dockmesh_session=" not in str(answer.headers)


async def test_person_and_log_have_the_same_reference(web: Any) -> None:
    """The reference on the page leads to the one line of the log, which has all the rest."""
    web.host.error = ProviderError(
        ErrorCode.PROVIDER_STATUS,
        "HTTP 502 from the token endpoint",
        provider="example",
        plugin="example-plugin",
        hook="dockmesh_auth_discover",
        evidence={"status": "502", "expected": "200"},
    )
    with capture_logs() as logs:
        answer = await web.browser.get(CALLBACK)
    assert logs == [
        {
            "event": "sign_in_refused",
            "log_level": "warning",
            "reference": reference_on(answer.text),
            "branch": "ProviderError",
            "code": "provider_status",
            "detail": "HTTP 502 from the token endpoint",
            "remedy": web.host.error.remedy,
            "provider": "example",
            "plugin": "example-plugin",
            "hook": "dockmesh_auth_discover",
            "evidence": {"status": "502", "expected": "200"},
        }
    ]


async def test_references_differ(web: Any) -> None:
    """Two refusals have two references."""
    pages = [(await web.browser.get(CALLBACK)).text for _ in range(20)]
    assert len({reference_on(text) for text in pages}) == 20


@pytest.mark.parametrize(
    ("branch", "code", "words"),
    [
        (AccessDenied, ErrorCode.NO_ROLE, "Example knows you, but none of your groups has a role"),
        (AccessDenied, ErrorCode.USER_DISABLED, "An administrator has locked your account"),
        (AccessDenied, ErrorCode.GROUPS_ABSENT, "did not say in a usable way which groups"),
        (AccessDenied, ErrorCode.GROUPS_OVERAGE, "in more groups than Example sends along"),
        (AccessDenied, ErrorCode.PLUGIN_DENIED, "dockmesh does not let you in"),
        (SignInRejected, ErrorCode.STATE_EXPIRED, "within ten minutes"),
        (SignInRejected, ErrorCode.STATE_OTHER_BROWSER, "started in another browser"),
        (SignInRejected, ErrorCode.PROVIDER_REFUSED, "Example ended the sign-in"),
        (SignInRejected, ErrorCode.RESPONSE_REPEATED_PARAMETER, "missing or damaged"),
        (TokenRejected, ErrorCode.TOKEN_EXPIRED, "Two clocks do not agree"),
        (TokenRejected, ErrorCode.NONCE_MISMATCH, "belongs to another sign-in"),
        (TokenRejected, ErrorCode.AUDIENCE_MISMATCH, "did not pass a check"),
        (TokenRejected, ErrorCode.NO_SIGNING_KEY, "so nobody can sign in this way"),
        (ProviderError, ErrorCode.PROVIDER_UNREACHABLE, "Example does not answer"),
        (ProviderError, ErrorCode.CLIENT_REJECTED, "dockmesh and Example do not fit together"),
    ],
)
async def test_the_newcomer_reads_what_happened(
    web: Any, branch: type[AuthError], code: ErrorCode, words: str
) -> None:
    """The text says in plain words what happened, with the provider's own name."""
    web.host.error = branch(code, provider="example")
    assert words in (await web.browser.get(CALLBACK)).text


@pytest.mark.parametrize("branch", [branch for branch, _, _ in BRANCHES])
@pytest.mark.parametrize("provider", ["Example", None, "a{b}c"])
def test_every_code_has_words(branch: type[AuthError], provider: str | None) -> None:
    """No code of any branch is without a text, none has a hole in it, and each is a sentence."""
    for code in ErrorCode:
        text = refusal_text(branch(code), provider)
        for words in (text.title, text.happened, text.advice):
            assert words
            assert words[0].isupper() or words.startswith(("dockmesh", "a{"))
            assert "{provider}" not in words
            assert code not in words


def test_an_error_of_no_branch_is_ours() -> None:
    """The root of the tree has a status as well."""
    assert status_of(AuthError(ErrorCode.STORE_SCHEMA)) == 500


async def test_an_unknown_provider_in_an_error_is_not_shown(web: Any) -> None:
    """A name that is not a configured provider's does not reach the page."""
    web.host.error = SignInRejected(ErrorCode.PROVIDER_REFUSED, provider="<b>bank</b>")
    text = (await web.browser.get(CALLBACK)).text
    assert "bank" not in text
    assert "Your provider ended the sign-in" in text


@pytest.mark.attack("AUR-12")
@pytest.mark.parametrize(
    "payload",
    [
        "<script>alert(1)</script>",
        "javascript:alert(1)",
        "Your account is locked, call 0900-1234",
        "x\r\nSet-Cookie: a=b",
        "A" * 10_000,
    ],
)
async def test_the_providers_words_do_not_reach_the_page(web: Any, payload: str) -> None:
    """error, error_description and error_uri are shown to nobody but the operator, escaped."""
    web.host.error = SignInRejected(
        ErrorCode.PROVIDER_REFUSED, payload, provider="example", evidence={"error": payload}
    )
    query = {"error": payload, "error_description": payload, "error_uri": payload, "state": "x"}
    with capture_logs() as logs:
        answer = await web.browser.get("/auth/oidc/callback", params=query)
    assert answer.status_code == 400
    assert payload not in answer.text
    assert "alert(1)" not in answer.text
    assert len(answer.content) < 8192
    assert all(len(str(value)) < 2 * MAX_LOGGED for value in logs[0].values())
    assert printable(payload) == logs[0]["evidence"]["error"]


@pytest.mark.attack("CFG-06")
@given(st.text(max_size=2000))
def test_what_is_logged_is_one_short_visible_line(text: str) -> None:
    """No control character, no line end of any script, no escape sequence, and never too long."""
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) <= 10 * MAX_LOGGED + 40
    assert len(shown.splitlines()) <= 1


@pytest.mark.attack("CFG-06")
def test_a_huge_value_is_cut() -> None:
    """Ten megabytes become one line that says how much there was."""
    shown = printable("x" * 10_000_000)
    assert len(shown) < 400
    assert shown.endswith("(10000000 characters)")
    assert printable("x" * MAX_LOGGED) == "x" * MAX_LOGGED


@pytest.mark.attack("CFG-06")
async def test_no_line_of_the_log_can_be_forged(web: Any) -> None:
    """Names with line ends, in every field that others choose, make one line of each log."""
    evil = "x\nINFO admin ok\r\u2028\x1b[31m"
    web.host.error = AccessDenied(
        ErrorCode.NO_ROLE,
        evil,
        provider=evil,
        plugin=evil,
        hook=evil,
        evidence={evil: evil, **{str(number): "x" for number in range(1000)}},
    )
    for renderer in (
        structlog.processors.JSONRenderer(),
        structlog.processors.KeyValueRenderer(repr_native_str=False),
        structlog.dev.ConsoleRenderer(colors=False),
    ):
        out = io.StringIO()
        before = structlog.get_config()
        structlog.configure(processors=[renderer], logger_factory=structlog.PrintLoggerFactory(out))
        try:
            await web.browser.get(CALLBACK)
        finally:
            structlog.configure(**before)
        line = out.getvalue().removesuffix("\n")
        assert line.isprintable()
        assert len(line) < 8192


@pytest.mark.attack("CFG-05")
@pytest.mark.parametrize(
    "error",
    [*(branch(code) for branch, code, _ in BRANCHES), RuntimeError(f"code={CANARY}"), None],
    ids=str,
)
async def test_no_secret_of_a_request_is_written_down(
    web: Any, error: Exception | None, capfd: pytest.CaptureFixture[str]
) -> None:
    """Code, state, cookies and forms appear in no log, on no page and in no header."""
    web.host.error = error
    token = CANARY + "x" * 40
    cookie = (
        f"__Host-dockmesh_session={token}; __Host-dockmesh_login_{'0' * 16}=1.{token};"
        f" __Host-dockmesh_login_{'1' * 16}={CANARY}"
    )
    headers = [(b"cookie", cookie.encode()), (b"authorization", b"Bearer " + CANARY.encode())]
    query = f"code={CANARY}&state={CANARY}&id_token={CANARY}".encode()
    form = (b"content-type", b"application/x-www-form-urlencoded")
    with capture_logs() as logs:
        for path in ("/auth/oidc/callback", "/auth/oidc/example/login", "/", "/login", "/logout"):
            status, found, body = await web.raw(path, headers, query=query)
            assert CANARY.encode() not in body
            assert CANARY not in json.dumps(found)
            assert (status == 500) is isinstance(error, RuntimeError)
        body_parts = [{"type": "http.request", "body": query, "more_body": False}]
        for path in ("/auth/oidc/callback", "/logout"):
            _, found, body = await web.raw(path, [*headers, form], method="POST", body=body_parts)
            assert CANARY.encode() not in body
    assert CANARY not in str(logs)
    printed = capfd.readouterr()
    assert CANARY not in printed.out + printed.err


async def test_an_unforeseen_error_has_a_page_and_a_place(web: Any) -> None:
    """A fault of ours: a page without its text, and the kind and place in the log."""
    web.host.error = RuntimeError("the secret text")
    with capture_logs() as logs:
        answer = await web.browser.get("/login/../auth/oidc/example/login")
    assert answer.status_code == 500
    assert "the secret text" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert logs[0]["event"] == "unexpected_error"
    assert logs[0]["kind"] == "RuntimeError"
    assert logs[0]["reference"] == reference_on(answer.text)
    assert "conftest.py" in logs[0]["where"][-1]
    assert "the secret text" not in str(logs)


async def test_an_error_after_the_answer_began_is_written_down_alone(web: Any) -> None:
    """What has been sent cannot be taken back; the connection just ends."""

    async def breaks(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError

    sent: list[str] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    refusals = Refusals(web.host, None, None, SystemRandomness())  # type: ignore[arg-type]
    with capture_logs() as logs:
        await LastResort(breaks, refusals)(scope, None, send)  # type: ignore[arg-type]
    assert sent == ["http.response.start"]
    assert [line["event"] for line in logs] == ["unexpected_error"]

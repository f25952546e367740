"""Nothing secret of a sign-in is seen anywhere but where it must go, however the sign-in ends."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from dockmesh_auth.testing.browser import Browser, Page
from dockmesh_auth.testing.fake_provider import PushedRequests
from dockmesh_auth.testing.fake_provider.faults import answer, cut_off, garbage, redirect

from .conftest import SECRET, Site

FaultOf = Callable[[Site], None]


def _quoted(endpoint: str) -> FaultOf:
    """An error that quotes what came with the request."""

    def quote_all(request: Any, _: Any) -> Any:
        async def reply() -> Any:
            text = (await request.body()).decode() + request.headers.get("authorization", "")
            body = {"error": "invalid_request", "error_description": text}
            return await answer(body, status=400)(request, _)

        return reply()

    return _fault(endpoint, quote_all)


def _pushing(fault: FaultOf = lambda _: None) -> FaultOf:
    """The provider wants requests pushed, and *fault* besides."""

    def demand(site: Site) -> None:
        site.provider.shape = site.provider.shape.but(pushed_requests=PushedRequests.REQUIRED)
        fault(site)

    return demand


def _fault(endpoint: str, fault: Any) -> FaultOf:
    return lambda site: site.provider.faults.always(endpoint, fault)


def _claim(name: str, value: Any) -> FaultOf:
    def edit(site: Site) -> None:
        site.provider.edits.id_token = lambda draft: draft.claims.update({name: value})

    return edit


def _signature(site: Site) -> None:
    def spoil(draft: Any) -> None:
        draft.signature = b"x" * 256

    site.provider.edits.id_token = spoil


def _algorithm(site: Site) -> None:
    site.provider.edits.id_token = lambda draft: draft.header.update(alg="none")


def _response(**changes: str) -> FaultOf:
    def edit(site: Site) -> None:
        def change(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
            return [*(pair for pair in pairs if pair[0] not in changes), *changes.items()]

        site.provider.edits.authorization_response = change

    return edit


def _twice(site: Site) -> None:
    site.provider.edits.authorization_response = lambda pairs: [*pairs, *pairs]


def _database(site: Site) -> None:
    def drop() -> None:
        with site.host._store.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE sessions")

    site.provider.edits.before_signing = drop


FAULTS: dict[str, FaultOf] = {
    "none": lambda _: None,
    "database": _database,
    "quoted": _quoted("token"),
    "pushed": _pushing(),
    "pushed quoted": _pushing(_quoted("pushed_authorization")),
    "pushed garbage": _pushing(_fault("pushed_authorization", garbage())),
    "pushed token quoted": _pushing(_quoted("token")),
    "token 500": _fault("token", answer("no", status=500)),
    "token garbage": _fault("token", garbage()),
    "token redirect": _fault("token", redirect("http://127.0.0.1:1/")),
    "token cut off": _fault("token", cut_off(b"{")),
    "token refused": _fault("token", answer({"error": "invalid_grant"}, status=400)),
    "client refused": _fault("token", answer({"error": "invalid_client"}, status=401)),
    "jwks 500": _fault("jwks", answer("no", status=500)),
    "jwks garbage": _fault("jwks", garbage()),
    "discovery garbage": _fault("discovery", garbage()),
    "issuer": _claim("iss", "https://evil.example"),
    "audience": _claim("aud", "other"),
    "nonce": _claim("nonce", "other"),
    "expired": _claim("exp", 1),
    "subject": _claim("sub", ""),
    "groups": _claim("groups", 7),
    "no role": _claim("groups", []),
    "signature": _signature,
    "algorithm": _algorithm,
    "response iss": _response(iss="https://evil.example"),
    "response error": _response(error="access_denied", code=""),
    "response twice": _twice,
    "response huge": _response(code="c0de" * 2000),
    "response letters": _response(code="c0de\x00\u00e9" + "c0de" * 9),
}


class Traffic:
    """What was secret in all that went over the wires."""

    def __init__(self, site: Site, browser: Browser) -> None:
        self._site, self._browser = site, browser
        self._tokens: list[str] = []
        site.provider.edits.token_answer = self._keep

    def _keep(self, body: dict[str, Any]) -> dict[str, Any]:
        self._tokens += [body["access_token"], body["id_token"]]
        return body

    def secrets(self) -> set[str]:
        """Every text that nobody may read afterwards."""
        found = {SECRET, quote_plus(SECRET), quote(SECRET, safe=""), *self._tokens}
        found |= {token.rpartition(".")[2] for token in self._tokens}
        for request in self._site.provider.requests:
            for name, value in (*request.query, *request.form):
                if name in {
                    "code",
                    "code_verifier",
                    "state",
                    "nonce",
                    "client_secret",
                    "request_uri",
                }:
                    found.add(value)
            found.add(request.headers.get("authorization", "").rpartition(" ")[2])
        for cookie in self._browser.cookies:
            found |= {cookie.value, cookie.value.partition(".")[2]}
        found.add(b64encode(SECRET.encode()).decode())
        return {text for text in found if len(text) >= 16}


@pytest.mark.attack("CFG-04", "CFG-05", "JOS-22", "AUR-16")
@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_secret_is_seen_afterwards(
    make_site: Any, log: list[dict[str, Any]], capfd: pytest.CaptureFixture[str], fault: str
) -> None:
    """Not in the log, on the page, in its headers, on standard error, or in what objects say."""
    site = make_site()
    browser = site.browser()
    traffic = Traffic(site, browser)
    FAULTS[fault](site)

    browser.get(f"{site.base_url}/login")
    page = browser.click("Login with Example Identity")
    if page.url.startswith(site.provider.base_url):
        page = browser.click("alice")

    assert (page.status == 200) is (fault in {"none", "pushed"})
    spoken = _spoken(site, page)
    spoken["log"] = json.dumps(log, default=repr)
    spoken["streams"] = "".join(capfd.readouterr())
    secrets = traffic.secrets()
    assert len(secrets) >= 3
    assert [
        (place, secret[:6])
        for place, text in spoken.items()
        for secret in secrets
        if secret in text
    ] == []


def _spoken(site: Site, page: Page) -> dict[str, str]:
    headers = {name: value for name, value in page.headers.items() if name != "set-cookie"}
    connections = site.host._connections
    objects = [site.host, site.host.config, *site.host.providers.values(), *connections.values()]
    return {
        "page": page.text,
        "headers": repr(headers),
        "objects": repr(objects) + str(objects),
        "health": repr({slug: link.state for slug, link in connections.items()}),
    }

"""People with a browser, and what they and the log get to see."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dockmesh_auth.testing.browser import Browser, Page
from tests.interop.servers import Server


class Person:
    """Somebody with a browser of their own, who has a password at *server*."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self.name = name
        self.browser = Browser(timeout=30)  # a Keycloak's first pages take their time

    def go(self, url: str) -> Page:
        """Ask our pages at *url* for the first provider's form."""
        self.browser.get(f"{url}/")
        return self.browser.click("Login with ")

    def sign_in(self, password: str | None = None) -> Page:
        """Fill in the provider's form, by default with the right password."""
        return self._server.sign_in(self.browser, self.name, password)

    def grants(self, url: str) -> set[tuple[str, str]]:
        """Role and scope of everything that the person may do, as our API at *url* says."""
        page = self.browser.get(f"{url}/api/v1/me")
        assert page.status == 200, page.text
        return {(grant["role"], grant["scope"]) for grant in json.loads(page.text)["grants"]}

    def is_signed_in(self, url: str) -> bool:
        """Whether our pages at *url* know the person."""
        return self.browser.get(f"{url}/").url != f"{url}/login"


def refusals(logs: Sequence[Any]) -> list[str]:
    """The codes of the sign-ins that were refused, of what structlog captured."""
    return [line["code"] for line in logs if line["event"] == "sign_in_refused"]

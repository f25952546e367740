"""A real browser, the demonstration's servers, and a record of all that the browser did.

The driver waits in a process of its own; its synchronous face is used in plain tests, so that no
event loop of the tests is there beside the driver's.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from typing import Any, NoReturn
from urllib.parse import urlsplit

import attrs
import pytest

from dockmesh_auth.assembly.application import serve_host
from dockmesh_auth.assembly.demo import Demo
from dockmesh_auth.assembly.stand_in import find_stand_in
from dockmesh_auth.testing.server import served

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 15_000
"""Milliseconds that one step may take."""


@attrs.define(eq=False)
class Tab:
    """A page of the browser, and what went on in it."""

    page: Any
    console: list[str] = attrs.field(factory=list)
    requests: list[str] = attrs.field(factory=list)

    def watch(self) -> None:
        """Write down what the page says and asks for, from now on."""
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def hosts(self) -> set[str | None]:
        """The hosts that were asked for anything; none for what stands in the page itself."""
        return {urlsplit(url).hostname for url in self.requests if not url.startswith("data:")}

    def choose(self, role: str, name: str) -> None:
        """Click the one thing of *role* that has *name* in its name; wait for the next page."""
        with self.page.expect_navigation():
            self.page.get_by_role(role, name=name).click()

    def press_enter(self) -> None:
        """Press Enter where the focus is, and wait for the next page."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def words(self) -> str:
        """What a person reads, on one line."""
        return " ".join(self.page.locator("body").inner_text().split())

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        wider: int = self.page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
        return wider


def _missing(what: str) -> NoReturn:
    reason = f"{what} is not installed: no sign-in in a real browser"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(name="chromium", scope="module")
def chromium_process() -> Iterator[Any]:
    """One Chromium for all tests of a module; each has its own cookies.

    Not for longer: the driver's event loop stays in the main thread until it is closed, and no
    other test could run one.
    """
    executable = shutil.which("chromium")
    if executable is None:
        _missing("chromium")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - may be missing
    except ImportError:
        _missing("playwright")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(name="tab")
def tab_maker(chromium: Any) -> Iterator[Callable[..., Tab]]:
    """Open a page with cookies of its own; the settings are those of the driver's contexts."""
    with contextlib.ExitStack() as stack:

        def open_tab(**settings: Any) -> Tab:
            context = chromium.new_context(**settings)
            stack.callback(context.close)
            context.set_default_timeout(PATIENCE)
            tab = Tab(context.new_page())
            tab.watch()
            return tab

        yield open_tab


@pytest.fixture(name="demo", scope="module")
def demo_served() -> Iterator[Demo]:
    """What `dockmesh-auth demo` serves."""
    with (
        Demo.prepare(find_stand_in("authentik"), port=0) as demo,
        served(serve_host(demo.host), port=demo.port, lifespan=True),
    ):
        yield demo


@pytest.fixture(name="free_port")
def unused_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port

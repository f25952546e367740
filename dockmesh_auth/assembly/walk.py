"""`demo --walk`: every user of the stand-in signs in over HTTP, as a browser would."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from dockmesh_auth.assembly.application import serve_host
from dockmesh_auth.assembly.demo import Demo, expected_grants
from dockmesh_auth.testing.browser import Browser, Page
from dockmesh_auth.testing.fake_provider.people import FakeUser
from dockmesh_auth.testing.server import served

__all__ = ["WalkResult", "print_walk", "walk_everybody"]

_SITE: Final = " · dockmesh"
"""How the titles of our pages end."""


@frozen
class WalkResult:
    """How one user's sign-in ended.

    Attributes:
        user: The name at the stand-in.
        groups: What the stand-in says of them.
        grants: What the host says they may do; empty if they were refused.
        outcome: `signed in`, or what the page said.
        as_expected: Whether grants and entry are what the table of mappings gives.
    """

    user: str
    groups: tuple[str, ...]
    grants: tuple[str, ...]
    outcome: str
    as_expected: bool


def walk_everybody(demo: Demo) -> Iterator[WalkResult]:
    """Serve *demo* and play the sign-in of each of its users, each in a browser of their own."""
    with served(serve_host(demo.host), port=demo.port, lifespan=True):
        display_name = demo.host.providers[demo.plugin].display_name
        for user in track(demo.stand_in.users, description="Signing in", transient=True):
            yield _walk(demo.base_url, display_name, user)


def _walk(base_url: str, display_name: str, user: FakeUser) -> WalkResult:
    browser = Browser()
    browser.get(f"{base_url}/")
    browser.click(f"Login with {display_name}")
    page = browser.click(user.name)
    if not page.url.startswith(base_url):
        page = browser.click("Continue")
    grants = _grants(browser.get(f"{base_url}/api/v1/me"))
    expected = expected_grants(user.groups)
    return WalkResult(
        user.name,
        tuple(user.groups),
        grants,
        "signed in" if grants else _heading(page),
        grants == expected and (page.status == 200) is bool(expected),  # noqa: PLR2004 - HTTP OK
    )


def _grants(answer: Page) -> tuple[str, ...]:
    if answer.status != 200:  # noqa: PLR2004 - HTTP OK
        return ()
    return tuple(
        f"{grant['role']} on {grant['scope']}" for grant in json.loads(answer.text)["grants"]
    )


def _heading(page: Page) -> str:
    return f"{page.status} {page.title.removesuffix(_SITE)}".strip()


def print_walk(results: Sequence[WalkResult]) -> None:
    """A table: user, groups, grants, outcome."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for title in ("user", "groups", "grants", "outcome", ""):
        table.add_column(title, overflow="fold")
    for result in results:
        table.add_row(
            Text(result.user),
            Text("\n".join(result.groups) or "-"),
            Text("\n".join(result.grants) or "-"),
            Text(result.outcome),
            Text("right", "green") if result.as_expected else Text("WRONG", "bold red"),
        )
    Console().print(table)

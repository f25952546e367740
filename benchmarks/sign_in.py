"""How much a warm sign-in costs over the HTTP requests that it cannot do without.

The host signs in at a provider in another process on loopback; it is warm: metadata and keys are
known, connections kept, the person is not new. Its database is SQLite on disk. What is timed is
the host's own part, start and finish from call to return, waiting for the provider included; not
what the browser does between. The base is the same token request (and the same userinfo request)
by a bare httpx client that is reused.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import random
import subprocess
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from attrs import define, field

from benchmarks.harness import Result, results_of
from benchmarks.provider_process import CALLBACK, CLIENT, GROUPS, SECRET
from benchmarks.report import Part, Row, times
from dockmesh_auth import AuthHost, open_store
from dockmesh_auth.assembly.logs import configure_logs
from dockmesh_auth.testing.browser import Browser

VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()

STORE_STEPS = ("save_attempt", "take_attempt", "sign_in")
HOST_STEPS = ("exchange", "validate", "extract", "resolve")

CONFIG = """\
server: {{base_url: "http://127.0.0.1:9"}}
database: {{driver: sqlite, dsn: "{folder}/dockmesh.db"}}
auth:
  providers:
    - slug: main
      display_name: Main
      issuer_url: {issuer}
      client_id: {client}
      client_secret: {secret}
      groups_claim: groups
      userinfo: {userinfo}
      insecure_allow_http: true
      allow_private_addresses: true
  group_mappings:
    - {{claim_value: {group}, role: operator, scope: all}}
"""

Times = defaultdict[str, list[float]]


@define(eq=False)
class Timed:
    """Hands everything on to *inner*, and notes how long *steps* take."""

    inner: Any
    steps: Collection[str]
    prefix: str
    times: Times

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.inner, name)
        if name not in self.steps:
            return value

        async def timed(*arguments: Any, **named: Any) -> Any:
            return await clocked(
                self.times[f"{self.prefix}{name}"], lambda: value(*arguments, **named)
            )

        return timed


async def clocked(times: list[float], do: Callable[[], Awaitable[Any]]) -> Any:
    """What *do* gives; its time in microseconds joins *times*."""
    begin = time.perf_counter_ns()
    value = await do()
    times.append((time.perf_counter_ns() - begin) / 1000)
    return value


@define
class Bench:
    """A host, a bare client and a person's browser at the same provider."""

    host: AuthHost
    issuer: str
    asks_userinfo: bool
    times: Times = field(factory=lambda: defaultdict(list))
    browser: Browser = field(factory=lambda: Browser(stop_before=CALLBACK))

    def answer(self, url: str) -> list[tuple[str, str]]:
        """What the browser brings back from *url*; the person signs in the first time."""
        page = self.browser.get(url)
        if "location" not in page.headers:
            page = self.browser.click("alice")
        return parse_qsl(urlsplit(page.headers["location"]).query)

    async def sign_in(self, into: str) -> None:
        """A whole sign-in by the host."""
        own: list[float] = []
        started = await clocked(own, lambda: self.host.start_sign_in("main", return_to="/"))
        parameters = self.answer(started.url)
        await clocked(
            own,
            lambda: self.host.finish_sign_in(
                parameters,
                posted=False,
                slug=None,
                browser_tokens={started.attempt_key: started.browser_token},
            ),
        )
        self.times[into].append(sum(own))

    async def requests(self, client: httpx.AsyncClient | None, into: str) -> None:
        """The bare requests, with *client* or with a new one for each."""
        code = dict(self.answer(f"{self.issuer}/authorize?{urlencode(self._asked())}"))["code"]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }

        async def ask() -> None:
            async with _used(client) as one:
                answer = await one.post(f"{self.issuer}/token", data=form, auth=(CLIENT, SECRET))
                token = answer.raise_for_status().json()["access_token"]
            if self.asks_userinfo:
                async with _used(client) as one:
                    bearer = {"authorization": f"Bearer {token}"}
                    (await one.get(f"{self.issuer}/userinfo", headers=bearer)).raise_for_status()

        await clocked(self.times[into], ask)

    def _asked(self) -> dict[str, str]:
        return {
            "response_type": "code",
            "client_id": CLIENT,
            "redirect_uri": CALLBACK,
            "scope": "openid profile email",
            "state": "s",
            "nonce": "n",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }


def _used(client: httpx.AsyncClient | None) -> contextlib.AbstractAsyncContextManager[Any]:
    return httpx.AsyncClient() if client is None else contextlib.nullcontext(client)


@contextlib.contextmanager
def provider() -> Iterator[str]:
    """The address of a provider in another process."""
    command = [sys.executable, "-m", "benchmarks.provider_process"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        yield child.stdout.readline().strip()
        child.stdin.close()


def write_config(folder: str, issuer: str, userinfo: str) -> Path:
    """A configuration for *issuer*, with its database in *folder*."""
    path = Path(folder) / "dockmesh.yaml"
    path.write_text(
        CONFIG.format(
            folder=folder,
            issuer=issuer,
            client=CLIENT,
            secret=SECRET,
            userinfo=userinfo,
            group=GROUPS[0],
        )
    )
    path.chmod(0o600)
    return path


async def interleaved(kinds: Mapping[str, Callable[[str], Awaitable[None]]], rounds: int) -> None:
    """All *kinds*, which note their times under their names, in random order in every round."""
    order = random.Random(1)
    for kind in kinds.values():
        await kind("warm-up")
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name in order.sample(list(kinds), len(kinds)):
                await kinds[name](name)
    finally:
        gc.enable()


async def compared(bench: Bench, prefix: str, rounds: int) -> None:
    """The sign-in beside its base; apart from it, and beside the base again, what is done
    elsewhere: it leaves the caches of the processor cold.
    """
    async with httpx.AsyncClient() as client:
        bare = partial(bench.requests, client)
        await interleaved(
            {f"{prefix}bare requests": bare, f"{prefix}sign-in": bench.sign_in}, rounds
        )
        await interleaved(
            {
                f"{prefix}bare requests again": bare,
                f"{prefix}new client each time": partial(bench.requests, None),
            },
            rounds,
        )


async def breakdown(bench: Bench, prefix: str, rounds: int) -> None:
    """Where the time of a sign-in goes: every wait for the store and for the connection."""
    times, store = bench.times, bench.host._store
    for _ in range(rounds):
        await clocked(times[f"{prefix}a hop to the store's thread"], lambda: store.read(bool))
    bench.host._sign_ins._store = Timed(store, STORE_STEPS, f"{prefix}store: ", times)
    connections: Any = bench.host._connections
    connections["main"] = Timed(connections["main"], HOST_STEPS, f"{prefix}host: ", times)
    for _ in range(rounds):
        await bench.sign_in(f"{prefix}sign-in with clocks in it")


async def measured(issuer: str, userinfo: str, rounds: int) -> dict[str, list[float]]:
    """The times of one way to sign in, under names that begin with it."""
    prefix = "with userinfo: " if userinfo == "always" else "token only: "
    with tempfile.TemporaryDirectory() as folder:
        path = write_config(folder, issuer, userinfo)
        bench = Bench(
            AuthHost.from_config(path, open_store=open_store), issuer, userinfo == "always"
        )
        try:
            await compared(bench, prefix, rounds)
            await breakdown(bench, prefix, rounds)
        finally:
            await bench.host.close()
    return {name: own for name, own in bench.times.items() if name.startswith(prefix)}


def run(rounds: int) -> Part:
    """Measure."""
    rows: list[Row] = []
    results: list[Result] = []
    configure_logs(level=logging.WARNING)
    with provider() as issuer:
        for userinfo in ("never", "always"):
            found = asyncio.run(measured(issuer, userinfo, rounds))
            prefix = next(iter(found)).partition(": ")[0]
            bases = dict.fromkeys(found, f"{prefix}: bare requests")
            bases[f"{prefix}: new client each time"] = f"{prefix}: bare requests again"
            part = {result.name: result for result in results_of(found, bases)}
            live = times(part[f"{prefix}: new client each time"])
            rows.append(
                Row(
                    f"warm sign-in over its bare requests, {prefix}",
                    times(part[f"{prefix}: sign-in"]),
                    "1.3",
                    "2",
                    f"a new client each time: live {live}; 28 with discovery and keys",
                )
            )
            results += part.values()
    return Part(rows, results)

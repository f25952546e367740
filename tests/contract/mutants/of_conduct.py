"""Plugins that do more than answer, or do not answer at all."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
import time
import urllib.request
import warnings
from pathlib import Path

import attrs

from dockmesh_auth import Claims, TokenRejected
from tests.contract.mutants.families import DIRECTORY, FORGE, STRICT
from tests.contract.mutants.mutant import instead, wrong

FOR_EVER = 30.0


say = print


def before(plugin, hook, deed):
    """Do *deed* with all arguments of *hook* before it answers."""
    right = getattr(plugin, f"dockmesh_auth_{hook}")
    names = right.__code__.co_varnames[: right.__code__.co_argcount]
    call = f"lambda {', '.join(names)}: (deed({', '.join(names)}), right({', '.join(names)}))[1]"
    function = eval(call, {"deed": deed, "right": right})
    function.__name__ = f"dockmesh_auth_{hook}"
    instead(plugin)(function)


# --- what is secret ----------------------------------------------------------------------------


@wrong(STRICT, "nothing-secret-is-printed")
def prints_the_token(plugin):
    before(plugin, "validate_token", lambda p, v, tokens, e: say(tokens.id_token.reveal()))


@wrong(STRICT, "nothing-secret-is-printed")
def logs_the_access_token(plugin):
    log = logging.getLogger("strict")
    before(
        plugin,
        "validate_token",
        lambda p, v, tokens, e: log.debug("got %s", tokens.access_token.reveal()),
    )


@wrong(STRICT, "nothing-secret-is-printed")
def warns_of_the_client_secret(plugin):
    before(
        plugin,
        "discover",
        lambda provider, fetch: warnings.warn(provider.client_secret.reveal(), stacklevel=1),
    )


@wrong(STRICT, "nothing-secret-is-in-an-error")
def refuses_with_the_token_in_the_text(plugin):
    right = plugin.dockmesh_auth_validate_token

    @instead(plugin)
    def dockmesh_auth_validate_token(provider, verifier, tokens, expected):
        try:
            return right(provider, verifier, tokens, expected)
        except TokenRejected as refusal:
            token = tokens.id_token.reveal()
            raise TokenRejected(refusal.code, f"cannot accept {token}") from None


@wrong(STRICT, "nothing-secret-is-in-an-error")
def refuses_with_the_token_as_evidence(plugin):
    right = plugin.dockmesh_auth_validate_token

    @instead(plugin)
    def dockmesh_auth_validate_token(provider, verifier, tokens, expected):
        try:
            return right(provider, verifier, tokens, expected)
        except TokenRejected as refusal:
            evidence = {"access_token": tokens.access_token.reveal()}
            raise TokenRejected(refusal.code, evidence=evidence) from None


@wrong(STRICT, "nothing-secret-is-in-an-answer")
def keeps_the_token_among_the_claims(plugin):
    @instead(plugin)
    def vouched(claims, tokens):
        members = claims | {"access_token": tokens.access_token.reveal()}
        return Claims(members, issuer=claims["iss"], subject=claims["sub"])


@wrong(STRICT, "nothing-secret-is-in-an-answer")
def shows_the_client_secret_as_a_name(plugin):
    right = plugin.dockmesh_auth_extract_claims

    @instead(plugin)
    def dockmesh_auth_extract_claims(provider, claims):
        return attrs.evolve(right(claims), display_name=provider.client_secret.reveal())


@wrong(STRICT, "nothing-is-printed")
def prints_who_signs_in(plugin):
    before(plugin, "extract_claims", lambda claims: say("signed in:", claims.get("email")))


@wrong(STRICT, "nothing-is-printed")
def logs_who_signs_in(plugin):
    log = logging.getLogger("strict")
    before(plugin, "extract_claims", lambda claims: log.warning("signed in: %s", claims.subject))


# --- what is opened ----------------------------------------------------------------------------


def asks_by_itself(provider):
    """A request past `fetch`."""
    url = f"{provider.issuer}/.well-known/openid-configuration"
    with urllib.request.urlopen(url, timeout=5) as answer:
        answer.read()


@wrong(DIRECTORY, "nothing-is-opened")
def asks_with_a_client_of_its_own(plugin):
    right = plugin.read_groups

    @instead(plugin)
    async def read_groups(provider, fetch):
        asks_by_itself(provider)
        return await right(provider, fetch)


@wrong(DIRECTORY, "nothing-is-opened")
def asks_in_another_thread(plugin):
    right = plugin.read_groups

    @instead(plugin)
    async def read_groups(provider, fetch):
        await asyncio.to_thread(asks_by_itself, provider)
        return await right(provider, fetch)


@wrong(STRICT, "nothing-is-opened")
def reads_a_file_in_a_pure_hook(plugin):
    before(plugin, "resolve_roles", lambda provider, profile: Path("/dev/null").read_bytes())


@wrong(STRICT, "nothing-is-opened")
def writes_people_to_a_file(plugin):
    def keep(claims):
        with Path("/dev/null").open("a") as file:
            file.write(str(claims.subject))

    before(plugin, "extract_claims", keep)


@wrong(STRICT, "nothing-is-opened")
def starts_a_process(plugin):
    before(
        plugin,
        "extract_claims",
        lambda claims: subprocess.run(
            [sys.executable, "--version"], capture_output=True, check=True
        ),
    )


# --- what is changed ---------------------------------------------------------------------------


@wrong(STRICT, "arguments-are-left-alone")
def changes_the_provider(plugin):
    before(
        plugin,
        "discover",
        lambda provider, fetch: object.__setattr__(provider, "clock_skew", 300),
    )


@wrong(STRICT, "arguments-are-left-alone")
def changes_the_claims(plugin):
    before(
        plugin,
        "extract_claims",
        lambda claims: object.__setattr__(claims, "_members", {**claims, "email": "a@b.example"}),
    )


@wrong(STRICT, "arguments-are-left-alone")
def changes_the_table(plugin):
    def sort(provider, profile):
        table = provider.mappings
        object.__setattr__(table, "rows", tuple(reversed(table.rows)))

    before(plugin, "resolve_roles", sort)


@wrong(STRICT, "arguments-are-left-alone")
def changes_the_profile(plugin):
    before(
        plugin,
        "resolve_roles",
        lambda provider, profile: object.__setattr__(profile, "username", "changed"),
    )


# --- who never answers -------------------------------------------------------------------------


def sleeps(*_):
    time.sleep(FOR_EVER)


@wrong(STRICT, "it-describes-itself-the-same-way-twice", blocks=True)
def blocks_while_it_describes_itself(plugin):
    before(plugin, "describe", sleeps)


@wrong(STRICT, "every-hook-answers-in-time", blocks=True)
def blocks_in_discovery(plugin):
    before(plugin, "discover", sleeps)


@wrong(STRICT, "every-hook-answers-in-time", blocks=True)
def blocks_in_validation(plugin):
    def spin(*_):
        until = time.monotonic() + FOR_EVER
        while time.monotonic() < until:
            time.sleep(0.01)

    before(plugin, "validate_token", spin)


@wrong(FORGE, "every-hook-answers-in-time", blocks=True)
def waits_for_ever_for_the_account(plugin):
    @instead(plugin)
    async def dockmesh_auth_fetch_user(provider, fetch):
        await asyncio.Event().wait()


@wrong(STRICT, "every-hook-answers-in-time", blocks=True)
def blocks_in_extraction(plugin):
    before(plugin, "extract_claims", sleeps)


@wrong(STRICT, "every-hook-answers-in-time", blocks=True)
def waits_for_a_lock_in_resolution(plugin):
    lock = threading.Lock()
    lock.acquire()
    before(plugin, "resolve_roles", lambda provider, profile: lock.acquire(timeout=FOR_EVER))


@wrong(FORGE, "person-outage", blocks=True)
def tries_again_for_ever(plugin):
    @instead(plugin)
    async def read_groups(provider, fetch):
        while True:
            answer = await fetch(f"{provider.issuer}/teams", with_access_token=True)
            if answer.status == 200:
                return plugin.Groups.of(answer.frozen_json())
            await asyncio.sleep(0.05)

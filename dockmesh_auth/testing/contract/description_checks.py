"""What a plugin says of itself: what must hold of `describe`."""

from __future__ import annotations

import re
from typing import Final

from dockmesh_auth.hookspecs import CONTRACT_VERSION, PluginDescription
from dockmesh_auth.host.config.names import BUILT_IN
from dockmesh_auth.oidc.addresses import parse_location
from dockmesh_auth.testing.contract.bench import Bench
from dockmesh_auth.testing.contract.check import (
    NotApplicable,
    Part,
    Registry,
    broken,
)
from dockmesh_auth.testing.contract.places import DESCRIBING, TRUST, VERSIONS
from dockmesh_auth.testing.contract.watch import watched

__all__ = ["DESCRIPTION"]

DESCRIPTION: Final = Registry(Part.DESCRIPTION)

_NAME: Final = re.compile("[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
# RFC 6749, section 3.3
_SCOPE: Final = re.compile(r"[!#-\[\]-~]+")
_CHANGE_HANDS: Final = frozenset(
    {
        "email",
        "login",
        "mail",
        "name",
        "nickname",
        "preferred_username",
        "unique_name",
        "upn",
        "username",
    }
)


def _of(bench: Bench) -> PluginDescription:
    return bench.plugin.description


@DESCRIPTION.add(why="It is written in files and typed by people.", where=DESCRIBING)
async def the_name_is_a_word(bench: Bench) -> None:
    """The name is one word of small letters and digits."""
    if not _NAME.fullmatch(_of(bench).name):
        broken("the name is not a word of small letters, digits and hyphens")


@DESCRIPTION.add(why="The login page shows it.", where=DESCRIBING)
async def the_display_name_can_be_read(bench: Bench) -> None:
    """The display name is printable, and not longer than a button."""
    name = _of(bench).display_name
    if not name.strip() or not name.isprintable() or len(name) > 80:  # noqa: PLR2004
        broken("the display name is empty, too long, or holds what nobody can see")


@DESCRIPTION.add(
    why="A plugin that follows the host's version by itself says nothing of what it was made for.",
    where=VERSIONS,
)
async def the_contract_version_is_this_hosts(bench: Bench) -> None:
    """The contract version is the one that this host has."""
    if _of(bench).contract_version != CONTRACT_VERSION:
        broken(f"it was written for contract {_of(bench).contract_version}")


@DESCRIPTION.add(why="What changes between two calls cannot be relied on.", where=DESCRIBING)
async def it_describes_itself_the_same_way_twice(bench: Bench) -> None:
    """Two calls give equal descriptions."""
    if bench.under_test.plugin.dockmesh_auth_describe() != _of(bench):
        broken("two descriptions of one plugin differ")


@DESCRIPTION.add(
    why="Without it there is no ID token, and no one to sign in.",
    where="OpenID Connect Core 1.0, section 3.1.2.1",
)
async def openid_is_asked_for(bench: Bench) -> None:
    """The default scopes hold `openid` where ID tokens are expected."""
    if not _of(bench).id_token:
        raise NotApplicable("the provider sends no ID tokens")
    if "openid" not in _of(bench).scopes:
        broken("the default scopes lack `openid`")


@DESCRIPTION.add(why="The provider would refuse every sign-in.", where="RFC 6749, section 3.3")
async def scopes_are_scopes(bench: Bench) -> None:
    """Each default scope is one word of visible ASCII, and stands once."""
    scopes = _of(bench).scopes
    if len(set(scopes)) != len(scopes) or not all(map(_SCOPE.fullmatch, scopes)):
        broken("a default scope is not one word, or stands twice")


@DESCRIPTION.add(
    why="A long-lived token that nobody uses is one more that can be stolen.",
    where="RFC 9700, section 2.2.2",
)
async def no_refresh_token_is_asked_for(bench: Bench) -> None:
    """The default scopes do not ask for a refresh token, which nothing here uses."""
    if "offline_access" in _of(bench).scopes:
        broken("the default scopes hold `offline_access`")


@DESCRIPTION.add(
    why="Names and addresses change hands; whoever gets an old one would get its roles.",
    where="OpenID Connect Core 1.0, section 5.7",
)
async def people_are_not_known_by_a_name(bench: Bench) -> None:
    """The claim that identifies people is no name and no address."""
    if _of(bench).subject_claim in _CHANGE_HANDS:
        broken(f"people are identified by `{_of(bench).subject_claim}`, which can change hands")


@DESCRIPTION.add(why="The access token may be sent there.", where=TRUST)
async def hosts_are_names_of_hosts(bench: Bench) -> None:
    """The hosts beside the issuer's are names in the public Internet, not this machine's."""
    for host in _of(bench).hosts:
        location = parse_location(f"https://{host}")
        if location.is_loopback or "." not in location.host or location.host[-1].isdigit():
            broken(f"the host {host!r} is not the name of a host in the public Internet")


@DESCRIPTION.add(why="Administrators read it where they write the value.", where=DESCRIBING)
async def options_are_explained(bench: Bench) -> None:
    """Each option has a sentence for administrators."""
    for option in _of(bench).options:
        if len(option.description.split()) < 3 or not option.description.isprintable():  # noqa: PLR2004
            broken(f"the option {option.name!r} is not explained")


@DESCRIPTION.add(why="A file without the key must be a good one.", where=DESCRIBING)
async def options_have_good_defaults(bench: Bench) -> None:
    """The default of a choice is one of its choices, that of a list with choices holds no other."""
    for option in _of(bench).options:
        default = option.default
        chosen = default if isinstance(default, tuple) else (default,)
        if option.choices and not set(chosen) <= set(option.choices):
            broken(f"the default of {option.name!r} is not among its choices")


@DESCRIPTION.add(why="Defaults are for everybody; a secret in them is nobody's.", where=DESCRIBING)
async def options_hold_no_secret(bench: Bench) -> None:
    """No option is for a secret: options are shown in messages; `client_secret` is not."""
    for option in _of(bench).options:
        if re.search("secret|password|token$|private_key", option.name):
            broken(f"the option {option.name!r} is for a secret, and options are shown")


@DESCRIPTION.add(why="Start-up would wait for it, or fail with it.", where=DESCRIBING)
async def describing_asks_nobody(bench: Bench) -> None:
    """Describing itself opens no file, no connection and no process, and prints nothing."""
    ask = bench.plugin.hooks["dockmesh_auth_describe"].ask
    with watched() as deeds:
        await bench.plugin.lane.run(ask, bench.deadlines.pure)
    if deeds.seen or deeds.said_by_plugins:
        broken(f"it did more than answer: {', '.join(deeds.seen) or 'it printed something'}")


@DESCRIPTION.add(why="The name would stand for two things.", where=DESCRIBING)
async def the_name_is_not_the_built_ins(bench: Bench) -> None:
    """Only the built-in is called `oidc`."""
    if _of(bench).name == BUILT_IN and not bench.under_test.plugin.__name__.startswith(
        "dockmesh_auth."
    ):
        broken(f"the name {BUILT_IN!r} is the built-in's")

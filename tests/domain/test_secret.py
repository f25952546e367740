"""A secret is shown by nothing, alone or inside the values that hold it."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from typing import Any

import attrs
import cattrs
import msgspec
import pytest

from dockmesh_auth.domain import login, ports, provider, session, tokens
from dockmesh_auth.domain.grants import Grants
from dockmesh_auth.domain.groups import Groups
from dockmesh_auth.domain.identity import Identity
from dockmesh_auth.domain.login import LoginAttempt
from dockmesh_auth.domain.ports import Answer, Request
from dockmesh_auth.domain.provider import Provider, ResponseMode
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.session import NewSession, Session, User
from dockmesh_auth.domain.tokens import Expectation, TokenResponse

CANARY = "canary-5c1f9e"

VALUES: dict[str, Any] = {
    "Secret": Secret(CANARY),
    "LoginAttempt": LoginAttempt(
        state_digest="0" * 64,
        browser_digest="1" * 64,
        provider="main",
        redirect_uri="https://dockmesh.example/auth/oidc/callback",
        response_mode=ResponseMode.QUERY,
        nonce=CANARY,
        code_verifier=Secret(CANARY),
        return_to="/hosts",
        expires_at=1.0,
    ),
    "TokenResponse": TokenResponse(
        id_token=Secret(CANARY), access_token=Secret(CANARY), refresh_token=Secret(CANARY)
    ),
    "Expectation": Expectation(nonce=CANARY, now=1.0),
    "Provider": Provider(
        slug="main",
        display_name="Main",
        issuer="https://id.example/",
        client_id="dockmesh",
        client_secret=Secret(CANARY),
        decryption_keys=(Secret(CANARY), Secret(CANARY)),
    ),
    "NewSession": NewSession(
        token=Secret(CANARY),
        is_new_user=True,
        session=Session(
            digest="0" * 64,
            provider="main",
            created_at=1.0,
            expires_at=2.0,
            user=User(
                id="u",
                identity=Identity("https://id.example/", "u1"),
                provider="main",
                username="ada",
                display_name="Ada",
                email=f"{CANARY}@example.org",
                groups=Groups.of(()),
                grants=Grants(),
            ),
        ),
    ),
    "Request": Request(
        method="POST",
        url="https://id.example/token",
        headers={"Authorization": f"Bearer {CANARY}"},
        body=f"client_secret={CANARY}".encode(),
    ),
    "Answer": Answer(
        status=200,
        headers={"set-cookie": f"session={CANARY}"},
        body=f'{{"access_token":"{CANARY}"}}'.encode(),
    ),
}
HOLDERS = [name for name, value in VALUES.items() if name != "Secret"]


def log_line(value: Any) -> str:
    record = logging.LogRecord("x", logging.INFO, "x", 1, "value %s %r", (value, value), None)
    return logging.Formatter().format(record)


WAYS: dict[str, Callable[[Any], str]] = {
    "repr": repr,
    "str": str,
    "ascii": ascii,
    "format": format,
    "f-string": lambda value: f"{value} {value!r} {value!s} {value!a}",
    "percent": lambda value: "%s %r %a" % (value, value, value),  # noqa: UP031 - the way under test
    "str.format": "{0} {0!r} {0!s}".format,
    "in a list": lambda value: str([value]),
    "in a dict": lambda value: repr({"a": value}),
    "pprint": pprint.pformat,
    "log": log_line,
    "json default": lambda value: json.dumps({"a": value}, default=str),
    "exception": lambda value: repr(ValueError(value)) + str(ValueError(value)),
}


@pytest.mark.attack("CFG-04")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", VALUES)
def test_no_way_of_printing_shows_it(way: str, name: str) -> None:
    """The secret itself, and every value of the domain that holds secrets."""
    assert CANARY not in WAYS[way](VALUES[name])


@pytest.mark.attack("CFG-04")
def test_the_walk_knows_every_value_that_holds_a_secret() -> None:
    """A new class of the domain with a secret has to join the walk above."""
    holding = {
        name
        for module in (login, ports, provider, session, tokens)
        for name, kind in vars(module).items()
        if attrs.has(kind)
        if any("Secret" in str(member.type) or not member.repr for member in attrs.fields(kind))
    }
    # `MappingTable` and `Profile` hide an index and an address, `User` lies within `NewSession`.
    assert holding - {"MappingTable", "Profile", "User"} == set(HOLDERS)


@pytest.mark.attack("CFG-04")
@pytest.mark.parametrize("spec", ["", "s", "20", ">20", "^30", ".3"])
def test_a_format_specification_applies_to_the_mask(spec: str) -> None:
    """Width and alignment do not reach the text."""
    assert format(Secret(CANARY), spec) == format("<secret>", spec)


@pytest.mark.attack("CFG-04")
@pytest.mark.parametrize(
    "attempt",
    [
        json.dumps,
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        msgspec.json.encode,
        msgspec.to_builtins,
        vars,
        list,
        iter,
        bytes,
        "".join,
        lambda secret: secret + "",
        lambda secret: "" + secret,
        lambda secret: secret[0],
    ],
)
@pytest.mark.parametrize("frame", [lambda secret: secret, lambda secret: [secret]])
def test_it_cannot_be_written_by_accident(
    attempt: Callable[[Any], Any], frame: Callable[[Secret], Any]
) -> None:
    """Serialisers and text operations fail, and their error does not show it either."""
    value = frame(Secret(CANARY))
    try:
        shown = repr(attempt(value))
        assert isinstance(value, list)
    except (TypeError, NotImplementedError, AttributeError):
        shown = traceback.format_exc()
    assert CANARY not in shown


@pytest.mark.attack("CFG-04")
def test_it_cannot_be_pickled_or_copied() -> None:
    """Said in so many words."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="cannot be pickled or copied"):
            pickle.dumps(Secret(CANARY), protocol)
    with pytest.raises(TypeError, match="cannot be pickled or copied"):
        copy.deepcopy(Secret(CANARY))
    with pytest.raises(TypeError):
        json.dumps(Secret(CANARY))


@pytest.mark.attack("CFG-04")
@pytest.mark.parametrize("name", ["Provider", "TokenResponse", "NewSession"])
def test_taking_a_value_apart_does_not_reveal_it(name: str) -> None:
    """`asdict`, `astuple` and cattrs hand the secret on as a secret."""
    value = VALUES[name]
    for apart in (attrs.asdict(value), attrs.astuple(value), cattrs.unstructure(value)):
        text = repr(apart).replace(f"{CANARY}@example.org", "")
        assert CANARY not in text
        assert "<secret>" in text


@pytest.mark.attack("CFG-04")
@pytest.mark.parametrize("name", ["LoginAttempt", "Provider", "TokenResponse", "NewSession"])
def test_a_value_that_holds_it_cannot_be_pickled(name: str) -> None:
    """A cache or queue that would write it to disk fails."""
    with pytest.raises(TypeError):
        pickle.dumps(VALUES[name])


def test_it_is_revealed_by_name_only() -> None:
    """`reveal` is the one way."""
    assert Secret(CANARY).reveal() == CANARY
    assert sorted(name for name in dir(Secret) if not name.startswith("_")) == ["matches", "reveal"]


def test_secrets_compare_by_text() -> None:
    """Equal text, equal secret, equal hash; a string is never equal to a secret."""
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


@pytest.mark.parametrize(
    ("kept", "offered", "same"),
    [
        ("a", "a", True),
        ("a", "A", False),
        ("a", "a ", False),
        ("a", "", False),
        ("", "", True),
        ("\u00e9", "\u00e9", True),
        ("\u00e9", "e\u0301", False),
        ("a", "\ud800", False),
        ("\ud800", "\ud800", True),
        ("\ud800", "a", False),
    ],
)
def test_it_matches_the_same_text(kept: str, offered: str, *, same: bool) -> None:
    """Code point by code point; no text makes the comparison raise and show it."""
    assert Secret(kept).matches(offered) is same


def test_it_is_true_if_there_is_text() -> None:
    """An empty secret is none."""
    assert (bool(Secret("a")), bool(Secret("")), len(Secret("abc"))) == (True, False, 3)

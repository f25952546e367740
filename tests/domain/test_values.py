"""The other values: immutable, strict by default, and with answers for odd input."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import attrs
import pytest

import dockmesh_auth.domain
from dockmesh_auth.domain.groups import Groups
from dockmesh_auth.domain.identity import Identity, Profile
from dockmesh_auth.domain.login import LOGIN_LIFETIME
from dockmesh_auth.domain.metadata import ProviderMetadata
from dockmesh_auth.domain.ports import Answer, Request
from dockmesh_auth.domain.provider import (
    DEFAULT_ALGORITHMS,
    MissingGroups,
    NetworkRules,
    Provider,
)
from dockmesh_auth.domain.session import SessionPolicy

VALUE_CLASSES = sorted(
    {
        kind
        for module in pkgutil.iter_modules(dockmesh_auth.domain.__path__, "dockmesh_auth.domain.")
        for kind in vars(importlib.import_module(module.name)).values()
        if isinstance(kind, type) and attrs.has(kind)
    },
    key=lambda kind: kind.__name__,
)


def provider(**more: Any) -> Provider:
    return Provider(
        slug="main",
        display_name="Main",
        issuer="https://id.example/",
        client_id="dockmesh",
        **more,
    )


@pytest.mark.attack("PLG-08")
@pytest.mark.parametrize("kind", VALUE_CLASSES, ids=lambda kind: kind.__name__)
def test_every_value_is_frozen_and_slotted(kind: type[attrs.AttrsInstance]) -> None:
    """Nobody who is handed a value can change it or hang something on it."""
    made = kind.__new__(kind)
    for name in [*(member.name for member in attrs.fields(kind)), "new"]:
        with pytest.raises((attrs.exceptions.FrozenInstanceError, AttributeError)):
            setattr(made, name, "x")
    assert not hasattr(made, "__dict__")


@pytest.mark.attack("PLG-08")
def test_a_plugins_options_are_read_only() -> None:
    """They are copied: neither plugin nor configuration changes them afterwards."""
    written = {"region": "eu"}
    made = provider(options=written)
    written["region"] = "us"
    assert dict(made.options) == {"region": "eu"}
    with pytest.raises(TypeError):
        made.options["region"] = "us"  # type: ignore[index]


@pytest.mark.attack("CLM-12", "DIS-16", "DIS-20")
def test_a_provider_is_strict_unless_it_is_told_otherwise() -> None:
    """Nothing is granted, trusted or opened by default."""
    made = provider()
    assert made.mappings.rows == ()
    assert made.default_grant is None
    assert made.missing_groups is MissingGroups.REFUSE
    assert made.trusted_audiences == frozenset()
    assert made.decryption_keys == ()
    assert made.auto_login is False
    assert made.clock_skew == 60
    assert made.network == NetworkRules(
        allow_private_addresses=False,
        insecure_allow_http=False,
        allowed_hosts=frozenset(),
        ca_file=None,
        timeout=5.0,
        max_answer=262_144,
    )


@pytest.mark.attack("DIS-13", "JOS-01", "JOS-02")
def test_only_asymmetric_algorithms_are_accepted_by_default() -> None:
    """No `none`, and nothing that a client secret or a public key could be used for."""
    assert set(DEFAULT_ALGORITHMS) == {"RS256", "ES256", "EdDSA", "Ed25519"}
    assert provider().id_token_algorithms == DEFAULT_ALGORITHMS


def test_times() -> None:
    """Ten minutes for a sign-in; an hour idle and a day in all for a session."""
    assert LOGIN_LIFETIME == 600
    assert SessionPolicy() == SessionPolicy(idle=3600, absolute=86_400)


def test_metadata_is_kept_as_published() -> None:
    """Only what is required has to be given; what is silent claims nothing."""
    made = ProviderMetadata(
        issuer="https://id.example/",
        authorization_endpoint="https://id.example/authorize",
        token_endpoint="https://id.example/token",
    )
    assert made.jwks_uri is made.userinfo_endpoint is made.end_session_endpoint is None
    assert made.code_challenge_methods_supported == ()
    assert made.authorization_response_iss_parameter_supported is False


@pytest.mark.attack("ACC-03", "ACC-06", "ACC-07")
@pytest.mark.parametrize(
    ("issuer", "subject"),
    [
        ("https://other.example/", "abc"),
        ("https://id.example", "abc"),
        ("https://ID.example/", "abc"),
        ("https://id.example/", "ABC"),
        ("https://id.example/", "abc "),
        ("https://id.example/", "\u00e1bc"),
        ("https://id.example/", "a\u0301bc"),
        ("https://id.example/", "\u0430bc"),
    ],
)
def test_an_identity_is_issuer_and_subject_exactly(issuer: str, subject: str) -> None:
    """One code point of difference in either is another person; there is no third part."""
    assert Identity(issuer, subject) != Identity("https://id.example/", "abc")
    assert [member.name for member in attrs.fields(Identity)] == ["issuer", "subject"]


def test_a_profile_needs_its_groups() -> None:
    """Names may be empty; what is known of groups has to be said."""
    assert Profile(groups=Groups.of(())).username == ""
    with pytest.raises(TypeError):
        Profile()  # type: ignore[call-arg]


def test_addresses_are_not_shown() -> None:
    """A log that shows a profile shows no e-mail address."""
    assert "@" not in repr(Profile(email="ada@example.org", groups=Groups.of(())))


@pytest.mark.parametrize(
    ("header", "media_type"),
    [
        ("application/json", "application/json"),
        ("Application/JSON; charset=utf-8", "application/json"),
        (" text/html ;x", "text/html"),
        (";", ""),
        ("", ""),
    ],
)
def test_a_media_type_is_read(header: str, media_type: str) -> None:
    """Lower case, without parameters."""
    assert Answer(status=200, headers={"content-type": header}, body=b"").media_type == media_type


def test_no_media_type_is_empty() -> None:
    """An answer need not have one."""
    assert Answer(status=200, headers={}, body=b"").media_type == ""


def test_an_answers_json_is_strict() -> None:
    """The same rules as for tokens; frozen on request."""
    answer = Answer(status=200, headers={}, body=b'{"a":[1]}')
    assert answer.json() == {"a": [1]}
    assert answer.frozen_json() == {"a": (1,)}
    for body in (b"", b"<html>", b'{"a":1,"a":2}', b"NaN"):
        with pytest.raises(ValueError, match="JSON"):
            Answer(status=200, headers={}, body=body).json()


def test_a_request_asks_and_sends_nothing_by_default() -> None:
    """GET, no headers, no body."""
    assert Request(url="https://id.example/") == Request(
        method="GET", url="https://id.example/", headers={}, body=None
    )

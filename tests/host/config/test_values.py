"""Values of the right type that are not allowed, and the bounds of those that are."""

from __future__ import annotations

import json
from typing import Any

import pytest

BAD, TWICE = "CONFIG_INVALID_VALUE", "CONFIG_DUPLICATE"

REFUSED: list[tuple[str, object]] = [
    *(("slug", value) for value in ("", "Work", "-work", "a b", "ä", "a/b", "a" * 64, "a\n")),
    *(("plugin", value) for value in ("", "a b", ".x", "../x")),
    *(("display_name", value) for value in ("", " ", "a\nb", "a\u202eb", "x" * 81)),
    *(
        ("issuer_url", value)
        for value in (
            "",
            "login.example.com",
            "/o/work",
            "//login.example.com",
            "http://login.example.com",
            "http://localhost:9000",
            "ftp://login.example.com",
            "https://",
            "https:///o/work",
            "https://login.example.com/?x=1",
            "https://login.example.com/?",
            "https://login.example.com/#x",
            "https://login.example.com/#",
            "https://user:pass@login.example.com",
            "https://user@login.example.com",
            "https://login.example.com:99999",
            "https://login.example.com:x",
            "https://login.example.com /",
            "https://login.example.com/\n",
            "https://login\\example.com",
            "https://lögin.example.com",
            "https://login.example.com/" + "x" * 2048,
        )
    ),
    *(("discovery_url", value) for value in ("", "x", "http://login.example.com", "https://x/#y")),
    *(("client_id", value) for value in ("", "a\nb", "ä", "x" * 513)),
    ("client_secret", ""),
    *(("client_authentication", value) for value in ("", "private_key_jwt", "NONE")),
    *(("scopes", value) for value in ("", " , ", [], ["openid", ""], ["openid email"], ["ä"])),
    *(("scopes", value) for value in ("profile email", ["profile"], ["OpenID"])),
    *(("groups_claim", value) for value in ("", " ", "a\nb", "x" * 257)),
    *(("missing_groups", value) for value in ("", "allow")),
    *(("id_token_algorithms", value) for value in ([], ["none"], ["None"], ["RS256", "none"])),
    *(("id_token_algorithms", value) for value in (["rs256"], ["RS255"], [""])),
    *(("clock_skew", value) for value in (-1, 301, 31_536_000)),
    *(("max_age", value) for value in (-1, 2_592_001, "31d", "-1s", "1", "1w", "1.5h", "")),
    *(("trusted_audiences", value) for value in ([""], [" "], ["a\nb"])),
    *(("userinfo", value) for value in ("", "sometimes")),
    *(("response_mode", value) for value in ("", "fragment")),
    *(("pushed_authorization_requests", value) for value in ("", "required")),
    *(("decryption_key", value) for value in ("", [], "not a key", ["not a key"])),
    *(("allowed_hosts", value) for value in ([""], ["https://x.example"], ["*.example.com"])),
    *(("allowed_hosts", value) for value in (["x.example/path"], ["a@b"], ["x:0"], ["a?b"])),
    *(("ca_file", value) for value in ("", "missing.pem", ".", "a\nb")),
    *(("timeout", value) for value in (0, -1, 0.05, 61, 31_536_000, float("inf"), float("nan"))),
]


def _yaml_constants(content: object) -> str:
    """JSON writes Infinity and NaN, YAML .inf and .nan."""
    return json.dumps(content).replace("Infinity", ".inf").replace("NaN", ".nan")


@pytest.mark.attack("CFG-11")
@pytest.mark.parametrize(("key", "value"), REFUSED, ids=lambda value: repr(value)[:40])
def test_refused_values_of_a_provider(
    faults: Any, small: dict[str, Any], key: str, value: object
) -> None:
    """Each is refused with its own key, and nothing else is."""
    small["auth"]["providers"][0][key] = value
    found = faults(_yaml_constants(small))
    assert len(found) == 1
    ((code, path, _),) = found
    allowed = {BAD, "PLUGIN_NOT_INSTALLED"} if key == "plugin" else {BAD}
    assert code in allowed
    assert path.startswith(f"auth.providers[0].{key}")


ACCEPTED: list[tuple[str, object, str, object]] = [
    ("slug", "a" * 63, "slug", "a" * 63),
    ("slug", "0-a", "slug", "0-a"),
    ("issuer_url", "https://x.example:8443/a/", "issuer", "https://x.example:8443/a/"),
    ("issuer_url", "https://LOGIN.example.com", "issuer", "https://LOGIN.example.com"),
    ("issuer_url", "https://192.0.2.1", "issuer", "https://192.0.2.1"),
    ("clock_skew", 0, "clock_skew", 0),
    ("clock_skew", 300, "clock_skew", 300),
    ("max_age", 0, "max_age", 0),
    ("max_age", "30d", "max_age", 2_592_000),
    ("max_age", "90s", "max_age", 90),
    ("max_age", "5m", "max_age", 300),
    ("max_age", 2_592_000, "max_age", 2_592_000),
    ("scopes", ["openid", "urn:x:y"], "scopes", ("openid", "urn:x:y")),
    ("id_token_algorithms", ["RS256", "RS256"], "id_token_algorithms", ("RS256",)),
    ("groups_claim", "https://x.example/groups", "groups_claim", "https://x.example/groups"),
]


@pytest.mark.attack("CFG-11")
@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: repr(case[:2])[:40])
def test_accepted_values_at_the_bounds(
    load: Any, small: dict[str, Any], case: tuple[str, object, str, object]
) -> None:
    """The bounds themselves are accepted; an issuer is never rewritten."""
    key, value, attribute, expected = case
    small["auth"]["providers"][0][key] = value
    found = getattr(load(small).providers[0], attribute)
    assert (str(found) if key == "groups_claim" else found) == expected


@pytest.mark.parametrize(("value", "seconds"), [(0.1, 0.1), (60, 60.0), (1.5, 1.5)])
def test_bounds_of_the_timeout(
    load: Any, small: dict[str, Any], value: float, seconds: float
) -> None:
    """A timeout may be a tenth of a second to a minute."""
    small["auth"]["providers"][0]["timeout"] = value
    assert load(small).providers[0].network.timeout == seconds


@pytest.mark.attack("CFG-11")
@pytest.mark.parametrize(
    ("session", "key"),
    [
        ({"idle": 59}, "idle"),
        ({"idle": 0}, "idle"),
        ({"idle": "25h"}, "idle"),
        ({"absolute": "4m", "idle": "1m"}, "absolute"),
        ({"absolute": "31d"}, "absolute"),
        ({"absolute": "365d"}, "absolute"),
        ({"absolute": -1}, "absolute"),
        ({"idle": "2h", "absolute": "1h"}, "idle"),
    ],
)
def test_bounds_of_sessions(
    faults: Any, small: dict[str, Any], session: dict[str, object], key: str
) -> None:
    """Sessions end, and idle never outlives absolute."""
    small["auth"]["session"] = session
    ((code, path, _),) = faults(small)
    assert (code, path) == (BAD, f"auth.session.{key}")


@pytest.mark.attack("CFG-11")
@pytest.mark.parametrize(
    ("idle", "absolute"), [("1m", "5m"), (60, 300), ("24h", "30d"), ("24h", "24h")]
)
def test_sessions_at_the_bounds(
    load: Any, small: dict[str, Any], idle: object, absolute: object
) -> None:
    """The bounds of sessions are accepted."""
    small["auth"]["session"] = {"idle": idle, "absolute": absolute}
    assert load(small).session.idle in {60, 86_400}


@pytest.mark.parametrize(
    "url",
    [
        "http://dockmesh.example.com",
        "http://192.168.1.5:8080",
        "https://dockmesh.example.com/dockmesh",
        "https://dockmesh.example.com/?x",
        "https://dockmesh.example.com/#x",
        "https://u:p@dockmesh.example.com",
        "dockmesh.example.com",
        "https://",
        "",
    ],
)
def test_refused_base_urls(faults: Any, small: dict[str, Any], url: str) -> None:
    """The base URL is https, or http on this machine, and has no path."""
    small["server"]["base_url"] = url
    ((code, path, _),) = faults(small)
    assert (code, path) == (BAD, "server.base_url")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://dockmesh.example.com/", "https://dockmesh.example.com"),
        ("https://Dockmesh.Example.com:443", "https://dockmesh.example.com"),
        ("https://dockmesh.example.com:8443", "https://dockmesh.example.com:8443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://dockmesh.localhost", "http://dockmesh.localhost"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_accepted_base_urls(load: Any, small: dict[str, Any], url: str, expected: str) -> None:
    """The base URL is kept in the spelling that browsers send as an origin."""
    small["server"]["base_url"] = url
    assert load(small).base_url == expected


@pytest.mark.parametrize("key", ["issuer_url", "discovery_url"])
@pytest.mark.parametrize(
    "case",
    [
        ("http://localhost:9000/o/", True, True),
        ("http://127.0.0.1:9000", True, True),
        ("http://localhost:9000/o/", False, False),
        ("http://login.example.com", True, False),
    ],
)
def test_plain_http_to_a_provider(
    load: Any, faults: Any, small: dict[str, Any], key: str, case: tuple[str, bool, bool]
) -> None:
    """Plain http needs both: a host on this machine, and the key that says so."""
    url, allowed, good = case
    small["auth"]["providers"][0] |= {key: url, "insecure_allow_http": allowed}
    if good:
        (warning,) = load(small).warnings
        assert "auth.providers[0].insecure_allow_http" in warning
    else:
        ((code, path, _),) = faults(small)
        assert (code, path) == (BAD, f"auth.providers[0].{key}")


@pytest.mark.parametrize(("algorithm", "needed"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_symmetric_algorithms_need_a_long_secret(
    load: Any, faults: Any, small: dict[str, Any], algorithm: str, needed: int
) -> None:
    """The secret has as many bytes as the hash (RFC 7518, section 3.2), bytes not letters."""
    provider = small["auth"]["providers"][0]
    provider["id_token_algorithms"] = ["RS256", algorithm]
    provider["client_secret"] = "x" * needed
    assert load(small).providers[0].id_token_algorithms == ("RS256", algorithm)
    provider["client_secret"] = "ä" * (needed // 2)
    assert load(small).providers
    provider["client_secret"] = "x" * (needed - 1)
    expected = [(BAD, "auth.providers[0].id_token_algorithms[1]")]
    assert [found[:2] for found in faults(small)] == expected
    provider |= {"client_authentication": "none"}
    del provider["client_secret"]
    assert [found[:2] for found in faults(small)] == expected


def test_an_unset_secret_is_told_once(faults: Any, small: dict[str, Any]) -> None:
    """A secret that cannot be had is not blamed for being short as well."""
    small["auth"]["providers"][0] |= {
        "client_secret": {"env": "NOT_SET"},
        "id_token_algorithms": ["HS256"],
    }
    ((code, path, _),) = faults(small)
    assert (code, path) == ("CONFIG_SECRET_UNAVAILABLE", "auth.providers[0].client_secret")


def test_client_authentication_and_secret_agree(faults: Any, small: dict[str, Any]) -> None:
    """A public client has no secret, and any other has one."""
    small["auth"]["providers"][0]["client_authentication"] = "none"
    assert faults(small)[0][:2] == (BAD, "auth.providers[0].client_secret")
    del small["auth"]["providers"][0]["client_secret"]
    for method in ("client_secret_basic", "client_secret_post"):
        small["auth"]["providers"][0]["client_authentication"] = method
        ((code, path, _),) = faults(small)
        assert (code, path) == ("CONFIG_MISSING_KEY", "auth.providers[0]")


@pytest.mark.attack("CFG-03")
def test_two_providers_that_are_one(faults: Any, small: dict[str, Any]) -> None:
    """The same slug, or the same issuer and client id, twice is refused, enabled or not."""
    first = small["auth"]["providers"][0]
    for second, key in (
        ({"client_id": "other"}, "slug"),
        ({"slug": "other"}, "client_id"),
        ({"slug": "other", "enabled": False}, "client_id"),
    ):
        small["auth"]["providers"] = [first, first | second]
        ((code, path, _),) = faults(small)
        assert (code, path) == (TWICE, f"auth.providers[1].{key}")


@pytest.mark.attack("CFG-03", "AUR-09")
def test_two_providers_with_one_callback_are_warned_of(load: Any, small: dict[str, Any]) -> None:
    """One of them could have the other's answers sent to itself (RFC 9700, section 4.4)."""
    first = small["auth"]["providers"][0]
    for second, warns in (
        ({}, True),
        ({"own_callback": True}, False),
        ({"enabled": False}, False),
    ):
        small["auth"]["providers"] = [first, first | {"slug": "b", "client_id": "b"} | second]
        warnings = [text for text in load(small).warnings if "callback of provider 1" in text]
        assert bool(warnings) is warns
    small["auth"]["providers"][0] = first | {"own_callback": True}
    small["auth"]["providers"][1]["enabled"] = True
    assert not any("callback of" in text for text in load(small).warnings)


@pytest.mark.attack("CFG-03")
@pytest.mark.parametrize(
    "text",
    ["auth:\n  session: {}\nauth: {}\n", "docker:\n  a: 1\n  a: 2\n", 'x: {a: 1, "a": 2}\n'],
)
def test_duplicate_keys_in_the_file(faults: Any, text: str) -> None:
    """A key that stands twice in one section is refused anywhere in the file."""
    assert faults(text)[0][0] == TWICE


def test_two_ways_in_that_are_automatic(load: Any, faults: Any, small: dict[str, Any]) -> None:
    """At most one enabled provider may have auto_login."""
    first = small["auth"]["providers"][0] | {"auto_login": True}
    second = first | {"slug": "b", "client_id": "b"}
    small["auth"]["providers"] = [first, second]
    ((code, path, _),) = faults(small)
    assert (code, path) == (TWICE, "auth.providers[1].auto_login")
    small["auth"]["providers"] = [first, second | {"enabled": False}]
    assert load(small).providers[0].auto_login is True


@pytest.mark.parametrize(
    ("roles", "code", "path"),
    [
        ([{"name": "admin", "above": "viewer"}], TWICE, "auth.roles[0]"),
        ([{"name": "boss", "above": "admin"}], BAD, "auth.roles[0]"),
        ([{"name": "a", "above": "nobody"}], BAD, "auth.roles[0]"),
        ([{"name": "a", "above": "b"}, {"name": "b", "above": "viewer"}], BAD, "auth.roles[0]"),
        ([{"name": "A b", "above": "viewer"}], BAD, "auth.roles[0].name"),
        ([{"name": "a", "above": "viewer"}] * 2, TWICE, "auth.roles[1]"),
    ],
)
def test_refused_roles(
    faults: Any, small: dict[str, Any], roles: list[Any], code: str, path: str
) -> None:
    """A custom role has a name of its own and stands above a known one, below admin."""
    small["auth"]["roles"] = roles
    assert [found[:2] for found in faults(small)] == [(code, path)]

"""A misspelt key stops the start; the nearest key and the place are named."""

from __future__ import annotations

import json
import re
import string
from typing import Any

import pytest

from dockmesh_auth.errors import ConfigurationError

# Every key of ours in the complete file: those below server, database and auth that are not
# dockmesh's own. Keys of sections that are not strict only count where they are required.
FOREIGN = {"docker", "addr", "pool", "jwt_secret", "access_token_ttl", "refresh_token_ttl"}
LENIENT = {"socket", "base_url", "env", "server"}


def _keys(text: str) -> list[tuple[int, int, str]]:
    """Line and column, from 1, and name of every key in *text*."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        found += [
            (number, match.start(1) + 1, match[1])
            for match in re.finditer(r"(?:^[ -]*|[{,] ?)([a-z_]+): ?", line)
        ]
    return [entry for entry in found if entry[2] not in FOREIGN | LENIENT]


def _mutation(name: str, number: int) -> str:
    """*name* with one letter changed or, every other time, dropped."""
    middle = len(name) // 2
    other = next(letter for letter in string.ascii_lowercase if letter not in name)
    return name[:middle] + other * (number % 2) + name[middle + 1 :]


def _replaced(text: str, line: int, column: int, name: str, wrong: str) -> str:
    lines = text.splitlines()
    row = lines[line - 1]
    lines[line - 1] = row[: column - 1] + wrong + row[column - 1 + len(name) :]
    return "\n".join(lines)


def _refusal(load: Any, text: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load(text)
    return caught.value


@pytest.mark.attack("CFG-01")
def test_one_letter_wrong_in_any_key(load: Any, complete: str) -> None:
    """Each key with one letter wrong: CONFIG_UNKNOWN_KEY, the right key, its line and column."""
    entries = _keys(complete)
    seen = set()
    for number, (line, column, name) in enumerate(entries):
        if name == "file":  # below a secret, where not even keys are repeated
            continue
        wrong = _mutation(name, number)
        error = _refusal(load, _replaced(complete, line, column, name, wrong))
        assert error.code.name == "CONFIG_UNKNOWN_KEY", (name, wrong, str(error))
        assert (error.location or "").endswith(f"dockmesh.yaml:{line}:{column}"), str(error)
        assert f"'{wrong}'" in error.detail
        assert f"did you mean '{name}'?" in error.detail, (name, wrong)
        seen.add(name)
    # a guard on the test itself: it found all sections' keys
    assert {"auth", "slug", "flavour", "claim_value", "above", "idle", "dsn", "role"} <= seen
    assert len(entries) > 50


@pytest.mark.attack("CFG-01")
def test_all_typos_in_one_go(faults: Any) -> None:
    """An administrator with a typo in every field sees all of them at once, in order."""
    text = """\
server: {base_url: https://dockmesh.example.com}
database: {drvier: sqlite, dsn: x.db}
auth:
  providers:
    - slg: work
      issuerUrl: https://login.example.com
      client-id: dockmesh
      clock_skew: 1000
      enabeld: true
      max_age: soon
  grup_mappings: []
  session: {idel: 5m}
"""
    assert faults(text) == [
        ("CONFIG_UNKNOWN_KEY", "database.drvier", "2:12"),
        ("CONFIG_UNKNOWN_KEY", "auth.providers[0].slg", "5:7"),
        ("CONFIG_UNKNOWN_KEY", "auth.providers[0].issuerUrl", "6:7"),
        ("CONFIG_UNKNOWN_KEY", "auth.providers[0].client-id", "7:7"),
        ("CONFIG_INVALID_VALUE", "auth.providers[0].clock_skew", "8:19"),
        ("CONFIG_UNKNOWN_KEY", "auth.providers[0].enabeld", "9:7"),
        ("CONFIG_INVALID_VALUE", "auth.providers[0].max_age", "10:16"),
        ("CONFIG_UNKNOWN_KEY", "auth.grup_mappings", "11:3"),
        ("CONFIG_UNKNOWN_KEY", "auth.session.idel", "12:13"),
    ]


@pytest.mark.attack("CFG-01")
def test_a_key_like_no_other_gets_the_list(load: Any, small: dict[str, Any]) -> None:
    """Where nothing is near, all keys are named."""
    small["auth"]["session"] = {"zzz": 1}
    with pytest.raises(ConfigurationError, match="there are: absolute, idle"):
        load(small)


def test_missing_keys_are_told_where_they_belong(faults: Any) -> None:
    """A missing key is told at its section."""
    text = "server: {base_url: https://x.example}\nauth:\n  providers:\n    - slug: a\n"
    assert faults(text) == [
        ("CONFIG_MISSING_KEY", "", "1:1"),
        ("CONFIG_MISSING_KEY", "auth.providers[0]", "4:7"),
        ("CONFIG_MISSING_KEY", "auth.providers[0]", "4:7"),
    ]


def test_a_plugins_option_is_not_one_of_another_plugin(faults: Any, small: dict[str, Any]) -> None:
    """Options hold for providers of their plugin only."""
    small["auth"]["providers"][0]["flavour"] = "sour"
    ((code, key, _),) = faults(small)
    assert (code, key) == ("CONFIG_UNKNOWN_KEY", "auth.providers[0].flavour")


def test_merge_keys_are_not_merged(faults: Any) -> None:
    """`<<` is an unknown key: YAML 1.2 has no merging."""
    text = """\
server: {base_url: https://x.example}
database: {driver: sqlite, dsn: x}
auth:
  providers: []
  <<: {default_role: admin}
"""
    assert faults(text) == [("CONFIG_UNKNOWN_KEY", "auth.?", "5:3")]


def test_faults_beside_a_provider_that_is_none(faults: Any, small: dict[str, Any]) -> None:
    """A provider that is no section does not hide the faults of the others."""
    small["auth"]["providers"] += ["work", {"slug": "b", "issuer_url": "https://b.example"}]
    small["auth"]["providers"][2]["client_ld"] = "x"
    assert [found[:2] for found in faults(small)] == [
        ("CONFIG_WRONG_TYPE", "auth.providers[1]"),
        ("CONFIG_UNKNOWN_KEY", "auth.providers[2].client_ld"),
    ]


def test_a_hundred_faults_are_enough(faults: Any, small: dict[str, Any]) -> None:
    """The list of faults ends at a hundred."""
    small["auth"]["group_mappings"] = [{"claim_value": "x"}] * 80
    assert len(faults(small)) == 100


def test_the_error_as_text_is_one_line_for_each_fault(load: Any, small: dict[str, Any]) -> None:
    """What a log or a terminal shows: place, code, key and what was meant, line by line."""
    small["auth"] |= {"sesion": {}, "defualt_role": "viewer"}
    lines = str(_refusal(load, json.dumps(small, indent=1))).splitlines()
    assert len(lines) == 2
    for line, wrong, meant in zip(
        lines, ("sesion", "defualt_role"), ("session", "default_role"), strict=True
    ):
        assert re.search(r"dockmesh\.yaml:[0-9]+:3: config_unknown_key: auth\." + wrong, line)
        assert f"did you mean '{meant}'?" in line

"""Types are never converted: a value of another type is refused where it stands."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockmesh_auth.errors import ConfigurationError
from dockmesh_auth.host.config.kinds import named_type
from dockmesh_auth.host.config.model import FileSettings
from dockmesh_auth.host.config.sections import Section

# The types that a key takes, by its path. Written by hand, not read off the code.
TEXT, TRUTH, WHOLE, FLOAT, LIST, MAP, NOTHING = (
    "text",
    "truth",
    "whole",
    "float",
    "list",
    "map",
    "-",
)
TAKES: dict[tuple[str | int, ...], set[str]] = {
    ("server",): {MAP},
    ("server", "base_url"): {TEXT},
    ("database",): {MAP},
    ("database", "driver"): {TEXT},
    ("database", "dsn"): {TEXT, MAP},
    ("auth",): {MAP},
    ("auth", "plugins"): {LIST},
    ("auth", "providers"): {LIST},
    ("auth", "providers", 0): {MAP},
    ("auth", "group_mappings"): {LIST},
    ("auth", "group_mappings", 0): {MAP},
    ("auth", "group_mappings", 0, "claim_value"): {TEXT},
    ("auth", "group_mappings", 0, "role"): {TEXT},
    ("auth", "group_mappings", 0, "scope"): {TEXT, LIST},
    ("auth", "group_mappings", 0, "provider"): {TEXT},
    ("auth", "default_role"): {TEXT, MAP},
    ("auth", "roles"): {LIST},
    ("auth", "roles", 0): {MAP},
    ("auth", "roles", 0, "name"): {TEXT},
    ("auth", "roles", 0, "above"): {TEXT},
    ("auth", "session"): {MAP},
    ("auth", "session", "idle"): {TEXT, WHOLE},
    ("auth", "session", "absolute"): {TEXT, WHOLE},
} | {
    ("auth", "providers", 0, name): takes
    for names, takes in (
        ("slug plugin display_name issuer_url discovery_url client_id ca_file", {TEXT}),
        ("client_authentication missing_groups userinfo response_mode", {TEXT}),
        ("pushed_authorization_requests", {TEXT}),
        ("client_secret", {TEXT, MAP}),
        ("decryption_key", {TEXT, MAP, LIST}),
        ("scopes", {TEXT, LIST}),
        ("groups_claim", {TEXT, NOTHING}),
        ("enabled own_callback auto_login allow_private_addresses insecure_allow_http", {TRUTH}),
        ("id_token_algorithms trusted_audiences allowed_hosts", {LIST}),
        ("clock_skew", {WHOLE}),
        ("max_age", {TEXT, WHOLE}),
        ("timeout", {WHOLE, FLOAT}),
    )
    for name in names.split()
}

VALUES: dict[str, st.SearchStrategy[Any]] = {
    TEXT: st.sampled_from(["false", "true", "no", "yes", "off", "0", "1", "null", "~", ""])
    | st.text(max_size=5),
    TRUTH: st.booleans(),
    WHOLE: st.sampled_from([0, 1, -1]) | st.integers(),
    FLOAT: st.floats(),
    LIST: st.lists(st.none() | st.integers() | st.text(max_size=3), max_size=2),
    MAP: st.dictionaries(st.text(max_size=3), st.none() | st.integers(), max_size=2),
    NOTHING: st.none(),
}

WRONG = [(path, type_) for path, takes in TAKES.items() for type_ in VALUES if type_ not in takes]

SECTION = Section(FileSettings, "a section", foreign=None)


def _put(content: Any, path: tuple[str | int, ...], value: object) -> Any:
    content = copy.deepcopy(content)
    content["auth"].setdefault("roles", [{"name": "lead", "above": "viewer"}])
    content["auth"].setdefault("session", {})
    place = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return content


def _keys_below(kind: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    schema = kind.schema() if isinstance(kind, Section) else kind
    found = set()
    for name, member in schema.get("properties", {}).items():
        found.add((*path, name))
        found |= _keys_below(member, (*path, name))
    if "properties" in schema.get("items", {}):
        found |= {(*path, 0)} | _keys_below(schema["items"], (*path, 0))
    return found


def test_the_table_has_every_key() -> None:
    """A key that is added has to be added to the table of this file."""
    foreign = {("auth", name) for name in ("jwt_secret", "access_token_ttl", "refresh_token_ttl")}
    assert _keys_below(SECTION) - foreign == set(TAKES)


@pytest.mark.attack("CFG-02")
@given(st.data())
def test_any_field_with_any_wrong_type(data: st.DataObject) -> None:
    """Field by wrong type: refused as a wrong type, whatever the value."""
    path, type_ = data.draw(st.sampled_from(WRONG))
    content = _put(SMALL, path, data.draw(VALUES[type_]))
    with pytest.raises(ExceptionGroup) as caught:
        SECTION.read(content)
    assert _codes(caught.value) == {"CONFIG_WRONG_TYPE"}


def _codes(fault: BaseException) -> set[str]:
    if isinstance(fault, ExceptionGroup):
        return set().union(*map(_codes, fault.exceptions))
    return {fault.code.name} if hasattr(fault, "code") else {type(fault).__name__}


SMALL: dict[str, Any] = {
    "server": {"base_url": "https://dockmesh.example.com"},
    "database": {"driver": "sqlite", "dsn": "dockmesh.db"},
    "auth": {
        "providers": [{"slug": "a", "issuer_url": "https://a.example", "client_id": "x"}],
        "group_mappings": [{"claim_value": "a", "role": "admin", "scope": "all"}],
    },
}


@pytest.mark.attack("CFG-02")
@pytest.mark.parametrize(
    ("key", "written", "code"),
    [
        ("enabled", '"false"', "CONFIG_WRONG_TYPE"),
        ("enabled", '"0"', "CONFIG_WRONG_TYPE"),
        ("enabled", "0", "CONFIG_WRONG_TYPE"),
        ("enabled", "no", "CONFIG_WRONG_TYPE"),
        ("enabled", "off", "CONFIG_WRONG_TYPE"),
        ("enabled", "", "CONFIG_WRONG_TYPE"),
        ("scopes", "1", "CONFIG_WRONG_TYPE"),
        ("scopes", "[openid, 1]", "CONFIG_WRONG_TYPE"),
        ("scopes", "[openid, [email]]", "CONFIG_WRONG_TYPE"),
        ("trusted_audiences", "sibling", "CONFIG_WRONG_TYPE"),
        ("trusted_audiences", "[null]", "CONFIG_WRONG_TYPE"),
        ("client_secret", "12345678", "CONFIG_WRONG_TYPE"),
        ("client_id", "12345678", "CONFIG_WRONG_TYPE"),
        ("clock_skew", '"60"', "CONFIG_WRONG_TYPE"),
        ("clock_skew", "true", "CONFIG_WRONG_TYPE"),
        ("clock_skew", "60.0", "CONFIG_WRONG_TYPE"),
        ("timeout", '"5"', "CONFIG_WRONG_TYPE"),
        ("max_age", "1.5", "CONFIG_WRONG_TYPE"),
        ("max_age", "true", "CONFIG_WRONG_TYPE"),
        ("display_name", "2026-01-01", ""),
        ("display_name", "no", ""),
        ("display_name", "1:30", ""),
    ],
)
def test_yaml_as_people_write_it(load: Any, key: str, written: str, code: str) -> None:
    """The values of YAML 1.1 that are traps: text stays text, and no text is a truth value."""
    text = f"""\
server: {{base_url: https://x.example}}
database: {{driver: sqlite, dsn: x}}
auth:
  providers:
    - slug: a
      issuer_url: https://a.example
      {"client_id: x" if key != "client_id" else "enabled: true"}
      {"client_secret: y" if key != "client_secret" else "userinfo: auto"}
      {key}: {written}
"""
    if not code:
        assert load(text).providers[0].display_name == written
        return
    with pytest.raises(ConfigurationError) as caught:
        load(text)
    assert caught.value.code.name == code
    assert (caught.value.location or "").partition("yaml:")[2].startswith("9:")
    assert caught.value.others == ()


@pytest.mark.attack("CFG-02")
@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        ("flavour", "bitter", "CONFIG_INVALID_VALUE"),
        ("flavour", True, "CONFIG_WRONG_TYPE"),
        ("strict", "false", "CONFIG_WRONG_TYPE"),
        ("strict", 0, "CONFIG_WRONG_TYPE"),
        ("retries", "3", "CONFIG_WRONG_TYPE"),
        ("retries", True, "CONFIG_WRONG_TYPE"),
        ("realm", 5, "CONFIG_WRONG_TYPE"),
        ("realm", ["x"], "CONFIG_WRONG_TYPE"),
        ("realm", None, "CONFIG_WRONG_TYPE"),
        ("realm", "", "CONFIG_INVALID_VALUE"),
    ],
)
def test_a_plugins_options_are_strict_too(
    faults: Any, small: dict[str, Any], option: str, value: object, code: str
) -> None:
    """Options are held against the type that the plugin declares."""
    small["auth"]["providers"][0] |= {"plugin": "example", option: value}
    ((found, key, _),) = faults(small)
    assert (found, key) == (code, f"auth.providers[0].{option}")


def test_types_are_named_as_people_say() -> None:
    """Every type that YAML can give has a name for messages."""
    values = [None, True, 1, 1.5, "x", [], {}]
    names = [named_type(value) for value in values]
    assert names == [
        "nothing",
        "true or false",
        "a number",
        "a number",
        "text",
        "a list",
        "a section",
    ]

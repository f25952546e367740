"""The JSON Schema for editors, and the reference page: both follow the keys that are read."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

import dockmesh_auth.host.config
from dockmesh_auth.errors import ConfigurationError
from dockmesh_auth.hookspecs import PluginDescription
from dockmesh_auth.host.config import json_schema
from dockmesh_auth.host.config import model as keys
from dockmesh_auth.host.config.provider_settings import ProviderSettings
from dockmesh_auth.host.config.sections import keys_of
from dockmesh_auth.oidc.jws import SUPPORTED_ALGORITHMS

SHIPPED = Path(dockmesh_auth.host.config.__file__).with_name("dockmesh.schema.json")
PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "configuration.md"


def _valid(content: object, schema: dict[str, Any]) -> bool:
    return Draft202012Validator(schema).is_valid(content)


def _yaml(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(io.StringIO(text))


def test_the_shipped_file_is_the_generated_one() -> None:
    """`dockmesh.schema.json` is what `json_schema()` gives, to the byte."""
    assert SHIPPED.read_text("utf-8") == json.dumps(json_schema(), indent=2) + "\n"


def test_it_is_a_schema(descriptions: dict[str, PluginDescription]) -> None:
    """It is valid in the dialect that it names, with and without plugins."""
    for schema in (json_schema(), json_schema(descriptions.values())):
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        Draft202012Validator.check_schema(schema)


def test_every_key_is_described(descriptions: dict[str, PluginDescription]) -> None:
    """An editor has a sentence to show for each key, those of plugins among them."""

    def check(schema: Any) -> None:
        if isinstance(schema, list):
            for item in schema:
                check(item)
        elif isinstance(schema, dict):
            for name, entry in schema.get("properties", {}).items():
                assert entry.keys() == {"const"} or entry.get("description"), name
            for item in schema.values():
                check(item)

    check(json_schema(descriptions.values()))


def test_good_files_pass(
    load: Any, complete: str, small: dict[str, Any], descriptions: dict[str, PluginDescription]
) -> None:
    """What the host takes, the schema takes."""
    for schema in (json_schema(), json_schema(descriptions.values())):
        assert _valid(_yaml(complete), schema)
        assert _valid(small, schema)
        small["auth"] |= {"default_role": "viewer", "jwt_secret": 5, "session": {"idle": 60}}
        small["auth"]["providers"][0] |= {"groups_claim": None, "scopes": ["openid"]}
        assert load(small)
        assert _valid(small, schema)


BAD: list[tuple[str, dict[str, Any]]] = [
    ("auth", {"default_rol": "viewer"}),
    ("auth", {"session": {"idel": 60}}),
    ("auth", {"session": {"idle": 0}}),
    ("auth", {"default_role": {"role": "viewer"}}),
    ("auth", {"default_role": 5}),
    ("auth", {"roles": [{"name": "x"}]}),
    ("auth", {"providers": {}}),
    ("auth", {"group_mappings": None}),
    ("row", {"scope": []}),
    ("row", {"scope": "everywhere"}),
    ("row", {"claim_value": ""}),
    ("row", {"claim": "x"}),
    ("provider", {"issuer": "https://x"}),
    ("provider", {"flavour": "sour"}),
    ("provider", {"slug": "Work"}),
    ("provider", {"slug": 5}),
    ("provider", {"enabled": "false"}),
    ("provider", {"clock_skew": 301}),
    ("provider", {"clock_skew": "60"}),
    ("provider", {"timeout": 0}),
    ("provider", {"id_token_algorithms": ["none"]}),
    ("provider", {"id_token_algorithms": []}),
    ("provider", {"scopes": []}),
    ("provider", {"client_secret": {"env": "A", "file": "b"}}),
    ("provider", {"client_secret": ""}),
    ("provider", {"response_mode": "fragment"}),
    ("provider", {"max_age": "soon"}),
    ("provider", {"plugin": "example", "flavour": "bitter"}),
    ("provider", {"plugin": "example", "strict": "yes"}),
    ("provider", {"plugin": "example", "flavor": "sour"}),
    ("provider", {"plugin": "nowhere"}),
]


@pytest.mark.attack("CFG-01", "CFG-02")
@pytest.mark.parametrize(("where", "change"), BAD, ids=repr)
def test_bad_files_fail(
    load: Any,
    small: dict[str, Any],
    descriptions: dict[str, PluginDescription],
    where: str,
    change: dict[str, Any],
) -> None:
    """What the schema with the plugins refuses, the host refuses as well."""
    auth = small["auth"]
    places = {"auth": auth, "row": auth["group_mappings"][0], "provider": auth["providers"][0]}
    places[where] |= change
    assert not _valid(small, json_schema(descriptions.values()))
    with pytest.raises(ConfigurationError):
        load(small)
    if "plugin" not in change:
        assert not _valid(small, json_schema())


def test_without_plugins_other_plugins_options_are_unknown_not_wrong(small: dict[str, Any]) -> None:
    """The shipped schema refuses strange keys of the built-in's providers only."""
    small["auth"]["providers"][0] |= {"plugin": "example", "flavour": "sour"}
    assert _valid(small, json_schema())
    built_in = PluginDescription(name="oidc", display_name="OpenID Connect", contract_version=1)
    assert _valid(small, json_schema([built_in]))
    small["auth"]["providers"][0]["plugin"] = "oidc"
    assert not _valid(small, json_schema())


# --- the page -------------------------------------------------------------------------------

SECTIONS = {
    "The file": keys.FileSettings,
    "`server`": keys.ServerSettings,
    "`database`": keys.DatabaseSettings,
    "`auth`": keys.AuthSettings,
    "`auth.providers`": ProviderSettings,
    "`auth.group_mappings`": keys.MappingSettings,
    "`auth.default_role`": keys.DefaultRoleSettings,
    "`auth.roles`": keys.RoleSettings,
    "`auth.session`": keys.SessionSettings,
}


def _chapters() -> dict[str, str]:
    parts = PAGE.read_text("utf-8").split("\n## ")
    return {title: text for title, _, text in (part.partition("\n") for part in parts)}


@pytest.mark.parametrize("title", SECTIONS)
def test_every_key_has_its_row(title: str) -> None:
    """Key, type, default and meaning of each key are on the page, in the order of the keys."""
    rows = []
    for name, (entry, default) in keys_of(SECTIONS[title]).items():
        if default is attrs.NOTHING:
            shown = "**required**"
        elif entry.unset:
            shown = entry.unset
        else:
            shown = f"`{default if isinstance(default, str) else json.dumps(default)}`"
        rows.append(f"| `{name}` | {entry.kind.words} | {shown} | {entry.meaning} |")
    assert "\n".join(rows) in _chapters()[title]


def test_foreign_keys_and_algorithms_are_on_the_page() -> None:
    """What is tolerated, and what may be listed, is said."""
    page = PAGE.read_text("utf-8")
    assert all(f"`{name}`" in page for name in keys.FOREIGN_AUTH_KEYS)
    assert all(name in page for name in SUPPORTED_ALGORITHMS)


def test_the_example_on_the_page_works(load: Any, folder: Path) -> None:
    """The example is a file that the host takes."""
    (folder / "secrets").mkdir()
    (folder / "secrets" / "example").write_text("x")
    (folder / "secrets" / "example").chmod(0o600)
    example = _chapters()["Example"].partition("```yaml\n")[2].partition("```")[0]
    config = load(example)
    assert len(config.providers[0].mappings.rows) == 3
    assert config.warnings == ()

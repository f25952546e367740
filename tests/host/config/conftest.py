"""A file that has every key, and ways to load texts."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from dockmesh_auth.errors import ConfigurationError
from dockmesh_auth.hookspecs import OptionType, PluginDescription, PluginOption
from dockmesh_auth.host.config import HostConfig, build_config, parse_config

CANARY = "canary-7f3a91-of-more-than-thirty-two-bytes"

COMPLETE = """\
docker: {socket: /var/run/docker.sock}
server:
  base_url: https://dockmesh.example.com/
  addr: ":8080"
database:
  driver: postgres
  dsn: {env: DSN}
  pool: 5
auth:
  jwt_secret: not ours
  access_token_ttl: 15m
  refresh_token_ttl: 720h
  plugins: [example]
  providers:
    - slug: work
      plugin: example
      display_name: Work
      issuer_url: https://login.example.com/o/work/
      discovery_url: https://login.example.com/well-known?tenant=1
      client_id: dockmesh
      client_secret:
        file: secret
      client_authentication: client_secret_post
      scopes: openid profile,groups
      groups_claim: realm.groups
      missing_groups: no_groups
      enabled: true
      id_token_algorithms: [HS256, RS256]
      clock_skew: 30
      max_age: 8h
      trusted_audiences: [sibling]
      userinfo: always
      response_mode: form_post
      pushed_authorization_requests: always
      own_callback: true
      auto_login: true
      decryption_key:
        - {file: key.pem}
      allow_private_addresses: true
      insecure_allow_http: true
      allowed_hosts: [Api.example.com, "api.example.com:8443"]
      ca_file: ca.pem
      timeout: 2
      flavour: sour
      strict: false
      retries: 3
      realm: main
    - slug: plain
      issuer_url: https://other.example.com
      client_id: dockmesh
      client_authentication: none
      enabled: false
  group_mappings:
    - claim_value: sre-team
      role: lead
      scope: all
      provider: work
    - {claim_value: dev, role: operator, scope: "tag=a,b"}
    - {claim_value: guests, role: viewer, scope: [c]}
  default_role:
    role: viewer
    scope: tag=lobby
  roles:
    - name: lead
      above: operator
  session:
    idle: 30m
    absolute: 43200
"""

EXAMPLE = PluginDescription(
    name="example",
    display_name="Example",
    contract_version=1,
    scopes=("openid", "groups"),
    groups_claim="groups",
    client_authentication=PluginDescription(
        name="x", display_name="x", contract_version=1
    ).client_authentication.CLIENT_SECRET_POST,
    options=(
        PluginOption(
            name="flavour",
            type=OptionType.CHOICE,
            default="sweet",
            choices=("sweet", "sour"),
            description="A choice.",
        ),
        PluginOption(
            name="strict", type=OptionType.BOOLEAN, default=True, description="True or false."
        ),
        PluginOption(name="retries", type=OptionType.INTEGER, default=1, description="A number."),
        PluginOption(name="realm", description="Text."),
    ),
)
BUILT_IN = PluginDescription(name="oidc", display_name="OpenID Connect", contract_version=1)
DESCRIPTIONS = {"oidc": BUILT_IN, "example": EXAMPLE}

SMALL: dict[str, Any] = {
    "server": {"base_url": "https://dockmesh.example.com"},
    "database": {"driver": "sqlite", "dsn": "dockmesh.db"},
    "auth": {
        "providers": [
            {
                "slug": "work",
                "issuer_url": "https://login.example.com",
                "client_id": "dockmesh",
                "client_secret": CANARY,
            }
        ],
        "group_mappings": [{"claim_value": "sre-team", "role": "admin", "scope": "all"}],
    },
}


class Load(Protocol):
    """Reads a text, or a value that is written as JSON, which YAML 1.2 contains."""

    def __call__(self, content: object, environ: Mapping[str, str] = {}) -> HostConfig: ...


Faults = Callable[..., list[tuple[str, str, str]]]


@pytest.fixture(name="complete")
def complete_text() -> str:
    """A file that has every key."""
    return COMPLETE


@pytest.fixture(name="small")
def small_file() -> dict[str, Any]:
    """A file that has no key too many; every test gets its own."""
    return copy.deepcopy(SMALL)


@pytest.fixture(name="canary")
def secret_text() -> str:
    """A secret that must turn up nowhere."""
    return CANARY


@pytest.fixture(name="descriptions")
def plugin_descriptions() -> dict[str, PluginDescription]:
    """The plugins `oidc` and `example`, which has one option of every type."""
    return DESCRIPTIONS


@pytest.fixture(name="private_key", scope="session")
def private_key_pem() -> str:
    """A private key in PEM form."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@pytest.fixture(name="folder")
def configuration_folder(tmp_path: Path, private_key: str) -> Path:
    """A folder with the files that the complete file refers to."""
    for name, text in {"secret": CANARY, "key.pem": private_key, "ca.pem": "authorities"}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    return tmp_path


def _yaml(content: object) -> str:
    """JSON as YAML: without pairs of surrogates, which YAML does not join."""
    pairs = re.compile(r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}")
    return pairs.sub(lambda pair: json.loads(f'"{pair[0]}"'), json.dumps(content))


@pytest.fixture(name="load")
def load_config(folder: Path) -> Load:
    """Both phases in a row."""

    def load(content: object, environ: Mapping[str, str] = {}) -> HostConfig:
        path = folder / "dockmesh.yaml"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else _yaml(content), "utf-8")
        path.chmod(0o600)
        environ = {"DSN": "postgresql://u:p@db/dockmesh", **environ}
        parsed = parse_config(path, environ=environ)
        return build_config(parsed, DESCRIPTIONS, environ=environ)

    return load


@pytest.fixture(name="faults")
def find_faults(load: Load) -> Faults:
    """All faults of a text: code, key, and line and column."""

    def faults(content: object, environ: Mapping[str, str] = {}) -> list[tuple[str, str, str]]:
        with pytest.raises(ConfigurationError) as caught:
            load(content, environ)
        found = [caught.value, *caught.value.others]
        return [
            (
                error.code.name,
                error.evidence.get("key", ""),
                (error.location or "").partition("dockmesh.yaml:")[2],
            )
            for error in found
        ]

    return faults

"""Whole sign-ins: the plugin in a host, the stand-in behind a socket, a person with a browser."""

from __future__ import annotations

import contextlib
import json
import socket
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from attrs import frozen
from cryptography.hazmat.primitives import serialization
from dockmesh_auth_authentik.testing import AuthentikShape, stand_in

from dockmesh_auth import create_app
from dockmesh_auth.testing.browser import Browser, Page
from dockmesh_auth.testing.fake_provider import EncryptionKey, FakeProvider
from dockmesh_auth.testing.server import served

HERE = Path(__file__).parents[1]
CONFIG = """\
server:
  base_url: {base_url}
database:
  driver: sqlite
  dsn: {database}
auth:
  providers:
    - slug: authentik
      plugin: authentik
      display_name: Authentik
      issuer_url: {issuer}
      client_id: dockmesh
      client_secret: {{env: SECRET}}
      insecure_allow_http: true
      allow_private_addresses: true
{more}
{default_role}
  group_mappings:
    - {{claim_value: dockmesh-admins, role: admin, scope: all}}
    - {{claim_value: dockmesh-ops, role: operator, scope: all}}
    - {{claim_value: dockmesh-ops-prod, role: operator, scope: tag=prod}}
    - {{claim_value: dockmesh-viewers, role: viewer, scope: all}}
"""


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin's entry points, as an installer writes them from its pyproject.toml."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    info = tmp_path / "site" / "dockmesh_auth_authentik-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 0.1.0\n"
    )
    lines = []
    for group, entries in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(info.parent)


@frozen
class Site:
    base_url: str
    provider: FakeProvider

    def sign_in(self, user: str) -> tuple[Page, list[tuple[str, str]]]:
        """Where it ended, and what the person may do."""
        browser = Browser()
        browser.get(f"{self.base_url}/login")
        browser.click("Login with Authentik")
        page = browser.click(user)
        if page.url.startswith(self.provider.base_url):
            page = browser.click("Continue")
        me = json.loads(browser.get(f"{self.base_url}/api/v1/me").text)
        return page, [(grant["role"], grant["scope"]) for grant in me.get("grants", ())]


@pytest.fixture(name="serve")
def served_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Site]]:
    with contextlib.ExitStack() as stack:

        def serve(
            shape: AuthentikShape | None = None, *, default_role: str = "", **more: str
        ) -> Site:
            with socket.socket() as listener:
                listener.bind(("127.0.0.1", 0))
                port: int = listener.getsockname()[1]
            base_url = f"http://127.0.0.1:{port}"
            made = stand_in(redirect_uris=[f"{base_url}/auth/oidc/callback"], shape=shape)
            provider = stack.enter_context(made.serve())
            monkeypatch.setenv("SECRET", made.client_secret.reveal())
            lines = [f"      {name}: {value}" for name, value in more.items()]
            config = tmp_path / "dockmesh.yaml"
            config.write_text(
                CONFIG.format(
                    base_url=base_url,
                    database=tmp_path / "dockmesh.db",
                    issuer=made.issuer,
                    default_role=f"  default_role: {default_role}" if default_role else "",
                    more="\n".join(lines).format(idp=provider.base_url),
                )
            )
            stack.enter_context(served(create_app(config), port=port, lifespan=True))
            return Site(base_url, provider)

        yield serve


@pytest.fixture(name="refusals")
def logged_refusals() -> Iterator[Callable[[], list[Any]]]:
    with structlog.testing.capture_logs() as events:
        yield lambda: [it["code"] for it in events if it["event"] == "sign_in_refused"]


def test_everybody_of_the_demonstration_gets_what_the_table_says(
    serve: Callable[..., Site], refusals: Callable[[], list[Any]]
) -> None:
    """With the plugin's defaults and nothing else configured."""
    site = serve()
    grants = {user.name: site.sign_in(user.name)[1] for user in site.provider.users}
    assert grants == {
        "alice": [("admin", "all")],
        "bob": [("operator", "all")],
        "carol": [("operator", "tag=prod")],
        "dave": [("viewer", "all")],
        "erin": [],
        "frank": [
            ("admin", "all"),
            ("operator", "all"),
            ("operator", "tag=prod"),
            ("viewer", "all"),
        ],
    }
    assert refusals() == ["no_role"]
    assert site.provider.count("userinfo") == 0
    sent = [dict(it.form) for it in site.provider.requests if it.endpoint == "token"]
    assert all("client_secret" in form for form in sent)


def test_groups_are_fetched_if_the_id_token_has_none(serve: Callable[..., Site]) -> None:
    """The setting "Include claims in id_token" is off; there is a consent page, too."""
    site = serve(AuthentikShape(claims_in_id_token=False, asks_consent=True))
    assert site.sign_in("bob")[1] == [("operator", "all")]
    assert site.provider.count("userinfo") == 1


def test_the_global_issuer_mode_needs_the_documents_address(serve: Callable[..., Site]) -> None:
    """`discovery_url` beside the issuer."""
    document = "{idp}/application/o/dockmesh/.well-known/openid-configuration"
    site = serve(AuthentikShape(global_issuer=True), discovery_url=document)
    assert site.sign_in("dave")[1] == [("viewer", "all")]


def test_entitlements_take_the_place_of_groups(serve: Callable[..., Site]) -> None:
    """Two lines of configuration."""
    names = ["dockmesh-viewers"]
    shape = AuthentikShape().with_mapping(
        "entitlements", lambda _user: {"entitlements": names, "roles": names}
    )
    scopes = "[openid, profile, email, entitlements]"
    site = serve(shape, scopes=scopes, groups_claim="entitlements")
    assert site.sign_in("alice")[1] == [("viewer", "all")]


def test_a_groups_mapping_that_returns_a_list_refuses_instead_of_forgetting(
    serve: Callable[..., Site], refusals: Callable[[], list[Any]]
) -> None:
    """Nothing is said of groups: that is not the same as no groups."""
    shape = AuthentikShape().with_mapping("groups", lambda user: list(user.groups))
    site = serve(shape, scopes="[openid, email, groups]", default_role="viewer")
    assert site.sign_in("alice")[1] == []
    assert refusals() == ["groups_absent"]


@pytest.mark.attack("ACC-04")
@pytest.mark.parametrize("mode", ["user_id", "user_uuid", "user_username", "user_email"])
def test_a_subject_mode_is_configured_or_refused(
    serve: Callable[..., Site], refusals: Callable[[], list[Any]], mode: str
) -> None:
    """Nobody becomes somebody new because a setting was changed at Authentik."""
    site = serve(AuthentikShape(subject_mode=mode), subject_mode=mode)
    assert site.sign_in("alice")[1] == [("admin", "all")]
    site.provider.shape = AuthentikShape(subject_mode="hashed_user_id")
    assert site.sign_in("alice")[1] == []
    assert refusals() == ["subject_unexpected"]


def test_without_a_signing_key_the_log_says_so(
    serve: Callable[..., Site], refusals: Callable[[], list[Any]]
) -> None:
    """HS256 with the client secret is not accepted unless it is asked for."""
    site = serve()
    site.provider.signing_key = None
    assert site.sign_in("alice")[1] == []
    assert refusals() == ["no_signing_key"]


def test_encrypted_tokens_need_the_decryption_key(
    serve: Callable[..., Site], tmp_path: Path, refusals: Callable[[], list[Any]]
) -> None:
    """With it they are opened; without it the log says what is missing."""
    key = EncryptionKey.generate("e" * 32)
    pem = key.private.private_key
    assert pem is not None
    (tmp_path / "key.pem").write_bytes(
        pem.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    (tmp_path / "key.pem").chmod(0o600)
    site = serve(decryption_key=f"{{{{file: {tmp_path / 'key.pem'}}}}}")
    site.provider.encryption_key = key
    assert site.sign_in("alice")[1] == [("admin", "all")]
    site.provider.encryption_key = EncryptionKey.generate("f" * 32)
    assert site.sign_in("alice")[1] == []
    assert refusals() == ["token_decryption_failed"]

"""Whole sign-ins where a provider is not as the standard has it: what its plugin declares holds."""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from attrs import field, frozen

from dockmesh_auth import AuthHost, Secret, load_config, open_store
from dockmesh_auth.assembly.application import serve_host
from dockmesh_auth.host.catalogue import Catalogue
from dockmesh_auth.testing.browser import Browser, Page
from dockmesh_auth.testing.fake_provider import (
    Api,
    ApiCall,
    FakeClient,
    FakeProvider,
    FakeUser,
    Grant,
    Paths,
    Shape,
)
from dockmesh_auth.testing.fake_provider.faults import answer
from dockmesh_auth.testing.fake_provider.paging import paged_by_link
from dockmesh_auth.testing.server import served

SECRET = "s3cr3t" * 8

CONFIG = """\
server: {{base_url: "{base_url}"}}
database: {{driver: sqlite, dsn: {database}}}
auth:
  providers:
    - slug: main
      plugin: toy
      issuer_url: {issuer}
      client_id: dockmesh
      client_secret: {{env: CLIENT_SECRET}}
      insecure_allow_http: true
      allow_private_addresses: true
{more}
  group_mappings:
    - {{claim_value: ops, role: operator, scope: all}}
"""

HEAD = """
from dockmesh_auth import *

@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="toy", display_name="Toy", contract_version=1, {fields})
"""


@frozen
class Site:
    """A host that is served, its provider, and what it was configured with."""

    base_url: str
    provider: FakeProvider
    host: AuthHost

    def sign_in(self, name: str) -> tuple[Browser, Page]:
        """Sign in as *name*, from the host's own address to wherever it ends."""
        browser = Browser()
        browser.get(f"{self.base_url}/auth/oidc/main/login")
        return browser, browser.click(name)

    def asked(self) -> Mapping[str, list[str]]:
        """The parameters with which the provider was asked for a sign-in."""
        browser = Browser(stop_before=self.provider.base_url)
        page = browser.get(f"{self.base_url}/auth/oidc/main/login")
        return parse_qs(urlsplit(page.headers["location"]).query)


Make = Callable[..., Site]


@pytest.fixture(name="make")
def site_maker(tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Serve sites whose provider has a plugin of the test's own."""
    monkeypatch.syspath_prepend(str(tmp_path))
    with contextlib.ExitStack() as stack:

        def make(
            shape: Shape,
            *,
            code: str,
            users: Sequence[FakeUser],
            more: str = "",
            folder: str = "one",
        ) -> Site:
            with socket.socket() as listener:
                listener.bind(("127.0.0.1", 0))
                port = listener.getsockname()[1]
            base_url = f"http://127.0.0.1:{port}"
            client = FakeClient(
                client_id="dockmesh",
                client_secret=SECRET,
                redirect_uris=(f"{base_url}/auth/oidc/callback",),
            )
            provider = FakeProvider(shape=shape, users=users, clients=[client], clock=clock)
            stack.enter_context(provider.serve())
            installed(tmp_path, code)
            stack.callback(sys.modules.pop, "plugin_of_the_scenario", None)
            (tmp_path / folder).mkdir(exist_ok=True)
            config = tmp_path / folder / "dockmesh.yaml"
            config.write_text(
                CONFIG.format(
                    base_url=base_url,
                    database=tmp_path / folder / "auth.db",
                    issuer=provider.issuer,
                    more=textwrap.indent(textwrap.dedent(more), "      "),
                )
            )
            host = host_of(config, tmp_path, clock)
            stack.enter_context(served(serve_host(host), port=port, lifespan=True))
            return Site(base_url, provider, host)

        yield make


def installed(folder: Path, code: str) -> None:
    """Leave a plugin as pip would."""
    (folder / "plugin_of_the_scenario.py").write_text(code)
    info = folder / "dockmesh_auth_toy-1.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dockmesh-auth-toy\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[dockmesh_auth]\ntoy = plugin_of_the_scenario\n")


def host_of(config: Path, folder: Path, clock: Any) -> AuthHost:
    """The host of *config* with the plugin in *folder*."""
    catalogue = Catalogue.read(lambda: distributions(path=[str(folder)]))
    settings, registry = load_config(config, environ={"CLIENT_SECRET": SECRET}, catalogue=catalogue)
    return AuthHost(settings, registry, open_store(settings), clock)


def me(site: Site, browser: Browser) -> Any:
    """What the host says of who is signed in."""
    return json.loads(browser.get(f"{site.base_url}/api/v1/me").text)


# --- plain OAuth 2.0 ---------------------------------------------------------------------------


@frozen(kw_only=True)
class HubShape(Shape):
    """No OpenID Connect: an access token, and interfaces that it opens."""

    sends_id_token: bool = False
    has_discovery: bool = False
    requires_openid: bool = False
    scopes: tuple[str, ...] = ("read",)
    paths: Paths = field(
        factory=lambda: Paths(authorization="/oauth/authorize", token="/oauth/token")
    )

    def apis(self) -> Sequence[Api]:
        def user(call: ApiCall) -> Any:
            return {"id": call.user.data.get("id"), "login": call.user.name}

        def teams(call: ApiCall) -> Any:
            return paged_by_link(call, call.user.data["teams"], 2)

        return (Api("user", "/user", user), Api("teams", "/teams", teams))


HUB = (
    HEAD.format(fields='scopes=("read",), id_token=False')
    + """
@hookimpl
def dockmesh_auth_discover(provider):
    return ProviderMetadata(
        issuer=provider.issuer,
        authorization_endpoint=provider.issuer + "/oauth/authorize",
        token_endpoint=provider.issuer + "/oauth/token",
    )

@hookimpl
async def dockmesh_auth_fetch_user(provider, fetch):
    user = await fetch_json(fetch, provider.issuer + "/user")
    if type(user["id"]) is not int:
        raise TokenRejected(ErrorCode.CLAIM_MALFORMED, "the account has no number")
    return Claims(user, issuer=provider.issuer, subject=str(user["id"]))

@hookimpl
async def dockmesh_auth_extract_claims(provider, claims, fetch):
    teams = []
    pages = fetch_pages(fetch, provider.issuer + "/teams", next_page=next_by_link)
    async for page in pages:
        teams.extend(page)
    return Profile(username=claims.text("login"), groups=Groups.of(teams))
"""
)
LIMIT = {"retry-after": "60"}
ELSEWHERE = {"link": "<//evil.example/>; rel=next"}
HUB_USERS = (
    FakeUser(name="ada", data={"id": 7, "teams": ["a", "b", "c", "d", "ops"]}),
    FakeUser(name="bob", data={"id": 8, "teams": ["a"]}),
    FakeUser(name="eve", data={"id": None, "teams": ["ops"]}),
)


def test_people_sign_in_without_an_id_token(make: Make, tmp_path: Path) -> None:
    """From the button to the session: the account's number names the person, and the last page of
    their teams gives them their role.
    """
    site = make(HubShape(), code=HUB, users=HUB_USERS)

    browser, page = site.sign_in("ada")

    assert page.url == f"{site.base_url}/"
    answered = me(site, browser)
    assert [grant["role"] for grant in answered["grants"]] == ["operator"]
    assert [request.endpoint for request in site.provider.requests].count("teams") == 3
    assert people(tmp_path / "one" / "auth.db") == [(site.provider.issuer, "7")]


def people(database: Path) -> list[tuple[str, str]]:
    """Issuer and subject of everybody whom the host knows."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT issuer, subject FROM users ORDER BY 1, 2").fetchall()


def test_no_nonce_is_sent_where_nothing_could_bring_it_back(make: Make) -> None:
    """State and PKCE are there as always."""
    asked = make(HubShape(), code=HUB, users=HUB_USERS).asked()
    assert "nonce" not in asked
    assert asked["scope"] == ["read"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) == 43


@pytest.mark.parametrize(
    ("name", "endpoint", "fault", "code"),
    [
        ("bob", None, None, "no_role"),
        ("eve", None, None, "claim_malformed"),
        ("ada", "user", answer(b'{"id": 7'), "provider_answer_malformed"),
        ("ada", "user", answer(status=500), "provider_status"),
        ("ada", "user", answer(b"[]"), "plugin_raised"),
        ("ada", "teams", answer(status=429, headers=LIMIT), "provider_rate_limited"),
        ("ada", "teams", answer(b"[]", headers=ELSEWHERE), "provider_answer_malformed"),
    ],
)
def test_whom_the_provider_does_not_name_or_not_wholly_does_not_get_in(
    make: Make, refusal_code: Callable[[], str], name: str, endpoint: Any, fault: Any, code: str
) -> None:
    """A part of the answer is no answer."""
    site = make(HubShape(), code=HUB, users=HUB_USERS)
    if endpoint is not None:
        site.provider.faults.next(endpoint, fault)

    browser, page = site.sign_in(name)

    assert page.status >= 400
    assert refusal_code() == code
    assert me(site, browser) == {"error": "not signed in"}


def test_an_id_token_that_comes_all_the_same_is_not_who_it_is(make: Make, tmp_path: Path) -> None:
    """Nobody validates it, so nobody believes it."""

    @frozen(kw_only=True)
    class Sends(HubShape):
        def token_answer(self, standard: dict[str, Any], grant: Grant) -> dict[str, Any]:
            return {**standard, "id_token": "e30.e30."}

    site = make(Sends(), code=HUB, users=HUB_USERS)
    site.sign_in("ada")
    assert people(tmp_path / "one" / "auth.db") == [(site.provider.issuer, "7")]


# --- another claim than `sub` ------------------------------------------------------------------


@frozen(kw_only=True)
class PairwiseShape(Shape):
    """`sub` differs from application to application; another claim does not."""

    def id_token_claims(self, standard: dict[str, Any], grant: Grant) -> dict[str, Any]:
        claims = {**standard, "sub": f"pairwise-{grant.session.user.name}"}
        number = grant.session.user.attributes.get("oid")
        return claims if number is None else {**claims, "oid": number}


BY_OID = HEAD.format(fields='groups_claim="groups", subject_claim="oid"')
OID_USERS = (
    FakeUser(name="ada", groups=("ops",), attributes={"oid": "o-1"}),
    FakeUser(name="bob", groups=("ops",)),
    FakeUser(name="eve", groups=("ops",), attributes={"oid": ""}),
    FakeUser(name="ivy", groups=("ops",), attributes={"oid": "o-\u200b1"}),
)


def test_people_are_known_by_the_claim_that_the_plugin_declares(make: Make, tmp_path: Path) -> None:
    """Beside the issuer, and instead of `sub`."""
    site = make(PairwiseShape(), code=BY_OID, users=OID_USERS)

    browser, _ = site.sign_in("ada")

    assert [grant["role"] for grant in me(site, browser)["grants"]] == ["operator"]
    assert people(tmp_path / "one" / "auth.db") == [(site.provider.issuer, "o-1")]


@pytest.mark.parametrize(
    ("name", "code"),
    [("bob", "claim_missing"), ("eve", "claim_malformed"), ("ivy", "claim_malformed")],
)
def test_without_that_claim_nobody_gets_in(
    make: Make, refusal_code: Callable[[], str], tmp_path: Path, name: str, code: str
) -> None:
    """`sub` does not take its place."""
    site = make(PairwiseShape(), code=BY_OID, users=OID_USERS)

    browser, page = site.sign_in(name)

    assert page.status >= 400
    assert refusal_code() == code
    assert me(site, browser) == {"error": "not signed in"}
    assert people(tmp_path / "one" / "auth.db") == []


# --- one document for many tenants -------------------------------------------------------------


@frozen(kw_only=True)
class TenantShape(Shape):
    """Its document has a template for an issuer; tokens have the issuer of the person's tenant."""

    issuer_path: str = "/common/v2"
    template: str = "/{tenant}/v2"

    def document_issuer(self, base: str) -> str:
        return base + self.template

    def token_issuer(self, base: str, user: FakeUser) -> str:
        return f"{base}/{user.attributes['iss']}/v2"

    def id_token_claims(self, standard: dict[str, Any], grant: Grant) -> dict[str, Any]:
        return {**standard, "tid": grant.session.user.attributes["tid"]}


TENANTS = HEAD.format(
    fields='groups_claim="groups",'
    ' options=(PluginOption(name="tenants", type=OptionType.LIST, description="Whose."),),'
    ' tenants=TenantRule(claim="tid", placeholder="{{tenant}}", shared=("common",),'
    ' option="tenants")'
).replace("{{tenant}}", "{tenant}")
TENANT_USERS = tuple(
    FakeUser(name=name, subject="s-1", groups=("ops",), attributes={"iss": issuer, "tid": tenant})
    for name, issuer, tenant in (
        ("ada", "acme", "acme"),
        ("gus", "globex", "globex"),
        ("eve", "initech", "initech"),
        ("mal", "acme", "globex"),
        ("ned", "acme", "initech"),
        ("ivy", "common", "acme"),
        ("tom", "{tenant}", "acme"),
    )
)


def test_people_of_two_tenants_sign_in_and_are_two(make: Make, tmp_path: Path) -> None:
    """Each with the issuer of their own tenant, though their subject there is the same."""
    site = make(TenantShape(), code=TENANTS, users=TENANT_USERS, more="tenants: [acme, globex]")

    for name in ("ada", "gus"):
        browser, _ = site.sign_in(name)
        assert [grant["role"] for grant in me(site, browser)["grants"]] == ["operator"]

    assert people(tmp_path / "one" / "auth.db") == [
        (f"{site.provider.base_url}/acme/v2", "s-1"),
        (f"{site.provider.base_url}/globex/v2", "s-1"),
    ]


@pytest.mark.attack("DIS-23", "IDT-03")
@pytest.mark.parametrize("name", ["eve", "mal", "ned", "ivy", "tom"])
def test_people_of_other_tenants_do_not_get_in(
    make: Make, refusal_code: Callable[[], str], tmp_path: Path, name: str
) -> None:
    """Nor somebody whose issuer and tenant do not agree, nor one of everybody's issuer: the
    signature is good in all of them.
    """
    site = make(TenantShape(), code=TENANTS, users=TENANT_USERS, more="tenants: [acme, globex]")

    browser, page = site.sign_in(name)

    assert page.status >= 400
    assert refusal_code() == "issuer_mismatch"
    assert me(site, browser) == {"error": "not signed in"}
    assert people(tmp_path / "one" / "auth.db") == []


@pytest.mark.attack("DIS-01", "DIS-23")
@pytest.mark.parametrize("template", ["/acme/v2", "/common/v2", "/{other}/v2", "/{tenant}/v2/"])
def test_a_document_with_another_template_is_refused(
    make: Make, refusal_code: Callable[[], str], template: str
) -> None:
    """Before anybody is sent there."""
    site = make(
        TenantShape(template=template), code=TENANTS, users=TENANT_USERS, more="tenants: [acme]"
    )

    page = Browser().get(f"{site.base_url}/auth/oidc/main/login")

    assert page.status >= 500
    assert refusal_code() == "discovery_issuer_mismatch"


@pytest.mark.attack("PLG-13", "SES-07")
async def test_sessions_of_a_tenant_that_is_not_on_the_list_any_more_end(
    make: Make, tmp_path: Path, clock: Any
) -> None:
    """As soon as the host has read the new list; those of the others go on."""
    site = make(TenantShape(), code=TENANTS, users=TENANT_USERS, more="tenants: [acme, globex]")
    tokens = {name: session_token(site.sign_in(name)[0]) for name in ("ada", "gus")}
    config = tmp_path / "one" / "dockmesh.yaml"
    config.write_text(config.read_text().replace("[acme, globex]", "[globex]"))
    sys.modules.pop("plugin_of_the_scenario", None)

    host = host_of(config, tmp_path, clock)
    try:
        alive = {name for name, token in tokens.items() if await host.read_session(token)}
    finally:
        await host.close()

    assert alive == {"gus"}
    assert await site.host.read_session(tokens["ada"]) is None


def session_token(browser: Browser) -> Secret:
    """What the session's cookie holds."""
    cookie = browser.cookies.named("dockmesh_session")
    assert cookie is not None
    return Secret(cookie.value)

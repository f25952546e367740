"""Who says who signs in: an ID token, or the provider when its plugin asks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import pytest

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.ports import Answer
from dockmesh_auth.domain.provider import Provider
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.tenants import Tenants
from dockmesh_auth.domain.tokens import Expectation, TokenResponse
from dockmesh_auth.errors import AuthError, ErrorCode, PluginError, ProviderError, TokenRejected
from dockmesh_auth.host.answers import check_claims
from dockmesh_auth.host.dispatch import Deadlines, Stages

HEAD = "from dockmesh_auth import *\n"
ISSUER = "https://id.example"
PLAIN = """
from dockmesh_auth import *

@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(
        name="toy", display_name="Toy", contract_version=1, scopes=("read",), id_token=False
    )
"""


# --- which hooks there have to be --------------------------------------------------------------


def described(**fields: object) -> str:
    """A plugin that describes itself with *fields*."""
    written = ", ".join(f"{name}={value!r}" for name, value in fields.items())
    return (
        f"{HEAD}@hookimpl\ndef dockmesh_auth_describe():\n    return PluginDescription("
        f"name='toy', display_name='Toy', contract_version=1, {written})\n"
    )


FETCHES = "@hookimpl\nasync def dockmesh_auth_fetch_user(fetch): ...\n"
VALIDATES = "@hookimpl\ndef dockmesh_auth_validate_token(tokens): ...\n"


@pytest.mark.attack("PLG-11")
@pytest.mark.parametrize(
    ("code", "words"),
    [
        (described() + FETCHES, "fetch_user is only asked where"),
        (described() + FETCHES + VALIDATES, "fetch_user is only asked where"),
        (described(id_token=False, scopes=("a",)), "needs dockmesh_auth_fetch_user"),
        (described(id_token=False, scopes=("a",)) + VALIDATES, "validate_token is never asked"),
        (
            described(id_token=False, scopes=("a",)) + VALIDATES + FETCHES,
            "validate_token is never asked",
        ),
    ],
)
def test_there_is_the_hook_that_is_asked_and_not_the_one_that_is_not(
    install, load, code: str, words: str
) -> None:
    """A check that never runs would look like one that does."""
    install(code, describe=False)
    refusal = load().quarantined["toy"].reason
    assert refusal.code is ErrorCode.PLUGIN_BAD_HOOK
    assert words in refusal.detail


@pytest.mark.parametrize(
    "code",
    [
        described(),
        described() + VALIDATES,
        described(id_token=False, scopes=("a",)) + FETCHES,
        described(id_token=False, scopes=()) + FETCHES.replace("async ", ""),
    ],
)
def test_one_witness_is_enough(install, load, code: str) -> None:
    """The built-in for ID tokens, or the plugin's own; `fetch_user` may wait or not."""
    install(code, describe=False)
    assert load().quarantined == {}


# --- asking the provider -----------------------------------------------------------------------


class Fetching:
    """A fetch that answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool]] = []

    async def __call__(self, url: str, *, with_access_token: bool = False, **_: Any) -> Answer:
        self.asked.append((url, with_access_token))
        return Answer(status=200, headers={}, body=b'{"id": 7, "login": "ada"}')


Make = Callable[[str], Stages]


@pytest.fixture(name="plain")
def plain_stages(install, load, provider: Provider) -> Make:
    """The stages of a provider without ID tokens, whose plugin's `fetch_user` has a body."""

    def make(body: str) -> Stages:
        code = f"{PLAIN}\n@hookimpl\nasync def dockmesh_auth_fetch_user(provider, metadata, fetch):"
        install(code + f"\n    {body}\n", describe=False)
        return Stages(
            attrs.evolve(provider, id_token=False),
            load().require("toy", "main"),
            Deadlines(pure=0.3, waiting=0.3),
        )

    return make


ASKS = (
    "user = (await fetch('https://id.example/user', with_access_token=True)).json()\n"
    "    return Claims(user, issuer=provider.issuer, subject=str(user['id']))"
)


async def test_the_plugin_asks_and_says_who_it_is(plain: Make, metadata) -> None:
    """With the access token of this sign-in, which it does not see."""
    fetch = Fetching()

    claims = await plain(ASKS).fetch_user_in_lane(metadata, fetch)

    assert (claims.issuer, claims.subject, claims["login"]) == (ISSUER, "7", "ada")
    assert fetch.asked == [(f"{ISSUER}/user", True)]


async def test_a_person_can_also_be_known_without_waiting(
    install, load, provider, metadata
) -> None:
    """The hook need not be `async def`."""
    code = f"{PLAIN}\n@hookimpl\ndef dockmesh_auth_fetch_user(provider):\n"
    install(f"{code}    return Claims({{}}, issuer=provider.issuer, subject='7')", describe=False)
    stages = Stages(provider, load().require("toy", "main"))
    assert (await stages.fetch_user(metadata, Fetching())).subject == "7"


@pytest.mark.attack("IDT-02")
async def test_there_is_no_built_in_to_leave_it_to(plain: Make, metadata) -> None:
    """None is nobody."""
    with pytest.raises(TokenRejected) as caught:
        await plain("return None").fetch_user_in_lane(metadata, Fetching())
    assert caught.value.code is ErrorCode.ID_TOKEN_MISSING
    assert caught.value.provider == "main"


@pytest.mark.attack("PLG-02", "PLG-04", "PLG-10")
@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ("return 'ada'", PluginError, "plugin_wrong_type"),
        ("return {'sub': '7'}", PluginError, "plugin_wrong_type"),
        (
            "return Claims({}, issuer=provider.issuer, subject=7)",
            PluginError,
            "plugin_wrong_type",
        ),
        (
            "return Claims({}, issuer=provider.issuer, subject='')",
            PluginError,
            "plugin_wrong_type",
        ),
        (
            "return Claims({'a': object()}, issuer=provider.issuer, subject='7')",
            PluginError,
            "plugin_wrong_type",
        ),
        (
            "return Claims({}, issuer='https://other.example', subject='7')",
            PluginError,
            "plugin_foreign_identity",
        ),
        (
            "return Claims({}, issuer=provider.issuer + '/', subject='7')",
            PluginError,
            "plugin_foreign_identity",
        ),
        ("return {}['id']", PluginError, "plugin_raised"),
        ("raise SystemExit", PluginError, "plugin_raised"),
        ("import asyncio; await asyncio.sleep(5)", PluginError, "plugin_deadline"),
        (
            "raise TokenRejected(ErrorCode.CLAIM_MISSING, 'no id')",
            TokenRejected,
            "claim_missing",
        ),
        (
            "raise ProviderError(ErrorCode.PROVIDER_STATUS, 'no')",
            ProviderError,
            "provider_status",
        ),
    ],
)
async def test_what_is_no_person_of_this_provider_is_refused(
    plain: Make, metadata, body: str, kind: type[AuthError], code: str
) -> None:
    """With plugin, hook and provider named."""
    with pytest.raises(kind) as caught:
        await plain(body).fetch_user_in_lane(metadata, Fetching())
    assert caught.value.code == code
    assert (caught.value.plugin, caught.value.provider) == ("toy", "main")
    assert caught.value.hook == "dockmesh_auth_fetch_user"


# --- what a plugin may say of a token ----------------------------------------------------------


def said(provider: Provider, opened: Mapping[str, Any], **members: Any) -> Claims:
    """What a plugin's claims become, beside the *opened* token."""
    who = {"iss": ISSUER, "sub": "u1", **opened}
    given = Claims({"sub": "u1", **members}, issuer=str(who["iss"]), subject="u1")
    return check_claims(given, who, provider)


def test_the_claim_that_names_the_person_is_the_tokens(provider: Provider) -> None:
    """Everything else is the plugin's to say."""
    known_by_oid = attrs.evolve(provider, subject_claim="oid")
    claims = said(known_by_oid, {"oid": "o1", "groups": []}, oid="o1", groups=["g"])
    assert (claims["oid"], claims["groups"]) == ("o1", ("g",))


@pytest.mark.attack("PLG-10")
@pytest.mark.parametrize(
    ("opened", "members"),
    [
        ({"oid": "o1"}, {"oid": "admin"}),
        ({"oid": "o1"}, {}),
        ({}, {"oid": "admin"}),
        ({"oid": ["o1"]}, {"oid": "o1"}),
        ({"oid": 1}, {"oid": "1"}),
        ({"sub": "u2", "oid": "o1"}, {"oid": "o1"}),
    ],
)
def test_no_plugin_names_a_person_whom_the_token_does_not(
    provider: Provider, opened: dict[str, Any], members: dict[str, Any]
) -> None:
    """Whichever claim it is that names them."""
    with pytest.raises(PluginError) as caught:
        said(attrs.evolve(provider, subject_claim="oid"), opened, **members)
    assert caught.value.code is ErrorCode.PLUGIN_FOREIGN_IDENTITY


@pytest.fixture(name="shared")
def provider_of_tenants(provider: Provider) -> Provider:
    """A provider of two tenants."""
    issuers = {f"{ISSUER}/acme": "acme", f"{ISSUER}/globex": "globex"}
    tenants = Tenants(document_issuer=f"{ISSUER}/{{t}}", claim="tid", issuers=issuers)
    return attrs.evolve(provider, issuer=f"{ISSUER}/common", tenants=tenants)


def test_a_plugin_may_vouch_for_people_of_the_listed_tenants(shared: Provider) -> None:
    """Each with the issuer of their own."""
    for tenant in ("acme", "globex"):
        claims = said(shared, {"iss": f"{ISSUER}/{tenant}", "tid": tenant})
        assert claims.issuer == f"{ISSUER}/{tenant}"


@pytest.mark.attack("PLG-10", "DIS-23")
@pytest.mark.parametrize(
    "opened",
    [
        {"iss": f"{ISSUER}/other", "tid": "other"},
        {"iss": f"{ISSUER}/common", "tid": "acme"},
        {"iss": f"{ISSUER}/{{t}}", "tid": "acme"},
        {"iss": ISSUER, "tid": "acme"},
        {"iss": f"{ISSUER}/acme", "tid": "globex"},
        {"iss": f"{ISSUER}/acme"},
        {"iss": f"{ISSUER}/acme", "tid": None},
    ],
)
def test_no_plugin_opens_the_list_of_tenants(shared: Provider, opened: dict[str, Any]) -> None:
    """The host holds issuer and tenant against it, also where a plugin validates by itself."""
    with pytest.raises(PluginError) as caught:
        said(shared, opened, tid="acme")
    assert caught.value.code is ErrorCode.PLUGIN_FOREIGN_IDENTITY


@pytest.mark.attack("IDT-02", "PLG-10")
def test_a_plugin_that_validates_needs_a_token_to_validate(stages, metadata) -> None:
    """Its provider sends them, it said: without one there is nothing that the host could open."""
    made = stages(
        f"{HEAD}@hookimpl\ndef dockmesh_auth_validate_token(provider):\n"
        "    return Claims({}, issuer=provider.issuer, subject='u1')\n"
    )

    class Verifier:
        def open(self, token: Secret) -> Mapping[str, Any]:
            raise AssertionError

        def matches_access_token(self, token: Secret, at_hash: str, access_token: Secret) -> bool:
            raise AssertionError

    tokens = TokenResponse(id_token=None, access_token=Secret("a"))
    expected = Expectation(nonce="n" * 20, now=1.0)
    with pytest.raises(TokenRejected) as caught:
        made.validate_token(metadata, Verifier(), tokens, expected)
    assert caught.value.code is ErrorCode.ID_TOKEN_MISSING

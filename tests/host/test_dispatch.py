"""Asking a provider's plugin, and nobody else."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Mapping

import attrs
import pytest

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.ports import Answer
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.tokens import Expectation, TokenResponse
from dockmesh_auth.errors import AccessDenied, AuthError, ErrorCode, PluginError, TokenRejected
from dockmesh_auth.host.dispatch import Deadlines, Stages

HEAD = "from dockmesh_auth.hookspecs import hookimpl\nfrom dockmesh_auth import *\n"
EQUAL_TO_EVERYTHING = (
    "Grants([type('G', (Grant,), {'__eq__': lambda a, b: True, '__hash__': lambda a: 1})"
    "(Role(5000, 'admin'), Scope.all_hosts())])"
)
CANARY = "c4n4ry-t0ken"


@attrs.frozen
class OpensAnything:
    """A verifier that has opened one token already."""

    members: Mapping[str, object]

    def open(self, token: Secret) -> Mapping[str, object]:
        return self.members

    def matches_access_token(self, token: Secret, at_hash: str, access_token: Secret) -> bool:
        return True


@pytest.fixture(name="tokens")
def some_tokens() -> TokenResponse:
    return TokenResponse(id_token=Secret(CANARY), access_token=Secret(CANARY))


@pytest.fixture(name="expected")
def an_expectation() -> Expectation:
    return Expectation(nonce=CANARY, now=1.0)


async def no_fetch(url: str, **_: object) -> Answer:
    """A fetch that must not be needed."""
    raise AssertionError(url)


def refusal(call: Callable[[], object]) -> AuthError:
    with pytest.raises(AuthError) as caught:
        call()
    return caught.value


@pytest.mark.attack("PLG-02", "CFG-05", "JOS-22")
@pytest.mark.parametrize(
    "raised",
    ["ValueError(repr(claims['sub']))", "SystemExit(1)", "KeyboardInterrupt()", "RecursionError()"],
)
def test_an_unexpected_exception_is_the_plugin_s_and_names_it(
    stages, claims, profile, raised: str
) -> None:
    """Plugin, hook, provider, the kind and the place; never the foreign message."""
    stage = stages(f"{HEAD}@hookimpl\ndef dockmesh_auth_resolve_roles(claims):\n    raise {raised}")

    error = refusal(lambda: stage.resolve_roles(claims, profile))

    assert isinstance(error, PluginError)
    assert error.code is ErrorCode.PLUGIN_RAISED
    assert (error.plugin, error.hook, error.provider) == (
        "toy",
        "dockmesh_auth_resolve_roles",
        "main",
    )
    assert "u1" not in str(error)
    assert error.__cause__ is None


@pytest.mark.parametrize("code", ["NO_ROLE", "PLUGIN_DENIED"])
def test_an_error_of_the_tree_is_an_answer_and_keeps_its_code(
    stages, claims, profile, code: str
) -> None:
    """The third answer: mine, and refused."""
    stage = stages(
        f"{HEAD}@hookimpl\ndef dockmesh_auth_resolve_roles():\n"
        f"    raise AccessDenied(ErrorCode.{code})"
    )

    error = refusal(lambda: stage.resolve_roles(claims, profile))

    assert isinstance(error, AccessDenied)
    assert error.code is ErrorCode[code]
    assert error.plugin == "toy"


def test_a_hook_that_is_not_there_leaves_it_to_the_built_in(stages, claims, profile) -> None:
    """Also where a stage is asked without its thread, as for a replay."""
    grants = stages("").resolve_roles(claims, profile)
    assert [str(grant) for grant in grants] == ["viewer on all"]


def test_none_leaves_it_to_the_built_in(stages, claims, profile) -> None:
    """The first answer: not mine."""
    stage = stages(f"{HEAD}@hookimpl\ndef dockmesh_auth_resolve_roles():\n    return None")

    grants = stage.resolve_roles(claims, profile)

    assert [str(grant) for grant in grants] == ["viewer on all"]


@pytest.mark.attack("PLG-06", "PLG-12")
def test_no_other_plugin_is_asked_whatever_it_tries(
    install, load, provider, claims, profile
) -> None:
    """A neighbour with tryfirst neither sees nor decides anything."""
    neighbour = install(
        f"{HEAD}ASKED = []\n@hookimpl(tryfirst=True)\ndef dockmesh_auth_resolve_roles(provider):\n"
        "    ASKED.append(provider)\n    raise AccessDenied(ErrorCode.PLUGIN_DENIED)",
        name="a-neighbour",
    )
    install(
        f"{HEAD}@hookimpl(specname='dockmesh_auth_resolve_roles', tryfirst=True)\n"
        "def innocent():\n    raise AccessDenied(ErrorCode.PLUGIN_DENIED)",
        name="z-neighbour",
    )
    install(f"{HEAD}@hookimpl\ndef dockmesh_auth_resolve_roles():\n    return None")
    registry = load("z-neighbour", "toy", "a-neighbour")
    stage = Stages(provider, registry.require("toy", "main"))

    grants = stage.resolve_roles(claims, profile)

    assert [str(grant) for grant in grants] == ["viewer on all"]
    assert sys.modules[neighbour].ASKED == []


@pytest.mark.attack("PLG-04")
@pytest.mark.parametrize(
    "answer",
    [
        "'admin'",
        "['admin']",
        "[{'role': 'admin'}]",
        "frozenset({'admin'})",
        "False",
        "0",
        "()",
        "object()",
        "Grants",
        "type('Grants', (Grants,), {})()",
        "Grants(['admin'])",
        EQUAL_TO_EVERYTHING,
        "Grants([Grant('admin', 'all')])",
        "Grants([Grant(Role('5', 'admin'), Scope.all_hosts())])",
        "Grants([Grant(Role(5000, type('S', (str,), {})('admin')), Scope.all_hosts())])",
    ],
)
def test_a_wrong_type_is_the_plugin_s_error_and_grants_nothing(
    stages, claims, profile, answer: str
) -> None:
    """The border takes exact types, all the way down."""
    stage = stages(
        f"{HEAD}from dockmesh_auth import Grant, Role\n@hookimpl\n"
        f"def dockmesh_auth_resolve_roles():\n    return {answer}"
    )

    error = refusal(lambda: stage.resolve_roles(claims, profile))

    assert error.code is ErrorCode.PLUGIN_WRONG_TYPE
    assert error.hook == "dockmesh_auth_resolve_roles"


def test_a_coroutine_from_a_pure_hook_is_a_wrong_type(stages, claims, profile) -> None:
    """A plain function that hands out a coroutine waits as well."""
    stage = stages(
        f"{HEAD}class C:\n    def __await__(self): yield\n"
        "@hookimpl\ndef dockmesh_auth_resolve_roles():\n    return C()"
    )

    error = refusal(lambda: stage.resolve_roles(claims, profile))

    assert error.code is ErrorCode.PLUGIN_WRONG_TYPE


@pytest.mark.attack("PLG-06", "CLM-12")
@pytest.mark.parametrize(
    "grant",
    [
        "Grant(Role(5000, 'admin'), Scope.all_hosts(), Origin.MAPPING, 'dockmesh-viewers')",
        "Grant(Role(1000, 'viewer'), Scope.all_hosts(), Origin.MAPPING, 'unmapped')",
        "Grant(Role(2000, 'operator'), Scope.all_hosts(), Origin.MAPPING, 'dockmesh-ops-prod')",
        "Grant(Role(5000, 'admin'), Scope.all_hosts(), Origin.DEFAULT)",
        "Grant(Role(5000, 'admin'), Scope.all_hosts(), Origin.MANUAL)",
        "Grant(Role(9999, 'admin'), Scope.all_hosts(), Origin.MAPPING, 'dockmesh-admins')",
    ],
)
def test_a_plugin_grants_nothing_that_no_row_gives(stages, claims, profile, grant: str) -> None:
    """Role, scope and row must be the operator's."""
    stage = stages(
        f"{HEAD}from dockmesh_auth import Grant, Role\n@hookimpl\n"
        f"def dockmesh_auth_resolve_roles():\n    return Grants([{grant}])"
    )

    error = refusal(lambda: stage.resolve_roles(claims, profile))

    assert error.code is ErrorCode.PLUGIN_UNMAPPED_GRANT


def test_a_plugin_may_choose_among_what_the_rows_give(stages, claims, profile) -> None:
    """Fewer is allowed; so is a row chosen for another reason than a group."""
    stage = stages(
        f"{HEAD}@hookimpl\ndef dockmesh_auth_resolve_roles(provider):\n"
        "    return provider.mappings.resolve(['dockmesh-ops-prod'])"
    )

    grants = stage.resolve_roles(claims, profile)

    assert [str(grant) for grant in grants] == ["operator on tag=prod"]


def test_an_origin_is_one_of_ours_and_no_text_that_looks_like_it(
    stages, provider, claims, profile
) -> None:
    """An enumeration's value is not its member, even if the operator's default had it."""
    stage = stages(
        f"{HEAD}@hookimpl\ndef dockmesh_auth_resolve_roles(provider):\n"
        "    return Grants([provider.default_grant])"
    )
    default = provider.mappings.resolve(["dockmesh-viewers"]).items[0]
    default = attrs.evolve(default, origin="default", claim_value=None)
    stage.provider = attrs.evolve(provider, default_grant=default)

    error = refusal(lambda: stage.resolve_roles(claims, profile))

    assert error.code is ErrorCode.PLUGIN_WRONG_TYPE  # a plain string is no Origin


@pytest.mark.attack("PLG-10")
@pytest.mark.parametrize(
    ("issuer", "subject"),
    [
        ("https://evil.example", "u1"),
        ("https://id.example", "admin"),
        ("https://id.example/", "u1"),
    ],
)
def test_claims_of_another_person_than_the_token_s_are_refused(
    stages, metadata, tokens, expected, issuer: str, subject: str
) -> None:
    """Issuer and subject come from the token that the host itself has opened."""
    stage = stages(
        f"{HEAD}@hookimpl\ndef dockmesh_auth_validate_token():\n"
        f"    return Claims({{}}, issuer={issuer!r}, subject={subject!r})"
    )
    verifier = OpensAnything({"iss": "https://id.example", "sub": "u1"})

    error = refusal(lambda: stage.validate_token(metadata, verifier, tokens, expected))

    assert error.code is ErrorCode.PLUGIN_FOREIGN_IDENTITY


def test_a_plugin_cannot_vouch_for_a_token_without_a_good_signature(
    stages, metadata, tokens, expected
) -> None:
    """The host opens the token itself, whatever the plugin did."""

    class Refuses(OpensAnything):
        def open(self, token: Secret) -> Mapping[str, object]:
            raise TokenRejected(ErrorCode.SIGNATURE_INVALID)

    stage = stages(
        f"{HEAD}@hookimpl\ndef dockmesh_auth_validate_token():\n"
        "    return Claims({}, issuer='https://id.example', subject='u1')"
    )

    error = refusal(lambda: stage.validate_token(metadata, Refuses({}), tokens, expected))

    assert error.code is ErrorCode.SIGNATURE_INVALID


def test_a_plugin_may_validate_by_itself(stages, metadata, tokens, expected) -> None:
    """The second answer: mine."""
    stage = stages(
        f"{HEAD}@hookimpl\ndef dockmesh_auth_validate_token(verifier, tokens):\n"
        "    m = verifier.open(tokens.id_token)\n"
        "    return Claims(m, issuer=m['iss'], subject=m['sub'])"
    )
    verifier = OpensAnything({"iss": "https://id.example", "sub": "u1"})

    claims = stage.validate_token(metadata, verifier, tokens, expected)

    assert claims.subject == "u1"


@pytest.mark.attack("PLG-04")
@pytest.mark.parametrize("answer", ["{'sub': 'u1'}", "True", "verifier.open(None)", "Claims"])
def test_claims_of_the_wrong_type_are_refused(
    stages, metadata, tokens, expected, answer: str
) -> None:
    """Only `Claims` are claims."""
    stage = stages(
        f"{HEAD}@hookimpl\ndef dockmesh_auth_validate_token(verifier):\n    return {answer}"
    )

    error = refusal(
        lambda: stage.validate_token(metadata, OpensAnything({"a": 1}), tokens, expected)
    )

    assert error.code is ErrorCode.PLUGIN_WRONG_TYPE


@pytest.mark.attack("PLG-04")
@pytest.mark.parametrize(
    "answer",
    [
        "['dockmesh-admins']",
        "Profile(groups=['dockmesh-admins'])",
        "Profile(username=7, groups=Groups.of([]))",
        "Profile(username=None, groups=Groups.of([]))",
        "Profile(groups=Groups(GroupState.PRESENT, ['dockmesh-admins']))",
    ],
)
@pytest.mark.parametrize("kind", ["def", "async def"])
async def test_a_profile_of_the_wrong_types_is_refused(
    stages, metadata, claims, answer: str, kind: str
) -> None:
    """The border takes exact types from waiting hooks too."""
    stage = stages(f"{HEAD}@hookimpl\n{kind} dockmesh_auth_extract_claims():\n    return {answer}")

    with pytest.raises(PluginError) as caught:
        await stage.extract_claims_in_lane(metadata, claims, no_fetch)

    assert caught.value.code is ErrorCode.PLUGIN_WRONG_TYPE


@pytest.mark.parametrize(
    "groups",
    [
        "Groups(GroupState.EMPTY, ('dockmesh-admins',))",
        "Groups(GroupState.PRESENT, ())",
        "Groups('present', ('dockmesh-admins',))",
    ],
)
async def test_groups_that_contradict_themselves_cannot_be_made(
    stages, metadata, claims, groups: str
) -> None:
    """Such a value does not exist; the attempt to make it is the plugin's error."""
    stage = stages(
        f"{HEAD}@hookimpl\ndef dockmesh_auth_extract_claims():\n    return Profile(groups={groups})"
    )

    with pytest.raises(PluginError) as caught:
        await stage.extract_claims_in_lane(metadata, claims, no_fetch)

    assert caught.value.code is ErrorCode.PLUGIN_RAISED


async def test_names_that_a_plugin_gives_are_cut_and_cleaned(stages, metadata, claims) -> None:
    """What is shown and logged is short and visible."""
    stage = stages(
        f"{HEAD}@hookimpl\ndef dockmesh_auth_extract_claims():\n"
        "    return Profile(username='x\\nINFO admin' + 'y' * 5000, groups=Groups.of(['g']))"
    )

    profile = await stage.extract_claims_in_lane(metadata, claims, no_fetch)

    assert profile.username.isprintable()
    assert len(profile.username) == 1024
    assert profile.groups.names == ("g",)


@pytest.mark.attack("PLG-03")
@pytest.mark.parametrize(
    "code",
    [
        "def dockmesh_auth_extract_claims():\n    time.sleep(1.5)",
        "async def dockmesh_auth_extract_claims():\n    time.sleep(1.5)",
        "async def dockmesh_auth_extract_claims():\n    import asyncio; await asyncio.sleep(60)",
    ],
)
async def test_a_plugin_that_hangs_misses_its_deadline_and_holds_up_nobody(
    stages, metadata, claims, code: str
) -> None:
    """The event loop goes on while the plugin sleeps."""
    stage = stages(f"{HEAD}import time\n@hookimpl\n{code}")
    ticks: list[float] = []

    async def others() -> None:
        while True:
            ticks.append(time.monotonic())
            await asyncio.sleep(0.005)

    task = asyncio.create_task(others())
    with pytest.raises(PluginError) as caught:
        await stage.extract_claims_in_lane(metadata, claims, no_fetch)
    task.cancel()

    assert caught.value.code is ErrorCode.PLUGIN_DEADLINE
    assert caught.value.provider == "main"
    assert len(ticks) > 5  # the loop went on while the plugin slept


@pytest.mark.attack("PLG-03")
@pytest.mark.parametrize("hook", ["validate_token", "resolve_roles"])
async def test_pure_hooks_have_a_deadline_too(
    stages, metadata, tokens, expected, claims, profile, hook: str
) -> None:
    """An endless loop in a pure hook is left behind."""
    stage = stages(
        f"{HEAD}import time\n@hookimpl\ndef dockmesh_auth_{hook}():\n    time.sleep(1.5)"
    )
    calls = {
        "validate_token": lambda: stage.validate_token_in_lane(
            metadata, OpensAnything({}), tokens, expected
        ),
        "resolve_roles": lambda: stage.resolve_roles_in_lane(claims, profile),
    }

    with pytest.raises(PluginError) as caught:
        await calls[hook]()

    assert caught.value.code is ErrorCode.PLUGIN_DEADLINE
    assert caught.value.hook == f"dockmesh_auth_{hook}"


async def test_a_plugin_with_too_many_blocked_calls_is_out_of_service(
    stages, metadata, claims, profile
) -> None:
    """After four blocked calls the fifth does not even begin."""
    stage = stages(
        f"{HEAD}import time\n@hookimpl\ndef dockmesh_auth_resolve_roles():\n    time.sleep(1)"
    )
    stage.deadlines = Deadlines(pure=0.02)
    details = []
    for _ in range(5):
        with pytest.raises(PluginError) as caught:
            await stage.resolve_roles_in_lane(claims, profile)
        details.append(caught.value.detail)

    assert caught.value.code is ErrorCode.PLUGIN_DEADLINE
    assert details[-1] == "earlier calls have not returned yet"


@pytest.mark.parametrize("kind", ["def", "async def"])
async def test_an_exception_in_a_waiting_hook_is_the_plugin_s(
    stages, metadata, claims, kind: str
) -> None:
    """It makes no difference whether the hook waits."""
    stage = stages(f"{HEAD}@hookimpl\n{kind} dockmesh_auth_extract_claims():\n    raise SystemExit")

    with pytest.raises(PluginError) as caught:
        await stage.extract_claims_in_lane(metadata, claims, no_fetch)

    assert caught.value.code is ErrorCode.PLUGIN_RAISED


@pytest.mark.parametrize("kind", ["def", "async def"])
async def test_an_error_of_the_tree_from_a_waiting_hook_is_an_answer(
    stages, metadata, claims, kind: str
) -> None:
    """Mine, and refused."""
    stage = stages(
        f"{HEAD}@hookimpl\n{kind} dockmesh_auth_extract_claims():\n"
        "    raise TokenRejected(ErrorCode.TOKEN_KIND_WRONG)"
    )

    with pytest.raises(TokenRejected) as caught:
        await stage.extract_claims_in_lane(metadata, claims, no_fetch)

    assert caught.value.code is ErrorCode.TOKEN_KIND_WRONG
    assert caught.value.hook == "dockmesh_auth_extract_claims"


async def test_a_plugin_that_cancels_itself_has_raised(stages, metadata, claims) -> None:
    """A cancellation that nobody asked for is not one."""
    stage = stages(
        f"{HEAD}import asyncio\n@hookimpl\nasync def dockmesh_auth_extract_claims():\n"
        "    raise asyncio.CancelledError"
    )

    with pytest.raises(PluginError) as caught:
        await stage.extract_claims_in_lane(metadata, claims, no_fetch)

    assert caught.value.code is ErrorCode.PLUGIN_RAISED


async def test_a_request_that_is_given_up_ends_the_plugin_s_wait(stages, metadata, claims) -> None:
    """When the person's browser goes away, the sign-in is cancelled."""
    stage = stages(
        f"{HEAD}import asyncio\n@hookimpl\nasync def dockmesh_auth_extract_claims():\n"
        "    await asyncio.sleep(60)"
    )
    direct = asyncio.create_task(stage.extract_claims(metadata, claims, no_fetch))
    await asyncio.sleep(0.05)
    direct.cancel()

    with pytest.raises(asyncio.CancelledError):
        await direct


async def test_a_plugin_s_fetch_runs_where_the_connections_are(stages, metadata, claims) -> None:
    """The plugin waits in its thread; the request is made in the host's loop."""
    loops: list[object] = []

    async def fetch(url: str, **_: object) -> Answer:
        loops.append(asyncio.get_running_loop())
        return Answer(status=200, headers={}, body=b'["g"]')

    stage = stages(
        f"{HEAD}@hookimpl\nasync def dockmesh_auth_extract_claims(fetch):\n"
        "    answer = await fetch('https://id.example/groups', with_access_token=True)\n"
        "    assert 'fetch' in repr(fetch)\n"
        "    return Profile(groups=Groups.of(answer.json()))"
    )

    profile = await stage.extract_claims_in_lane(metadata, claims, fetch)

    assert profile.groups.names == ("g",)
    assert loops == [asyncio.get_running_loop()]


async def test_discovery_of_a_plugin_is_held_against_the_rules(stages) -> None:
    """Whoever found the endpoints: issuer and hosts are checked by the host."""
    stage = stages(
        f"{HEAD}@hookimpl\nasync def dockmesh_auth_discover(provider):\n"
        "    return ProviderMetadata(issuer=provider.issuer,"
        " authorization_endpoint='https://evil.example/a',"
        " token_endpoint='https://evil.example/t')"
    )

    with pytest.raises(AuthError) as caught:
        await stage.discover_in_lane(no_fetch)

    assert caught.value.code is ErrorCode.DISCOVERY_UNSAFE_ENDPOINT


async def test_discovery_of_a_plugin_is_used(stages) -> None:
    """A provider without a discovery document gets its endpoints from its plugin."""
    stage = stages(
        f"{HEAD}@hookimpl\ndef dockmesh_auth_discover(provider):\n"
        "    return ProviderMetadata(issuer=provider.issuer,"
        " authorization_endpoint=provider.issuer + '/a', token_endpoint=provider.issuer + '/t',"
        " scopes_supported=('openid',))"
    )

    metadata = await stage.discover_in_lane(no_fetch)

    assert metadata.token_endpoint == "https://id.example/t"
    assert metadata.scopes_supported == ("openid",)


async def test_metadata_of_the_wrong_type_is_refused(stages) -> None:
    """A dict of endpoints is not metadata."""
    stage = stages(
        f"{HEAD}@hookimpl\ndef dockmesh_auth_discover(provider):\n"
        "    return ProviderMetadata(issuer=provider.issuer, authorization_endpoint=1,"
        " token_endpoint='x')"
    )

    with pytest.raises(PluginError) as caught:
        await stage.discover_in_lane(no_fetch)

    assert caught.value.code is ErrorCode.PLUGIN_WRONG_TYPE


@pytest.mark.attack("PLG-08")
@pytest.mark.parametrize(
    "attack",
    [
        "claims['groups'].append('dockmesh-admins')",
        "claims['groups'] = ['dockmesh-admins']",
        "claims['nested']['x'] = 1",
        "claims.subject = 'admin'",
        "provider.mappings = None",
        "provider.options['x'] = 1",
        "provider.scopes += ('y',)",
        "provider.client_id = 'x'",
    ],
)
async def test_nothing_that_a_plugin_is_given_can_be_changed(
    stages, metadata, provider, attack: str
) -> None:
    """Arguments are immutable: an attempt is the plugin's error."""
    stage = stages(
        f"{HEAD}@hookimpl\ndef dockmesh_auth_extract_claims(provider, claims):\n    {attack}"
    )
    members = {"groups": ["dockmesh-viewers"], "nested": {"x": 0}}
    claims = Claims(members, issuer=provider.issuer, subject="u1")

    with pytest.raises(PluginError) as caught:
        await stage.extract_claims_in_lane(metadata, claims, no_fetch)

    assert caught.value.code is ErrorCode.PLUGIN_RAISED
    assert members == {"groups": ["dockmesh-viewers"], "nested": {"x": 0}}
    assert claims.subject == "u1"

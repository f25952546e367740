"""What a plugin can try that its types do not show: values that lie, errors that are none."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import attrs
import pytest

from dockmesh_auth.domain.claims import Claims
from dockmesh_auth.domain.grants import Grants, Origin
from dockmesh_auth.domain.groups import MAX_GROUPS, Groups, GroupState
from dockmesh_auth.domain.identity import Profile
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.tokens import Expectation, TokenResponse
from dockmesh_auth.errors import (
    AccessDenied,
    AuthError,
    ConfigurationError,
    ErrorCode,
    PluginError,
    ProviderError,
    TokenRejected,
)
from dockmesh_auth.host.answers import check_claims, check_grants, check_profile, type_name

HEAD = "from dockmesh_auth.hookspecs import hookimpl\nfrom dockmesh_auth import *\n"
EXPECTED = Expectation(nonce="n" * 20, now=1.0)
LIAR = """
class Liar(str):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = str.__hash__
"""


@attrs.frozen
class Opens:
    """A verifier that has opened one token already."""

    members: Mapping[str, object]

    def open(self, token: Secret) -> Mapping[str, object]:
        return self.members

    def matches_access_token(self, token: Secret, at_hash: str, access_token: Secret) -> bool:
        return True


async def no_fetch(url: str, **_: object) -> Any:
    """A fetch that must not be needed."""
    raise AssertionError(url)


@pytest.fixture(name="validated")
def validation_by_a_plugin(stages, metadata):
    """Have a plugin answer `validate_token` for a token with the given members."""

    def validate(body: str, opened: Mapping[str, object] | None) -> Claims:
        made = stages(
            f"{HEAD}{LIAR}\n@hookimpl\ndef dockmesh_auth_validate_token(provider, tokens):\n"
            f"    {body}\n"
        )
        tokens = TokenResponse(
            id_token=None if opened is None else Secret("t"), access_token=Secret("a")
        )
        return made.validate_token(metadata, Opens(opened or {}), tokens, EXPECTED)

    return validate


@pytest.mark.attack("PLG-04", "PLG-10")
@pytest.mark.parametrize(
    "who",
    [
        "issuer=provider.issuer, subject=Liar('admin')",
        "issuer=Liar('https://other.example'), subject='u1'",
    ],
)
def test_a_text_that_equals_everything_is_no_identity(validated, provider, who: str) -> None:
    """The comparison with the token is made with texts that cannot answer for themselves."""
    opened = {"iss": provider.issuer, "sub": "u1"}
    with pytest.raises(PluginError) as caught:
        validated(f"return Claims({{}}, {who})", opened)
    assert caught.value.code in {ErrorCode.PLUGIN_WRONG_TYPE, ErrorCode.PLUGIN_FOREIGN_IDENTITY}


@pytest.mark.attack("PLG-10", "JWK-22", "ACC-06")
def test_a_provider_speaks_for_its_own_issuer_whatever_its_plugin_accepts(validated) -> None:
    """A signed token that names another issuer's person is no way in."""
    opened = {"iss": "https://other.example", "sub": "u1"}
    with pytest.raises(PluginError) as caught:
        validated("return Claims({}, issuer='https://other.example', subject='u1')", opened)
    assert caught.value.code == ErrorCode.PLUGIN_FOREIGN_IDENTITY


@pytest.mark.attack("PLG-10")
def test_nobody_is_vouched_for_without_an_id_token(validated, provider) -> None:
    """Whatever the plugin answers: it said that its provider sends them."""
    with pytest.raises(TokenRejected) as caught:
        validated("return Claims({}, issuer=provider.issuer, subject='u1')", None)
    assert caught.value.code == ErrorCode.ID_TOKEN_MISSING


@pytest.mark.attack("PLG-08")
def test_claims_cannot_be_changed_after_they_were_given(provider) -> None:
    """What the host goes on with is a copy of its own, all the way down."""
    members: dict[str, Any] = {"groups": ["few"], "a": {"b": 1}}
    given = Claims(members, issuer=provider.issuer, subject="u1")
    claims = check_claims(given, {"iss": provider.issuer, "sub": "u1"}, provider)
    members["groups"].append("all")
    members["a"]["b"] = 2
    assert claims["groups"] == ("few",)
    assert claims["a"] == {"b": 1}


@pytest.mark.attack("PLG-04", "PLG-10")
@pytest.mark.parametrize("subject", ["", "s" * 256])
def test_a_subject_has_the_length_of_a_subject(provider, subject: str) -> None:
    """Also where a plugin has checked the token itself (OpenID Connect Core 1.0, section 2)."""
    given = Claims({}, issuer=provider.issuer, subject=subject)
    with pytest.raises(PluginError) as caught:
        check_claims(given, {"iss": provider.issuer, "sub": subject}, provider)
    assert caught.value.code == ErrorCode.PLUGIN_WRONG_TYPE


def _nested(depth: int) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for _ in range(depth):
        members = {"a": members}
    return members


@pytest.mark.attack("PLG-04", "JOS-21")
@pytest.mark.parametrize("depth", [34, 5000])
def test_claims_that_are_nested_too_deeply_are_refused(provider, depth: int) -> None:
    """The limit is that of tokens, and no walk through them ends in a RecursionError."""
    given = Claims(_nested(depth), issuer=provider.issuer, subject="u1")
    with pytest.raises(PluginError) as caught:
        check_claims(given, None, provider)
    assert caught.value.code == ErrorCode.PLUGIN_WRONG_TYPE


@pytest.mark.attack("PLG-04")
@pytest.mark.parametrize("members", [{"n": object()}, {5: "a"}, {"a": {"b": {1}}}, 7, None])
def test_claims_are_json_and_nothing_else(provider, members: Any) -> None:
    """A claim that is no JSON value cannot have come out of a token."""
    given = Claims(members, issuer=provider.issuer, subject="u1")
    with pytest.raises(PluginError) as caught:
        check_claims(given, {"iss": provider.issuer, "sub": "u1"}, provider)
    assert caught.value.code == ErrorCode.PLUGIN_WRONG_TYPE


@pytest.mark.attack("PLG-04", "PLG-02")
@pytest.mark.parametrize(
    "answer",
    [
        "Claims.__new__(Claims)",
        "type('M', (type,), {'__name__': property(lambda c: 1 / 0)})('X', (), {})()",
        "type('X', (), {'__class__': property(lambda c: exit(3))})()",
    ],
)
@pytest.mark.parametrize("hook", ["validate_token", "extract_claims", "resolve_roles", "discover"])
async def test_a_value_that_fights_back_is_the_plugin_s_error(
    stages, metadata, claims, profile, hook: str, answer: str
) -> None:
    """Whatever a value does when it is looked at: that sign-in ends, the process does not."""
    kinds = {"extract_claims": "Profile", "resolve_roles": "Grants", "discover": "ProviderMetadata"}
    made = stages(
        f"{HEAD}from dockmesh_auth.domain.metadata import ProviderMetadata\n"
        "from dockmesh_auth.domain.identity import Profile\n"
        "from dockmesh_auth.domain.grants import Grants\n"
        f"@hookimpl\ndef dockmesh_auth_{hook}():\n"
        f"    return {answer.replace('Claims', kinds.get(hook, 'Claims'))}\n"
    )
    tokens = TokenResponse(id_token=Secret("t"), access_token=Secret("a"))
    calls = {
        "validate_token": lambda: made.validate_token_in_lane(
            metadata, Opens({}), tokens, EXPECTED
        ),
        "extract_claims": lambda: made.extract_claims_in_lane(metadata, claims, no_fetch),
        "resolve_roles": lambda: made.resolve_roles_in_lane(claims, profile),
        "discover": lambda: made.discover_in_lane(no_fetch),
    }
    with pytest.raises(PluginError) as caught:
        await calls[hook]()
    assert f"dockmesh_auth_{hook}" == caught.value.hook
    assert caught.value.plugin == "toy"


@pytest.mark.attack("PLG-02")
async def test_a_plugin_that_cancels_its_own_task_has_raised(stages, metadata, claims) -> None:
    """Nobody else is cancelled by it: not the request, and not those that wait with it."""
    made = stages(
        f"{HEAD}import asyncio\n@hookimpl\nasync def dockmesh_auth_extract_claims():\n"
        "    asyncio.current_task().cancel()\n    await asyncio.sleep(1)\n"
    )
    with pytest.raises(PluginError) as caught:
        await made.extract_claims_in_lane(metadata, claims, no_fetch)
    assert caught.value.code == ErrorCode.PLUGIN_RAISED


@pytest.mark.attack("PLG-02")
@pytest.mark.parametrize(
    "error",
    [
        "type('E', (AccessDenied,), {'about': lambda *_: exit(3)})(ErrorCode.NO_ROLE)",
        "type('E', (AccessDenied,), {'__init__': lambda *_: None, 'code': 1})()",
        "AccessDenied.__new__(AccessDenied)",
        "AccessDenied('no such code', 'x')",
        "AccessDenied(ErrorCode.NO_ROLE, 5)",
        "AccessDenied(ErrorCode.NO_ROLE, evidence={'groups': 5})",
        "AuthError(ErrorCode.NO_ROLE)",
        "AccessDenied(ErrorCode.NO_ROLE, provider=5)",
        "AccessDenied(ErrorCode.NO_ROLE, plugin=type('S', (str,), {})('x'))",
        "AccessDenied(ErrorCode.NO_ROLE, hook=5)",
        "with_evidence(types.MappingProxyType(type('D', (dict,), {'keys': lambda _: exit(3)})()))",
        "with_evidence(type('D', (dict,), {'items': lambda _: exit(3)})())",
    ],
)
async def test_an_error_that_is_not_one_of_ours_is_the_plugin_s(
    stages, claims, profile, error: str
) -> None:
    """The third answer is one of the tree's branches with a code and text; nothing else is."""
    made = stages(
        f"{HEAD}import types\nfrom dockmesh_auth.errors import *\n"
        "def with_evidence(evidence):\n"
        "    error = AccessDenied(ErrorCode.NO_ROLE)\n"
        "    error.evidence = evidence\n    return error\n"
        f"@hookimpl\ndef dockmesh_auth_resolve_roles():\n    raise {error}\n"
    )
    with pytest.raises(PluginError) as caught:
        await made.resolve_roles_in_lane(claims, profile)
    assert caught.value.code == ErrorCode.PLUGIN_RAISED
    assert caught.value.hook == "dockmesh_auth_resolve_roles"


async def test_one_error_object_raised_for_two_people_is_two_errors(
    stages, claims, profile
) -> None:
    """A plugin may keep an error and raise it again: nothing of one sign-in is in the next."""
    made = stages(
        f"{HEAD}from dockmesh_auth.errors import *\n"
        "DENIED = AccessDenied(ErrorCode.PLUGIN_DENIED, 'no', evidence={'a': 'b'})\n"
        "@hookimpl\ndef dockmesh_auth_resolve_roles():\n    raise DENIED\n"
    )
    caught: list[AuthError] = []
    for _ in range(2):
        with pytest.raises(AccessDenied) as found:
            await made.resolve_roles_in_lane(claims, profile)
        caught.append(found.value)
    first, second = caught
    assert first is not second
    assert None is first.__context__
    assert (second.detail, dict(second.evidence), second.provider) == ("no", {"a": "b"}, "main")


@pytest.mark.attack("JOS-22", "CFG-05")
async def test_no_foreign_exception_hangs_on_a_plugin_s_error(stages, claims, profile) -> None:
    """Neither as cause nor as context: it may hold the token that it failed on."""
    made = stages(
        f"{HEAD}from dockmesh_auth.errors import *\n@hookimpl\n"
        "def dockmesh_auth_resolve_roles():\n"
        "    try:\n        {}['t0ken']\n    except KeyError:\n"
        "        raise AccessDenied(ErrorCode.PLUGIN_DENIED, 'no')\n"
    )
    with pytest.raises(AccessDenied) as caught:
        await made.resolve_roles_in_lane(claims, profile)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.attack("PLG-04")
def test_a_million_times_the_same_grant_is_one(provider) -> None:
    """What is stored is bounded by the operator's table."""
    given = provider.mappings.resolve(["dockmesh-viewers"])
    assert given == check_grants(Grants(given.items * 1000), provider)


@pytest.mark.attack("PLG-04", "CLM-05", "CLM-09")
@pytest.mark.parametrize(
    ("names", "state"),
    [
        (tuple(map(str, range(MAX_GROUPS + 1))), GroupState.OVERAGE),
        (("dockmesh-admins\u200b",), GroupState.MALFORMED),
        (("",), GroupState.MALFORMED),
        (("x" * 1025,), GroupState.MALFORMED),
    ],
)
def test_groups_of_a_plugin_are_held_against_the_rules_of_groups(
    names: tuple[str, ...], state: GroupState
) -> None:
    """A value that was made past `Groups.of` is judged like one that was made by it."""
    answer = Profile(groups=Groups(GroupState.PRESENT, names))
    assert state == check_profile(answer).groups.state


def test_what_a_plugin_says_of_groups_is_kept_short() -> None:
    """It is stored and logged."""
    answer = Profile(groups=Groups.absent("a\n" * 5000))
    groups = check_profile(answer).groups
    assert len(groups.detail) == 1024
    assert groups.detail.isprintable()


@pytest.mark.attack("PLG-04", "PLG-11")
@pytest.mark.parametrize(
    "wrong",
    [
        "scopes='openid'",
        "scopes=['openid']",
        "groups_claim=5",
        "contract_version=True",
        "display_name=None",
        "options=[]",
        "options=('a',)",
        "client_authentication='none'",
        "options=(PluginOption(name='x', description='x', default=[]),)",
        "options=(PluginOption(name=5, description='x'),)",
        "options=(PluginOption(name='x', description='x', type='text'),)",
    ],
)
def test_a_description_of_the_wrong_types_is_quarantined(install, load, wrong: str) -> None:
    """What a plugin says of itself crosses the same border as its answers."""
    known = {"name": "'toy'", "display_name": "'Toy'", "contract_version": "1"}
    name, _, value = wrong.partition("=")
    arguments = ", ".join(f"{key}={text}" for key, text in (known | {name: value}).items())
    install(
        "from dockmesh_auth.hookspecs import *\n"
        "@hookimpl\ndef dockmesh_auth_describe():\n"
        f"    return PluginDescription({arguments})\n",
        describe=False,
    )
    reason = load().quarantined["toy"].reason
    assert reason.code == ErrorCode.PLUGIN_BAD_DESCRIPTION


async def test_an_error_of_a_plugin_points_into_no_file_of_ours(stages, claims, profile) -> None:
    """Its place and its companions could be anything, and both would be printed."""
    made = stages(
        f"{HEAD}from dockmesh_auth.errors import *\n@hookimpl\n"
        "def dockmesh_auth_resolve_roles():\n"
        "    error = ConfigurationError(ErrorCode.CONFIG_INVALID_VALUE, 'x', location='y')\n"
        "    error.others = (7,)\n    raise error\n"
    )
    with pytest.raises(ConfigurationError) as caught:
        await made.resolve_roles_in_lane(claims, profile)
    assert (caught.value.location, caught.value.others) == (None, ())


@pytest.mark.attack("PLG-02", "PLG-11")
@pytest.mark.parametrize(
    "body",
    [
        "return PluginDescription.__new__(PluginDescription)",
        "return type('M', (type,), {'__name__': property(lambda c: 1 / 0)})('X', (), {})()",
        "raise type('E', (ImportError,), {'name': property(lambda _: exit(3))})()",
        "raise type('E', (PluginError,), {'__str__': lambda _: exit(3)})(ErrorCode.PLUGIN_RAISED)",
        "raise ImportError(name=type('S', (str,), {'__repr__': lambda _: exit(3)})('x'))",
    ],
)
def test_a_plugin_that_fights_back_while_it_is_loaded_is_quarantined(
    install, load, body: str
) -> None:
    """The host starts, and can say what is wrong."""
    install(
        "from dockmesh_auth.hookspecs import *\nfrom dockmesh_auth.errors import *\n"
        f"@hookimpl\ndef dockmesh_auth_describe():\n    {body}\n",
        describe=False,
    )
    assert "toy" in str(load().quarantined["toy"].reason)


@pytest.mark.attack("PLG-10", "JWK-22")
def test_a_token_of_another_issuer_vouches_for_nobody_here(validated) -> None:
    """Its subject is the other issuer's; under ours it would be somebody else."""
    with pytest.raises(PluginError) as caught:
        validated(
            "return Claims({}, issuer=provider.issuer, subject='u1')",
            {"iss": "https://other.example", "sub": "u1"},
        )
    assert caught.value.code == ErrorCode.PLUGIN_FOREIGN_IDENTITY


@pytest.mark.attack("PLG-02")
@pytest.mark.parametrize(
    "error",
    [
        "type('E', (Exception,), {'__traceback__': property(lambda _: exit(3))})()",
        "type('E', (Exception,), {'__class__': property(lambda _: exit(3))})()",
        "type('M', (type,), {'__name__': property(lambda _: exit(3))})('E', (Exception,), {})()",
        "__import__('asyncio').CancelledError()",
    ],
)
async def test_an_exception_that_fights_back_is_the_plugin_s_outside_of_its_lane_too(
    stages, metadata, claims, profile, error: str
) -> None:
    """A replay has no lane to fall back on."""
    made = stages(
        f"{HEAD}@hookimpl\ndef dockmesh_auth_resolve_roles():\n    raise {error}\n"
        f"@hookimpl\nasync def dockmesh_auth_extract_claims():\n    raise {error}\n"
    )
    with pytest.raises(PluginError) as pure:
        made.resolve_roles(claims, profile)
    with pytest.raises(PluginError) as waiting:
        await made.extract_claims(metadata, claims, no_fetch)
    assert {pure.value.code, waiting.value.code} == {ErrorCode.PLUGIN_RAISED}


@pytest.mark.attack("PLG-03")
async def test_discovery_by_a_plugin_blocks_nobody_and_fetches_where_the_connections_are(
    stages,
) -> None:
    """It has a thread and a deadline, and its requests are made in the host's."""
    asked: list[int] = []

    async def fetch(_: str, **__: object) -> Any:
        asked.append(threading.get_ident())
        raise ProviderError(ErrorCode.PROVIDER_UNREACHABLE)

    made = stages(
        f"{HEAD}import time\nwhere = []\n@hookimpl\n"
        "async def dockmesh_auth_discover(provider, fetch):\n"
        "    if where:\n        time.sleep(1)\n        raise ValueError\n"
        "    where.append(1)\n    await fetch('https://id.example/x')\n"
    )
    with pytest.raises(ProviderError):
        await made.discover_in_lane(fetch)
    with pytest.raises(PluginError) as late:
        await made.discover_in_lane(fetch)

    assert asked == [threading.get_ident()]
    assert late.value.code == ErrorCode.PLUGIN_DEADLINE


@pytest.mark.attack("PLG-04")
@pytest.mark.parametrize(
    "answer",
    [
        "type('C', (Claims,), {})({}, issuer=provider.issuer, subject='u1')",
        "Claims({'groups': [Liar('x')]}, issuer=provider.issuer, subject='u1')",
        "Claims({'groups': {Liar('x'): 1}}, issuer=provider.issuer, subject='u1')",
        "Claims({Liar('x'): 1}, issuer=provider.issuer, subject='u1')",
    ],
)
def test_claims_are_of_exact_types_all_the_way_down(validated, provider, answer: str) -> None:
    """A subclass could say something else the next time."""
    with pytest.raises(PluginError) as caught:
        validated(f"return {answer}", {"iss": provider.issuer, "sub": "u1"})
    assert caught.value.code == ErrorCode.PLUGIN_WRONG_TYPE


@pytest.mark.attack("PLG-04")
def test_a_subclass_of_a_tuple_is_no_tuple() -> None:
    """It could give other entries to whoever looks twice."""

    class Names(tuple[str, ...]):
        __slots__ = ()

    answer = Profile(groups=Groups(GroupState.PRESENT, Names(["a"])))
    with pytest.raises(PluginError) as caught:
        check_profile(answer)
    assert caught.value.code == ErrorCode.PLUGIN_WRONG_TYPE


@pytest.mark.attack("CFG-06")
@pytest.mark.parametrize("field", ["username", "display_name", "email"])
def test_every_name_that_a_plugin_gives_is_cut_and_visible(field: str) -> None:
    """All of them are shown, and stored."""
    profile = check_profile(Profile(**{"groups": Groups.of(()), field: "\x1b[31m" + "x" * 2000}))
    shown = getattr(profile, field)
    assert len(shown) == 1024
    assert shown.startswith("\N{REPLACEMENT CHARACTER}[31mx")


@pytest.mark.attack("PLG-04")
def test_the_name_of_a_type_is_had_past_what_its_class_says() -> None:
    """It stands in messages about values of which nothing is known."""
    kind = type("Kind", (type,), {"__name__": property(lambda _: 1 / 0)})
    assert type_name(kind("Odd", (), {})()) == "Odd"


@pytest.mark.attack("PLG-06", "CLM-12")
def test_the_default_role_is_given_as_it_is_configured_or_not_at_all(provider) -> None:
    """A plugin can give it; not a higher one, and none where there is none."""
    row = provider.mappings.resolve(["dockmesh-viewers"]).items[0]
    default = attrs.evolve(row, origin=Origin.DEFAULT, claim_value=None)
    higher = attrs.evolve(
        default, role=provider.mappings.resolve(["dockmesh-admins"]).items[0].role
    )
    open_to_all = attrs.evolve(provider, default_grant=default)

    assert check_grants(Grants([default]), open_to_all) == Grants([default])
    for grant, of in ((higher, open_to_all), (default, provider), (higher, provider)):
        with pytest.raises(PluginError) as caught:
            check_grants(Grants([grant]), of)
        assert caught.value.code == ErrorCode.PLUGIN_UNMAPPED_GRANT

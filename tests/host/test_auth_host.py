"""The host as an object, against a provider on a real socket."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from urllib.parse import parse_qsl, urlsplit

import attrs
import pytest
from structlog.testing import capture_logs

from dockmesh_auth import AuthHost, load_config, open_store
from dockmesh_auth.domain.identity import Identity
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.errors import (
    AccessDenied,
    ConfigurationError,
    ErrorCode,
    SignInRejected,
    StorageError,
)
from dockmesh_auth.host import builtin
from dockmesh_auth.host.config import build_config, parse_config
from dockmesh_auth.host.registry import load_module
from dockmesh_auth.host.sign_in import StartedSignIn
from dockmesh_auth.host.system import SystemClock, SystemRandomness
from dockmesh_auth.store import find_user
from dockmesh_auth.testing.browser import Browser
from dockmesh_auth.testing.fake_provider import FakeProvider
from dockmesh_auth.testing.fake_provider.people import FakeClient, FakeUser

BASE = "http://127.0.0.1:9"
CALLBACK = f"{BASE}/auth/oidc/callback"

CONFIG = """\
server: {{base_url: "{base}"}}
database: {{driver: sqlite, dsn: "{database}"}}
auth:
  providers:
    - slug: main
      display_name: Main
      issuer_url: {issuer}
      client_id: dockmesh
      client_secret: {secret}
      groups_claim: groups
      insecure_allow_http: true
      allow_private_addresses: true
      {more}
  group_mappings:
    - {{claim_value: admins, role: admin, scope: all}}
"""


@pytest.fixture(name="idp", scope="module")
def provider_on_a_socket():
    provider = FakeProvider(
        users=[FakeUser(name="alice", groups=("admins",))],
        clients=[
            FakeClient(client_id="dockmesh", client_secret="s" * 40, redirect_uris=(CALLBACK,))
        ],
    )
    with provider.serve():
        yield provider


@pytest.fixture(name="write")
def config_writer(tmp_path: Path, idp):
    """Write a configuration with more lines for the provider."""

    def write(more: str = "") -> Path:
        path = tmp_path / "dockmesh.yaml"
        path.write_text(
            CONFIG.format(
                base=BASE,
                database=tmp_path / "dockmesh.db",
                issuer=idp.issuer,
                secret="s" * 40,
                more=more,
            )
        )
        return path

    return write


@pytest.fixture(name="host")
async def host_of_config(write, clock) -> AsyncIterator[AuthHost]:
    clock.unix = SystemClock().now()
    host = AuthHost.from_config(write(), open_store=open_store, clock=clock)
    yield host
    await host.close()


def answer_to(started: StartedSignIn) -> list[tuple[str, str]]:
    """What the provider's answer is, had by a browser that stops before our callback."""
    browser = Browser(stop_before=CALLBACK)
    browser.get(started.url)
    page = browser.click("alice")
    return parse_qsl(urlsplit(page.headers["location"]).query)


async def finish(host: AuthHost, started: StartedSignIn, **changes):
    """Finish as the browser that started it, but for *changes*."""
    arguments = {
        "posted": False,
        "slug": None,
        "browser_tokens": {started.attempt_key: started.browser_token},
    }
    parameters = changes.pop("parameters", None) or answer_to(started)
    return await host.finish_sign_in(parameters, **(arguments | changes))


async def refused(host: AuthHost, started: StartedSignIn, **changes) -> ErrorCode:
    """The code with which the end of a sign-in is refused."""
    with pytest.raises(SignInRejected) as caught:
        await finish(host, started, **changes)
    return caught.value.code


async def test_a_sign_in_makes_a_session(host: AuthHost) -> None:
    """From start to session and to its end."""
    started = await host.start_sign_in("main", return_to="/hosts")
    finished = await finish(host, started)
    token = finished.new_session.token

    session = await host.read_session(token)
    await host.end_session(token)

    assert finished.return_to == "/hosts"
    assert finished.new_session.is_new_user
    assert session is not None
    assert [str(grant) for grant in session.user.grants] == ["admin on all"]
    assert await host.read_session(token) is None


async def test_there_is_no_sign_in_with_a_provider_that_is_not_there(host: AuthHost) -> None:
    """A slug that nobody configured."""
    with pytest.raises(SignInRejected) as caught:
        await host.start_sign_in("other", return_to=None)

    assert caught.value.code is ErrorCode.PROVIDER_UNKNOWN


@pytest.mark.attack("AUR-01")
async def test_a_state_that_is_not_known_is_refused(host: AuthHost) -> None:
    """Even if the browser has a cookie of that name."""
    started = await host.start_sign_in("main", return_to=None)
    await finish(host, started)

    code = await refused(host, started, parameters=[("state", _state(started)), ("code", "x")])

    assert code is ErrorCode.STATE_UNKNOWN


def _state(started: StartedSignIn) -> str:
    return dict(parse_qsl(urlsplit(started.url).query))["state"]


@pytest.mark.attack("AUR-01", "JOS-24")
async def test_another_browser_s_cookie_is_refused(host: AuthHost) -> None:
    """The name of the cookie is no secret, its value is."""
    started = await host.start_sign_in("main", return_to=None)

    code = await refused(
        host, started, browser_tokens={started.attempt_key: Secret("something else")}
    )

    assert code is ErrorCode.STATE_OTHER_BROWSER


async def test_a_browser_without_the_cookie_uses_nothing_up(host: AuthHost) -> None:
    """Nobody can spoil another person's attempt."""
    started = await host.start_sign_in("main", return_to=None)
    parameters = answer_to(started)

    code = await refused(host, started, parameters=parameters, browser_tokens={})
    finished = await finish(host, started, parameters=parameters)

    assert code is ErrorCode.STATE_OTHER_BROWSER
    assert finished.attempt_key == started.attempt_key


async def test_an_attempt_expires_even_if_nothing_was_cleaned_up(host: AuthHost, clock) -> None:
    """Expiry is checked when it is read."""
    started = await host.start_sign_in("main", return_to=None)
    parameters = answer_to(started)
    clock.advance(600)

    assert await refused(host, started, parameters=parameters) is ErrorCode.STATE_EXPIRED


async def test_the_answer_must_come_the_way_that_was_asked_for(host: AuthHost) -> None:
    """A posted answer to a request for a query is not the provider's."""
    started = await host.start_sign_in("main", return_to=None)

    assert await refused(host, started, posted=True) is ErrorCode.RESPONSE_MODE_MISMATCH


async def test_the_answer_must_come_to_the_callback_that_was_sent(host: AuthHost) -> None:
    """A callback of its own exists only where it is configured."""
    started = await host.start_sign_in("main", return_to=None)

    assert await refused(host, started, slug="main") is ErrorCode.STATE_OTHER_PROVIDER


async def test_an_error_names_the_provider(host: AuthHost) -> None:
    """The log says whose sign-in it was."""
    started = await host.start_sign_in("main", return_to=None)

    with pytest.raises(SignInRejected) as caught:
        await finish(
            host, started, parameters=[("state", _state(started)), ("error", "access_denied")]
        )

    assert caught.value.code is ErrorCode.PROVIDER_REFUSED
    assert caught.value.provider == "main"


@pytest.mark.attack("PLG-13")
async def test_sessions_of_a_provider_that_was_removed_end(host: AuthHost) -> None:
    """Who came in through a door that is gone is out."""
    started = await host.start_sign_in("main", return_to=None)
    token = (await finish(host, started)).new_session.token
    host.providers = {}

    assert await host.read_session(token) is None


@pytest.mark.attack("PLG-13", "SES-07")
async def test_sessions_of_a_provider_that_is_another_by_now_end(host: AuthHost) -> None:
    """Under the same slug there is another issuer: nobody vouches for those of the former one."""
    started = await host.start_sign_in("main", return_to=None)
    token = (await finish(host, started)).new_session.token
    before = await host.read_session(token)
    ours = host.providers
    host.providers = {"main": attrs.evolve(ours["main"], issuer="https://other.example")}
    after = await host.read_session(token)
    host.providers = ours

    assert before is not None
    assert after is None
    assert await host.read_session(token) is None


@pytest.mark.attack("RED-01")
async def test_another_site_is_no_way_back_whoever_asks_the_host(host: AuthHost) -> None:
    """The host judges it itself: not only our own pages call it."""
    started = await host.start_sign_in("main", return_to="//evil.example/")

    assert (await finish(host, started)).return_to == "/"


async def test_a_sign_in_there_that_is_too_long_ago_is_refused(write, clock, idp) -> None:
    """`max_age` is asked for, and what comes is held against it."""
    clock.unix = SystemClock().now()
    host = AuthHost.from_config(write("max_age: 60"), open_store=open_store, clock=clock)
    idp.edits.id_token = lambda draft: draft.claims.update(auth_time=clock.now() - 121)
    try:
        started = await host.start_sign_in("main", return_to=None)
        assert await refused(host, started) is ErrorCode.AUTHENTICATION_TOO_OLD
    finally:
        idp.edits.clear()
        await host.close()


@pytest.mark.attack("AUR-15")
@pytest.mark.parametrize(("mode", "crosses"), [("query", False), ("form_post", True)])
async def test_only_an_answer_that_is_posted_comes_across_sites(
    write, *, mode: str, crosses: bool
) -> None:
    """The pages give its cookie another SameSite, and no other cookie."""
    host = AuthHost.from_config(write(f"response_mode: {mode}"), open_store=open_store)
    try:
        started = await host.start_sign_in("main", return_to=None)
    finally:
        await host.close()

    assert started.browser_token.reveal() not in started.url  # it is the browser's alone
    assert started.cross_site is crosses
    assert ("response_mode=form_post" in started.url) is crosses


@pytest.mark.attack("SES-08")
async def test_a_session_lives_as_long_as_is_configured(write, clock) -> None:
    """Not as long as it would by default."""
    clock.unix = SystemClock().now()
    path = write()
    path.write_text(path.read_text() + "  session: {idle: 10m, absolute: 2h}\n")
    host = AuthHost.from_config(path, open_store=open_store, clock=clock)
    try:
        started = await host.start_sign_in("main", return_to=None)
        new = (await finish(host, started)).new_session
        clock.advance(599)
        during = await host.read_session(new.token)
        clock.advance(600)
        after = await host.read_session(new.token)
    finally:
        await host.close()

    assert new.session.expires_at - new.session.created_at == 7200
    assert during is not None
    assert after is None


@pytest.mark.attack("ACC-01", "ACC-02", "ACC-03")
async def test_a_person_is_issuer_and_subject_whatever_else_is_said(host: AuthHost, idp) -> None:
    """With another subject somebody is somebody else, be name and address the same."""
    said = {"email": "a@example.org", "email_verified": True, "preferred_username": "alice"}
    people = []
    try:
        for subject in ("one", "two"):
            idp.edits.id_token = lambda draft, subject=subject: draft.claims.update(
                said, sub=subject
            )
            started = await host.start_sign_in("main", return_to=None)
            people.append((await finish(host, started)).new_session.session.user)
    finally:
        idp.edits.clear()

    assert [user.identity for user in people] == [
        Identity(idp.issuer, "one"),
        Identity(idp.issuer, "two"),
    ]
    assert people[0].id != people[1].id


async def test_a_session_knows_the_provider_s_own(host: AuthHost, idp) -> None:
    """`sid` is kept: without it no sign-out there could end the session here."""
    idp.edits.id_token = lambda draft: draft.claims.update(sid="their session")
    try:
        started = await host.start_sign_in("main", return_to=None)
        session = (await finish(host, started)).new_session.session
    finally:
        idp.edits.clear()

    assert session.provider_session == "their session"


async def test_a_refusal_of_ours_names_the_provider(host: AuthHost, idp) -> None:
    """Also where nothing below knows which one it was: no role, no database."""
    idp.edits.id_token = lambda draft: draft.claims.update(groups=["others"])
    try:
        started = await host.start_sign_in("main", return_to=None)
        with pytest.raises(AccessDenied) as denied:
            await finish(host, started)
    finally:
        idp.edits.clear()
    with host._store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE login_attempts")
    with pytest.raises(StorageError) as failed:
        await host.start_sign_in("main", return_to=None)

    assert (denied.value.code, denied.value.provider) == (ErrorCode.NO_ROLE, "main")
    assert failed.value.provider == "main"


@pytest.mark.attack("DOS-13", "AUR-04")
async def test_an_attempt_does_not_outlive_a_clock_that_is_set_back(host: AuthHost, clock) -> None:
    """Ten minutes are ten minutes, and the clocks of two machines may differ by five."""
    clock.advance(600 + 86_400)
    started = await host.start_sign_in("main", return_to=None)
    parameters = [("state", _state(started)), ("code", "x")]
    clock.advance(-301)

    assert await refused(host, started, parameters=parameters) is ErrorCode.STATE_EXPIRED


async def test_health_tells_of_store_and_providers(host: AuthHost, idp) -> None:
    """A provider that was never asked is no reason for concern."""
    before = await host.health()
    await host.start_sign_in("main", return_to=None)
    after = await host.health()

    assert (before.ok, before.store, dict(before.providers)) == (
        True,
        "ok",
        {"main": "not asked yet"},
    )
    assert dict(after.providers) == {"main": "ok"}


async def test_health_tells_that_the_last_good_metadata_serves(host: AuthHost, clock, idp) -> None:
    """An outage is visible before it hurts."""
    await host.start_sign_in("main", return_to=None)
    idp.faults.always("discovery", _down)
    clock.advance(3700)
    await host.start_sign_in("main", return_to=None)
    idp.faults.clear()

    health = await host.health()

    assert health.ok
    assert dict(health.providers) == {"main": "last good metadata serves; provider_status"}


async def _down(_request, _proceed):
    from starlette.responses import Response  # noqa: PLC0415

    return Response(status_code=500)


@attrs.define
class Broken:
    """A store that does not answer."""

    async def check(self) -> None:
        raise StorageError(ErrorCode.STORE_UNAVAILABLE)


async def test_health_fails_with_the_store(host: AuthHost) -> None:
    """Without a store nobody can sign in."""
    working, host._store = host._store, Broken()

    health = await host.health()
    host._store = working

    assert (health.ok, health.store) == (False, "store_unavailable")


async def test_a_provider_without_a_key_set_has_no_keys(host: AuthHost) -> None:
    """Nothing is fetched, and no token passes."""
    connection = host._connections["main"]
    metadata = attrs.evolve(await connection.metadata(), jwks_uri=None)

    keys = await connection._current_keys(metadata)

    assert list(keys.keys) == []


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("plugin: not-installed", ErrorCode.PLUGIN_NOT_INSTALLED),
        ("clok_skew: 3", ErrorCode.CONFIG_UNKNOWN_KEY),
    ],
)
def test_a_configuration_that_cannot_be_used_is_refused_at_the_start(
    write, more: str, code: ErrorCode
) -> None:
    """Not at the first sign-in."""
    with pytest.raises(ConfigurationError) as caught:
        AuthHost.from_config(write(more), open_store=open_store)

    assert caught.value.code is code


def test_the_machine_s_clock_and_randomness() -> None:
    """Real time goes on; real randomness does not repeat."""
    clock, randomness = SystemClock(), SystemRandomness()

    assert clock.now() > 1_700_000_000
    assert clock.monotonic() <= clock.monotonic()
    assert len({randomness.token() for _ in range(100)}) == 100
    assert all(len(randomness.token()) == 43 for _ in range(10))
    assert randomness.uuid() != randomness.uuid()


@pytest.mark.parametrize(
    ("more", "place", "word"),
    [
        ("plugin: oidd", "6:15", "did you mean 'oidc'?"),
        ("plugin: nothing-like-it", "6:15", "installed are"),
    ],
)
def test_a_plugin_that_cannot_be_had_is_told_with_its_place(
    write, more: str, place: str, word: str
) -> None:
    """Where it is asked for, and what was probably meant."""
    path = write()
    path.write_text(path.read_text().replace("slug: main\n", f"slug: main\n      {more}\n"))

    with pytest.raises(ConfigurationError) as caught:
        AuthHost.from_config(path, open_store=open_store)

    assert caught.value.location is not None
    assert caught.value.location.endswith(place)
    assert word in str(caught.value)


def test_a_listed_plugin_that_nobody_uses_is_told_with_the_list_s_place(write) -> None:
    """The list is where it stands."""
    path = write()
    path.write_text(path.read_text().replace("auth:\n", "auth:\n  plugins: [oidc, missing]\n"))

    with pytest.raises(ConfigurationError) as caught:
        AuthHost.from_config(path, open_store=open_store)

    assert caught.value.location is not None
    assert caught.value.location.endswith("4:12")


async def test_a_relative_database_begins_at_the_configuration_s_folder(
    write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not where the command happens to be started: grants given by hand would be gone."""
    path = write()
    path.write_text(path.read_text().replace(str(tmp_path / "dockmesh.db"), "data/auth.db"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    host = AuthHost.from_config(path, open_store=open_store)
    await host.close()

    assert (tmp_path / "data" / "auth.db").is_file()


def test_a_configuration_that_is_refused_leaves_no_thread_behind(write) -> None:
    """Plugins that were loaded for it are let go."""
    before = {thread.name for thread in threading.enumerate()}

    with pytest.raises(ConfigurationError):
        AuthHost.from_config(
            write("plugin: authentik\n      subject_mode: nonsense"), open_store=open_store
        )
    for thread in threading.enumerate():
        if thread.name == "lane-authentik":
            thread.join(5)

    assert {thread.name for thread in threading.enumerate()} <= before


DENIER = """
from dockmesh_auth import AccessDenied, ErrorCode, PluginDescription, hookimpl

@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="denier", display_name="Denier", contract_version=1)

@hookimpl
def dockmesh_auth_extract_claims(claims):
    if claims.get("left") is True:
        raise AccessDenied(ErrorCode.{code}, "not one of us any more")
"""


@pytest.mark.attack("ACC-10", "CLM-12")
@pytest.mark.parametrize("code", ["PLUGIN_DENIED", "NO_ROLE"])
async def test_whom_a_plugin_denies_is_out_everywhere(write, idp, code: str) -> None:
    """The sessions that the person has elsewhere end, and what the provider gave is gone, by
    whichever name the plugin calls it.
    """
    module = ModuleType("denier")
    exec(DENIER.format(code=code), vars(module))
    config, registry = load_config(write())
    registry.loaded = {**registry.loaded, "denier": load_module(module, "denier")}
    provider = attrs.evolve(config.providers[0], plugin="denier")
    store = open_store(config)
    host = AuthHost(attrs.evolve(config, providers=(provider,)), registry, store)
    try:
        started = await host.start_sign_in("main", return_to=None)
        elsewhere = (await finish(host, started)).new_session
        idp.edits.id_token = lambda draft: draft.claims.update(left=True)
        started = await host.start_sign_in("main", return_to=None)
        with pytest.raises(AccessDenied) as denied:
            await finish(host, started)
        session = await host.read_session(elsewhere.token)
        user = await find_user(store, elsewhere.session.user.identity)
    finally:
        idp.edits.clear()
        await host.close()

    assert denied.value.code is ErrorCode[code]
    assert session is None
    assert user is not None
    assert list(user.grants) == []


async def test_the_database_stays_where_the_file_is(
    write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths in the file begin at its folder, also if a plugin leaves the working folder."""
    path = write()
    path.write_text(path.read_text().replace(str(tmp_path / "dockmesh.db"), "here.db"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(tmp_path)
    parsed = parse_config(Path("dockmesh.yaml"), environ={})
    monkeypatch.chdir(elsewhere)
    config = build_config(parsed, {"oidc": builtin.dockmesh_auth_describe()}, environ={})
    await open_store(config).close()

    assert config.path == tmp_path / "dockmesh.yaml"
    assert (tmp_path / "here.db").is_file()
    assert list(elsewhere.iterdir()) == []


async def test_a_plugin_in_quarantine_is_told_at_the_start(write, install) -> None:
    """Also if no provider needs it: whoever enabled it wants to know."""
    install("raise RuntimeError")
    path = write()
    path.write_text(path.read_text().replace("auth:\n", "auth:\n  plugins: [toy]\n"))
    with capture_logs() as lines:
        host = AuthHost.from_config(path, open_store=open_store)
    await host.close()

    (line,) = [line for line in lines if line["event"] == "plugin_quarantined"]
    assert (line["log_level"], line["plugin"]) == ("warning", "toy")
    assert line["reason"].startswith("plugin_import_failed")

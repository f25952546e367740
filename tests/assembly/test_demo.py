"""The demonstration: what it writes, what it finds, and that a wrong outcome is seen."""

from __future__ import annotations

import asyncio
import socket
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from dockmesh_auth.assembly.demo import Demo, expected_grants
from dockmesh_auth.assembly.stand_in import NamedStandIn, find_stand_in
from dockmesh_auth.assembly.walk import WalkResult, print_walk, walk_everybody
from dockmesh_auth.cli.command import build_command
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.errors import ConfigurationError, ErrorCode, PluginError
from dockmesh_auth.testing.fake_provider import Shape
from dockmesh_auth.testing.fake_provider.edits import TokenDraft
from dockmesh_auth.testing.stand_in import StandIn, build_stand_in

ALL_FOUR = ("admin on all", "operator on all", "operator on tag=prod", "viewer on all")
EXPECTED = {
    "alice": ("admin on all",),
    "bob": ("operator on all",),
    "carol": ("operator on tag=prod",),
    "dave": ("viewer on all",),
    "erin": (),
    "frank": ALL_FOUR,
}


@pytest.fixture(name="named")
def stand_in_of_authentik() -> NamedStandIn:
    """The stand-in that is installed."""
    return find_stand_in("authentik")


def test_files_and_folder(named: NamedStandIn) -> None:
    """Nobody else can read them; the secret is in a file of its own; nothing is kept."""
    with Demo.prepare(named, port=0) as demo:
        folder = demo.folder
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        configuration = (folder / "dockmesh.yaml").read_text()
        secret = demo.stand_in.client_secret.reveal()
        asyncio.run(demo.host.close())

    assert set(modes) >= {"client-secret", "dockmesh.yaml", "dockmesh.db"}
    assert set(modes.values()) == {0o600}
    assert secret not in configuration
    assert secret not in repr(demo)
    assert not folder.exists()


def test_what_the_product_needs_stands_in_the_configuration() -> None:
    """Its own settings, and its own spelling of groups; whatever letters they have."""

    def make(*, redirect_uris: Sequence[str]) -> StandIn:
        return build_stand_in(
            Shape(),
            redirect_uris=redirect_uris,
            users=[],
            spelled='"{}": #'.format,
            settings={"groups_claim": "g: #1", "trusted_audiences": ["7"]},
        )

    with Demo.prepare(NamedStandIn("oidc", make), port=0) as demo:
        provider = demo.host.providers["oidc"]
        asyncio.run(demo.host.close())

    assert str(provider.groups_claim) == "g: #1"
    assert provider.trusted_audiences == {"7"}
    assert provider.mappings.rows[0].claim_value == '"dockmesh-admins": #'


def test_the_folder_goes_also_after_a_fault(named: NamedStandIn) -> None:
    """Whatever ends the block."""
    with pytest.raises(KeyboardInterrupt), Demo.prepare(named, port=0) as demo:  # noqa: PT012
        asyncio.run(demo.host.close())
        raise KeyboardInterrupt
    assert not demo.folder.exists()


def test_a_taken_port(named: NamedStandIn) -> None:
    """Another free one is taken; a free one that was asked for is used."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with Demo.prepare(named, port=taken) as demo:
            asyncio.run(demo.host.close())
    assert demo.port not in {0, taken}
    assert demo.base_url == f"http://127.0.0.1:{demo.port}"
    with Demo.prepare(named, port=taken) as demo:
        asyncio.run(demo.host.close())
    assert demo.port == taken


def test_the_introduction(named: NamedStandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """Where it is, where its configuration is, who can sign in and what they should get."""
    with Demo.prepare(named, port=0) as demo:
        demo.introduce(wanted_port=0, open_browser=False)
        asyncio.run(demo.host.close())
    text = capsys.readouterr().out

    for part in (f"{demo.base_url}/", demo.stand_in.issuer, str(demo.folder / "dockmesh.yaml")):
        assert part in text
    assert "is taken" not in text
    for name, grants in EXPECTED.items():
        assert name in text
        assert all(grant in text for grant in grants)
    assert "no entry" in text
    assert demo.stand_in.client_secret.reveal() not in text


@pytest.mark.parametrize(
    ("groups", "grants"),
    [
        ((), ()),
        (("other",), ()),
        (("DOCKMESH-ADMINS",), ()),
        (("dockmesh-viewers", "dockmesh-admins"), ("admin on all", "viewer on all")),
    ],
)
def test_what_is_expected(groups: tuple[str, ...], grants: tuple[str, ...]) -> None:
    """In the order of the table; groups are compared letter by letter."""
    assert expected_grants(groups) == grants


# --- the walk -----------------------------------------------------------------------------


def test_everybody(named: NamedStandIn) -> None:
    """Six people end as the table of the guide says; erin is refused with 403."""
    with Demo.prepare(named, port=0) as demo:
        results = list(walk_everybody(demo))

    assert {result.user: result.grants for result in results} == EXPECTED
    assert {result.user: result.outcome for result in results} == {
        name: "signed in" if grants else "403 You have no role here yet"
        for name, grants in EXPECTED.items()
    }
    assert all(result.as_expected for result in results)


class Walking:
    """The actions, with a walk at a stand-in whose tokens say other than its login page."""

    def __init__(self, named: NamedStandIn, edit: object) -> None:
        self._named, self._edit = named, edit

    def walk(self, plugin: str | None) -> bool:
        """As `LocalActions.walk`, with edited claims."""
        with Demo.prepare(self._named, port=0) as demo:
            demo.stand_in.provider.edits.id_token = self._edit  # type: ignore[attr-defined]
            results = list(walk_everybody(demo))
        print_walk(results)
        return all(result.as_expected for result in results)


@pytest.mark.parametrize("groups", [["dockmesh-admins"], []])
def test_a_wrong_outcome_is_seen(named: NamedStandIn, groups: list[str]) -> None:
    """Everybody is an admin, or nobody is anything: WRONG where it is so, and exit code 1."""

    def edit(draft: TokenDraft) -> None:
        draft.claims["groups"] = groups

    command = build_command(Walking(named, edit), version="1")  # type: ignore[arg-type]
    result = CliRunner().invoke(command, ["demo", "--walk"], env={"COLUMNS": "120"})

    rows = {line.split()[0]: line for line in result.stdout.splitlines() if line.strip()}
    right = {"alice"} if groups else {"erin"}
    assert result.exit_code == 1
    assert {name for name in EXPECTED if rows[name].rstrip().endswith("right")} == right
    assert {name for name in EXPECTED if "WRONG" in rows[name]} == set(EXPECTED) - right


def test_the_table_of_a_walk(capsys: pytest.CaptureFixture[str]) -> None:
    """One group and one grant a line; a stranger's brackets are no markup."""
    print_walk(
        [
            WalkResult("[red]x", ("a", "b"), ALL_FOUR, "signed in", as_expected=True),
            WalkResult("y", (), (), "403 No", as_expected=False),
        ]
    )
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]

    assert lines[1] == ["[red]x", "a", "admin", "on", "all", "signed", "in", "right"]
    assert lines[2] == ["b", "operator", "on", "all"]
    assert lines[5] == ["y", "-", "-", "403", "No", "WRONG"]


# --- finding a stand-in -------------------------------------------------------------------

MODULE = """
class Other:
    issuer = "http://127.0.0.1:1/"

def make(*, redirect_uris):
    return Other()
"""


@pytest.fixture(name="site")
def import_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that Python imports from, before all others."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("other_stand_in", None)


def offer(site: Path, name: str, *, distribution: str = "other", code: str = MODULE) -> None:
    """Install a distribution that offers a stand-in."""
    (site / "other_stand_in.py").write_text(code)
    info = site / f"{distribution}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        f"[dockmesh_auth.stand_in]\n{name} = other_stand_in:make\n"
    )


@pytest.fixture(name="alone")
def nothing_else_is_installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, and nothing that this machine has besides."""
    monkeypatch.setattr(sys, "path", [str(site)])
    return site


def test_the_only_one(alone: Path) -> None:
    """Need not be named."""
    offer(alone, "other")

    assert find_stand_in(None).plugin == "other"


def test_what_a_stand_in_is(named: NamedStandIn) -> None:
    """Made for one client, with people to be."""
    made: StandIn = named.make(redirect_uris=["http://127.0.0.1:1/auth/oidc/callback"])

    assert isinstance(made.client_secret, Secret)
    assert [user.name for user in made.users] == list(EXPECTED)


def test_one_of_several(alone: Path) -> None:
    """Has to be named; then it is that one."""
    offer(alone, "other")
    offer(alone, "another", distribution="another")

    with pytest.raises(ConfigurationError) as caught:
        find_stand_in(None)

    assert caught.value.code is ErrorCode.PLUGIN_NOT_INSTALLED
    assert caught.value.detail == "several plugins offer a stand-in; name one of: another, other"
    assert find_stand_in("other").plugin == "other"
    assert find_stand_in("another").plugin == "another"


def test_a_name_that_nobody_offers(alone: Path) -> None:
    """Those that there are, are named."""
    offer(alone, "other")
    with pytest.raises(ConfigurationError) as caught:
        find_stand_in("nobody")
    assert caught.value.code is ErrorCode.PLUGIN_NOT_INSTALLED
    assert caught.value.detail == "'nobody' offers no stand-in; name one of: other"


@pytest.mark.parametrize("plugin", [None, "authentik"])
def test_none_is_installed(site: Path, monkeypatch: pytest.MonkeyPatch, plugin: str | None) -> None:
    """Said so, without a list of nothing."""
    monkeypatch.setattr(sys, "path", [str(site)])
    with pytest.raises(ConfigurationError) as caught:
        find_stand_in(plugin)
    assert caught.value.detail == "no installed plugin offers a stand-in to try out"


@pytest.mark.attack("PLG-05")
def test_two_distributions_offer_the_same_name(site: Path) -> None:
    """Neither is taken."""
    offer(site, "other")
    offer(site, "other", distribution="another")
    with pytest.raises(ConfigurationError) as caught:
        find_stand_in("other")
    assert caught.value.code is ErrorCode.PLUGIN_AMBIGUOUS


@pytest.mark.attack("PLG-14")
@pytest.mark.parametrize("code", ["import not_there\n", "raise ValueError('hush')\n", ""])
def test_one_that_cannot_be_imported(site: Path, code: str) -> None:
    """The plugin and the kind of fault are named, and nothing that the module said."""
    offer(site, "other", code=code)
    with pytest.raises(PluginError) as caught:
        find_stand_in("other")
    assert caught.value.code is ErrorCode.PLUGIN_IMPORT_FAILED
    assert caught.value.plugin == "other"
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None

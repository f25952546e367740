"""Neighbours that are installed and not enabled: they are not even imported."""

from __future__ import annotations

import json
import zipfile

import pytest

CREATE_APP = """\
import json, socket, sys

import uvicorn

from dockmesh_auth import create_app

app = create_app("dockmesh.yaml")
modules = sorted(name for name in sys.modules if name.startswith("neighbour_"))
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print(json.dumps({"event": "serving", "modules": modules}), flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error")).run([listener])
"""

TAKER = """\
from dockmesh_auth import PluginDescription, hookimpl

@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="{name}", display_name="Taker", contract_version=1)

@hookimpl(tryfirst=True)
def dockmesh_auth_resolve_roles(provider):
    return provider.mappings.resolve(["chiefs"])
"""


@pytest.mark.attack("PLG-06", "PLG-12")
def test_an_application_imports_one_of_seventy(crowd, open_site, neighbours, tmp_path) -> None:
    """Fifty idle plugins and all hostile ones are installed, one is enabled: that one is
    imported, once, and nothing of any other.
    """
    program = tmp_path / "application.py"
    program.write_text(CREATE_APP)
    assert len(neighbours) > 70

    site = open_site(crowd, providers=["good"], program=str(program))
    site.wait_for('"serving"')
    good, plain = site.sign_in("good", "bob"), site.sign_in("home")

    assert site.log("serving")[0]["modules"] == ["neighbour_good", "neighbour_good.plugin"]
    assert site.imported() == ["good"]
    assert (good.me["username"], good.roles) == ("good-bob", ["viewer"])
    assert (plain.me["username"], plain.roles) == ("alice", ["viewer"])


@pytest.mark.attack("PLG-06")
def test_without_a_plugin_in_use_none_is_imported(crowd, open_site) -> None:
    """The command, with the built-in alone: whatever else is installed, no code of it runs."""
    site = open_site(crowd)

    assert site.sign_in("home").roles == ["viewer"]
    assert site.imported() == []


def test_the_list_is_made_without_importing(crowd, neighbours, tmp_path) -> None:
    """`plugins` shows each with its distribution and version; no code of any of them has run."""
    done = crowd.start(tmp_path, "plugins", "--json")

    listed = {row["name"]: row for row in json.loads(done.stdout)}
    assert done.returncode == 0
    assert set(neighbours) <= set(listed)
    for name in neighbours:
        row = listed[name]
        assert (row["state"], row["distribution"], row["version"], row["hooks"]) == (
            "not enabled",
            f"dockmesh-auth-{name}",
            "1.2",
            [],
        )
    assert not (tmp_path / "imported.txt").exists()


def test_the_schema_is_made_without_importing_if_it_is_asked_for_so(crowd, tmp_path) -> None:
    """`config schema --no-plugins` is that of the core alone."""
    done = crowd.start(tmp_path, "config", "schema", "--no-plugins")

    assert (done.returncode, json.loads(done.stdout)["type"]) == (0, "object")
    assert not (tmp_path / "imported.txt").exists()


@pytest.mark.attack("PLG-06")
def test_a_configuration_is_checked_with_its_own_plugins_alone(crowd, configure, tmp_path) -> None:
    """`config validate` imports those that the file enables; an idle one that would end the
    process, or hang it, has no part in it.
    """
    configure(tmp_path, issuers={"good": "http://127.0.0.1:1"})

    done = crowd.start(tmp_path, "config", "validate")

    assert done.returncode == 0
    assert "is valid" in done.stdout
    assert (tmp_path / "imported.txt").read_text() == "neighbour_good\n"


# --- claims to a name ---------------------------------------------------------------------------


@pytest.fixture(name="takers", scope="module")
def environment_with_takers(environment_of, wheels, built):
    """Two distributions that claim one name, one that claims the name of a good plugin, and one
    that claims the name of the built-in.
    """
    for distribution, name in (
        ("a-taker-of-good", "good"),
        ("a-taker-of-oidc", "oidc"),
        ("twin-one", "twin"),
        ("twin-two", "twin"),
    ):
        wheels.write(
            TAKER.format(name=name),
            package=f"neighbour_{distribution.replace('-', '_')}",
            distribution=distribution,
            entry_point=name,
        )
    return environment_of(built["dockmesh-auth-good"], *wheels.build().values())


@pytest.mark.attack("PLG-05")
@pytest.mark.parametrize(
    ("plugin", "first", "second"),
    [("twin", "twin-one", "twin-two"), ("good", "a-taker-of-good", "dockmesh-auth-good")],
)
def test_a_name_that_two_distributions_claim_is_nobody_s(
    takers, configure, tmp_path, plugin: str, first: str, second: str
) -> None:
    """The host does not start with it, and names both; neither was imported. Whoever gets a
    distribution installed can keep a provider from starting this way, and cannot become it.
    """
    configure(tmp_path, issuers={plugin: "http://127.0.0.1:1"})

    done = takers.start(tmp_path, "serve", "--port", "0")

    assert done.returncode == 2
    assert "plugin_ambiguous" in done.stderr
    assert f"{first} 1.2 and {second} 1.2 both claim the plugin name {plugin!r}" in done.stderr
    assert not (tmp_path / "imported.txt").exists()
    assert not (tmp_path / "auth.db").exists()


@pytest.mark.attack("PLG-05", "PLG-06")
def test_claims_to_names_that_are_not_in_use_disturb_nobody(takers, open_site) -> None:
    """Two that claim `twin`, and one that claims to be the built-in: the built-in serves."""
    site = open_site(takers)

    assert site.sign_in("home").roles == ["viewer"]
    assert site.sign_in("home", "erin").roles == []
    assert site.imported() == []


@pytest.mark.attack("PLG-05")
def test_every_claim_is_shown_with_its_distribution(takers, tmp_path) -> None:
    """`plugins` tells an administrator which distribution to remove."""
    done = takers.start(tmp_path, "plugins", "--json")

    both = "two distributions claim this name: neither can be enabled"
    shown = [
        (row["name"], row["distribution"], row["reason"])
        for row in json.loads(done.stdout)
        if row["state"] == "quarantined"
    ]
    assert done.returncode == 1
    assert shown == [
        ("good", "a-taker-of-good", both),
        ("good", "dockmesh-auth-good", both),
        ("oidc", "a-taker-of-oidc", "the name is reserved for the built-in"),
        ("twin", "twin-one", both),
        ("twin", "twin-two", both),
    ]


@pytest.fixture(name="lower", scope="module")
def environment_with_a_lower_folder(environment_of, wheels, built, tmp_path_factory):
    """A good plugin, and further down the path a distribution of the same name, spelt otherwise,
    with another plugin in it.
    """
    wheels.write(
        TAKER.format(name="good"),
        package="neighbour_lower",
        distribution="Dockmesh_Auth.Good",
        entry_point="good",
    )
    folder = tmp_path_factory.mktemp("lower")
    for wheel in wheels.build().values():
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    environment = environment_of(built["dockmesh-auth-good"])
    (environment.site / "lower.pth").write_text(f"{folder}\n")
    return environment


@pytest.mark.attack("PLG-05", "PLG-12")
def test_a_distribution_further_down_the_path_is_shadowed(lower, open_site) -> None:
    """As its modules are: it is neither a second claim nor ever imported."""
    site = open_site(lower, providers=["good"])

    assert site.sign_in("good").me["username"] == "good-alice"
    assert site.sign_in("good").roles == ["viewer"]
    assert site.imported() == ["good"]

"""Neighbours that are enabled for other providers: what the others notice of them is nothing."""

from __future__ import annotations

import json
import threading
import time

import pytest

from dockmesh_auth.testing.minting import mint, standard_claims

VIEWER = [{"role": "viewer", "scope": "all", "origin": "mapping", "claim_value": "viewers"}]


def at_home_all_is_well(street) -> None:
    """Who signs in at the providers that have a good plugin or none gets what the table gives."""
    plain, good = street.sign_in("home").me, street.sign_in("good").me
    assert (plain["username"], plain["grants"]) == ("alice", VIEWER)
    assert (good["username"], good["grants"]) == ("good-alice", VIEWER)
    refused = street.sign_in("home", "erin")
    assert (refused.page.status, refused.roles) == (403, [])


@pytest.mark.attack("PLG-02", "PLG-06", "PLG-14")
def test_those_that_cannot_be_loaded_are_set_aside_and_the_others_serve(street, crowd) -> None:
    """A missing module, SystemExit, a wrapper of either kind, a hook of another tool, a hook that
    is answered twice: one host has them all enabled, starts, and signs people in.
    """
    shown = crowd.start(street.folder, "plugins", "-c", "dockmesh.yaml", "--json")

    rows = {row["name"]: row for row in json.loads(shown.stdout[shown.stdout.index("[") :])}
    reasons = {
        "raises-at-import": ("plugin_import_failed", "a_module_that_is_not_there"),
        "exits-at-import": ("plugin_import_failed", "SystemExit"),
        "wraps": ("plugin_bad_hook", "wrapper"),
        "wraps-as-before": ("plugin_bad_hook", "wrapper"),
        "names-another-hook": ("plugin_bad_hook", "pytest_configure"),
        "answers-twice": ("plugin_bad_hook", "twice"),
    }
    for name, (code, word) in reasons.items():
        assert rows[name]["state"] == "quarantined"
        assert rows[name]["reason"].startswith(f"{code}: ")
        assert word in rows[name]["reason"]
    assert shown.returncode == 1
    at_home_all_is_well(street)


@pytest.mark.attack("PLG-06")
@pytest.mark.parametrize("name", ["goes-first", "goes-last"])
def test_no_order_makes_a_plugin_speak_for_another_provider(street, name: str) -> None:
    """`tryfirst`, `trylast` and a name of its own for a hook: it decides at its own provider."""
    assert street.sign_in(name).roles == ["operator"]

    at_home_all_is_well(street)
    asked = street.lines("asked.txt")
    of_first = {line for line in asked if line.partition(" ")[0] not in {"blocks", "holds"}}
    if name == "goes-first":
        assert of_first == {
            f"{hook} goes-first"
            for hook in ("discover", "validate_token", "extract_claims", "resolve_roles")
        }


@pytest.mark.attack("PLG-03")
def test_nobody_waits_for_a_hook_that_does_not_return(street) -> None:
    """While it blocks, others sign in as ever; who waited for it is refused after two seconds."""
    visits = []
    waiting = threading.Thread(target=lambda: visits.append(street.sign_in("blocks")))
    waiting.start()
    street.wait_for("blocks begins", "asked.txt")

    assert street.sign_in("home", "bob").roles == ["viewer"]
    assert waiting.is_alive()
    waiting.join(10)

    assert visits[0].page.status == 503
    assert street.refusal("blocks") == (
        "plugin_deadline",
        "blocks",
        "dockmesh_auth_validate_token",
    )
    at_home_all_is_well(street)


@pytest.mark.attack("PLG-02")
def test_a_hook_that_ends_the_program_ends_one_sign_in(street) -> None:
    """SystemExit is the plugin's error; its text, which may hold anything, is not in the log."""
    assert street.sign_in("exits").page.status == 503

    assert street.refusal("exits") == ("plugin_raised", "exits", "dockmesh_auth_extract_claims")
    assert not any("a text that may hold" in line for line in street.lines("printed.txt"))
    at_home_all_is_well(street)


@pytest.mark.attack("PLG-10")
@pytest.mark.parametrize("name", ["alice", "bob"])
def test_no_plugin_vouches_for_another_person(street, name: str) -> None:
    """Neither for one of another provider's (alice), nor for another one of its own (bob)."""
    assert street.sign_in("impostor", name).page.status == 503

    assert street.refusal("impostor") == (
        "plugin_foreign_identity",
        "impostor",
        "dockmesh_auth_validate_token",
    )
    at_home_all_is_well(street)


@pytest.mark.attack("PLG-06")
def test_no_plugin_gives_what_another_provider_s_row_gives(street) -> None:
    """The administrators' row is for `home` alone: at another provider nobody can give it."""
    assert street.sign_in("generous").page.status == 503

    assert street.refusal("generous") == (
        "plugin_unmapped_grant",
        "generous",
        "dockmesh_auth_resolve_roles",
    )
    at_home_all_is_well(street)


@pytest.mark.attack("PLG-08")
def test_what_a_plugin_is_given_cannot_be_changed(street) -> None:
    """Provider, table, metadata, claims and fetch are frozen all the way down."""
    me = street.sign_in("changes-arguments").me

    assert me["username"] == "changed 0 of 14"
    assert me["grants"] == VIEWER
    at_home_all_is_well(street)


@pytest.mark.attack("PLG-08", "PLG-10")
def test_what_a_plugin_keeps_works_at_its_own_provider_only(street) -> None:
    """A fetch ends with its stage and asks nobody's but its provider's hosts; a verifier opens no
    token of another provider. The second person stays who they are.
    """
    members = standard_claims(
        issuer=street.home.issuer, client_id="home", subject="u1", nonce="n" * 20, now=time.time()
    )
    key = street.home.signing_key
    (street.folder / "home-token.txt").write_text(mint(members, key, {"kid": "strange-1"}))
    first = street.sign_in("keeps", "alice").me
    second = street.sign_in("keeps", "bob").me

    assert first["username"] == "alice"
    assert second["username"] == "plugin_bad_request / discovery_unsafe_endpoint / key_unknown"
    assert second["display_name"] == ""
    assert second["id"] != first["id"]
    at_home_all_is_well(street)


@pytest.mark.attack("PLG-02")
def test_what_a_plugin_prints_is_in_the_log_and_nowhere_else(street) -> None:
    """The lines of the host stay whole. A line that looks like one of them is there as well:
    what stands in the log is as good as the plugins that are enabled.
    """
    assert street.sign_in("prints").me["grants"] == VIEWER

    for text in ("printed in a hook", "printed by a thread", '"provider": "forged"'):
        street.wait_for(text)
    at_home_all_is_well(street)
    assert street.log("sign_in_refused")[-1]["provider"] == "home"
    assert {entry["provider"] for entry in street.log("sign_in_refused")} >= {"forged", "home"}


def test_what_a_careless_plugin_sets_for_the_whole_process_costs_no_sign_in(street) -> None:
    """Proxies, the time zone, limits of recursion and of sockets, the seed of randomness, loggers
    that are switched off: the host relies on none of them, and its log goes on. Nor on the folder
    that it runs in, since its configuration was named by a whole path.
    """
    assert "is_careless" in street.imported()

    at_home_all_is_well(street)
    assert street.refusal("home")[0] == "no_role"
    assert (street.folder / "auth.db").stat().st_mode & 0o777 == 0o600


def test_two_providers_of_one_issuer_have_the_same_people(street) -> None:
    """A plugin decides for whoever its provider's issuer vouches for. Where another provider has
    the same issuer, what the plugin gives replaces what that one gave, also in a running session;
    it is what the rows of its own provider give, and no more.
    """
    alice = street.sign_in("home")
    assert alice.roles == ["viewer"]

    assert street.sign_in("goes-last").me["id"] == alice.me["id"]

    assert alice.roles == ["operator"]
    assert street.sign_in("home").roles == ["viewer"]
    assert alice.roles == ["viewer"]


@pytest.mark.attack("PLG-02", "PLG-14")
def test_a_provider_whose_plugin_is_broken_keeps_the_host_from_starting(
    crowd, configure, tmp_path
) -> None:
    """A provider that is configured and cannot work is a fault to mend before people come, not
    one to find out about from them. It is told with its place, its plugin and the reason.
    """
    configure(tmp_path, issuers={"raises-at-import": "http://127.0.0.1:1"})

    done = crowd.start(tmp_path, "serve", "--port", "0")

    first = done.stderr.splitlines()[0]
    assert done.returncode == 2
    assert first.startswith("dockmesh.yaml:15:15: plugin_quarantined: provider 'raises-at-import'")
    assert "it needs the module 'a_module_that_is_not_there'" in first
    assert not (tmp_path / "auth.db").exists()


@pytest.mark.attack("PLG-03")
def test_neither_a_hook_that_does_not_return_nor_a_thread_keeps_the_process_from_ending(
    crowd, open_site
) -> None:
    """The thread that is left behind is a daemon, and so are those that a plugin starts itself
    and says nothing of.
    """
    site = open_site(crowd, plugins=["blocks", "starts-threads"], providers=["blocks"])
    visit = threading.Thread(target=site.sign_in, args=("blocks",))
    visit.start()
    site.wait_for("blocks begins", "asked.txt")

    assert site.end() == 0
    visit.join(10)

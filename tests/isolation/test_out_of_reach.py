"""What an enabled plugin can do because Python is what it is, and that it must be enabled for it.

None of this is wanted. It is written down so that the page on trust says what is true, and so that
whoever changes one of these facts finds the page.
"""

from __future__ import annotations

import threading
import time

import pytest


@pytest.mark.attack("PLG-06")
def test_a_plugin_that_replaces_functions_does_so_where_it_is_enabled(
    crowd, street, open_site
) -> None:
    """Listed in `auth.plugins` is enough, no provider needs to name it: then everybody is an
    administrator at `home`, and another plugin is another one. Installed alone, it does nothing.
    """
    assert street.sign_in("home", "erin").page.status == 403
    assert street.sign_in("good", "bob").me["username"] == "good-bob"
    assert "patches" not in street.imported()

    site = open_site(crowd, plugins=["good", "patches"], providers=["good"])

    assert "admin" in site.sign_in("home", "erin").roles
    assert site.sign_in("good", "bob").me["username"] == "patched-bob"


def test_a_plugin_can_read_the_secrets_of_other_providers(street) -> None:
    """It is given its own provider only; the others are in the same memory."""
    assert "home s3cret-" in street.sign_in("reads-memory").me["username"]


def test_an_enabled_plugin_can_end_the_process(crowd, configure, tmp_path) -> None:
    """`os._exit` is no exception that could be caught: the host is gone, with the plugin's exit
    code and without a word.
    """
    configure(tmp_path, plugins=["ends-the-process"], issuers={})
    done = crowd.start(tmp_path, "serve", "--port", "0")
    assert (done.returncode, done.stdout, done.stderr) == (77, "", "")


@pytest.mark.parametrize("arguments", [("plugins", "--all"), ("config", "schema")])
def test_two_commands_import_everything_that_is_installed(crowd, tmp_path, arguments) -> None:
    """They say so, and are not for looking at what is not trusted: here they end in the middle."""
    done = crowd.start(tmp_path, *arguments)

    assert (done.returncode, done.stdout) == (77, "")
    assert "neighbour_ends_the_process" in (tmp_path / "imported.txt").read_text().split()


def test_a_call_in_c_that_keeps_the_interpreter_holds_everybody_up(street) -> None:
    """No deadline helps while no other thread runs; when it returns, all go on."""
    waiting = threading.Thread(target=street.sign_in, args=("holds-the-interpreter",))
    waiting.start()
    street.wait_for("holds begins", "asked.txt")

    bob = street.sign_in("home", "bob")

    assert "holds ends" in street.lines("asked.txt")
    assert bob.roles == ["viewer"]
    waiting.join(10)


@pytest.mark.attack("PLG-03")
def test_a_thread_that_asks_for_it_keeps_the_process_from_ending(crowd, open_site) -> None:
    """With `daemon=False` it holds up the end of the process, not that of its service: nobody is
    answered any more.
    """
    site = open_site(crowd, plugins=["keeps-running"])
    assert site.sign_in("home").roles == ["viewer"]

    site.process.terminate()
    site.wait_for('"stopped"')
    with pytest.raises(OSError, match="refused"):
        site.sign_in("home")
    time.sleep(0.5)
    assert site.process.poll() is None


def test_a_distribution_can_run_code_without_being_a_plugin_at_all(
    environment_of, wheels, tmp_path
) -> None:
    """A `.pth` file among its files is run by Python itself at every start: what is not enabled
    is not imported by the host, and what is not trusted must not be installed.
    """
    wheels.write(
        "",
        package="neighbour_pth",
        distribution="dockmesh-auth-pth",
        entry_point="pth",
        pth="import neighbour_pth\n",
    )
    environment = environment_of(*wheels.build().values())

    done = environment.start(tmp_path, "--version")

    assert done.returncode == 0
    assert (tmp_path / "imported.txt").read_text() == "neighbour_pth\n"

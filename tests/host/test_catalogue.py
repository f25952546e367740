"""What is installed, without importing it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import distributions
from pathlib import Path

import pytest

from dockmesh_auth.errors import ConfigurationError, ErrorCode
from dockmesh_auth.host.catalogue import Catalogue


def test_installed_plugins_are_found_without_importing_them(install, catalogue) -> None:
    """Reading the catalogue imports nothing."""
    module = install("raise RuntimeError")

    found = catalogue().find("toy")

    assert found.distribution == "dockmesh-auth-toy"
    assert found.version == "1.2"
    assert module not in sys.modules


def test_a_plugin_that_is_not_installed_is_refused_with_what_there_is(install, catalogue) -> None:
    """The message lists the names that could have been meant."""
    install(name="toy")

    with pytest.raises(ConfigurationError) as caught:
        catalogue().find("tory")

    assert caught.value.code is ErrorCode.PLUGIN_NOT_INSTALLED
    assert "oidc, toy" in str(caught.value)


@pytest.mark.attack("PLG-05")
@pytest.mark.parametrize("first", ["a-dist", "z-dist"])
def test_two_distributions_with_one_name_are_refused_naming_both(
    install, catalogue, first: str
) -> None:
    """Whichever comes first in the folder, neither wins."""
    install(name="toy", distribution=first)
    install(name="toy", distribution="m-dist")

    with pytest.raises(ConfigurationError) as caught:
        catalogue().find("toy")

    assert caught.value.code is ErrorCode.PLUGIN_AMBIGUOUS
    assert first in str(caught.value)
    assert "m-dist" in str(caught.value)


def test_the_same_distribution_further_down_the_path_does_not_count(
    install, catalogue: Callable[[], Catalogue], site: Path
) -> None:
    """A distribution that is shadowed is not a second claim."""
    install(name="toy")
    claims = Catalogue.read(
        lambda: [
            item.entry_point.dist for item in (catalogue().find("toy"), catalogue().find("toy"))
        ]
    )

    assert len(claims.by_name["toy"]) == 1


@pytest.mark.attack("PLG-05", "PLG-12")
@pytest.mark.parametrize("spelt", ["Dockmesh-Auth-Toy", "dockmesh_auth.toy", "dockmesh--auth_-toy"])
def test_a_shadowed_distribution_is_the_same_however_its_name_is_spelt(
    install, catalogue, site: Path, tmp_path: Path, spelt: str
) -> None:
    """Names of distributions are compared as package tools do (PEP 503)."""
    install(name="toy")
    info = tmp_path / "lower" / "toy-9.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {spelt}\nVersion: 9\n")
    (info / "entry_points.txt").write_text("[dockmesh_auth]\ntoy = lower\n")
    path = [str(site), str(tmp_path / "lower")]

    found = Catalogue.read(lambda: distributions(path=path)).find("toy")

    assert (found.distribution, found.version) == ("dockmesh-auth-toy", "1.2")


def test_a_distribution_without_a_name_is_passed_over(site: Path, catalogue) -> None:
    """Half-removed distributions have no metadata; they are no reason to stop."""
    (site / "broken-1.0.dist-info").mkdir()

    assert catalogue().by_name == {}


@pytest.mark.attack("PLG-02")
@pytest.mark.parametrize(
    ("metadata", "entry_points"),
    [
        (b"Name: other\nVersion: 1\n", b"[dockmesh_auth]\nno sign of equality\n"),
        (b"Name: other\nVersion: 1\n", b"\xff\xfe[x]\n"),
        (b"Name: \xff\xfe\n", b"[dockmesh_auth]\nx = y\n"),
    ],
)
def test_a_distribution_that_cannot_be_read_stops_nobody(
    install, catalogue, site: Path, metadata: bytes, entry_points: bytes
) -> None:
    """Whatever lies about in the environment: the others are found, and the host starts."""
    install(name="toy")
    info = site / "other-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_bytes(metadata)
    (info / "entry_points.txt").write_bytes(entry_points)

    assert list(catalogue().by_name) == ["toy"]


@pytest.mark.attack("CFG-06")
def test_a_name_that_is_not_visible_is_no_name(install, catalogue, site: Path) -> None:
    """It cannot be configured, and it would be printed where plugins are listed."""
    install(name="toy")
    points = site / "dockmesh_auth_toy-1.2.dist-info" / "entry_points.txt"
    points.write_text("[dockmesh_auth]\n\x1b[31mtoy = x\ntoy = y\n")

    assert list(catalogue().by_name) == ["toy"]


def test_a_distribution_without_a_version_is_found(install, catalogue, site: Path) -> None:
    """It can be named in messages all the same."""
    install(name="toy")
    (site / "dockmesh_auth_toy-1.2.dist-info" / "METADATA").write_text("Name: other\n")

    assert catalogue().find("toy").version == "unknown"

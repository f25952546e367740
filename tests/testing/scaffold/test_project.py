"""What a new plugin may be called, what follows from it, and which files are written."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from dockmesh_auth.testing.scaffold import Project, write_project


def described(name: str = "acme", **parts: Any) -> Project:
    """A project with these parts."""
    standard = {
        "display_name": None,
        "issuer": "https://login.example.com",
        "oauth2": False,
        "library": "0.1.7",
    }
    return Project.described(name, **{**standard, **parts})


def test_what_follows_from_the_name() -> None:
    """Distribution, package, classes, and what people read."""
    project = described("my-idp2")

    assert project.distribution == "dockmesh-auth-my-idp2"
    assert project.package == "dockmesh_auth_my_idp2"
    assert project.class_name == "MyIdp2"
    assert project.display_name == "My Idp2"


@pytest.mark.parametrize("name", ["a", "a1", "acme", "acme-id", "a" * 30])
def test_good_names(name: str) -> None:
    """Small letters, digits and hyphens."""
    assert described(name).name == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "A",
        "1a",
        "a_b",
        "-a",
        "a-",
        "a--b",
        "a.b",
        "a/b",
        "../a",
        "a b",
        "é",
        "a\n",
        "a" * 31,
        "class",
        "import",
        "match",
    ],
)
def test_names_that_cannot_be_used(name: str) -> None:
    """No path, no capital, nothing that is compared as another name."""
    with pytest.raises(ValueError, match=r"name|word"):
        described(name)


@pytest.mark.parametrize("name", ["oidc", "keycloak", "two-words"])
def test_a_name_that_is_taken(name: str) -> None:
    """By the built-in or by an installed plugin, however it writes its hyphens."""
    with pytest.raises(ValueError, match="taken"):
        described(name).check_name_is_free(["oidc", "keycloak", "two_words"])


def test_a_name_that_is_free() -> None:
    """Also one that begins like another."""
    described("key").check_name_is_free(["oidc", "keycloak"])


@pytest.mark.parametrize("text", ["Acme", "Acme (test)", "Ämter & Co.", "7", "A" * 40])
def test_display_names(text: str) -> None:
    """As people write them."""
    assert described(display_name=text).display_name == text


@pytest.mark.parametrize(
    "text", ["", " ", " A", "A ", '"', "A\\", "A`", "{{7*7}}", "A\n", "<b>", "[A]", "A" * 41, "A_"]
)
def test_display_names_that_would_break_a_file(text: str) -> None:
    """It stands in Python, TOML and Markdown."""
    with pytest.raises(ValueError, match="display name"):
        described(display_name=text)


@pytest.mark.parametrize(
    ("issuer", "path"),
    [
        ("https://x.example", ""),
        ("https://x.example/", "/"),
        ("https://x.example:8443/realms/a_b/", "/realms/a_b/"),
    ],
)
def test_issuers(issuer: str, path: str) -> None:
    """With their slashes as they are."""
    assert described(issuer=issuer).issuer_path == path


@pytest.mark.parametrize(
    "issuer",
    [
        "",
        "x.example",
        "http://x.example",
        "HTTPS://x.example",
        "https://",
        "https://X.example",
        "https://u@x.example",
        "https://x.example/?a",
        "https://x.example/#a",
        "https://x.example/a b",
        'https://x.example/"',
        "https://x.example//a",
        "https://x.example\n",
    ],
)
def test_issuers_that_cannot_be_used(issuer: str) -> None:
    """https, a host, a path of plain letters."""
    with pytest.raises(ValueError, match="issuer"):
        described(issuer=issuer)


@pytest.mark.parametrize(
    ("library", "bound"),
    [("0.1.7", ">=0.1,<0.2"), ("0.9.0", ">=0.9,<0.10"), ("2.4.1.dev3", ">=2.4,<2.5")],
)
def test_the_bound_of_the_library(library: str, bound: str) -> None:
    """This minor version, and its patches."""
    assert described(library=library).library_bound == bound


@pytest.mark.parametrize("oauth2", [False, True])
def test_the_files(tmp_path: Path, *, oauth2: bool) -> None:
    """Where a reader looks for them; nothing else, and none with a gap."""
    files = write_project(described(oauth2=oauth2), tmp_path / "new" / "folder")

    assert sorted(map(str, files)) == [
        ".gitignore",
        "CHANGELOG.md",
        "README.md",
        "pyproject.toml",
        "src/dockmesh_auth_acme/__init__.py",
        "src/dockmesh_auth_acme/plugin.py",
        "src/dockmesh_auth_acme/py.typed",
        "src/dockmesh_auth_acme/testing.py",
        "tests/test_contract.py",
        "tests/test_plugin.py",
    ]
    written = [path for path in (tmp_path / "new" / "folder").rglob("*") if path.is_file()]
    assert len(written) == 10
    texts = [path.read_text("utf-8") for path in written]
    for gap in ("{{", "{%", "PACKAGE", "TODO", "FIXME", "NotImplemented"):
        assert [text for text in texts if gap in text] == []


def test_the_project_file(tmp_path: Path) -> None:
    """Three entry points under one name, a floor and a ceiling, strict types."""
    write_project(described("my-idp"), tmp_path)

    project = tomllib.loads((tmp_path / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["name"] == "dockmesh-auth-my-idp"
    assert project["project"]["dependencies"] == ["dockmesh-auth>=0.1,<0.2"]
    assert project["project"]["entry-points"] == {
        "dockmesh_auth": {"my-idp": "dockmesh_auth_my_idp.plugin"},
        "dockmesh_auth.under_test": {"my-idp": "dockmesh_auth_my_idp.testing:under_test"},
        "dockmesh_auth.stand_in": {"my-idp": "dockmesh_auth_my_idp.testing:stand_in"},
    }
    assert project["tool"]["mypy"]["strict"] is True


@pytest.mark.parametrize("name", ["README.md", "tests/test_plugin.py"])
def test_no_file_is_written_over(tmp_path: Path, name: str) -> None:
    """Neither that one, nor any beside it."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")

    with pytest.raises(FileExistsError) as caught:
        write_project(described(), tmp_path)

    assert caught.value.filename == str(tmp_path / name)
    assert (tmp_path / name).read_text() == "mine"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / name]


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    """Even if it leads to nothing yet."""
    (tmp_path / "README.md").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FileExistsError):
        write_project(described(), tmp_path)

    assert not (tmp_path / "elsewhere").exists()

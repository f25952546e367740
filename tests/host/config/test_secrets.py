"""Secrets: where they come from, what is cut off, and that nothing ever shows them."""

from __future__ import annotations

import os
import pickle
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockmesh_auth.errors import ConfigurationError
from dockmesh_auth.host.config import ParsedConfig, parse_config
from dockmesh_auth.host.config.document import Node, parse_document

GONE = "CONFIG_SECRET_UNAVAILABLE"


def _with(small: dict[str, Any], secret: object) -> dict[str, Any]:
    small["auth"]["providers"][0]["client_secret"] = secret
    return small


def _file(folder: Path, content: bytes, name: str = "s") -> dict[str, str]:
    (folder / name).write_bytes(content)
    (folder / name).chmod(0o600)
    return {"file": name}


@pytest.mark.attack("CFG-08")
@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (b"hunter2", "hunter2"),
        (b"hunter2\n", "hunter2"),
        (b"hunter2\r\n", "hunter2"),
        (b"hunter2\n\n", "hunter2\n"),
        (b"hunter2\r", "hunter2\r"),
        (b" hunter2 ", " hunter2 "),
        (b"a\nb\n", "a\nb"),
        ("pässword\n".encode(), "pässword"),
    ],
)
def test_one_newline_is_cut_and_no_more(
    load: Any, small: dict[str, Any], folder: Path, content: bytes, secret: str
) -> None:
    """Of a file exactly one newline at the end is cut; everything else is the secret."""
    config = load(_with(small, _file(folder, content)))
    assert config.providers[0].client_secret.reveal() == secret


@pytest.mark.attack("CFG-08")
@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\r\n", b"\xef\xbb\xbfhunter2", b"\xff\xfehunter2", b"x" * 65_537]
)
def test_contents_that_are_no_secret(
    load: Any, small: dict[str, Any], folder: Path, content: bytes
) -> None:
    """Empty, with a byte order mark, not UTF-8, too large: refused, with the path alone."""
    with pytest.raises(ConfigurationError) as caught:
        load(_with(small, _file(folder, content)))
    assert caught.value.code.name == GONE
    assert str(folder / "s") in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.attack("CFG-08")
@pytest.mark.parametrize("kind", ["missing", "directory", "pipe", "loop"])
def test_paths_that_are_no_file(
    faults: Any, small: dict[str, Any], folder: Path, kind: str
) -> None:
    """Missing, a directory, a pipe that nobody writes to: refused at once, never waited for."""
    path = folder / "s"
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path)
    ((code, key, _),) = faults(_with(small, {"file": "s"}))
    assert (code, key) == (GONE, "auth.providers[0].client_secret")


@pytest.mark.attack("CFG-08")
@pytest.mark.parametrize(("mode", "warns"), [(0o600, False), (0o640, True), (0o604, True)])
def test_a_file_that_others_can_read_is_warned_of(
    load: Any,
    small: dict[str, Any],
    folder: Path,
    mode: int,
    warns: bool,  # noqa: FBT001
) -> None:
    """The secret is used, and the warning names the file and the key's place."""
    secret = _file(folder, b"hunter2")
    (folder / "s").chmod(mode)
    warnings = load(_with(small, secret)).warnings
    assert bool(warnings) is warns
    for warning in warnings:
        assert str(folder / "s") in warning
        assert "dockmesh.yaml:1:" in warning


@pytest.mark.attack("CFG-08")
def test_the_configuration_itself_should_not_be_readable_either(
    load: Any, small: dict[str, Any], folder: Path, private_key: str
) -> None:
    """A warning if secrets are written in a file that others can read; none if there are none."""
    path = folder / "dockmesh.yaml"

    def warnings() -> tuple[str, ...]:
        load(small, {"S": "x"})
        path.chmod(0o644)
        return parse_config(path, environ={}).warnings

    assert "can read it" in warnings()[0]
    _with(small, {"env": "S"})
    assert warnings() == ()
    small["database"]["driver"] = "postgres"
    assert "can read it" in warnings()[0]
    small["database"]["dsn"] = {"env": "S"}
    assert warnings() == ()
    small["auth"]["providers"][0]["decryption_key"] = private_key
    assert "can read it" in warnings()[0]


def test_secrets_of_the_environment(load: Any, faults: Any, small: dict[str, Any]) -> None:
    """A variable is taken as it is; unset, empty and not UTF-8 are refused."""
    config = load(_with(small, {"env": "S"}), {"S": "hunter2\n"})
    assert config.providers[0].client_secret.reveal() == "hunter2\n"
    for environ in ({}, {"S": ""}, {"S": "\udcff"}, {"S": "\ufeffhunter2"}):
        ((code, key, _),) = faults(small, environ)
        assert (code, key) == (GONE, "auth.providers[0].client_secret")


@pytest.mark.parametrize(
    ("secret", "code"),
    [
        ({}, "CONFIG_MISSING_KEY"),
        ({"env": "A", "file": "b"}, "CONFIG_UNKNOWN_KEY"),
        ({"environment": "A"}, "CONFIG_UNKNOWN_KEY"),
        ({"env": 5}, "CONFIG_WRONG_TYPE"),
        ({"env": None}, "CONFIG_WRONG_TYPE"),
        ({"env": ""}, "CONFIG_INVALID_VALUE"),
        ({"env": "$A"}, "CONFIG_INVALID_VALUE"),
        ({"env": "A=B"}, "CONFIG_INVALID_VALUE"),
        ({"file": ""}, "CONFIG_INVALID_VALUE"),
        ({"file": "a\0b"}, "CONFIG_INVALID_VALUE"),
        ({"file": ["a"]}, "CONFIG_WRONG_TYPE"),
        (["a"], "CONFIG_WRONG_TYPE"),
        (12345678, "CONFIG_WRONG_TYPE"),
        (True, "CONFIG_WRONG_TYPE"),
        (None, "CONFIG_WRONG_TYPE"),
    ],
)
def test_malformed_references(
    faults: Any, small: dict[str, Any], secret: object, code: str
) -> None:
    """A secret is text, or a section with exactly one of `env` and `file`."""
    ((found, key, _),) = faults(_with(small, secret))
    assert (found, key) == (code, "auth.providers[0].client_secret")


def test_decryption_keys_that_cannot_be_had(
    faults: Any, small: dict[str, Any], private_key: str
) -> None:
    """Each key of a list is told of by itself."""
    keys = [{"env": "NOT_SET"}, private_key, "no key", {"file": "missing"}]
    small["auth"]["providers"][0]["decryption_key"] = keys
    assert [found[:2] for found in faults(small)] == [
        (GONE, "auth.providers[0].decryption_key[0]"),
        ("CONFIG_INVALID_VALUE", "auth.providers[0].decryption_key[2]"),
        (GONE, "auth.providers[0].decryption_key[3]"),
    ]


def test_an_absolute_path_is_taken_as_it_is(
    load: Any, small: dict[str, Any], folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Relative paths begin at the configuration's folder; absolute ones stand."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    _file(elsewhere, b"hunter2")
    config = load(_with(small, {"file": str(elsewhere / "s")}))
    assert config.providers[0].client_secret.reveal() == "hunter2"


# --- nothing shows them ---------------------------------------------------------------------

CANARY = "canary-7f3a91-of-more-than-thirty-two-bytes"

# Faults of every stage, each in a file that holds the canary, some of them with the canary just
# where the fault is: the blank forgotten, an alias, a tag, a bad escape, a wrong key.
LEAKY = [
    "client_secret: C\n  bad: indent",
    'client_secret: "C',
    'client_secret: "\\q C"',
    "client_secret: *C",
    "client_secret: !C x",
    "client_secret: !!C x",
    "client_secret: &C [*C]",
    "client_secret: [C]",
    "client_secret: {C: x}",
    "client_secret: {env: {C: x}}",
    "client_secret: {env: 'C C'}",
    "client_secret: {file: C, env: C}",
    "client_secret:C",
    "{client_secret:C, a: b}",
    "client_secrt: C",
    "secret: {C: C}",
    "client_secret: C\n      client_secret: C",
    "client_secret: C\n      issuer_url: https://x:C@login.example.com",
    "client_secret: C\n      decryption_key: C",
    "client_secret: C\n      clock_skew: C",
    "client_secret: C\n      scopes: {C: C}",
    "client_secret: C\n      max_age: C",
    "client_secret: C\n      timeout: -1",
    "client_secret: C\n      client_authentication: none",
    "client_secret: C\n      unknown: 1",
    "client_secret: C\n      ? [C]\n      : C",
    "client_secret: C\n      C: &x C\n      C: *y",
    "client_secret: \ud800C",
]


def _frames(error: BaseException) -> str:
    """All that a crash reporter would see: every exception and every local of every frame."""
    seen: list[str] = []
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None:
            continue
        seen += [str(one), repr(one), repr(one.args), repr(vars(one))]
        todo += [one.__cause__, one.__context__]
        step: TracebackType | None = one.__traceback__
        while step is not None:
            if "dockmesh_auth" in step.tb_frame.f_code.co_filename:
                seen += [repr(value) for value in step.tb_frame.f_locals.values()]
            step = step.tb_next
        seen += traceback.format_exception(one)
    return "\n".join(seen)


@pytest.mark.attack("CFG-04", "CFG-05")
@pytest.mark.parametrize("line", LEAKY)
def test_no_failure_shows_a_secret(folder: Path, line: str) -> None:
    """Neither message, nor cause, nor context, nor any local of our frames holds the secret."""
    text = f"""\
server: {{base_url: https://x.example}}
database: {{driver: sqlite, dsn: C}}
auth:
  jwt_secret: C
  providers:
    - slug: a
      issuer_url: https://a.example
      client_id: x
      {line}
"""
    path = folder / "dockmesh.yaml"
    path.write_bytes(text.replace("C", CANARY).encode("utf-8", "surrogatepass"))
    shown = []
    try:
        parsed = parse_config(path, environ={})
    except ConfigurationError as error:
        shown += [_frames(one) for one in (error, *error.others)]
    else:
        shown.append(repr(parsed))
    assert CANARY not in "".join(shown)


@pytest.mark.attack("CFG-04", "CFG-05")
def test_no_failure_of_the_second_phase_shows_a_secret(
    load: Any, small: dict[str, Any], canary: str
) -> None:
    """The same where plugins and secrets come in; a misspelt secret is an unknown key there."""
    small["auth"]["providers"][0] |= {"client_secrte": canary, "decryption_key": canary}
    with pytest.raises(ConfigurationError) as caught:
        load(small)
    error = caught.value
    error.__traceback__ = error.__traceback__.tb_next.tb_next  # type: ignore[union-attr]
    assert canary not in _frames(error)


def _walk(value: object, seen: dict[int, object]) -> None:
    if id(value) in seen:
        return
    seen[id(value)] = value
    if isinstance(value, dict):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, (list, tuple, set, frozenset)):
        parts = list(value)
    elif attrs.has(type(value)):
        parts = [getattr(value, field.name) for field in attrs.fields(type(value))]
    else:
        parts = list(getattr(value, "__dict__", {}).values())
    for part in parts:
        _walk(part, seen)


@pytest.mark.attack("CFG-04")
def test_all_values_that_stay_are_free_of_secrets(load: Any, complete: str, folder: Path) -> None:
    """Everything reachable from the configuration: no text but a Secret's own holds the canary."""
    inline = complete.replace("\n        file: secret\n", f" {CANARY}\n")
    inline = inline.replace("jwt_secret: not ours", f"jwt_secret: {CANARY}")
    config = load(inline)
    parsed = parse_config(folder / "dockmesh.yaml", environ={})
    seen: dict[int, object] = {}
    _walk([config, parsed], seen)
    assert len(seen) > 100
    assert not [value for value in seen.values() if isinstance(value, str) and CANARY in value]
    assert CANARY not in repr([config, parsed, attrs.asdict(config, recurse=False)])
    with pytest.raises(TypeError):
        pickle.dumps(config)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["client_secret", "jwt_secret", "dsn", "x"]),
    style=st.sampled_from("'\"|>"),
)
def test_a_tree_never_shows_its_values(name: str, style: str) -> None:
    """The tree of a file, on its way to becoming settings, has a repr without values."""
    value = f"{style}\n  {CANARY}\n" if style in "|>" else f"{style}{CANARY}{style}\n"
    tree = parse_document(f"{name}: {value}")
    assert isinstance(tree, Node)
    assert CANARY not in repr(tree)
    assert repr(tree) == "<Node at 1:1>"


def test_a_parsed_file_does_not_show_what_is_written(
    load: Any, complete: str, folder: Path
) -> None:
    """The repr of the first phase's value has no settings in it."""
    load(complete)
    parsed = parse_config(folder / "dockmesh.yaml", environ={})
    assert isinstance(parsed, ParsedConfig)
    assert "login.example.com" not in repr(parsed)

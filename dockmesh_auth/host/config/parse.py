"""The first phase: the file's text becomes settings. Needs no plugin."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from attrs import field, frozen

from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.errors import ErrorCode
from dockmesh_auth.host.config import addresses, checks, document
from dockmesh_auth.host.config.kinds import Refused
from dockmesh_auth.host.config.model import FileSettings
from dockmesh_auth.host.config.names import BUILT_IN
from dockmesh_auth.host.config.problems import KeyPath, Positions, Problem, error_of, told
from dockmesh_auth.host.config.provider_settings import ProviderSettings
from dockmesh_auth.host.config.secret_sources import SecretSource, readable_by_others
from dockmesh_auth.host.config.sections import Section, faults_in, keys_of, misspelt

__all__ = ["BASE_URL_VARIABLE", "ParsedConfig", "parse_config"]

BASE_URL_VARIABLE: Final = "DOCKMESH_BASE_URL"
"""dockmesh's own variable; counts if the file has no `server.base_url`."""

UNREADABLE: Final = ErrorCode.CONFIG_FILE_UNREADABLE

_FILE: Final = Section(FileSettings, "a section", foreign=None)


@frozen
class ParsedConfig:
    """A file that is well formed; what its plugins' own options mean is not known yet.

    Attributes:
        base_url: The address of this site, without a slash at the end.
        roles: The roles that exist.
        settings: What is written.
        positions: Where it is written.
        warnings: What an administrator should look at.
    """

    base_url: str
    roles: RoleCatalogue
    settings: FileSettings = field(repr=False)
    positions: Positions
    warnings: tuple[str, ...] = ()

    @property
    def plugin_of_provider(self) -> Mapping[str, str]:
        """The plugin of each enabled provider by its slug, in the order of the file."""
        return MappingProxyType(
            {p.slug: p.plugin for p in self.settings.auth.providers if p.enabled}
        )

    def place_of_plugin(self, name: str | None) -> str:
        """`file:line:column` of where the plugin *name* is asked for."""
        for index, provider in enumerate(self.settings.auth.providers):
            if provider.enabled and provider.plugin == name:
                return self.positions.location(("auth", "providers", index, "plugin"))
        return self.positions.location(("auth", "plugins"))

    @property
    def plugin_names(self) -> tuple[str, ...]:
        """The plugins that are enabled, each once: `auth.plugins`, else those in use."""
        listed = self.settings.auth.plugins
        if listed is None:
            return tuple(dict.fromkeys(self.plugin_of_provider.values()))
        built_in = [name for name in self.plugin_of_provider.values() if name == BUILT_IN]
        return tuple(dict.fromkeys((*listed, *built_in)))


def parse_config(path: Path, *, environ: Mapping[str, str]) -> ParsedConfig:
    """Read *path* and check its structure and everything that needs no plugin.

    Args:
        path: `dockmesh.yaml`.
        environ: The environment: may give the base URL.

    Raises:
        ConfigurationError: Something is wrong. The error is the first fault in the file; its
            `others` are all the rest.
    """
    positions = Positions(path)
    tree, mode = _read(path)
    if isinstance(tree, Problem):
        raise error_of([tree], positions)
    settings, problems = _structured(tree, positions)
    if settings is None:
        raise error_of(problems, positions)
    base_url, found = _base_url(settings.server.base_url, environ)
    roles, faults = checks.problems_of(settings.auth)
    faults += found
    if faults or base_url is None:
        raise error_of([*faults, *problems], positions)
    warnings = checks.warnings_of(settings.auth) + _surroundings(settings, mode, environ)
    return ParsedConfig(base_url, roles, settings, positions, told(warnings, positions))


def _read(path: Path) -> tuple[document.Node | Problem, int]:
    """The tree, or what is wrong; and the file's mode."""
    # Nothing here raises: no traceback then has a frame that holds the text, or its secrets.
    try:
        with path.open("rb") as file:
            content = file.read(document.MAX_FILE + 1)
            mode = os.fstat(file.fileno()).st_mode
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Problem((), UNREADABLE, f"the file cannot be read: {reason}"), 0
    if len(content) > document.MAX_FILE:
        return Problem((), UNREADABLE, f"the file is larger than {document.MAX_FILE} bytes"), 0
    try:
        return document.parse_document(content.decode("utf-8-sig")), mode
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fault = "the file is not UTF-8 in this line"
        return Problem((), ErrorCode.CONFIG_SYNTAX, fault, mark=(line, 1)), 0


def _structured(
    tree: document.Node, positions: Positions
) -> tuple[FileSettings | None, list[Problem]]:
    """The settings, and problems that are only certain if there are others."""
    plain = document.expand(tree, positions)
    if isinstance(plain, Problem):
        return None, [plain]
    suspects = list(_suspects(plain))
    try:
        settings: FileSettings = _FILE.read(plain)
    except (Refused, ExceptionGroup) as fault:
        return None, [*faults_in(fault, (), plain), *suspects]
    return settings, suspects


def _suspects(plain: Any) -> Iterator[Problem]:
    """Keys of providers that could be a plugin's, and look like one of ours that is missing."""
    auth = plain.get("auth") if isinstance(plain, dict) else None
    providers = auth.get("providers") if isinstance(auth, dict) else None
    if not isinstance(providers, list):
        return
    for index, members in enumerate(providers):
        if isinstance(members, dict):
            path = ("auth", "providers", index)
            yield from misspelt(members, keys_of(ProviderSettings), path)


def _base_url(written: str | None, environ: Mapping[str, str]) -> tuple[str | None, list[Problem]]:
    if written is not None:
        return written, []
    path = ("server",)
    text = environ.get(BASE_URL_VARIABLE, "")
    if not text:
        missing = f"the key 'base_url' is missing, and {BASE_URL_VARIABLE} is not set either"
        return None, [Problem(path, ErrorCode.CONFIG_MISSING_KEY, missing, at_key=True)]
    try:
        return addresses.base_url(text), []
    except Refused as refused:
        return None, [Problem(path, refused.code, f"{BASE_URL_VARIABLE} {refused.text}")]


def _surroundings(
    settings: FileSettings, mode: int, environ: Mapping[str, str]
) -> list[tuple[KeyPath, str]]:
    found: list[tuple[KeyPath, str]] = []
    written, other = settings.server.base_url, environ.get(BASE_URL_VARIABLE, "")
    if written is not None and other and other.rstrip("/") != written:
        text = f"{BASE_URL_VARIABLE} says another address; this one counts for sign-in"
        found.append((("server", "base_url"), text))
    if readable_by_others(mode) and any(isinstance(s, Secret) for s in _sources(settings)):
        text = "holds secrets and others on this machine can read it; set its mode to 0600"
        found.append(((), text))
    return found


def _sources(settings: FileSettings) -> Iterator[SecretSource | None]:
    for provider in settings.auth.providers:
        yield provider.client_secret
        yield from provider.decryption_key
    if settings.database.driver != "sqlite":  # whose address is a path
        yield settings.database.dsn

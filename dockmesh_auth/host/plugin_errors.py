"""What a plugin raises, taken as an answer only if it is one of our errors, whole, and copied."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from dockmesh_auth.errors import (
    AccessDenied,
    AuthError,
    ConfigurationError,
    ErrorCode,
    PluginError,
    ProviderError,
    SignInRejected,
    StorageError,
    TokenRejected,
)

__all__ = ["copied_error"]

_BRANCHES: Final[tuple[type[AuthError], ...]] = (
    AccessDenied,
    ConfigurationError,
    PluginError,
    ProviderError,
    SignInRejected,
    StorageError,
    TokenRejected,
)


def copied_error(error: BaseException) -> AuthError | None:
    """A copy of *error* if it is exactly one of the branches of `AuthError`, with the fields that
    the branch has; None if it is anything else.

    A subclass could answer for itself wherever it is looked at, and an object that the plugin
    keeps could be raised for two people at once.
    """
    if type(error) not in _BRANCHES or not isinstance(error, AuthError):
        return None
    fields = vars(error)
    texts = [fields.get(name) for name in ("provider", "plugin", "hook")]
    evidence = fields.get("evidence")
    if (
        type(fields.get("code")) is not ErrorCode
        or type(fields.get("detail")) is not str
        or not all(text is None or type(text) is str for text in texts)
        or type(evidence) is not MappingProxyType
        or not _is_plain(evidence)
    ):
        return None
    copy = error.again()
    if isinstance(copy, ConfigurationError):
        copy.location, copy.others = None, ()  # a plugin has no file of ours
    return copy


def _is_plain(evidence: MappingProxyType[object, object]) -> bool:
    # The constructor puts a dict of its own behind it; a copy shows what another would say.
    try:
        pairs = dict(evidence)
    except BaseException:  # noqa: BLE001 - it is a plugin's own mapping
        return False
    return all(type(text) is str for pair in pairs.items() for text in pair)

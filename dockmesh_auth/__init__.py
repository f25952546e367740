"""Pluggable OpenID Connect sign-in for dockmesh.

The public face. Applications::

    from dockmesh_auth import create_app

    app = create_app("dockmesh.yaml")          # any ASGI server runs it

or, to hold the pieces::

    from dockmesh_auth import AuthHost, build_app, open_store

    host = AuthHost.from_config("dockmesh.yaml", open_store=open_store)
    app.mount("/", build_app(host))

Plugins import from here or from the modules that these names come from; what is not public may
change. Names are imported when they are first used, so that the command starts at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dockmesh_auth.assembly.application import create_app, open_store
    from dockmesh_auth.domain.claims import ClaimPath, Claims
    from dockmesh_auth.domain.grants import Grant, Grants, GroupMapping, MappingTable, Origin
    from dockmesh_auth.domain.groups import Groups, GroupState
    from dockmesh_auth.domain.identity import Identity, Profile
    from dockmesh_auth.domain.metadata import ProviderMetadata
    from dockmesh_auth.domain.ports import Answer, Fetch, TokenVerifier
    from dockmesh_auth.domain.provider import ClientAuthentication, Provider
    from dockmesh_auth.domain.roles import Role
    from dockmesh_auth.domain.scope import Scope
    from dockmesh_auth.domain.secret import Secret
    from dockmesh_auth.domain.session import Session, User
    from dockmesh_auth.domain.tenants import Tenants
    from dockmesh_auth.domain.tokens import Expectation, TokenResponse
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
    from dockmesh_auth.hookspecs import (
        CONTRACT_VERSION,
        OptionType,
        PluginDescription,
        PluginOption,
        TenantRule,
        hookimpl,
    )
    from dockmesh_auth.host.auth_host import AuthHost, Health, load_config
    from dockmesh_auth.host.config import HostConfig
    from dockmesh_auth.oidc.api import fetch_json, fetch_pages, next_by_link, next_by_member
    from dockmesh_auth.oidc.id_token import validate_id_token
    from dockmesh_auth.oidc.profile import build_profile, fetch_profile
    from dockmesh_auth.web.app import build_app

__version__ = "0.1.0"

__all__ = [
    "CONTRACT_VERSION",
    "AccessDenied",
    "Answer",
    "AuthError",
    "AuthHost",
    "ClaimPath",
    "Claims",
    "ClientAuthentication",
    "ConfigurationError",
    "ErrorCode",
    "Expectation",
    "Fetch",
    "Grant",
    "Grants",
    "GroupMapping",
    "GroupState",
    "Groups",
    "Health",
    "HostConfig",
    "Identity",
    "MappingTable",
    "OptionType",
    "Origin",
    "PluginDescription",
    "PluginError",
    "PluginOption",
    "Profile",
    "Provider",
    "ProviderError",
    "ProviderMetadata",
    "Role",
    "Scope",
    "Secret",
    "Session",
    "SignInRejected",
    "StorageError",
    "TenantRule",
    "Tenants",
    "TokenRejected",
    "TokenResponse",
    "TokenVerifier",
    "User",
    "build_app",
    "build_profile",
    "create_app",
    "fetch_json",
    "fetch_pages",
    "fetch_profile",
    "hookimpl",
    "load_config",
    "next_by_link",
    "next_by_member",
    "open_store",
    "validate_id_token",
]

_HOMES: Final = {
    "assembly.application": ("create_app", "open_store"),
    "domain.claims": ("ClaimPath", "Claims"),
    "domain.grants": ("Grant", "Grants", "GroupMapping", "MappingTable", "Origin"),
    "domain.groups": ("GroupState", "Groups"),
    "domain.identity": ("Identity", "Profile"),
    "domain.metadata": ("ProviderMetadata",),
    "domain.ports": ("Answer", "Fetch", "TokenVerifier"),
    "domain.provider": ("ClientAuthentication", "Provider"),
    "domain.roles": ("Role",),
    "domain.scope": ("Scope",),
    "domain.secret": ("Secret",),
    "domain.session": ("Session", "User"),
    "domain.tenants": ("Tenants",),
    "domain.tokens": ("Expectation", "TokenResponse"),
    "errors": (
        "AccessDenied",
        "AuthError",
        "ConfigurationError",
        "ErrorCode",
        "PluginError",
        "ProviderError",
        "SignInRejected",
        "StorageError",
        "TokenRejected",
    ),
    "host.auth_host": ("AuthHost", "Health", "load_config"),
    "host.config": ("HostConfig",),
    "hookspecs": (
        "CONTRACT_VERSION",
        "OptionType",
        "PluginDescription",
        "PluginOption",
        "TenantRule",
        "hookimpl",
    ),
    "oidc.api": ("fetch_json", "fetch_pages", "next_by_link", "next_by_member"),
    "oidc.id_token": ("validate_id_token",),
    "oidc.profile": ("build_profile", "fetch_profile"),
    "web.app": ("build_app",),
}
_MODULE_OF: Final = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""One provider: its settings, completed by its plugin's defaults, become the domain's value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import frozen

from dockmesh_auth.domain.claims import ClaimPath
from dockmesh_auth.domain.grants import Grant, GroupMapping, MappingTable, Origin
from dockmesh_auth.domain.provider import ClientAuthentication, NetworkRules, Provider
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.errors import ConfigurationError, ErrorCode
from dockmesh_auth.hookspecs import PluginDescription
from dockmesh_auth.host.config.checks import provider_path
from dockmesh_auth.host.config.model import AuthSettings
from dockmesh_auth.host.config.options import read_options
from dockmesh_auth.host.config.problems import KeyPath, Problem, suggestion
from dockmesh_auth.host.config.provider_settings import ProviderSettings, Unset
from dockmesh_auth.host.config.secret_sources import SecretSource
from dockmesh_auth.host.config.secrets_in_place import Secrets
from dockmesh_auth.host.config.tenants import tenants_of
from dockmesh_auth.oidc.jwe import parse_decryption_key

__all__ = ["ProviderBuilder"]

_SECRET_BYTES: Final = {"HS256": 32, "HS384": 48, "HS512": 64}
"""Bytes of a client secret that signs: no fewer than the hash has (RFC 7518, section 3.2)."""


@frozen(eq=False, repr=False)
class ProviderBuilder:
    """Builds the providers of one file.

    Attributes:
        auth: The file's `auth:`.
        roles: The roles that exist.
        secrets: Fetches secrets.
        problems: Takes what is wrong.
    """

    auth: AuthSettings
    roles: RoleCatalogue
    secrets: Secrets
    problems: list[Problem]

    def build(
        self, index: int, written: ProviderSettings, plugin: PluginDescription
    ) -> Provider | None:
        """The provider; None if something is wrong with it, which is then among the problems."""
        before = len(self.problems)
        path = provider_path(index)
        options, problems = read_options(written.options, plugin, path)
        self.problems.extend(problems)
        authentication = written.client_authentication or plugin.client_authentication
        scopes = plugin.scopes if written.scopes is None else written.scopes
        secret = self._secret(written.client_secret, (*path, "client_secret"))
        keys = self._decryption_keys(written, path)
        if not _secret_misspelt(written, plugin):
            self.problems.extend(_authentication_problems(authentication, written, path))
            self.problems.extend(_algorithm_problems(written, secret, path))
        self.problems.extend(_witness_problems(written, plugin, scopes, path))
        network = self._network(written, plugin, path)
        rule = None if problems else plugin.tenants  # what could not be read is told already
        tenants, problems = tenants_of(written.issuer_url, rule, options, path)
        self.problems.extend(problems)
        if len(self.problems) > before:
            return None
        return Provider(
            slug=written.slug,
            plugin=written.plugin,
            display_name=written.display_name or written.slug,
            issuer=written.issuer_url,
            tenants=tenants,
            subject_claim=plugin.subject_claim,
            id_token=plugin.id_token,
            discovery_url=written.discovery_url,
            client_id=written.client_id,
            client_secret=secret,
            client_authentication=authentication,
            scopes=scopes,
            groups_claim=_groups_claim(written, plugin),
            missing_groups=written.missing_groups,
            id_token_algorithms=tuple(dict.fromkeys(written.id_token_algorithms)),
            clock_skew=written.clock_skew,
            max_age=written.max_age,
            trusted_audiences=frozenset(written.trusted_audiences),
            userinfo=written.userinfo,
            response_mode=written.response_mode,
            pushed_authorization_requests=written.pushed_authorization_requests,
            own_callback=written.own_callback,
            auto_login=written.auto_login,
            decryption_keys=keys,
            mappings=self._mappings(written.slug),
            default_grant=self._default_grant(),
            network=network,
            options=options,
        )

    def _secret(self, source: SecretSource | None, path: KeyPath) -> Secret | None:
        return None if source is None else self.secrets.resolve(source, path)

    def _decryption_keys(self, written: ProviderSettings, path: KeyPath) -> tuple[Secret, ...]:
        keys = []
        for number, source in enumerate(written.decryption_key):
            at = (*path, "decryption_key", number)
            key = self.secrets.resolve(source, at)
            if key is None:
                continue
            try:
                parse_decryption_key(key)
            except ConfigurationError as error:
                self.problems.append(Problem(at, error.code, error.detail))
            keys.append(key)
        return tuple(keys)

    def _network(
        self, written: ProviderSettings, plugin: PluginDescription, path: KeyPath
    ) -> NetworkRules:
        ca_file = None
        if written.ca_file is not None:
            file = (self.secrets.folder / written.ca_file).absolute()
            ca_file = str(file)
            if not file.is_file():
                text = f"there is no file {file}"
                self.problems.append(
                    Problem((*path, "ca_file"), ErrorCode.CONFIG_INVALID_VALUE, text)
                )
        return NetworkRules(
            allow_private_addresses=written.allow_private_addresses,
            insecure_allow_http=written.insecure_allow_http,
            allowed_hosts=frozenset({*written.allowed_hosts, *plugin.hosts}),
            ca_file=ca_file,
            timeout=written.timeout,
        )

    def _mappings(self, slug: str) -> MappingTable:
        return MappingTable(
            GroupMapping(row.claim_value, self.roles.named(row.role), row.scope)
            for row in self.auth.group_mappings
            if row.provider in {None, slug}
        )

    def _default_grant(self) -> Grant | None:
        default = self.auth.default_role
        if default is None:
            return None
        return Grant(self.roles.named(default.role), default.scope, Origin.DEFAULT)


def _groups_claim(written: ProviderSettings, plugin: PluginDescription) -> ClaimPath | None:
    if not isinstance(written.groups_claim, Unset):
        return written.groups_claim
    return None if plugin.groups_claim is None else ClaimPath(plugin.groups_claim)


def _secret_misspelt(written: ProviderSettings, plugin: PluginDescription) -> bool:
    """Whether the secret is there under a wrong key, which is told already."""
    known = {option.name for option in plugin.options}
    strangers = written.options.keys() - known
    return any(suggestion(name, ["client_secret"]) for name in strangers)


def _witness_problems(
    written: ProviderSettings, plugin: PluginDescription, scopes: tuple[str, ...], path: KeyPath
) -> Iterator[Problem]:
    """What does not go with where the plugin's provider says who signs in."""
    if plugin.id_token and "openid" not in scopes:
        text = "must have `openid`: without it there is no ID token"
        yield Problem((*path, "scopes"), ErrorCode.CONFIG_INVALID_VALUE, text)
    if not plugin.id_token and "openid" in scopes:
        text = "must not have `openid`: it asks for an ID token, which the plugin does not look at"
        yield Problem((*path, "scopes"), ErrorCode.CONFIG_INVALID_VALUE, text)
    if not plugin.id_token and written.max_age is not None:
        text = "cannot be kept: the provider sends no ID token, which would say it"
        yield Problem((*path, "max_age"), ErrorCode.CONFIG_INVALID_VALUE, text)


def _authentication_problems(
    authentication: ClientAuthentication, written: ProviderSettings, path: KeyPath
) -> Iterator[Problem]:
    if authentication is ClientAuthentication.NONE:
        if written.client_secret is not None:
            text = "must not be there with `client_authentication: none`"
            yield Problem((*path, "client_secret"), ErrorCode.CONFIG_INVALID_VALUE, text)
    elif written.client_secret is None:
        text = (
            f"the key 'client_secret' is missing, which {authentication} needs;"
            " a public client has `client_authentication: none`"
        )
        yield Problem(path, ErrorCode.CONFIG_MISSING_KEY, text, at_key=True)


def _algorithm_problems(
    written: ProviderSettings, secret: Secret | None, path: KeyPath
) -> Iterator[Problem]:
    for number, algorithm in enumerate(written.id_token_algorithms):
        needed = _SECRET_BYTES.get(algorithm, 0)
        known = 0 if secret is None else len(secret.reveal().encode())
        unresolved = secret is None and written.client_secret is not None
        if known < needed and not unresolved:
            text = f"{algorithm} needs a client_secret of at least {needed} bytes"
            at = (*path, "id_token_algorithms", number)
            yield Problem(at, ErrorCode.CONFIG_INVALID_VALUE, text)

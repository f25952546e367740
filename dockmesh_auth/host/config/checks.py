"""What several keys must agree on, as far as it needs no plugin and no secret."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.errors import ConfigurationError, ErrorCode
from dockmesh_auth.host.config.addresses import check_scheme
from dockmesh_auth.host.config.letters import oddities
from dockmesh_auth.host.config.model import AuthSettings
from dockmesh_auth.host.config.names import BUILT_IN
from dockmesh_auth.host.config.problems import KeyPath, Problem, suggestion
from dockmesh_auth.host.config.provider_settings import ProviderSettings

__all__ = ["problems_of", "provider_path", "warnings_of"]

INVALID = ErrorCode.CONFIG_INVALID_VALUE
DUPLICATE = ErrorCode.CONFIG_DUPLICATE


def provider_path(index: int, *keys: str) -> KeyPath:
    """The path of a provider, or of one of its keys."""
    return ("auth", "providers", index, *keys)


def problems_of(auth: AuthSettings) -> tuple[RoleCatalogue, list[Problem]]:
    """The roles that exist, and all that does not fit together."""
    roles, problems = _catalogue(auth)
    problems += _twice(auth.providers)
    problems += _providers(auth)
    problems += _mappings(auth, roles)
    if auth.session.idle > auth.session.absolute:
        problems.append(
            Problem(("auth", "session", "idle"), INVALID, "must not be longer than `absolute`")
        )
    return roles, problems


def _catalogue(auth: AuthSettings) -> tuple[RoleCatalogue, list[Problem]]:
    custom: list[tuple[str, str]] = []
    problems = []
    for index, role in enumerate(auth.roles):
        try:
            RoleCatalogue.with_custom([*custom, (role.name, role.above)])
        except ConfigurationError as error:
            problems.append(Problem(("auth", "roles", index), error.code, error.detail))
        else:
            custom.append((role.name, role.above))
    return RoleCatalogue.with_custom(custom), problems


def _twice(providers: Iterable[ProviderSettings]) -> Iterator[Problem]:
    slugs: dict[str, int] = {}
    clients: dict[tuple[str, str], int] = {}
    automatic: int | None = None
    for index, provider in enumerate(providers):
        first = slugs.setdefault(provider.slug, index)
        if first != index:
            text = f"providers {first + 1} and {index + 1} have the same slug {provider.slug!r}"
            yield Problem(provider_path(index, "slug"), DUPLICATE, text)
        client = (provider.issuer_url, provider.client_id)
        first = clients.setdefault(client, index)
        if first != index:
            # RFC 9700, section 4.4: one client at one issuer is one provider, or answers mix up.
            text = f"providers {first + 1} and {index + 1} have the same issuer and client id"
            yield Problem(provider_path(index, "client_id"), DUPLICATE, text)
        if provider.auto_login and provider.enabled:
            if automatic is not None:
                text = f"provider {automatic + 1} has auto_login already; only one can have it"
                yield Problem(provider_path(index, "auto_login"), DUPLICATE, text)
            automatic = index if automatic is None else automatic


def _providers(auth: AuthSettings) -> Iterator[Problem]:
    for index, provider in enumerate(auth.providers):
        urls = {"issuer_url": provider.issuer_url, "discovery_url": provider.discovery_url}
        for name, url in urls.items():
            if url is not None:
                fault = check_scheme(url, insecure_allow_http=provider.insecure_allow_http)
                if fault is not None:
                    yield Problem(provider_path(index, name), INVALID, fault)
        listed = auth.plugins
        if provider.enabled and listed is not None and provider.plugin not in {*listed, BUILT_IN}:
            text = f"the plugin {provider.plugin!r} is not in `auth.plugins`; add it there"
            yield Problem(provider_path(index, "plugin"), INVALID, text, plugin=provider.plugin)


def _mappings(auth: AuthSettings, roles: RoleCatalogue) -> Iterator[Problem]:
    slugs = {provider.slug for provider in auth.providers}
    for index, row in enumerate(auth.group_mappings):
        path = ("auth", "group_mappings", index)
        yield from _role(row.role, roles, (*path, "role"))
        if row.provider is not None and row.provider not in slugs:
            text = f"there is no provider {row.provider!r}" + _meant(row.provider, slugs)
            yield Problem((*path, "provider"), INVALID, text)
    if auth.default_role is not None:
        yield from _role(auth.default_role.role, roles, ("auth", "default_role"))


def _role(name: str, roles: RoleCatalogue, path: KeyPath) -> Iterator[Problem]:
    if name not in roles.by_name:
        known = ", ".join(role.name for role in roles)
        meant = _meant(name, roles.by_name)
        text = f"there is no role {name!r}{f'{meant} There' if meant else '; there'} are: {known}"
        yield Problem(path, INVALID, text)


def _meant(name: str, candidates: Iterable[str]) -> str:
    nearest = suggestion(name, candidates)
    return f"; did you mean {nearest!r}?" if nearest else ""


def warnings_of(auth: AuthSettings) -> list[tuple[KeyPath, str]]:
    """What is allowed and probably not meant."""
    return [*_nobody(auth), *_odd_rows(auth), *_open_doors(auth), *_shared_callbacks(auth)]


def _nobody(auth: AuthSettings) -> Iterator[tuple[KeyPath, str]]:
    if not any(provider.enabled for provider in auth.providers):
        yield ("auth", "providers"), "no provider is enabled, so nobody can sign in"
    elif auth.default_role is None:
        for index, provider in enumerate(auth.providers):
            rows = [row for row in auth.group_mappings if row.provider in {None, provider.slug}]
            if provider.enabled and not rows:
                text = "no row of group_mappings holds for it and there is no default_role"
                yield provider_path(index), f"{text}, so nobody can sign in through it"


def _odd_rows(auth: AuthSettings) -> Iterator[tuple[KeyPath, str]]:
    seen: dict[object, int] = {}
    for index, row in enumerate(auth.group_mappings):
        path = ("auth", "group_mappings", index)
        for oddity in oddities(row.claim_value):
            yield (*path, "claim_value"), oddity
        first = seen.setdefault(row, index)
        if first != index:
            yield path, f"says the same as row {first + 1}"


def _open_doors(auth: AuthSettings) -> Iterator[tuple[KeyPath, str]]:
    for index, provider in enumerate(auth.providers):
        if provider.enabled and provider.insecure_allow_http:
            text = "plain http is accepted from this machine's own addresses; for tests only"
            yield provider_path(index, "insecure_allow_http"), text


def _shared_callbacks(auth: AuthSettings) -> Iterator[tuple[KeyPath, str]]:
    """RFC 9700, section 4.4.2: with one redirect URI for several providers, one of them can have
    another's answer sent to itself, unless all of them send `iss`.
    """
    first: int | None = None
    for index, provider in enumerate(auth.providers):
        if not provider.enabled or provider.own_callback:
            continue
        if first is None:
            first = index
            continue
        text = (
            f"has the callback of provider {first + 1}, so that one of them could get answers"
            " meant for the other; set it to true and register the new address there"
        )
        yield provider_path(index, "own_callback"), text

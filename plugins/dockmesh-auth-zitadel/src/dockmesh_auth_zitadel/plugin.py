"""What Zitadel does differently from standard OpenID Connect. Everything else is the built-in's.

There are no groups, but the roles of a project. The claim is an object whose members are the
roles; each is an object again, whose members are the organisations that have given that role to
the person, with the organisation's domain as a value::

    "urn:zitadel:iam:org:project:roles": {"operator": {"2781": "acme.example"}}

A project can be granted to other organisations, and their administrators then give its roles to
their people. The name of a role alone says nothing of that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from dockmesh_auth import (
    ClaimPath,
    Claims,
    Fetch,
    Groups,
    PluginDescription,
    PluginOption,
    Profile,
    Provider,
    ProviderMetadata,
    fetch_profile,
    hookimpl,
)

ROLES: Final = "urn:zitadel:iam:org:project:roles"
"""The roles of the project that our client is an application of; a claim of the same form with
the id of a project in its name holds that project's.
"""


@hookimpl
def dockmesh_auth_describe() -> PluginDescription:
    """Zitadel: the project's setting brings the roles, no scope is needed."""
    return PluginDescription(
        name="zitadel",
        display_name="Zitadel",
        contract_version=1,
        scopes=("openid", "profile", "email"),
        groups_claim=ROLES,
        options=(
            PluginOption(
                name="organisation",
                description="The id of the organisation whose roles count; roles that another"
                " organisation has given do not. Without it those of all count.",
            ),
        ),
    )


@hookimpl
async def dockmesh_auth_extract_claims(
    provider: Provider, metadata: ProviderMetadata, claims: Claims, fetch: Fetch
) -> Profile:
    """The standard claims, and the project's roles as groups.

    Raises:
        ProviderError: The userinfo endpoint had to be asked and did not answer well.
        TokenRejected: It answered for somebody else.
    """
    read = partial(read_roles, provider)
    return await fetch_profile(provider, metadata, claims, fetch, read_groups=read)


def read_roles(provider: Provider, claims: Claims) -> Groups:
    """The names of the roles that the organisation gave, or any if none is configured.

    Somebody who has roles, but none of that organisation, is known to have none. Zitadel leaves
    the claim out for somebody who has no role at all: that nothing is said is not the same.
    """
    path = provider.groups_claim or ClaimPath(ROLES)
    sent: Any = path.find(claims)
    if isinstance(sent, str):
        return Groups.malformed(f"the claim {path} is not an object of roles")
    if not isinstance(sent, Mapping | tuple):
        return Groups.read(claims, path)  # missing, or something that is no list either
    try:
        given = list(_given(sent))
    except ValueError as problem:
        return Groups.malformed(f"the claim {path}: {problem}")
    wanted = provider.options["organisation"]
    names = [role for role, organisations in given if wanted is None or wanted in organisations]
    return Groups.of(names)


def _given(sent: Mapping[str, Any] | tuple[Any, ...]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each role with the organisations that gave it.

    The documentation shows a list that holds such objects; tokens hold the object. Both are read.

    Raises:
        ValueError: It is neither. Says where, and nothing of what it holds.
    """
    for roles in sent if isinstance(sent, tuple) else (sent,):
        if not isinstance(roles, Mapping):
            raise ValueError("an entry is not an object of roles")  # noqa: TRY004 - as below
        for number, (role, organisations) in enumerate(roles.items(), 1):
            if not isinstance(organisations, Mapping) or not organisations:
                raise ValueError(f"role {number} names no organisation that has given it")
            if not all(isinstance(domain, str) for domain in organisations.values()):
                raise ValueError(f"the domain of an organisation of role {number} is no text")
            yield role, organisations

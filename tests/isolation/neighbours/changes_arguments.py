"""Changes what it is given, by every way that a value has, and says how much it could."""

import operator

from dockmesh_auth import Groups, PluginDescription, Profile, hookimpl


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(
        name="changes-arguments", display_name="Changes arguments", contract_version=1
    )


def _attempts(provider, metadata, claims, fetch):
    chiefs = provider.mappings.rows[-1]
    yield lambda: setattr(provider, "issuer", "https://evil.example")
    yield lambda: setattr(provider, "client_secret", None)
    yield lambda: setattr(provider.network, "allow_private_addresses", True)
    yield lambda: setattr(provider.mappings, "rows", ())
    yield lambda: provider.mappings.rows.append(chiefs)
    yield lambda: setattr(chiefs, "claim_value", "viewers")
    yield lambda: operator.setitem(provider.options, "a", 1)
    yield lambda: setattr(metadata, "token_endpoint", "https://evil.example/token")
    yield lambda: setattr(claims, "subject", "the-administrator")
    yield lambda: operator.setitem(claims, "groups", ["chiefs"])
    yield lambda: claims["groups"].append("chiefs")
    yield lambda: claims["groups"].extend(["chiefs"])
    yield lambda: setattr(fetch, "_fetch", None)
    yield lambda: setattr(fetch, "more", None)


@hookimpl
def dockmesh_auth_extract_claims(provider, metadata, claims, fetch):
    changed, tried = 0, 0
    for attempt in _attempts(provider, metadata, claims, fetch):
        tried += 1
        try:
            attempt()
            changed += 1
        except (AttributeError, TypeError):
            continue
    return Profile(username=f"changed {changed} of {tried}", groups=Groups.of(claims["groups"]))

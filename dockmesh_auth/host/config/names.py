"""Names of our own in the configuration: slugs, roles, plugins."""

from __future__ import annotations

from typing import Final

from dockmesh_auth.host.config.kinds import Text

__all__ = ["BUILT_IN", "PLUGIN", "ROLE", "SLUG"]

BUILT_IN: Final = "oidc"
"""Standard OpenID Connect: the plugin of a provider that names none. Nobody can claim the name."""

SLUG: Final = Text(
    "a slug: a-z, 0-9 and -, at most 63 characters",
    pattern="[a-z0-9][a-z0-9-]{0,62}",
    longest=63,
)
ROLE: Final = Text(
    "the name of a role: a-z, 0-9 and -", pattern="[a-z0-9][a-z0-9-]{0,63}", longest=64
)
PLUGIN: Final = Text(
    "the name of a plugin", pattern="[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,99}", longest=100
)

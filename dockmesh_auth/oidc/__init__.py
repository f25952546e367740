"""OpenID Connect, one module per specification. Knows no plugin and no store."""

from __future__ import annotations

from dockmesh_auth.oidc.id_token import validate_id_token

__all__ = ["validate_id_token"]

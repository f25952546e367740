"""What programs ask: how the host is, and which providers there are."""

from __future__ import annotations

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response

from dockmesh_auth.web.json_response import json_response
from dockmesh_auth.web.ports import Host
from dockmesh_auth.web.site import current_session

__all__ = ["JsonEndpoints"]


@frozen
class JsonEndpoints:
    """The endpoints for programs. `me` is for who is signed in; the others are public."""

    host: Host

    async def health(self, _: Request) -> Response:
        """GET /healthz: 200 if people can sign in, 503 if not."""
        health = await self.host.health()
        content = {
            "ok": health.ok,
            "store": health.store,
            "providers": dict(health.providers),
        }
        return json_response(content, status=200 if health.ok else 503)

    async def providers(self, _: Request) -> Response:
        """GET /api/v1/auth/oidc/providers, as dockmesh has it: ordered by display name."""
        providers = sorted(self.host.providers.values(), key=lambda item: item.display_name)
        return json_response(
            [{"slug": item.slug, "display_name": item.display_name} for item in providers]
        )

    async def me(self, request: Request) -> Response:
        """GET /api/v1/me: who the session's cookie belongs to and what they may do, or 401."""
        session = await current_session(self.host, request.headers)
        if session is None:
            return json_response({"error": "not signed in"}, status=401)
        user = session.user
        return json_response(
            {
                "id": user.id,
                "username": user.username,
                "display_name": user.display_name,
                "email": user.email,
                "provider": session.provider,
                "groups": list(user.groups.names),
                "grants": [
                    {
                        "role": grant.role.name,
                        "scope": str(grant.scope),
                        "origin": str(grant.origin),
                        "claim_value": grant.claim_value,
                    }
                    for grant in user.grants
                ],
            }
        )

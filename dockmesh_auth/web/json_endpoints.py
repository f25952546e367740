"""What programs ask: how the host is, and which providers there are."""

from __future__ import annotations

from attrs import frozen
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dockmesh_auth.web.ports import Host

__all__ = ["JsonEndpoints"]


@frozen
class JsonEndpoints:
    """The endpoints for programs; both are public and say nothing that is not."""

    host: Host

    async def health(self, _: Request) -> Response:
        """GET /healthz: 200 if people can sign in, 503 if not."""
        health = await self.host.health()
        content = {
            "ok": health.ok,
            "store": health.store,
            "providers": dict(health.providers),
        }
        return JSONResponse(content, status_code=200 if health.ok else 503)

    async def providers(self, _: Request) -> Response:
        """GET /api/v1/auth/oidc/providers, as dockmesh has it: ordered by display name."""
        providers = sorted(self.host.providers.values(), key=lambda item: item.display_name)
        return JSONResponse(
            [{"slug": item.slug, "display_name": item.display_name} for item in providers]
        )

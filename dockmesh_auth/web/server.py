"""How to serve the pages with uvicorn without writing secrets down."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import uvicorn
from starlette.types import ASGIApp

__all__ = ["uvicorn_config"]

_LARGEST_HEAD = 65_536


def uvicorn_config(
    app: ASGIApp, host: str, port: int, *, trusted_proxies: Sequence[str] = ()
) -> uvicorn.Config:
    """Settings for uvicorn.

    There is no access log: its lines hold the query, and the callback's query holds the
    authorization code and the state (RFC 9700, section 4.3.2). What matters is logged by the
    host and the pages themselves. Logging is left as the process has set it up.

    Args:
        app: The application.
        host: The address to listen on.
        port: The port to listen on.
        trusted_proxies: Addresses whose `X-Forwarded-For` and `-Proto` are believed. They affect
            the client's address in messages alone; the redirect URI is made from `base_url`.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        log_config=None,
        http="h11",
        ws="none",
        h11_max_incomplete_event_size=_LARGEST_HEAD,
        timeout_graceful_shutdown=5,
    )
    # uvicorn decides anew for each connection by whether the logger has a handler, and a handler
    # may be put there by anybody.
    logging.getLogger("uvicorn.access").disabled = True
    return config

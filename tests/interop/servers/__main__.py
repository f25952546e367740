"""`python -m tests.interop.servers start NAME`: an identity provider to try things with.

`fetch` downloads and builds what all of them need and what is not there yet.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from tests.interop.servers import CLIENT_ID, CLIENT_SECRET, PEOPLE, Server
from tests.interop.servers.glewlwyd import GlewlwydServer
from tests.interop.servers.keycloak import KeycloakServer
from tests.interop.servers.keycloak_distribution import distribution_folder
from tests.interop.servers.oidc_provider import OidcProviderServer, install
from tests.interop.servers.processes import CannotRunError
from tests.interop.site import Site

SERVERS: dict[str, Callable[[], Server]] = {
    "glewlwyd": GlewlwydServer,
    "keycloak": KeycloakServer,
    "oidc-provider": OidcProviderServer,
}


def main(arguments: list[str]) -> None:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop.servers")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("fetch", help="fetch what is not there yet")
    start = commands.add_parser("start", help="start one, until Ctrl-C")
    start.add_argument("name", choices=SERVERS)
    start.add_argument("--port", type=int, default=8400, help="where `dockmesh-auth serve` will be")
    asked = parser.parse_args(arguments)
    try:
        if asked.command == "fetch":
            install()
            distribution_folder()
        else:
            _start(asked.name, asked.port)
    except CannotRunError as error:
        sys.exit(str(error))


def _start(name: str, port: int) -> None:
    """Start a server, say how to sign in there, and wait for Ctrl-C."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    _say(f"{name} is being started ...")
    with SERVERS[name]() as server, tempfile.TemporaryDirectory(prefix="dockmesh-auth-") as folder:
        site = Site(server, Path(folder), port=port)
        server.register(site.callback)
        _say(_description(server, site))
        ended.wait()


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this is a program for a terminal


def _description(server: Server, site: Site) -> str:
    people = "\n".join(f"  {name}, password {password}" for name, password in PEOPLE.items())
    groups = ", ".join(f"{group} gives {role}" for group, (role, _) in server.mappings.items())
    return f"""
issuer         {server.issuer}
client         {CLIENT_ID}, secret {CLIENT_SECRET}
redirect URI   {site.callback}
groups         {groups}
people
{people}

To sign in there, in another terminal, and then at {site.url}:

  dockmesh-auth serve --port {site.url.rpartition(":")[2]} --config {site.configured()}

Ctrl-C ends it and removes what it wrote."""


if __name__ == "__main__":
    main(sys.argv[1:])

"""The command with everything behind it."""

from __future__ import annotations

import logging
from pathlib import Path

import structlog
import uvicorn

from dockmesh_auth import __version__
from dockmesh_auth.assembly.application import create_app, serve_host
from dockmesh_auth.assembly.demo import Demo
from dockmesh_auth.assembly.logs import configure_logs
from dockmesh_auth.assembly.stand_in import find_stand_in
from dockmesh_auth.assembly.walk import print_walk, walk_everybody
from dockmesh_auth.cli.command import build_command
from dockmesh_auth.host.auth_host import AuthHost
from dockmesh_auth.web.server import uvicorn_config

__all__ = ["LocalActions", "run"]

_log = structlog.get_logger("dockmesh_auth.command")


class LocalActions:
    """The actions of `dockmesh_auth.cli.actions`, in this process."""

    def serve(self, config: Path, *, address: str, port: int) -> None:
        """Serve until interrupted."""
        app = create_app(config)
        host: AuthHost = app.state.host
        for warning in host.config.warnings:
            _log.warning("configuration", warning=warning)
        _log.info("serving", address=f"http://{address}:{port}", base_url=host.config.base_url)
        uvicorn.Server(uvicorn_config(app, host=address, port=port)).run()

    def demo(self, plugin: str | None, *, port: int, open_browser: bool) -> None:
        """Serve beside a stand-in until interrupted."""
        with Demo.prepare(find_stand_in(plugin), port=port) as demo:
            demo.introduce(open_browser=open_browser)
            app = serve_host(demo.host)
            uvicorn.Server(uvicorn_config(app, host="127.0.0.1", port=demo.port)).run()

    def walk(self, plugin: str | None) -> bool:
        """Play every user's sign-in; whether all ended as they must."""
        configure_logs(level=logging.ERROR)
        with Demo.prepare(find_stand_in(plugin), port=0) as demo:
            results = list(walk_everybody(demo))
        print_walk(results)
        return all(result.as_expected for result in results)


def run() -> None:
    """Read the command line and do what it says."""
    configure_logs()
    build_command(LocalActions(), version=__version__)(prog_name="dockmesh-auth")

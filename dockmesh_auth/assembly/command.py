"""The command with everything behind it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import structlog
import uvicorn

from dockmesh_auth import __version__
from dockmesh_auth.assembly.application import create_app, serve_host
from dockmesh_auth.assembly.demo import Demo
from dockmesh_auth.assembly.listening import address_of, listening, until_interrupted
from dockmesh_auth.assembly.logs import configure_logs
from dockmesh_auth.assembly.stand_in import find_stand_in
from dockmesh_auth.assembly.walk import print_walk, walk_everybody
from dockmesh_auth.cli.command import build_command
from dockmesh_auth.cli.verification import CheckRow, Verification
from dockmesh_auth.host.auth_host import AuthHost
from dockmesh_auth.host.catalogue import Catalogue
from dockmesh_auth.host.config.names import BUILT_IN
from dockmesh_auth.web.server import uvicorn_config

__all__ = ["LocalActions", "run"]

_log = structlog.get_logger("dockmesh_auth.command")


class LocalActions:
    """The actions of `dockmesh_auth.cli.actions`, in this process."""

    def serve(self, config: Path, *, address: str, port: int) -> None:
        """Serve until interrupted; see `Actions.serve`."""
        with until_interrupted(), listening(address, port) as sockets:
            app = create_app(config)
            host: AuthHost = app.state.host
            for warning in host.config.warnings:
                _log.warning("configuration", warning=warning)
            for listener in sockets:
                _log.info("serving", address=address_of(listener), base_url=host.config.base_url)
            uvicorn.Server(uvicorn_config(app, host=address, port=port)).run(sockets)
        _log.info("stopped")

    def demo(self, plugin: str | None, *, port: int, open_browser: bool) -> None:
        """Serve beside a stand-in until interrupted."""
        with (
            until_interrupted(),
            Demo.prepare(find_stand_in(plugin), port=port) as demo,
            listening("127.0.0.1", demo.port) as sockets,
        ):
            demo.introduce(wanted_port=port, open_browser=open_browser)
            app = serve_host(demo.host)
            uvicorn.Server(uvicorn_config(app, host="127.0.0.1", port=demo.port)).run(sockets)

    def walk(self, plugin: str | None) -> bool:
        """Play every user's sign-in; whether all ended as they must."""
        configure_logs(level=logging.ERROR)
        with Demo.prepare(find_stand_in(plugin), port=0) as demo:
            results = list(walk_everybody(demo))
        print_walk(results)
        return all(result.as_expected for result in results)

    def contract_checks(self) -> Sequence[CheckRow]:
        """All checks of the contract kit."""
        # The kit is for authors: no other command waits for its import.
        from dockmesh_auth.assembly.verification import contract_checks  # noqa: PLC0415

        return contract_checks()

    def verify(self, plugin: str, checks: Collection[str]) -> AbstractContextManager[Verification]:
        """Try *plugin* by the contract kit; see `Actions.verify`."""
        from dockmesh_auth.assembly.verification import verify  # noqa: PLC0415 - as above

        configure_logs(level=logging.CRITICAL)
        return verify(plugin, checks)

    def new_plugin(
        self,
        name: str,
        *,
        folder: Path | None,
        display_name: str | None,
        issuer: str,
        oauth2: bool,
    ) -> tuple[Path, Sequence[Path]]:
        """Write a distribution; see `Actions.new_plugin`."""
        from dockmesh_auth.testing.scaffold import Project, write_project  # noqa: PLC0415

        taken = [BUILT_IN, *Catalogue.read().by_name]
        project = Project.described(
            name, display_name=display_name, issuer=issuer, oauth2=oauth2, library=__version__
        )
        project.check_name_is_free(taken)
        place = folder or Path(project.distribution)
        return place, write_project(project, place)


def run() -> None:
    """Read the command line and do what it says."""
    configure_logs()
    build_command(LocalActions(), version=__version__)(prog_name="dockmesh-auth")

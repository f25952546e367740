"""The command and its sub-commands.

Exit codes: 0 it is done and all is well; 1 what was looked at is wrong; 2 it could not run:
wrong usage, or a configuration or a database that cannot be used.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

import rich_click as click

from dockmesh_auth.cli.actions import Actions
from dockmesh_auth.cli.appearance import SETTINGS
from dockmesh_auth.cli.config_command import config_group
from dockmesh_auth.cli.plugin_command import build_plugin_group
from dockmesh_auth.cli.plugins_command import plugins_report, print_plugins
from dockmesh_auth.cli.problems import explained
from dockmesh_auth.host.catalogue import Catalogue
from dockmesh_auth.host.config import parse_config
from dockmesh_auth.host.registry import PluginRegistry

__all__ = ["build_command"]

HELP: Final = """Sign-in for dockmesh with OpenID Connect.

Examples:

    dockmesh-auth demo              try it, without an identity provider
    dockmesh-auth config validate   check ./dockmesh.yaml
    dockmesh-auth serve             serve the sign-in pages
    dockmesh-auth plugins           see which plugins there are

Exit codes: 0 all is well, 1 what was looked at is wrong, 2 it could not run.
"""

CONFIG: Final = click.Path(path_type=Path, dir_okay=False)

_port = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    default=8400,
    show_default=True,
    help="The port to listen on; 0 takes a free one.",
)


def build_command(actions: Actions, *, version: str) -> click.Command:
    """The whole command, with *actions* behind the sub-commands that run something."""

    @click.group("dockmesh-auth", help=HELP, context_settings=SETTINGS)
    @click.version_option(version, prog_name="dockmesh-auth", message="%(prog)s %(version)s")
    def command() -> None: ...

    @command.command()
    @click.option(
        "-c",
        "--config",
        type=CONFIG,
        default=Path("dockmesh.yaml"),
        show_default=True,
        envvar="DOCKMESH_CONFIG",
        show_envvar=True,
        help="The configuration file.",
    )
    @click.option(
        "--host",
        "address",
        metavar="ADDRESS",
        default="127.0.0.1",
        show_default=True,
        help="The address to listen on.",
    )
    @_port
    @explained
    def serve(config: Path, address: str, port: int) -> None:
        """Serve the sign-in pages.

        Put a TLS proxy in front and set server.base_url to its address: that, and nothing that a
        request says, is where redirect URIs are made from.

        Ctrl-C ends it, and so does SIGTERM.
        """
        actions.serve(config, address=address, port=port)

    @command.command()
    @click.option("--plugin", metavar="NAME", help="Whose stand-in to use, if there are several.")
    @click.option("--walk", is_flag=True, help="Play every user's sign-in and print a table.")
    @_port
    @click.option(
        "--browser/--no-browser",
        default=True,
        show_default=True,
        help="Open a browser at the login page.",
    )
    @explained
    def demo(plugin: str | None, port: int, *, walk: bool, browser: bool) -> None:
        """Try it: a stand-in for an identity provider and the host, on this machine only.

        With --walk no browser is needed: every user signs in over HTTP, and a table shows who
        got in with which grants. Exit code 1 if one of them ended otherwise than it must.
        """
        if not walk:
            actions.demo(plugin, port=port, open_browser=browser)
        elif not actions.walk(plugin):
            raise SystemExit(1)

    @command.command()
    @click.option(
        "-c",
        "--config",
        type=CONFIG,
        help="Load the plugins that this configuration enables, and say how they do.",
    )
    @click.option("--all", "load_all", is_flag=True, help="Load all that are installed.")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
    @explained
    def plugins(config: Path | None, *, load_all: bool, as_json: bool) -> None:
        """Show the installed plugins, where they come from and how they do.

        Nothing is imported unless it is enabled by a configuration (--config) or asked for
        (--all). Exit code 1 if one is in quarantine.
        """
        catalogue = Catalogue.read()
        single = [name for name, claims in catalogue.by_name.items() if len(claims) == 1]
        names: list[str] = single if load_all else []
        if config is not None:
            # Not the whole configuration: one in quarantine is to be shown, not to stop it.
            names += parse_config(config, environ=os.environ).plugin_names
        registry = PluginRegistry.load(names, catalogue)
        rows = plugins_report(registry)
        registry.close()
        if as_json:
            click.echo(json.dumps(rows, indent=2))
        else:
            print_plugins(rows)
        if any(row["state"] == "quarantined" for row in rows):
            raise SystemExit(1)

    @command.command()
    @click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
    def completion(shell: str) -> None:
        """Print the completion script of a shell.

        To have it in every new shell, once:

            dockmesh-auth completion bash >> ~/.bashrc
            dockmesh-auth completion zsh >> ~/.zshrc
            dockmesh-auth completion fish >> ~/.config/fish/config.fish

        Nothing is written by the command itself.
        """
        click.echo(_completion_script(command, shell))

    command.add_command(config_group)
    command.add_command(build_plugin_group(actions))
    return command


def _completion_script(command: click.Command, shell: str) -> str:
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - rarely needed

    completer = get_completion_class(shell)
    assert completer is not None
    return completer(command, {}, "dockmesh-auth", "_DOCKMESH_AUTH_COMPLETE").source()

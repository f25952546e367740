"""The command and its sub-commands.

Exit codes: 0 it is done and all is well; 1 what was looked at is wrong; 2 it could not run:
wrong usage, or a configuration or a database that cannot be used.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import rich_click as click

from dockmesh_auth.cli.actions import Actions
from dockmesh_auth.cli.config_command import config_group
from dockmesh_auth.cli.plugins_command import plugins_report, print_plugins
from dockmesh_auth.cli.problems import explained
from dockmesh_auth.host.auth_host import load_config
from dockmesh_auth.host.catalogue import Catalogue
from dockmesh_auth.host.registry import PluginRegistry

__all__ = ["build_command"]

HELP: Final = """Sign-in for dockmesh with OpenID Connect.

Examples:

    dockmesh-auth demo                    look at it, with a stand-in for an identity provider
    dockmesh-auth config validate         check ./dockmesh.yaml, with line and column
    dockmesh-auth serve                   serve the sign-in pages
    dockmesh-auth plugins                 which plugins there are and how they do

Exit codes: 0 all is well, 1 what was looked at is wrong, 2 it could not run.
"""

CONFIG: Final = click.Path(path_type=Path, dir_okay=False)


def build_command(actions: Actions, *, version: str) -> click.Command:
    """The whole command, with *actions* behind the sub-commands that run something."""

    @click.group(
        "dockmesh-auth",
        help=_verbatim(HELP),
        context_settings={"help_option_names": ["-h", "--help"]},
    )
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
    @click.option("--host", "address", default="127.0.0.1", show_default=True, help="Listen here.")
    @click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=8400,
        show_default=True,
        help="On this port.",
    )
    @explained
    def serve(config: Path, address: str, port: int) -> None:
        """Serve the sign-in pages.

        Put a TLS proxy in front and set `server.base_url` to its address: that, and nothing that
        a request says, is where redirect URIs are made from.
        """
        actions.serve(config, address=address, port=port)

    @command.command()
    @click.option(
        "--plugin", metavar="NAME", help="Whose stand-in to use, if several are installed."
    )
    @click.option("--walk", is_flag=True, help="Play every user's sign-in and print a table.")
    @click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=8400,
        show_default=True,
        help="On this port.",
    )
    @click.option("--browser/--no-browser", default=True, help="Open a browser.  [default: open]")
    @explained
    def demo(plugin: str | None, port: int, *, walk: bool, browser: bool) -> None:
        """Try it: a stand-in for an identity provider and the host, on this machine only.

        With `--walk` no browser is needed: every user signs in over HTTP, and a table shows who
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
    @click.option("--all", "load_all", is_flag=True, help="Load all installed plugins.")
    @click.option("--json", "as_json", is_flag=True, help="For machines.")
    @explained
    def plugins(config: Path | None, *, load_all: bool, as_json: bool) -> None:
        """Show the installed plugins: distribution, version, contract, state, hooks.

        Nothing is imported unless it is enabled by a configuration (`--config`) or asked for
        (`--all`). Exit code 1 if one is in quarantine.
        """
        catalogue = Catalogue.read()
        if config is not None:
            _, registry = load_config(config, catalogue=catalogue)
        else:
            single = [name for name, claims in catalogue.by_name.items() if len(claims) == 1]
            registry = PluginRegistry.load(single if load_all else (), catalogue)
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

        For bash: `dockmesh-auth completion bash > ~/.local/share/bash-completion/completions/dockmesh-auth`
        """
        click.echo(_completion_script(command, shell))

    command.add_command(config_group)
    return command


def _verbatim(text: str) -> str:
    """Keep the layout of examples: click re-wraps paragraphs that do not begin with \\b."""
    return "\n\n".join(
        f"\b\n{block}" if block.startswith("    ") or "\n" in block else block
        for block in text.strip().split("\n\n")
    )


def _completion_script(command: click.Command, shell: str) -> str:
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - rarely needed

    completer = get_completion_class(shell)
    assert completer is not None
    return completer(command, {}, "dockmesh-auth", "_DOCKMESH_AUTH_COMPLETE").source()

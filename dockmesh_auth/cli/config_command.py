"""`dockmesh-auth config`: look at a configuration without starting anything."""

from __future__ import annotations

import json
from pathlib import Path

import rich_click as click

from dockmesh_auth.cli.problems import CANNOT_RUN, explained, print_problems
from dockmesh_auth.errors import ConfigurationError, ErrorCode
from dockmesh_auth.host.auth_host import load_config
from dockmesh_auth.host.catalogue import Catalogue
from dockmesh_auth.host.config import json_schema
from dockmesh_auth.host.registry import PluginRegistry

__all__ = ["config_group"]


@click.group("config")
def config_group() -> None:
    """Check the configuration, or describe it to an editor.

    Nothing is started, and nobody is asked over the network.
    """


@config_group.command()
@click.argument(
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("dockmesh.yaml"),
)
def validate(file: Path) -> None:
    """Check FILE (./dockmesh.yaml) and the plugins it enables; connect to nothing.

    Every fault is named with line and column and what to do about it. Exit code 1 if there is
    one, 2 if the file cannot be read.
    """
    try:
        config, registry = load_config(file)
    except ConfigurationError as error:
        print_problems([error])
        unread = error.code is ErrorCode.CONFIG_FILE_UNREADABLE
        raise SystemExit(CANNOT_RUN if unread else 1) from None
    registry.close()
    for warning in config.warnings:
        click.echo(f"{click.style('warning', fg='yellow')}: {warning}", err=True)
    for provider in config.providers:
        click.echo(
            f"provider {provider.slug}: plugin {provider.plugin}, issuer {provider.issuer},"
            f" {_counted(len(provider.mappings.rows), 'group mapping')}"
        )
    click.echo(click.style(f"{file} is valid", fg="green"))


@config_group.command()
@click.option(
    "--plugins/--no-plugins",
    default=True,
    show_default=True,
    help="Include the options of installed plugins.",
)
@explained
def schema(*, plugins: bool) -> None:
    """Print the JSON Schema of dockmesh.yaml, for editors.

    Save it beside the file and name it in the file's first line, for editors with the YAML
    language server:

        # yaml-language-server: $schema=dockmesh.schema.json

    With other plugins installed it is another one: print it again after an installation.
    """
    names: list[str] = []
    catalogue = Catalogue.read()
    if plugins:
        names = [name for name, claims in catalogue.by_name.items() if len(claims) == 1]
    registry = PluginRegistry.load(names, catalogue)
    click.echo(json.dumps(json_schema(registry.descriptions.values()), indent=2))
    registry.close()


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

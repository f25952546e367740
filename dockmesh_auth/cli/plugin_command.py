"""`dockmesh-auth plugin`: begin one, and hold one against the contract."""

from __future__ import annotations

import contextlib
import difflib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import rich_click as click

from dockmesh_auth.cli.actions import Actions
from dockmesh_auth.cli.problems import explained, print_problems
from dockmesh_auth.cli.verification import (
    CheckRow,
    Verification,
    collect,
    print_checks,
    print_report,
)
from dockmesh_auth.errors import PluginError
from dockmesh_auth.host.config.names import BUILT_IN

__all__ = ["build_plugin_group"]


def build_plugin_group(actions: Actions) -> click.Group:
    """The sub-commands for authors, with *actions* behind them."""

    @click.group("plugin")
    def plugin_group() -> None:
        """Write a plugin: begin one, and hold it against the contract."""

    @plugin_group.command()
    @click.argument("name")
    @click.option(
        "--folder",
        metavar="DIR",
        type=click.Path(path_type=Path, file_okay=False),
        help="Where to; ./dockmesh-auth-NAME if not given.",
    )
    @click.option("--display-name", metavar="TEXT", help="What people read; made of NAME.")
    @click.option(
        "--issuer",
        metavar="URL",
        default="https://login.example.com",
        show_default=True,
        help="An address of the provider, for examples and for the path of its stand-in.",
    )
    @click.option(
        "--oauth2", is_flag=True, help="For a provider without discovery and without ID tokens."
    )
    @explained
    def new(
        name: str, folder: Path | None, display_name: str | None, issuer: str, *, oauth2: bool
    ) -> None:
        """Write the distribution of a new plugin, NAME: it works, and passes its own tests.

        NAME is what configurations will say: small letters, digits and hyphens. No file that is
        there already is written over.

            dockmesh-auth plugin new acme --display-name "Acme ID"
        """
        with _told():
            place, files = actions.new_plugin(
                name, folder=folder, display_name=display_name, issuer=issuer, oauth2=oauth2
            )
        for path in files:
            click.echo(f"  {place / path}")
        click.echo("\nNext:")
        click.echo(f"  cd {place} && pip install -e '.[test]'")
        click.echo(f"  python -m pytest && mypy && dockmesh-auth plugin verify {name}")
        click.echo(f"  dockmesh-auth demo --plugin {name}")

    @plugin_group.command()
    @click.argument("name", required=False)
    @click.option(
        "--check",
        "names",
        metavar="CHECK",
        multiple=True,
        help="Run this check only; may be given more than once.",
    )
    @click.option("--list", "list_only", is_flag=True, help="List all checks, and run none.")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
    @explained
    def verify(name: str | None, names: tuple[str, ...], *, list_only: bool, as_json: bool) -> None:
        """Hold the installed plugin NAME against the contract, and print a report.

        It is loaded as the host loads it, and people sign in through it at a provider on this
        machine: with good tokens and with every bad one, with answers of every kind. No other
        plugin is imported, and nobody is asked over the network.

        Exit code 0 if no check is broken, 1 if one is or the plugin cannot be loaded.
        """
        checks = actions.contract_checks()
        _check_names(names, checks)
        if list_only:
            _print_list(checks, as_json=as_json)
            return
        if name is None:
            raise click.UsageError("Missing argument 'NAME': which plugin?")
        if name == BUILT_IN:
            raise click.UsageError(
                f"{BUILT_IN!r} is built in: it comes with the host and is tried by its tests"
            )
        try:
            with actions.verify(name, names) as verification:
                if as_json:
                    good = _print_json(verification)
                else:
                    good = print_report(verification, all_checks=not names)
        except PluginError as error:
            print_problems([error])
            raise SystemExit(1) from None
        if not good:
            raise SystemExit(1)

    return plugin_group


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Say what stands in the way of writing, and end with exit code 2."""
    try:
        yield
    except FileExistsError as fault:
        raise click.UsageError(f"{fault.filename} is there already; nothing was written") from None
    except OSError as fault:
        raise click.UsageError(f"{fault.filename}: {fault.strerror}") from None
    except ValueError as fault:
        raise click.UsageError(str(fault)) from None


def _check_names(names: Sequence[str], checks: Sequence[CheckRow]) -> None:
    known = [check["name"] for check in checks]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f"did you mean {near[0]!r}?" if near else "see --list"
            raise click.BadParameter(f"there is no check {name!r}; {meant}", param_hint="--check")


def _print_list(checks: Sequence[CheckRow], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(list(checks), indent=2))
    else:
        print_checks(checks)


def _print_json(verification: Verification) -> bool:
    rows = collect(verification)
    document = {
        "plugin": verification.plugin,
        "distribution": verification.distribution,
        "version": verification.version,
        "tried_with": verification.tried_with,
        "checks": rows,
    }
    click.echo(json.dumps(document, indent=2))
    return not any(row["verdict"] == "broken" for row in rows)

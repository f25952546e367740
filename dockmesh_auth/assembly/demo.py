"""The demo: a stand-in for an identity provider and a host, both on this machine's own address.

The host is configured by a real `dockmesh.yaml`, written to a temporary folder, so that what one
sees is what one would configure.
"""

from __future__ import annotations

import json
import socket
import tempfile
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import field, frozen
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dockmesh_auth.assembly.application import open_store
from dockmesh_auth.assembly.stand_in import NamedStandIn
from dockmesh_auth.host.auth_host import AuthHost
from dockmesh_auth.testing.stand_in import StandIn

__all__ = ["MAPPINGS", "Demo", "expected_grants"]

MAPPINGS: Final = (
    ("dockmesh-admins", "admin", "all"),
    ("dockmesh-ops", "operator", "all"),
    ("dockmesh-ops-prod", "operator", "tag=prod"),
    ("dockmesh-viewers", "viewer", "all"),
)
"""The group mappings of the guide: claim value, role, scope."""

CONFIG: Final = """\
server:
  base_url: {base_url}
database:
  driver: sqlite
  dsn: dockmesh.db
auth:
  providers:
    - slug: {plugin}
      plugin: {plugin}
      display_name: {display_name}
      issuer_url: {issuer}
      client_id: {client_id}
      client_secret: {{file: client-secret}}
      # The stand-in is plain http on this machine: never set these two for a real provider.
      insecure_allow_http: true
      allow_private_addresses: true
{settings}  group_mappings:
{mappings}
"""


@frozen(kw_only=True)
class Demo:
    """A demo that is ready to be served.

    Attributes:
        host: The host, configured for the stand-in.
        stand_in: The stand-in, which is up.
        plugin: Whose stand-in it is.
        base_url: Where the host is to be served.
        port: The port of that address.
        folder: Where its configuration and database lie; removed afterwards.
    """

    host: AuthHost = field(repr=False)
    stand_in: StandIn
    plugin: str
    base_url: str
    port: int
    folder: Path

    @classmethod
    @contextmanager
    def prepare(cls, named: NamedStandIn, *, port: int) -> Iterator[Demo]:
        """Start the stand-in and configure a host for it.

        Args:
            named: Whose stand-in.
            port: Where the host will be served; 0 for a free port, and another free one is taken
                if this one is not.
        """
        port = _free_port(port)
        base_url = f"http://127.0.0.1:{port}"
        stand_in = named.make(redirect_uris=[f"{base_url}/auth/oidc/callback"])
        with tempfile.TemporaryDirectory(prefix="dockmesh-demo-") as name, stand_in.serve():
            folder = Path(name)
            config = _write_config(folder, named.plugin, base_url, stand_in)
            host = AuthHost.from_config(config, open_store=open_store)
            yield cls(
                host=host,
                stand_in=stand_in,
                plugin=named.plugin,
                base_url=base_url,
                port=port,
                folder=folder,
            )

    def introduce(self, *, wanted_port: int, open_browser: bool) -> None:
        """Say where it is and who can sign in, and why not on *wanted_port* if it is another."""
        console = Console(highlight=False, soft_wrap=True)
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
        for title in ("user", "groups", "should get"):
            table.add_column(title)
        for user in self.stand_in.users:
            table.add_row(
                Text(user.name),
                Text("\n".join(user.groups) or "-"),
                Text("\n".join(expected_grants(user.groups)) or "no entry"),
            )
        console.print()
        if wanted_port not in {0, self.port}:
            console.print(f"  Port {wanted_port} is taken; this is on another.\n", style="yellow")
        for what, where in (
            ("dockmesh sign-in", f"{self.base_url}/"),
            ("stand-in", self.stand_in.issuer),
            ("configuration", self.folder / "dockmesh.yaml"),
        ):
            console.print(Text.assemble(f"  {what:<18} ", (str(where), "bold")))
        console.print()
        console.print(Padding(table, (0, 0, 0, 2)), soft_wrap=False)
        console.print("\n  Stop with Ctrl-C. Nothing of it is kept.\n")
        if open_browser:
            webbrowser.open(f"{self.base_url}/")


def expected_grants(groups: Sequence[str]) -> tuple[str, ...]:
    """What somebody in *groups* gets by the table, in its order."""
    return tuple(f"{role} on {scope}" for value, role, scope in MAPPINGS if value in groups)


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            chosen: int = listener.getsockname()[1]
            return chosen
    raise OSError("this machine has no free port")  # pragma: no cover - cannot be provoked


def _write_config(folder: Path, plugin: str, base_url: str, stand_in: StandIn) -> Path:
    secret, config = folder / "client-secret", folder / "dockmesh.yaml"
    for path in (secret, config):
        path.touch(mode=0o600)
    secret.write_text(stand_in.client_secret.reveal())
    config.write_text(
        CONFIG.format(
            base_url=base_url,
            plugin=plugin,
            display_name=plugin.capitalize(),
            issuer=stand_in.issuer,
            client_id=stand_in.client_id,
            settings="".join(
                f"      {name}: {json.dumps(value)}\n" for name, value in stand_in.settings.items()
            ),
            mappings="\n".join(
                f"    - {{claim_value: {json.dumps(stand_in.claim_value(value))}, "
                f"role: {role}, scope: {scope}}}"
                for value, role, scope in MAPPINGS
            ),
        )
    )
    return config

"""The command `dockmesh-auth`."""

from __future__ import annotations

import sys

from dockmesh_auth import __version__


def main() -> None:
    """Run the command. `--version` answers without loading anything else."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"dockmesh-auth {__version__}\n")
        return
    from dockmesh_auth.assembly.command import run  # noqa: PLC0415 - see above

    run()


if __name__ == "__main__":
    main()

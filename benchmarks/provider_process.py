"""A provider in a process of its own, for as long as its standard input is open."""

from __future__ import annotations

import sys

from dockmesh_auth.testing.fake_provider import FakeProvider
from dockmesh_auth.testing.fake_provider.people import FakeClient, FakeUser

CALLBACK = "http://127.0.0.1:9/auth/oidc/callback"
CLIENT, SECRET = "dockmesh", "s" * 40
GROUPS = tuple(f"dockmesh-team-{number:03d}-operators" for number in range(5))


def main() -> None:
    """Serve; say where."""
    provider = FakeProvider(
        users=[FakeUser(name="alice", full_name="Alice Example", groups=GROUPS)],
        clients=[FakeClient(client_id=CLIENT, client_secret=SECRET, redirect_uris=(CALLBACK,))],
    )
    with provider.serve():
        print(provider.issuer, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()

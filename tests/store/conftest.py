"""A database of each kind, and a person who signs in."""

from __future__ import annotations

import itertools
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dockmesh_auth.domain.grants import Grant, Grants, Origin
from dockmesh_auth.domain.groups import Groups
from dockmesh_auth.domain.identity import Identity, Profile
from dockmesh_auth.domain.roles import RoleCatalogue
from dockmesh_auth.domain.scope import Scope
from dockmesh_auth.domain.secret import Secret
from dockmesh_auth.domain.session import NewSession, SessionPolicy
from dockmesh_auth.store import SqlStore, open_store

ISSUER = "https://id.example.test/application/o/dockmesh/"
NOW = 1_800_000_000.0
CHILD = Path(__file__).with_name("child.py")
ROLES = RoleCatalogue.with_custom([("auditor", "viewer")])

_numbers = itertools.count(1)


class Cluster:
    """A PostgreSQL server of our own on a Unix socket, with nothing to lose."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.binaries = binaries
        self.folder = folder
        self._prefix: list[str] = []
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
            self._prefix = ["runuser", "-u", "postgres", "--"]
        self._run("initdb", "-A", "trust", "-U", "dockmesh", "-E", "UTF8", "--locale", "C.UTF-8")
        with (folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(
                "fsync = off\nfull_page_writes = off\nlisten_addresses = ''\n"
                f"unix_socket_directories = '{folder}'\nmax_connections = 100\n"
            )

    def _run(self, command: str, *arguments: str) -> None:
        subprocess.run(
            [*self._prefix, self.binaries / command, "-D", self.folder / "data", *arguments],
            check=True,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def start(self) -> None:
        self._run("pg_ctl", "start", "-w", "-l", str(self.folder / "log"))

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-w", "-m", "immediate")

    def dsn(self, database: str) -> str:
        return f"postgresql://dockmesh:hunter2@/{database}?host={self.folder}"

    def emptied_database(self) -> str:
        """The one database that tests use after each other: quicker than one for each."""
        psycopg = pytest.importorskip("psycopg")
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return self.dsn("postgres")

    def new_database(self, options: str = "") -> str:
        psycopg = pytest.importorskip("psycopg")
        name = f"test{next(_numbers)}"
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} {options}")
        return self.dsn(name)


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


@pytest.fixture(name="cluster", scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A running PostgreSQL server; a failure in CI if there is none to run."""
    binaries = _binaries()
    if binaries is None:
        reason = "PostgreSQL's initdb and pg_ctl are not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="dockmesh-auth-postgres-"))
    try:
        cluster = Cluster(binaries, folder)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(name="driver", params=["sqlite", "postgres"])
def kind_of_database(request: pytest.FixtureRequest) -> str:
    """Every contract test runs on both."""
    return str(request.param)


@pytest.fixture(name="dsn")
def new_database(driver: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of an empty database."""
    if driver == "sqlite":
        return str(tmp_path / "state" / "auth.db")
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.emptied_database()


@pytest.fixture(name="opened")
async def store_opener() -> AsyncIterator[Callable[..., SqlStore]]:
    """`open_store`, whose stores are closed whatever becomes of the test."""
    stores: list[SqlStore] = []

    def opened(*arguments: Any, **options: Any) -> SqlStore:
        store = open_store(*arguments, **options)
        stores.append(store)
        return store

    yield opened
    for store in stores:
        await store.close()


@pytest.fixture(name="store")
async def opened_store(driver: str, dsn: str, opened: Callable[..., SqlStore]) -> SqlStore:
    """A store on an empty database."""
    return opened(driver, dsn, ROLES)


class Person:
    """Signs in; every argument has an ordinary value."""

    issuer = ISSUER
    now = NOW
    policy = SessionPolicy(idle=3600, absolute=86_400)

    @staticmethod
    def grant(
        role: str, scope: str = "all", value: str | None = "group", origin: Origin = Origin.MAPPING
    ) -> Grant:
        return Grant(ROLES.named(role), Scope.parse(scope), origin, value)

    @staticmethod
    def token(text: str | None = None) -> Secret:
        return Secret(text or f"token-{next(_numbers)}")

    async def sign_in(self, store: SqlStore, subject: str = "alice", **changes: Any) -> NewSession:
        """A sign-in that must succeed: as a viewer, if nothing else is said."""
        changes.setdefault("grants", (self.grant("viewer"),))
        new_session = await self.try_to_sign_in(store, subject, **changes)
        assert new_session is not None
        return new_session

    async def try_to_sign_in(
        self,
        store: SqlStore,
        subject: str = "alice",
        *,
        issuer: str = ISSUER,
        grants: tuple[Grant, ...] = (),
        username: str = "alice",
        email: str = "alice@example.test",
        groups: Groups | None = None,
        provider: str = "company",
        token: Secret | None = None,
        user_id: str | None = None,
        now: float = NOW,
        policy: SessionPolicy | None = None,
    ) -> NewSession | None:
        return await store.sign_in(
            Identity(issuer, subject),
            Profile(
                username=username,
                display_name="Alice",
                email=email,
                groups=Groups.of(["group"]) if groups is None else groups,
            ),
            Grants(grants),
            provider=provider,
            provider_session="sid-1",
            token=token or self.token(),
            user_id=user_id or f"user-{next(_numbers)}",
            policy=policy or self.policy,
            now=now,
        )


@pytest.fixture(name="person", scope="session")
def somebody() -> Person:
    """Somebody who signs in."""
    return Person()


Count = Callable[[SqlStore, str], int]


@pytest.fixture(name="count", scope="session")
def row_counter() -> Count:
    """The number of rows in a table."""

    def count(store: SqlStore, table: str) -> int:
        with store.engine.connect() as connection:
            return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())

    return count


Spawn = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(name="spawn")
def child_processes() -> Iterator[Spawn]:
    """Start tests/store/child.py in a process of its own; none outlives the test."""
    children: list[subprocess.Popen[str]] = []

    def spawn(**task: Any) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, CHILD, json.dumps(task)],
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        )
        children.append(child)
        return child

    yield spawn
    for child in children:
        child.kill()
        child.communicate()

"""Keycloak's distribution: fetched by Maven, unpacked and built once per machine."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.interop.servers.processes import CannotRunError, ServerProcess, cache_folder, program

VERSION = "26.7.3"
"""The newest that runs on Java 17, which is what Debian 12 has."""

SHA256 = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f"
"""Of the archive."""

_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"

_REBUILT = 10
"""The exit code of a Keycloak that has built itself anew and wants to be started again."""

_SHARED = ("conf", "lib", "providers", "themes", "version.txt")
"""What of the distribution is only read; the rest of a home is each server's own."""


def java_command(home: Path, *arguments: str) -> list[str]:
    """The command of `kc.sh start-dev`, without the shell around it.

    Tuned for one short life on a small machine: no second compiler, one garbage collector thread.
    """
    opened = ("util", "util.concurrent", "security", "lang")
    return [
        program("java"),
        "-Xms64m",
        "-Xmx512m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
        "-Dpicocli.disable.closures=true",
        *(f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in opened),
        f"-Dkc.home.dir={home}",
        f"-Djboss.server.config.dir={home / 'conf'}",
        "-cp",
        str(home / "lib" / "quarkus-run.jar"),
        "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
        "start-dev",
        "--db=dev-mem",  # of the options that are built in, the only one that is not the default
        "--http-host=127.0.0.1",
        *arguments,
    ]


def make_home(home: Path) -> Path:
    """A home at *home* for one server, with links to the distribution; data goes below it.

    Raises:
        CannotRunError: There is no Java or no Maven, or the distribution cannot be had.
    """
    distribution = distribution_folder()
    home.mkdir(parents=True, exist_ok=True)
    for name in _SHARED:
        (home / name).symlink_to(distribution / name)
    return home


def distribution_folder() -> Path:
    """Where the distribution is; the first time on a machine it is fetched and built.

    Raises:
        CannotRunError: There is no Java or no Maven, or the distribution cannot be had.
    """
    cache = cache_folder()
    wanted = cache / f"keycloak-{VERSION}"
    with _locked(cache / "keycloak.lock"):
        if not wanted.is_dir():
            program("java")
            with tempfile.TemporaryDirectory(dir=cache, prefix="keycloak-") as scratch:
                unpacked = _unpack(_fetch(Path(scratch)), Path(scratch))
                _build(unpacked)
                unpacked.rename(wanted)
    return wanted


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch(folder: Path) -> Path:
    answer = subprocess.run(
        [
            program("mvn"),
            "--batch-mode",
            "--quiet",
            "--strict-checksums",
            f"{_PLUGIN}:copy",
            f"-Dartifact=org.keycloak:keycloak-quarkus-dist:{VERSION}:zip",
            f"-DoutputDirectory={folder}",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    archive = folder / f"keycloak-quarkus-dist-{VERSION}.zip"
    if answer.returncode != 0 or not archive.is_file():
        raise CannotRunError(f"Maven could not fetch Keycloak: {answer.stdout[-500:]}")
    with archive.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != SHA256:
            raise CannotRunError("the archive that came is not the Keycloak that is pinned")
    return archive


def _unpack(archive: Path, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder)
    archive.unlink()
    return folder / f"keycloak-{VERSION}"


def _build(distribution: Path) -> None:
    # The first start builds what depends on options, says so by its exit code, and would do it
    # again for each server otherwise: 20 seconds.
    log = distribution.with_name("build.log")
    process = ServerProcess(java_command(distribution), log=log)
    try:
        code = process.wait(seconds=300)
    finally:
        process.end()
    if code != _REBUILT:
        raise CannotRunError(f"Keycloak could not be built ({code}): {process.last_words()}")
    shutil.rmtree(distribution / "data", ignore_errors=True)

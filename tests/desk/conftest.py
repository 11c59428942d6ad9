"""A PostgreSQL server of the tests' own, and desks on it and on SQLite."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from desk.application import Desk
from tests.desk.desks import desk_on

_NUMBERS = count()
_OWNER = "postgres"


class PostgreSQL:
    """A server in a folder of its own, on a free port of the loopback interface."""

    def __init__(self, folder: Path) -> None:
        installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not installed:
            pytest.fail("PostgreSQL is not here; on Debian: apt-get install postgresql")
        self._bin, self._folder = installed[-1], folder
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        # Another collation than SQLite's, as most servers have: the tables must not depend on it.
        locale = ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en"]
        self._run(
            "initdb",
            "-D",
            str(folder / "data"),
            "--auth=trust",
            f"--username={_OWNER}",
            "--no-sync",
            *locale,
        )

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off -k {self._folder}"
        log = str(self._folder / "log")
        self._run(
            "pg_ctl", "-D", str(self._folder / "data"), "-l", log, "-o", options, "-w", "start"
        )

    def stop(self) -> None:
        """Stop it at once, as a machine that fails."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "-w", "stop")

    def address(self, database: str) -> str:
        """Of one database."""
        return f"postgresql://{_OWNER}@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *arguments: str) -> None:
        # A server refuses to run as root.
        runs_as = _OWNER if os.geteuid() == 0 else None
        subprocess.run(
            [str(self._bin / program), *arguments],
            check=True,
            user=runs_as,
            group=runs_as and pwd.getpwnam(_OWNER).pw_gid,
            cwd=self._folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A running server."""
    folder = Path(tempfile.mkdtemp(prefix="desk-"))
    if os.geteuid() == 0:
        shutil.chown(folder, _OWNER, _OWNER)
    try:
        server = PostgreSQL(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def new_database(postgresql: PostgreSQL) -> str:
    """The address of an empty database on the server."""
    name = f"desk{next(_NUMBERS)}"
    with psycopg.connect(postgresql.address("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgresql.address(name)


@pytest.fixture
def sqlite_desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk on SQLite."""
    with desk_on(str(tmp_path / "desk.sqlite3")) as desk:
        yield desk


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A desk on each kind of database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_desk")
        return
    with desk_on(request.getfixturevalue("new_database")) as made:
        yield made

"""A PostgreSQL server for tests and measurements, in a folder that is removed."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.errors import CommandError

_OWNER = "postgres"


class PostgreSQL:
    """A server in a folder of its own, on a free port of the loopback interface."""

    def __init__(self, folder: Path) -> None:
        installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not installed:
            raise CommandError("PostgreSQL is not here; on Debian: apt-get install postgresql")
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


@contextmanager
def running() -> Iterator[PostgreSQL]:
    """A server for the time of a `with` block.

    Raises:
        CommandError: PostgreSQL is not installed.
    """
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

"""Azurite, Microsoft's local Storage service: blobs, queues and tables, by default in memory."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from local import loopback, paths, ports
from local.errors import CommandError
from local.processes import Child, Children

ACCOUNT = "devstoreaccount1"
# Not a secret: every Azurite has this account, with this key, and Microsoft documents both.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

_START_SECONDS = 60.0


@dataclass(frozen=True)
class StoragePorts:
    """Where the three services listen; the defaults are those of `UseDevelopmentStorage=true`."""

    blob: int = 10_000
    queue: int = 10_001
    table: int = 10_002

    @classmethod
    def free(cls) -> "StoragePorts":
        """Three ports that nothing listens on."""
        return cls(*ports.free(3))

    @property
    def connection_string(self) -> str:
        """What Storage clients need, spelled out."""
        services = {"Blob": self.blob, "Queue": self.queue, "Table": self.table}
        return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};" + "".join(
            f"{service}Endpoint=http://{ports.LOOPBACK}:{port}/{ACCOUNT};"
            for service, port in services.items()
        )


@contextmanager
def running() -> Iterator[StoragePorts]:
    """Azurite alone, on free ports, for the time of a `with` block."""
    at = StoragePorts.free()
    with Children() as children:
        wait_until_ready(start(children, at), at)
        yield at


def start(children: Children, at: StoragePorts, location: Path | None = None) -> Child:
    """Start Azurite; it is not ready yet."""
    environ = os.environ
    return children.start("Azurite", command(at, location), cwd=paths.AZURITE, environ=environ)


def wait_until_ready(azurite: Child, at: StoragePorts) -> None:
    """Wait until all three services answer."""
    for port in (at.blob, at.queue, at.table):
        azurite.wait_until(partial(_answers, port), _START_SECONDS)


def command(at: StoragePorts, location: Path | None = None) -> list[str | Path]:
    """The command line: Node.js, Azurite and its options.

    Args:
        at: where it listens.
        location: the folder that holds what is stored; without it, memory does.
    """
    if not paths.AZURITE_SCRIPT.exists():
        raise CommandError("Azurite is not installed. `python3 dev.py start` installs it.")
    listen = [
        argument
        for service, port in {"blob": at.blob, "queue": at.queue, "table": at.table}.items()
        for argument in (f"--{service}Host", ports.LOOPBACK, f"--{service}Port", str(port))
    ]
    options = ["--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    options += ["--location", str(location)] if location else ["--inMemoryPersistence"]
    return [node(), paths.AZURITE_SCRIPT, *options, *listen]


def node() -> str:
    """The Node.js program: the one in .venv where the set-up installed it, else the system's.

    Raises:
        CommandError: there is none.
    """
    found = shutil.which("node", path=paths.NODE_OF_WHEEL.parent) or shutil.which("node")
    if found is None:
        raise CommandError("there is no Node.js. `python3 dev.py start` installs it.")
    return found


def _answers(port: int) -> bool:
    """Whether the service answers; that it refuses a request without a signature will do."""
    return loopback.request(port, f"/{ACCOUNT}?comp=list") is not None

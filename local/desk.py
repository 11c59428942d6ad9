"""The desk of `examples/desk`, in a Functions host of its own beside the app."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from local import console, functions_host, loopback, paths, ports, settings
from local.azurite import ACCOUNT
from local.processes import Child

if TYPE_CHECKING:
    from local.stack import Stack

DEFAULT_PORT = 7073

_ROOT = paths.ROOT / "examples" / "desk"
FOLDER = paths.VENV / "desk"
_APPLY_SECONDS = 60.0


@dataclass(frozen=True)
class Applied:
    """How many records a desk has applied, and how many messages it has parked."""

    applied: int
    parked: int


@dataclass(frozen=True)
class Desk:
    """A running desk."""

    port: int
    host: Child

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://localhost:{self.port}"

    def wait_for(self, records: int) -> Applied:
        """Wait until it has applied or parked so many.

        Raises:
            CommandError: it ended, or took more than a minute.
        """
        with console.progress() as show:

            def has_all() -> bool:
                done = _sum(applied(self.port))
                show(f"{done} of {records} records applied")
                return done >= records

            self.host.wait_until(has_all, _APPLY_SECONDS)
        return applied(self.port) or Applied(0, 0)


@contextmanager
def running(stack: "Stack", port: int, func: str | None = None) -> Iterator[Desk]:
    """A desk with an empty database, reading the queues of the stack, for a `with` block.

    Args:
        stack: what runs already; it stops the desk, too.
        port: where the page is.
        func: the program of Core Tools, instead of our stand-in.
    """
    FOLDER.mkdir(exist_ok=True)
    database = FOLDER / f"{stack.storage.queue}-{port}.sqlite3"
    _remove(database)
    work_items, push_notifications = settings.queues()
    environ = {
        "AzureWebJobsStorage": stack.connection_string,
        "WORK_ITEMS_QUEUE": work_items,
        "PUSH_NOTIFICATIONS_QUEUE": push_notifications,
        "DESK_LOCAL": "true",
        "DESK_DATABASE": str(database),
        "DESK_PAYLOADS": f"{_address(stack.storage.blob)}/{settings.payloads_container()}/",
        "DESK_VAPID_KEY": _vapid_key(),
        "DESK_VAPID_SUBJECT": "mailto:desk@example.com",
    }
    host = functions_host.start(
        stack.children, port, root=_ROOT, settings=environ, func=func, name="The desk"
    )
    functions_host.wait_until_ready(host, port)
    try:
        yield Desk(port, host)
    finally:
        host.ask_to_end()
        host.kill_at_deadline()
        _remove(database)


def require_folder() -> None:
    """Raise PermissionError, before anything starts, where no desk can keep its tickets."""
    paths.require_writable(FOLDER)


def reader_of(queue_port: int) -> tuple[int, Applied] | None:
    """The desk that reads the queues of an Azurite: its port, and what it has done."""
    for database in FOLDER.glob(f"{queue_port}-*.sqlite3"):
        port = int(database.stem.partition("-")[2])
        done = applied(port)
        if done is not None:
            return port, done
    return None


def applied(port: int) -> Applied | None:
    """What the desk on a port has done; None where none answers."""
    answer = loopback.request(port, "/api/applied")
    if answer is None or answer.status != HTTPStatus.OK:
        return None
    return Applied(**json.loads(answer.body))


def _sum(done: Applied | None) -> int:
    return done.applied + done.parked if done else 0


def _address(blob_port: int) -> str:
    return f"http://{ports.LOOPBACK}:{blob_port}/{ACCOUNT}"


def _remove(database: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


def _vapid_key() -> str:
    """The private key of Web Push, one for this environment: browsers keep to a key."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - not for `--help`

    file = FOLDER / "vapid"
    if not file.exists():
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        file.write_text(base64.urlsafe_b64encode(number.to_bytes(32)).decode().rstrip("="))
        file.chmod(0o600)
    return file.read_text()

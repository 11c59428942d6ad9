"""The Functions hosts that are compared, each with an app and an Azurite of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.delivering.programs import CLIENTS, SERVERS, make_queues, on_core
from bench.measuring import megabytes
from local import azurite, functions_host, paths, ports
from local.azurite import StoragePorts
from local.processes import Child, Children
from local.queues import Account

_APPS = Path(__file__).parent / "apps"
APPS = {"empty": _APPS / "empty", "sample": _APPS / "sample", "ours": paths.ROOT}
"""By what the tables call them; ours is the app itself."""
QUEUES = ("work-items", "push-notifications")


@dataclass(frozen=True)
class Host:
    """A Functions host that is ready."""

    url: str
    account: str
    """Connection string of its Azurite."""
    child: Child

    def megabytes(self) -> float | None:
        """Resident memory of the host and of all that it started."""
        known = [megabytes(pid) for pid in _family(self.child.process.pid)]
        return sum(one for one in known if one) if any(known) else None

    def messages(self) -> int:
        """How many lie on its queues."""
        with Account(self.account) as account:
            return sum(account.peek(queue)[1] for queue in QUEUES)


@contextmanager
def running(names: list[str]) -> Iterator[dict[str, Host]]:
    """A host for each app, for the time of a `with` block."""
    with Children() as children:
        started = {name: _start(children, APPS[name]) for name in names}
        for child, port, storage, service in started.values():
            azurite.wait_until_ready(service, storage)
            make_queues(storage.connection_string, QUEUES)
            functions_host.wait_until_ready(child, port)
        yield {
            name: Host(functions_host.url(port), storage.connection_string, child)
            for name, (child, port, storage, _) in started.items()
        }


def _start(children: Children, app: Path) -> tuple[Child, int, StoragePorts, Child]:
    port, *others = ports.free(4)
    storage = StoragePorts(*others)
    with on_core(SERVERS):
        service = azurite.start(children, storage)
    settings = {"AzureWebJobsStorage": storage.connection_string}
    with on_core(CLIENTS):
        host = functions_host.start(children, port, root=app, settings=settings)
    return host, port, storage, service


def _family(pid: int) -> list[int]:
    """A process and its descendants, as Linux tells them."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            found += map(int, task.read_text(encoding="ascii").split())
    return found

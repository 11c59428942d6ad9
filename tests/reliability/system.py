"""The whole system with real processes, parts of which can be killed and started again."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local import azurite, functions_host, loopback, paths, ports
from local.azurite import StoragePorts
from local.eventgrid.options import Options
from local.eventgrid.thread import LocalTopic, running
from local.processes import Child, Children
from tests.reliability.events import Published

_DURABLE = paths.ROOT / "tests" / "reliability" / "durable.cjs"
_FULL_DISK = ["sh", "-c", 'ulimit -f 256; exec "$@"', "sh"]
"""No file may grow beyond 256 blocks: writing fails as on a full disk, for root as well."""


class System:
    """Azurite and the Functions host, each on its ports for good."""

    def __init__(self, children: Children, location: Path | None = None) -> None:
        self.children = children
        self.storage = StoragePorts.free()
        (self.host_port,) = ports.free(1)
        self._location = location
        self.azurite: Child | None = None
        self.host: Child | None = None

    @property
    def connection_string(self) -> str:
        """Azurite's own, past any proxy."""
        return self.storage.connection_string

    def start_azurite(self, *, full_disk: bool = False) -> None:
        """Start Azurite; with a location it answers a change when that is on disk."""
        words = azurite.command(self.storage, self._location)
        if full_disk:
            words = [*_FULL_DISK, *words]
        durable = {"NODE_OPTIONS": f"--require={_DURABLE}"} if self._location else {}
        environ = os.environ | durable
        self.azurite = self.children.start("Azurite", words, cwd=paths.AZURITE, environ=environ)
        azurite.wait_until_ready(self.azurite, self.storage)

    def start_host(self, connection_string: str | None = None, **settings: str) -> None:
        """Start the Functions host."""
        account = {"AzureWebJobsStorage": connection_string or self.connection_string}
        self.host = functions_host.start(self.children, self.host_port, settings=account | settings)
        functions_host.wait_until_ready(self.host, self.host_port)

    @contextmanager
    def topic(self, options: Options | None = None, **changes: Any) -> Iterator[LocalTopic]:
        """An Event Grid in front of the host, a hundred times as fast; answers may take 30 s."""
        options = options or Options(**({"seed": 4} | changes))
        url = functions_host.url(self.host_port)
        with running(url, self.connection_string, options, speed=100) as topic:
            yield topic

    def post(self, event: Published, function: str = "sms_received") -> int:
        """Deliver one event past Event Grid; the status of the host's answer."""
        answer = loopback.request(
            self.host_port,
            f"/runtime/webhooks/EventGrid?functionName={function}",
            method="POST",
            body=json.dumps([event.body]).encode(),
            headers={"aeg-event-type": "Notification", "Content-Type": "application/json"},
            seconds=40.0,
        )
        assert answer is not None, "the host did not answer within 40 s"
        return answer.status

    def wait_until_said(self, words: str) -> None:
        """Wait until the host says this of the last event; its output comes beside its answer."""
        assert self.host is not None
        host = self.host
        host.wait_until(lambda: words in host.said().rpartition("Executing 'Functions.")[2], 10)


def kill(child: Child | None) -> None:
    """`kill -9`, and wait for the end."""
    assert child is not None
    os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait()


@contextmanager
def system(location: Path | None = None) -> Iterator[System]:
    """A system of one's own; nothing is started yet, everything is stopped in the end."""
    with Children() as children:
        yield System(children, location)

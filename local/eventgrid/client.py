"""Start an Event Grid of one's own, and ask it what it has done."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from local import loopback, paths, ports
from local.errors import CommandError
from local.eventgrid.options import Options
from local.processes import Child, Children

_START_SECONDS = 30.0
_GRACE = 3.0
_CONNECTION_STRING = "LOCAL_EVENT_GRID_STORAGE"


@dataclass(frozen=True)
class LocalTopic:
    """A running topic."""

    port: int
    child: Child

    @property
    def endpoint(self) -> str:
        """What to give to EventGridPublisherClient, with any key."""
        return endpoint(self.port)

    def state(self) -> dict[str, Any]:
        """Counts: `published`, `unmatched`, `pending`, and for each of `subscriptions` more."""
        return self._ask("/admin/state")

    def counts(self, subscription: str) -> dict[str, int]:
        """Those of one subscription."""
        found: dict[str, int] = self.state()["subscriptions"][subscription]
        return found

    def wait_until_idle(self, seconds: float = 20.0) -> dict[str, Any]:
        """Wait until every event is delivered, dead-lettered or dropped, and give the state.

        Raises:
            CommandError: it took longer.
        """
        if not self._ask(f"/admin/idle?seconds={seconds}", seconds=seconds + 5)["idle"]:
            raise CommandError(
                f"not everything was delivered in {seconds:.0f} s: {json.dumps(self.state())}\n"
                f"Event Grid said:\n{self.child.last_lines()}"
            )
        return self.state()

    def turn(self, **knobs: Any) -> dict[str, Any]:
        """Change how it misbehaves: the fields of `Knobs`, by name."""
        return self._ask("/admin/knobs", json.dumps(knobs).encode())

    def _ask(self, path: str, body: bytes | None = None, seconds: float = 5.0) -> dict[str, Any]:
        answer = loopback.request(
            self.port, path, method="GET" if body is None else "POST", body=body, seconds=seconds
        )
        if answer is None:
            raise CommandError(f"Event Grid does not answer. It said:\n{self.child.last_lines()}")
        if answer.status != HTTPStatus.OK:
            raise CommandError(f"{path}: {answer.status} {answer.body.decode()}")
        found: dict[str, Any] = json.loads(answer.body)
        return found


def endpoint(port: int) -> str:
    """What to give to EventGridPublisherClient for the topic on a port."""
    return f"http://{ports.LOOPBACK}:{port}/api/events"


@contextmanager
def running(
    host_url: str,
    connection_string: str | None = None,
    options: Options | None = None,
    *,
    port: int | None = None,
) -> Iterator[LocalTopic]:
    """A topic of its own for the time of a `with` block.

    Args:
        host_url: the Functions host, such as `stack.url`.
        connection_string: the storage account for dead letters; without it they are dropped.
        options: how, and how badly.
        port: where it listens; by default on a free one.
    """
    number = port or ports.free(1)[0]
    with Children() as children:
        child = start(children, number, host_url, connection_string, options)
        wait_until_ready(child, number)
        yield LocalTopic(number, child)


def start(
    children: Children,
    port: int,
    host_url: str,
    connection_string: str | None = None,
    options: Options | None = None,
) -> Child:
    """Start a topic; it is not ready yet."""
    command = [sys.executable, "-m", "local.eventgrid", "--port", str(port)]
    command += ["--host-url", host_url, *(options or Options()).words()]
    environ = os.environ | {"PYTHONUNBUFFERED": "1"}
    if connection_string is not None:
        # Not on the command line, which everybody on the machine can read.
        command += ["--connection-string-env", _CONNECTION_STRING]
        environ[_CONNECTION_STRING] = connection_string
    return children.start("Event Grid", command, cwd=paths.ROOT, environ=environ, grace=_GRACE)


def wait_until_ready(child: Child, port: int) -> None:
    """Wait until it answers."""
    child.wait_until(partial(_answers, port), _START_SECONDS)


def _answers(port: int) -> bool:
    answer = loopback.request(port, "/admin/knobs")
    return answer is not None and answer.status == HTTPStatus.OK

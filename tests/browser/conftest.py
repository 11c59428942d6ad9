"""The local run with its desk, once, and a Chromium."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from local import desk, eventgrid, ports, publisher
from local.azurite import StoragePorts
from local.desk import Desk
from local.stack import Stack
from tests.commands import eventually
from tests.unit.events import event
from tools import browser
from tools.browser import Page

FOREIGN = "foreign.example"
"""A name that leads to this machine, as a rebinding attacker's does."""
_NUMBERS = count()


@dataclass
class Run:
    """What runs, and what the desk has said."""

    stack: Stack
    reader: Desk
    lines: list[str] = field(default_factory=list)

    def publish(self, name: str, data: dict[str, Any]) -> None:
        """Publish an event to the local Event Grid; each has an id of its own."""
        made = event(name, data, id=f"event-{next(_NUMBERS)}", eventTime=now())
        del made["topic"]  # the local topic puts its own in
        topic = eventgrid.endpoint(self.stack.topic_port or 0)
        publisher.publish_events([made], topic, "key", name)

    def publish_and_wait(self, name: str, data: dict[str, Any]) -> None:
        """The same, and wait until the desk has looked at the work item of it."""
        seen = self._looked_at()
        self.publish(name, data)
        assert eventually(lambda: self._looked_at() > seen, 60)

    def _looked_at(self) -> int:
        done = "Executed 'Functions.work_items' (Succeeded"
        return sum(done in line for line in tuple(self.lines))


def now(seconds: float = 0) -> str:
    """The time, or one near it."""
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S.%f}Z"


@pytest.fixture(scope="session")
def local_run() -> Iterator[Run]:
    """Azurite, the app, Event Grid and the desk, on free ports."""
    host, topic, at, *storage = ports.free(6)
    with (
        Stack.on(host, StoragePorts(*storage), topic_port=topic) as stack,
        desk.running(stack, at) as reader,
    ):
        run = Run(stack, reader)
        reader.host.on_line = run.lines.append
        yield run


@pytest.fixture(scope="session")
def chromium() -> Iterator[int]:
    """The port of a Chromium's DevTools."""
    with browser.running(f"--host-resolver-rules=MAP {FOREIGN} 127.0.0.1") as port:
        yield port


@pytest.fixture
async def page(local_run: Run, chromium: int) -> AsyncIterator[Page]:
    """The desk's page, open."""
    async with browser.page(chromium) as made:
        await made.open(local_run.reader.url)
        await made.until("document.querySelector('#connection').textContent === 'Live'")
        yield made
        assert [] == made.exceptions

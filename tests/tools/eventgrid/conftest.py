"""What the tests of the local Event Grid share: events, subscriptions, a clock, a topic."""

import asyncio
import heapq
import io
import itertools
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local import eventgrid, ports
from local.eventgrid.clock import Clock
from local.eventgrid.options import Options
from local.eventgrid.serve import serving
from local.eventgrid.topic import Topic
from tests.tools.eventgrid.webhook import Webhook, webhook

CLOUD = "application/cloudevents+json"
CLOUD_BATCH = "application/cloudevents-batch+json; charset=utf-8"
TOPIC = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/contoso/providers/"
    "Microsoft.Communication/CommunicationServices/contoso-acs"
)
"""A resource of the samples."""


class ManualClock(Clock):
    """Time passes only when a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self._now = datetime(2026, 1, 9, 7, tzinfo=UTC)
        self._timers: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def now(self) -> datetime:
        """The time that the test has set."""
        return self._now

    def call_later(self, seconds: float, action: Callable[[], None]) -> None:
        """Call when the clock is advanced that far."""
        due = self._now + timedelta(seconds=seconds)
        heapq.heappush(self._timers, (due, next(self._numbers), action))

    @property
    def timers(self) -> int:
        """How many actions wait for it."""
        return len(self._timers)

    def to_next(self, end: datetime) -> bool:
        """Go on to the next time at which something is due; if nothing is, to the end."""
        if not self._timers or self._timers[0][0] > end:
            self._now = end
            return False
        self._now = self._timers[0][0]
        while self._timers and self._timers[0][0] == self._now:
            heapq.heappop(self._timers)[2]()
        return True


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what comes over a socket."""
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - nothing but the socket knows when
            await asyncio.sleep(0.001)


@dataclass
class Grid:
    """A topic in the test's own event loop, and what it delivers to."""

    topic: Topic
    work: "asyncio.Task[None]"
    endpoint: str
    hook: Webhook
    client: aiohttp.ClientSession
    clock: ManualClock
    blobs: dict[str, bytes]
    """The dead letters by name."""

    async def post(
        self,
        body: object,
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Publish without the SDK; the status and body of the answer."""
        data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        both = {"Content-Type": content_type} | (headers or {"aeg-sas-key": "any"})
        async with self.client.post(self.endpoint, data=data, headers=both) as answer:
            return answer.status, await answer.read()

    async def publish(self, *events: dict[str, Any]) -> list[str]:
        """Publish events in the Event Grid schema, and wait as `settle` does; their ids."""
        assert 200 == (await self.post(list(events)))[0]
        await self.settle()
        return [event.get("id", "") for event in events]

    async def settle(self) -> None:
        """Wait until nothing more happens at this time."""
        await until(lambda: self.topic.is_idle or self.work.done())
        assert not self.work.done(), self.work

    async def advance(self, seconds: float) -> None:
        """Let time pass, and everything happen that is due."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while self.clock.to_next(end):
            await self.settle()

    async def finish(self) -> dict[str, int]:
        """Let two days pass, the longest time to live twice; the counts of the subscription."""
        await self.settle()
        await self.advance(48 * 3600)
        assert 0 == self.topic.pending
        return self.counts()

    def counts(self, subscription: str = "takes-all") -> dict[str, int]:
        """The counts of a subscription."""
        found: dict[str, int] = self.topic.state()["subscriptions"][subscription]
        return found

    def dead_letters(self) -> list[dict[str, Any]]:
        """All that was dead-lettered."""
        return [one for blob in self.blobs.values() for one in json.loads(blob)]


Start = Callable[..., Awaitable[Grid]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start a topic with these subscriptions, by default one for every event, and a webhook."""
    numbers = itertools.count()
    async with AsyncExitStack() as stack:

        async def begin(
            *subscriptions: dict[str, Any],
            host_url: str | None = None,
            dead_letters: bool = False,
            **options: Any,
        ) -> Grid:
            file = tmp_path / f"event-subscriptions-{next(numbers)}.json"
            file.write_text(json.dumps(subscriptions or [subscription()]), encoding="utf-8")
            hook = await stack.enter_async_context(webhook())
            client = await stack.enter_async_context(aiohttp.ClientSession())
            clock, blobs, (port,) = ManualClock(), dict[str, bytes](), ports.free(1)

            async def write(name: str, content: bytes) -> None:
                blobs[name] = content

            place = write if dead_letters else None
            topic, work = await stack.enter_async_context(
                serving(port, host_url or hook.url, Options(file, **options), clock, place)
            )
            return Grid(topic, work, eventgrid.endpoint(port), hook, client, clock, blobs)

        yield begin


@pytest.fixture
async def grid(start: Start) -> Grid:
    """A topic with one subscription, for every event."""
    return await start()


def subscription(function: str = "takes_all", **changes: Any) -> dict[str, Any]:
    """One subscription; without a filter for every event."""
    return {"name": function.replace("_", "-"), "function": function} | changes


def types(*names: str) -> dict[str, Any]:
    """A filter by event type."""
    return {"includedEventTypes": list(names)}


def event(type_: str = "Test.Happened", **changes: Any) -> dict[str, Any]:
    """An event in the Event Grid schema."""
    return {
        "id": str(uuid.uuid4()),
        "topic": TOPIC,
        "subject": "things/one",
        "eventType": type_,
        "eventTime": "2026-11-21T09:00:00.1234567Z",
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "data": {"text": "grüße 😀", "amount": 1.50},
    } | changes


def events(count: int, **changes: Any) -> list[dict[str, Any]]:
    """So many, with their numbers as ids."""
    return [event(id=f"{number:03}", **changes) for number in range(count)]


def cloud_event(type_: str = "Test.Happened", **changes: Any) -> dict[str, Any]:
    """An event in the CloudEvents schema."""
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "/subscriptions/test",
        "subject": "things/one",
        "type": type_,
        "time": "2026-11-21T09:00:00Z",
        "data": {"text": "grüße 😀"},
    } | changes

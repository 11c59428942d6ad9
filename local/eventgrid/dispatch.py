"""The queue of one subscription: what waits, what is under way, and what comes of it.

An event waits, is delivered, alone or in a batch, and is delivered again with the same batch until
it is delivered, expired, or refused for good. A batch that failed waits in the event loop's own
schedule and holds up nobody.
"""

import asyncio
import logging
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local.eventgrid import schedule
from local.eventgrid.deadletters import EXPIRED, MAX_ATTEMPTS, Reason
from local.eventgrid.delivery import Webhook
from local.eventgrid.events import Event
from local.eventgrid.options import Knobs
from local.eventgrid.schedule import Outcome
from local.eventgrid.subscriptions import Subscription

if TYPE_CHECKING:
    from local.eventgrid.letterbox import Letterbox

_log = logging.getLogger("eventgrid")


@dataclass(slots=True)
class Batch:
    """Events that are delivered together from their first attempt on."""

    events: list[Event]
    attempts: int = 0
    last: Outcome | None = None
    attempted: datetime | None = None


@dataclass
class Counts:
    """What became of the events of a subscription; what is not said otherwise counts events."""

    matched: int = 0
    duplicated: int = 0
    """Deliveries that the knob added to those of the matched."""
    pending: int = 0
    """matched + duplicated - delivered - deadLettered - dropped"""
    delivered: int = 0
    retried: int = 0
    """How often an event was put back to be delivered again."""
    deadLettered: int = 0  # noqa: N815 -- as it is written in the JSON of /admin/state
    dropped: int = 0
    """Given up while there is no place for dead letters."""
    attempts: int = 0
    """Deliveries begun, whatever the number of events in them."""


@dataclass
class Queue:
    """One subscription at work."""

    subscription: Subscription
    webhook: Webhook
    letters: "Letterbox | None"
    knobs: Knobs
    time_scale: float
    in_flight: asyncio.Semaphore
    counts: Counts = field(default_factory=Counts)
    waiting_bytes: int = 0
    _ready: deque[Batch] = field(default_factory=deque)
    _is_ready: asyncio.Event = field(default_factory=asyncio.Event)
    _taken: int = 0

    def add(self, event: Event) -> None:
        """Take an event that matches; now and then twice, if so asked."""
        twice = self.knobs.chance("duplicate", event.number) < self.knobs.duplicates
        self.counts.matched += 1
        self.counts.duplicated += twice
        for _ in range(1 + twice):
            self.counts.pending += 1
            self.waiting_bytes += len(event.text)
            self._later(self.knobs.delay, Batch([event]))

    async def run(self) -> None:
        """Deliver, until cancelled."""
        async with asyncio.TaskGroup() as deliveries:
            while True:
                await self._is_ready.wait()
                await self.in_flight.acquire()
                deliveries.create_task(self._work_on(self._take()))

    def _later(self, seconds: float, batch: Batch) -> None:
        if seconds:
            asyncio.get_running_loop().call_later(seconds, self._later, 0, batch)
            return
        self._ready.append(batch)
        self._is_ready.set()

    def _take(self) -> Batch:
        """The next batch; new events are gathered into it, but never waited for."""
        batch = self._next()
        room = self.subscription.preferred_batch_size_in_kilobytes * 1024 - _size(batch)
        is_cloud = self.webhook.is_cloud(batch.events[0])
        while self._ready and batch.attempts == 0 and len(batch.events) < self._most:
            other = self._next()
            room -= _size(other)
            if other.attempts or room < 0 or self.webhook.is_cloud(other.events[0]) != is_cloud:
                self._ready.appendleft(other)
                break
            batch.events += other.events
        if not self._ready:
            self._is_ready.clear()
        return batch

    def _next(self) -> Batch:
        if self.knobs.reorder:
            self._taken += 1
            self._ready.rotate(int(len(self._ready) * self.knobs.chance("order", self._taken)))
        return self._ready.popleft()

    async def _work_on(self, batch: Batch) -> None:
        """One attempt, and what follows from it."""
        try:
            expired = self._split_expired(batch)
            if batch.events:
                await self._attempt(batch)
        finally:
            self.in_flight.release()
        await asyncio.gather(self._give_up(expired, EXPIRED), self._settle(batch))

    def _split_expired(self, batch: Batch) -> Batch:
        """Take out what is too old. The service looks only when an attempt is due."""
        minutes = self.subscription.retry_policy.event_time_to_live_in_minutes
        oldest = time.monotonic() - minutes * 60 * self.time_scale
        expired = [event for event in batch.events if event.since < oldest]
        batch.events = [event for event in batch.events if event.since >= oldest]
        return Batch(expired, batch.attempts, batch.last, batch.attempted)

    @property
    def _most(self) -> int:
        """Events in one delivery."""
        return self.knobs.batch or self.subscription.max_events_per_batch

    async def _attempt(self, batch: Batch) -> None:
        self.counts.attempts += 1
        batch.attempted = datetime.now(UTC)
        alone = self._most == 1 == len(batch.events)
        outcome = await self.webhook.deliver(batch.events, batch.attempts, alone=alone)
        chance = self.knobs.chance("drop", batch.events[0].number, batch.attempts)
        if outcome.is_answer and chance < self.knobs.drop_answers:
            outcome = schedule.TIMED_OUT
        batch.attempts += 1
        batch.last = outcome

    async def _settle(self, batch: Batch) -> None:
        """What follows from the answer."""
        outcome = batch.last
        if not batch.events or outcome is None:
            return
        if outcome.is_success:
            self.counts.delivered += len(batch.events)
            self._done(batch)
        elif outcome.never_again:
            await self._give_up(batch, outcome.never_again)
        elif batch.attempts >= self.subscription.retry_policy.max_delivery_attempts:
            await self._give_up(batch, MAX_ATTEMPTS)
        else:
            self._again(batch, outcome)

    def _again(self, batch: Batch, outcome: Outcome) -> None:
        self.counts.retried += len(batch.events)
        chance = self.knobs.chance("wait", batch.events[0].number, batch.attempts)
        seconds = schedule.wait(batch.attempts, outcome, chance) * self.time_scale
        self._log(batch, f"again in {seconds:.2f} s")
        self._later(seconds, batch)

    async def _give_up(self, batch: Batch, why: str) -> None:
        """Dead-letter the events, each on its own; without a place for that, drop them."""
        if not batch.events:
            return
        self._log(batch, f"given up: {why}")
        reason = Reason(why, batch.attempts, batch.last, batch.attempted)
        if self.letters is None:
            self.counts.dropped += len(batch.events)
        else:
            for event in batch.events:
                is_cloud = self.webhook.is_cloud(event)
                await self.letters.write(event, self.subscription.name, reason, is_cloud=is_cloud)
                self.counts.deadLettered += 1
        self._done(batch)

    def _log(self, batch: Batch, what: str) -> None:
        """Counts and outcomes; of events nothing, not even their subjects, which name people."""
        last = batch.last.describe() if batch.last else "not tried"
        name, many = self.subscription.name, len(batch.events)
        _log.info("%s: %d at attempt %d: %s, %s", name, many, batch.attempts, last, what)

    def _done(self, batch: Batch) -> None:
        self.counts.pending -= len(batch.events)
        self.waiting_bytes -= _size(batch)


def _size(batch: Batch) -> int:
    return sum(len(event.text) for event in batch.events)

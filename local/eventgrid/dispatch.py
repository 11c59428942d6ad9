"""The queue of one subscription: what waits, what is being delivered, and what follows from it.

An event waits, is delivered, alone or in a batch, and is delivered again with the same batch until
it is delivered, expired, or refused for good. A batch that failed waits on the clock, and delays no
other.
"""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from local.eventgrid import dead_letters, schedule
from local.eventgrid.clock import Clock
from local.eventgrid.dead_letters import EXPIRED, MAX_ATTEMPTS, Reason
from local.eventgrid.delivery import Webhook
from local.eventgrid.events import Event
from local.eventgrid.options import Options
from local.eventgrid.schedule import Outcome
from local.eventgrid.subscriptions import Subscription

_log = logging.getLogger("eventgrid")


@dataclass(slots=True)
class Batch:
    """Events that are delivered together from their first attempt on."""

    events: list[Event]
    attempts: int = 0
    last: Outcome | None = None
    attempted: datetime | None = None

    @property
    def size(self) -> int:
        """Bytes of text."""
        return sum(len(event.text) for event in self.events)


@dataclass
class Counts:
    """What became of the events of a subscription."""

    matched: int = 0
    duplicated: int = 0
    """Events that are delivered twice on purpose."""
    pending: int = 0
    """matched + duplicated - delivered - dead_lettered - dropped"""
    scheduled: int = 0
    """Those of the pending that wait on the clock."""
    delivered: int = 0
    retried: int = 0
    """How often an event was scheduled to be delivered again."""
    dead_lettered: int = 0
    dropped: int = 0
    """Given up while there is no place for dead letters."""
    attempts: int = 0
    """Deliveries begun, whatever the number of events in them."""


@dataclass
class Queue:
    """One subscription at work."""

    subscription: Subscription
    webhook: Webhook
    options: Options
    clock: Clock
    write_dead_letter: dead_letters.Write | None
    counts: Counts = field(default_factory=Counts)
    waiting_bytes: int = 0
    _ready: deque[Batch] = field(default_factory=deque)
    _is_ready: asyncio.Event = field(default_factory=asyncio.Event)
    _taken: int = 0

    def add(self, event: Event) -> None:
        """Take an event that matches; some twice, if the options say so."""
        twice = self.options.random("duplicate", event.number) < self.options.duplicates
        self.counts.matched += 1
        self.counts.duplicated += twice
        for _ in range(1 + twice):
            self.counts.pending += 1
            self.waiting_bytes += len(event.text)
            self._schedule(self.options.delay, Batch([event]))

    async def run(self) -> None:
        """Deliver, until cancelled."""
        in_flight = asyncio.Semaphore(self.options.in_flight)
        async with asyncio.TaskGroup() as deliveries:
            while True:
                await self._is_ready.wait()
                await in_flight.acquire()
                deliveries.create_task(self._process(self._take(), in_flight))

    def _schedule(self, seconds: float, batch: Batch) -> None:
        if seconds:
            self.counts.scheduled += len(batch.events)
            self.clock.call_later(seconds, partial(self._due, batch))
        else:
            self._ready.append(batch)
            self._is_ready.set()

    def _due(self, batch: Batch) -> None:
        self.counts.scheduled -= len(batch.events)
        self._schedule(0, batch)

    def _take(self) -> Batch:
        """The next batch; new events that are ready join it, but it never waits for them."""
        batch = self._next()
        room = self.subscription.preferred_batch_size_in_kilobytes * 1024 - batch.size
        is_cloud = self.webhook.is_cloud(batch.events[0])
        while self._ready and batch.attempts == 0 and len(batch.events) < self._batch_limit:
            other = self._next()
            room -= other.size
            if other.attempts or room < 0 or self.webhook.is_cloud(other.events[0]) != is_cloud:
                self._ready.appendleft(other)
                break
            batch.events += other.events
        if not self._ready:
            self._is_ready.clear()
        return batch

    def _next(self) -> Batch:
        if self.options.reorder:
            self._taken += 1
            self._ready.rotate(int(len(self._ready) * self.options.random("order", self._taken)))
        return self._ready.popleft()

    @property
    def _batch_limit(self) -> int:
        return self.options.batch or self.subscription.max_events_per_batch

    async def _process(self, batch: Batch, in_flight: asyncio.Semaphore) -> None:
        """One attempt, and what follows from it."""
        expired = self._split_expired(batch)
        outcome = await self._attempt(batch) if batch.events else None
        in_flight.release()
        if outcome:
            await self._settle(batch, outcome)
        if expired.events:
            await self._give_up(expired, EXPIRED)

    def _split_expired(self, batch: Batch) -> Batch:
        """Take out what is too old. The service checks this only when an attempt is due."""
        minutes = self.subscription.retry_policy.event_time_to_live_in_minutes
        oldest = self.clock.now() - timedelta(minutes=minutes)
        expired = [event for event in batch.events if event.published < oldest]
        batch.events = [event for event in batch.events if event.published >= oldest]
        return Batch(expired, batch.attempts, batch.last, batch.attempted)

    async def _attempt(self, batch: Batch) -> Outcome:
        self.counts.attempts += 1
        batch.attempted = self.clock.now()
        outcome = await self.webhook.deliver(
            batch.events, batch.attempts, alone=self._batch_limit == 1
        )
        lost = self.options.random("drop", batch.events[0].number, batch.attempts)
        if outcome.is_answer and lost < self.options.drop_answers:
            outcome = schedule.TIMED_OUT
        batch.attempts += 1
        batch.last = outcome
        return outcome

    async def _settle(self, batch: Batch, outcome: Outcome) -> None:
        """Do what follows from the outcome of the last attempt."""
        if outcome.is_success:
            self.counts.delivered += len(batch.events)
            self._done(batch)
        elif outcome.final_reason:
            await self._give_up(batch, outcome.final_reason)
        elif batch.attempts >= self.subscription.retry_policy.max_delivery_attempts:
            await self._give_up(batch, MAX_ATTEMPTS)
        else:
            self._retry(batch, outcome)

    def _retry(self, batch: Batch, outcome: Outcome) -> None:
        self.counts.retried += len(batch.events)
        jitter = self.options.random("wait", batch.events[0].number, batch.attempts)
        seconds = schedule.wait(batch.attempts, outcome, jitter)
        self._log(batch, f"again in {seconds:.0f} s")
        self._schedule(seconds, batch)

    async def _give_up(self, batch: Batch, why: str) -> None:
        """Dead-letter each event; without a place for dead letters, drop it."""
        self._log(batch, f"given up: {why}")
        if self.write_dead_letter is None:
            self.counts.dropped += len(batch.events)
        else:
            reason = Reason(why, batch.attempts, batch.last, batch.attempted)
            for event in batch.events:
                name = dead_letters.blob_name(self.subscription.name, self.clock.now())
                is_cloud = self.webhook.is_cloud(event)
                await self.write_dead_letter(
                    name, dead_letters.body(event, reason, is_cloud=is_cloud)
                )
                self.counts.dead_lettered += 1
        self._done(batch)

    def _log(self, batch: Batch, what: str) -> None:
        """Counts and outcomes; nothing of the events: even their subjects name people."""
        name, count, last = self.subscription.name, len(batch.events), batch.last or "not tried"
        _log.info("%s: %d at attempt %d: %s, %s", name, count, batch.attempts, last, what)

    def _done(self, batch: Batch) -> None:
        self.counts.pending -= len(batch.events)
        self.waiting_bytes -= batch.size

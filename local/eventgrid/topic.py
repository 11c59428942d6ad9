"""The topic: it takes events, and gives each to the subscriptions that match it."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import aiohttp

from local.eventgrid import delivery
from local.eventgrid.clock import Clock
from local.eventgrid.dead_letters import Write
from local.eventgrid.dispatch import Queue
from local.eventgrid.events import Event
from local.eventgrid.options import Options
from local.eventgrid.subscriptions import Subscription
from shared.redaction import one_word

_log = logging.getLogger("eventgrid")

# What may wait for delivery, all subscriptions together; above it publishers get 503.
MAX_EVENTS = 100_000
MAX_BYTES = 512 * 1024 * 1024


class Topic:
    """All subscriptions at work."""

    def __init__(
        self,
        options: Options,
        subscriptions: Sequence[Subscription],
        host_url: str,
        session: aiohttp.ClientSession,
        clock: Clock,
        write_dead_letter: Write | None,
    ) -> None:
        self._resources = options.resources
        self.published = 0
        self.unmatched = 0
        """Events that no subscription wants."""
        self.clock = clock
        self.queues = [
            Queue(
                one,
                delivery.webhook(session, host_url, one),
                options,
                clock,
                write_dead_letter,
            )
            for one in subscriptions
        ]

    async def run(self) -> None:
        """Deliver, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for queue in self.queues:
                group.create_task(queue.run())

    @property
    def is_full(self) -> bool:
        """Whether it cannot hold more."""
        waiting = sum(queue.waiting_bytes for queue in self.queues)
        return self.pending >= MAX_EVENTS or waiting >= MAX_BYTES

    @property
    def pending(self) -> int:
        """Deliveries that are not done."""
        return sum(queue.counts.pending for queue in self.queues)

    @property
    def is_idle(self) -> bool:
        """Whether nothing happens until the clock moves or something is published."""
        return all(queue.counts.pending == queue.counts.scheduled for queue in self.queues)

    def can_deliver(self, event: Event) -> bool:
        """Whether every subscription can: a CloudEvent cannot go out in the Event Grid schema.

        learn.microsoft.com/azure/event-grid/event-schema-compatibility
        """
        return not event.is_cloud or all(queue.webhook.is_cloud(event) for queue in self.queues)

    def is_own(self, event: Event) -> bool:
        """Whether it names this topic, or none; CloudEvents may have any source.

        learn.microsoft.com/azure/event-grid/event-schema: if `topic` is there, it must match.
        """
        named = event.fields.get("topic", "")
        return event.is_cloud or not named or named.lower() in self._resources

    def publish(self, events: Sequence[Event]) -> None:
        """Take events; one that no subscription wants is counted, logged and dropped."""
        for event in events:
            event.number = self.published
            matching = [
                queue
                for queue in self.queues
                if queue.subscription.filter.why_not(event.types, event.subject) is None
            ]
            for queue in matching:
                queue.add(event)
            self.published += 1
            if not matching:
                self.unmatched += 1
                _log.warning("no subscription takes %s", one_word(", ".join(event.types)))

    def state(self) -> dict[str, Any]:
        """`published`, `unmatched`, `pending`, and `subscriptions` with the counts of each."""
        return {
            "published": self.published,
            "unmatched": self.unmatched,
            "pending": self.pending,
            "subscriptions": {
                queue.subscription.name: asdict(queue.counts) for queue in self.queues
            },
        }

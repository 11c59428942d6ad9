"""The topic: it takes events, and hands each to the subscriptions that want it."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import aiohttp

from local.eventgrid import delivery
from local.eventgrid.dispatch import Queue
from local.eventgrid.events import Event
from local.eventgrid.options import Options
from local.eventgrid.subscriptions import Subscription

if TYPE_CHECKING:
    from local.eventgrid.letterbox import Letterbox

# What may wait for delivery, all subscriptions together; then publishers are told to come later.
MOST_EVENTS = 100_000
MOST_BYTES = 512 * 1024 * 1024


class Topic:
    """All subscriptions at work, and what none of them wanted."""

    def __init__(
        self,
        options: Options,
        subscriptions: Sequence[Subscription],
        host_url: str,
        session: aiohttp.ClientSession,
        letters: "Letterbox | None",
    ) -> None:
        self.options = options
        self.published = 0
        self.unmatched = 0
        self.queues = [
            _queue(options, subscription, host_url, session, letters)
            for subscription in subscriptions
        ]

    async def run(self) -> None:
        """Deliver, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for queue in self.queues:
                group.create_task(queue.run())

    @property
    def is_full(self) -> bool:
        """Whether it cannot hold more; memory is not without end."""
        waiting = sum(queue.waiting_bytes for queue in self.queues)
        return self.pending >= MOST_EVENTS or waiting >= MOST_BYTES

    @property
    def pending(self) -> int:
        """Deliveries that are not done: waiting, under way, or on their way to the dead letters."""
        return sum(queue.counts.pending for queue in self.queues)

    def can_deliver(self, event: Event) -> bool:
        """Whether every subscription can: a CloudEvent cannot go out in the Event Grid schema.

        learn.microsoft.com/azure/event-grid/event-schema-compatibility
        """
        return not event.is_cloud or all(queue.webhook.is_cloud(event) for queue in self.queues)

    def publish(self, events: Sequence[Event]) -> None:
        """Take events; one that nobody wants is counted and forgotten, as the service does."""
        for event in events:
            types, subject = event.types, event.subject
            wanting = [
                queue
                for queue in self.queues
                if queue.subscription.filter.why_not(types, subject) is None
            ]
            for queue in wanting:
                queue.add(event)
            self.published += 1
            self.unmatched += not wanting

    def state(self) -> dict[str, Any]:
        """What `GET /admin/state` tells."""
        return {
            "published": self.published,
            "unmatched": self.unmatched,
            "pending": self.pending,
            "subscriptions": {
                queue.subscription.name: asdict(queue.counts) for queue in self.queues
            },
            "knobs": asdict(self.options.knobs),
        }


def _queue(
    options: Options,
    subscription: Subscription,
    host_url: str,
    session: aiohttp.ClientSession,
    letters: "Letterbox | None",
) -> Queue:
    webhook = delivery.Webhook(
        session,
        delivery.function_url(host_url, subscription.function),
        subscription.name.upper(),
        options.delivery_schema or subscription.event_delivery_schema,
    )
    in_flight = asyncio.Semaphore(options.in_flight)
    return Queue(subscription, webhook, letters, options.knobs, options.time_scale, in_flight)

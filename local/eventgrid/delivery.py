"""One delivery: a request to the webhook of a function, and what its answer means."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

import aiohttp

from local.eventgrid import handshake, schedule
from local.eventgrid.events import Event
from local.eventgrid.schedule import Outcome
from local.eventgrid.subscriptions import Schema, Subscription

_LONGEST_HEADER = 4096


def session(answer_seconds: float) -> aiohttp.ClientSession:
    """The client of all deliveries: no proxy, no cookies, no limit but the topic's own."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=answer_seconds),
    )


@dataclass
class Webhook:
    """The endpoint of one subscription."""

    session: aiohttp.ClientSession
    url: str
    subscription: str
    """Its name as the service sends it, in upper case."""
    schema: Schema | None
    """None: each event in the schema in which it was published."""
    _handshakes: dict[bool, asyncio.Task[Outcome | None]] = field(default_factory=dict)

    async def deliver(self, events: Sequence[Event], attempts: int, *, alone: bool) -> Outcome:
        """Send events of one schema, in one request.

        Args:
            events: they fail or succeed together.
            attempts: how many there were before.
            alone: batching is off; a CloudEvent goes out as an object, not in an array.
        """
        is_cloud = self.is_cloud(events[0])
        failed = await self._handshake(is_cloud=is_cloud)
        if failed:
            return failed
        headers = _headers(events[0], self.subscription, attempts)
        headers["Content-Type"] = _content_type(is_cloud=is_cloud, alone=alone)
        texts = [event.in_schema(is_cloud=is_cloud) for event in events]
        body = texts[0] if is_cloud and alone else b"[" + b",".join(texts) + b"]"
        try:
            async with self.session.post(
                self.url, headers=headers, data=body, allow_redirects=False
            ) as response:
                await response.read()
                return schedule.answered(response.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _failure(error)

    def is_cloud(self, event: Event) -> bool:
        """Whether an event goes out as a CloudEvent."""
        return self.schema == "CloudEventSchemaV1_0" if self.schema else event.is_cloud

    async def _handshake(self, *, is_cloud: bool) -> Outcome | None:
        """Shake hands once for each schema; after a failure the next delivery tries again."""
        task = self._handshakes.get(is_cloud)
        if task is None:
            task = asyncio.create_task(self._shake_hands(is_cloud=is_cloud))
            self._handshakes[is_cloud] = task
        failed = await asyncio.shield(task)
        if failed and self._handshakes.get(is_cloud) is task:
            del self._handshakes[is_cloud]
        return failed

    async def _shake_hands(self, *, is_cloud: bool) -> Outcome | None:
        """How it failed; None when it succeeded. A failed handshake is always tried again."""
        try:
            status, is_accepted = await handshake.shake_hands(
                self.session, self.url, self.subscription, is_cloud=is_cloud
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _failure(error)
        if is_accepted:
            return None
        outcome = schedule.answered(status)
        # "Destination Azure function isn't valid. Probably because it doesn't have the
        # EventGridTrigger type."
        name = "InvalidAzureFunctionDestination" if outcome.is_success else outcome.name
        return Outcome(name, status, of_handshake=True)


def webhook(session: aiohttp.ClientSession, host_url: str, subscription: Subscription) -> Webhook:
    """The endpoint of a function in the Functions host."""
    function = quote(subscription.function, safe="")
    url = f"{host_url.rstrip('/')}/runtime/webhooks/EventGrid?functionName={function}"
    return Webhook(session, url, subscription.name.upper(), subscription.event_delivery_schema)


def _failure(error: Exception) -> Outcome:
    if isinstance(error, TimeoutError):
        return schedule.TIMED_OUT
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return schedule.RESOLUTION_ERROR
    return schedule.SOCKET_ERROR


def _headers(first: Event, subscription: str, attempts: int) -> dict[str, str]:
    """The name in upper case and the count from zero, as requests of the service show them.

    learn.microsoft.com/azure/event-grid/receive-events#message-headers
    """
    wanted = {
        "aeg-event-type": "Notification",
        "aeg-subscription-name": subscription,
        "aeg-delivery-count": str(attempts),
        "aeg-data-version": first.data_version,
        "aeg-metadata-version": first.metadata_version,
    }
    return {name: value for name, value in wanted.items() if _fits(value)}


def _fits(value: str) -> bool:
    """Whether a text of an event can be a header: it may hold anything, line ends included."""
    return value.isascii() and value.isprintable() and len(value) <= _LONGEST_HEADER


def _content_type(*, is_cloud: bool, alone: bool) -> str:
    """Of CloudEvents as their HTTP binding says."""
    if not is_cloud:
        return "application/json; charset=utf-8"
    kind = "cloudevents" if alone else "cloudevents-batch"
    return f"application/{kind}+json; charset=utf-8"

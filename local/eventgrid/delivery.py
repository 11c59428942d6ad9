"""The requests to the webhook of a function: a handshake, then events; and how they end.

Before its first events Event Grid asks a webhook whether it accepts them. In the Event Grid schema
it sends a validation event, whose code must come back with status 200
(learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema); in CloudEvents
an OPTIONS request (.../end-point-validation-cloud-events-schema, which follows the CloudEvents
specification for webhooks). The service does this when the subscription is made, and for Azure
functions through the control plane; the answers are the same.
"""

import asyncio
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import aiohttp

from local.eventgrid import schedule
from local.eventgrid.events import Event
from local.eventgrid.schedule import Outcome
from local.eventgrid.subscriptions import Schema, Subscription

ORIGIN = "eventgrid.azure.net"
_MAX_HEADER = 4096


def session(answer_seconds: float) -> aiohttp.ClientSession:
    """The client of all deliveries: no proxy, no cookies, no limit but the topic's own."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=answer_seconds),
    )


def webhook(session: aiohttp.ClientSession, host_url: str, subscription: Subscription) -> "Webhook":
    """The endpoint of a function in the Functions host."""
    function = quote(subscription.function, safe="")
    url = f"{host_url.rstrip('/')}/runtime/webhooks/EventGrid?functionName={function}"
    return Webhook(session, url, subscription.name.upper(), subscription.event_delivery_schema)


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

    def is_cloud(self, event: Event) -> bool:
        """Whether an event goes out as a CloudEvent."""
        return self.schema == "CloudEventSchemaV1_0" if self.schema else event.is_cloud

    async def deliver(self, events: Sequence[Event], attempts: int, *, alone: bool) -> Outcome:
        """Send events of one schema, in one request.

        Args:
            events: they fail or succeed together.
            attempts: how many there were before.
            alone: batching is off; a CloudEvent goes out as an object, not in an array.
        """
        is_cloud = self.is_cloud(events[0])
        failed = await self._shake_hands(is_cloud=is_cloud)
        if failed:
            return failed
        texts = [event.in_schema(is_cloud=is_cloud) for event in events]
        body = texts[0] if is_cloud and alone else b"[" + b",".join(texts) + b"]"
        headers = self._headers("Notification", attempts, events[0])
        headers["Content-Type"] = _content_type(is_cloud=is_cloud, alone=alone)
        outcome, _, _ = await self._send("POST", headers, data=body)
        return outcome

    async def _shake_hands(self, *, is_cloud: bool) -> Outcome | None:
        """Ask once for each schema; after a failure, which all who wait get, ask again."""
        task = self._handshakes.get(is_cloud)
        if task is None:
            task = asyncio.create_task(self._ask_cloud() if is_cloud else self._ask())
            self._handshakes[is_cloud] = task
        failed = await asyncio.shield(task)
        if failed and self._handshakes.get(is_cloud) is task:
            del self._handshakes[is_cloud]
        return failed

    async def _ask(self) -> Outcome | None:
        code = str(uuid.uuid4())
        headers = self._headers("SubscriptionValidation", 0)
        outcome, _, answer = await self._send("POST", headers, json=[_validation(code)])
        return _failure(outcome, is_accepted=_code_in(answer) == code)

    async def _ask_cloud(self) -> Outcome | None:
        asked = {"WebHook-Request-Origin": ORIGIN, "aeg-subscription-name": self.subscription}
        outcome, headers, _ = await self._send("OPTIONS", asked)
        allowed = headers.get("WebHook-Allowed-Origin")
        return _failure(outcome, is_accepted=allowed in {ORIGIN, "*"})

    async def _send(
        self, method: str, headers: dict[str, str], **body: Any
    ) -> tuple[Outcome, Mapping[str, str], bytes]:
        """The outcome, and the headers and body of the answer."""
        options = body | {"headers": headers, "allow_redirects": False}
        try:
            async with self.session.request(method, self.url, **options) as response:
                answer = await response.read()
                return schedule.answered(response.status), response.headers, answer
        except TimeoutError:
            return schedule.TIMED_OUT, {}, b""
        except aiohttp.ClientConnectorDNSError:
            return schedule.RESOLUTION_ERROR, {}, b""
        except (aiohttp.ClientError, OSError):
            return schedule.SOCKET_ERROR, {}, b""

    def _headers(self, kind: str, attempts: int, event: Event | None = None) -> dict[str, str]:
        """The name in upper case and the count from zero, as requests of the service show them.

        learn.microsoft.com/azure/event-grid/receive-events#message-headers
        """
        headers = {
            "aeg-event-type": kind,
            "aeg-subscription-name": self.subscription,
            "aeg-delivery-count": str(attempts),
            "aeg-data-version": event.data_version if event else "1",
            "aeg-metadata-version": event.metadata_version if event else "1",
        }
        return {name: value for name, value in headers.items() if _can_be_header(value)}


def _can_be_header(value: str) -> bool:
    """An event may hold anything as its version, line ends included."""
    return value.isascii() and value.isprintable() and len(value) <= _MAX_HEADER


def _content_type(*, is_cloud: bool, alone: bool) -> str:
    """Of CloudEvents as their HTTP binding says."""
    if not is_cloud:
        return "application/json; charset=utf-8"
    kind = "cloudevents" if alone else "cloudevents-batch"
    return f"application/{kind}+json; charset=utf-8"


def _failure(outcome: Outcome, *, is_accepted: bool) -> Outcome | None:
    """How a handshake failed; None when it succeeded. A failed one is always tried again."""
    if outcome.status == HTTPStatus.OK and is_accepted:
        return None
    # "Destination Azure function isn't valid. Probably because it doesn't have the
    # EventGridTrigger type."
    name = "InvalidAzureFunctionDestination" if outcome.is_success else outcome.name
    return replace(outcome, name=name, of_handshake=True)


def _validation(code: str) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "topic": "",
        "subject": "",
        "data": {"validationCode": code},
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": datetime.now(UTC).isoformat(),
        "metadataVersion": "1",
        "dataVersion": "1",
    }


def _code_in(answer: bytes) -> str | None:
    """Microsoft's samples answer `validationResponse` in either casing."""
    try:
        content = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    return {key.lower(): value for key, value in content.items()}.get("validationresponse")

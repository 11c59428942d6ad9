"""Dead letters as Event Grid writes them: a JSON array in a blob, its own keys beside the event's.

The names of the keys, and what `lastDeliveryOutcome` can be: `delivery-and-retry`, "Delivery event
formats". `lastHttpStatusCode` is not documented, but is in published dead letters
(stackoverflow.com/questions/52173869). The service waits five minutes and may put several events
into one blob; neither is imitated.
"""

import asyncio
import contextlib
import json
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import ContentSettings
from azure.storage.blob.aio import ContainerClient

from local.errors import CommandError
from local.eventgrid.clock import Clock
from local.eventgrid.events import Event
from local.eventgrid.schedule import Outcome
from shared.reading.envelope import DEAD_LETTER_KEYS
from shared.redaction import hide

MAX_ATTEMPTS = "MaxDeliveryAttemptsExceeded"
EXPIRED = "TimeToLiveExceeded"
TOPIC = "local-topic"

Write = Callable[[str, bytes], Coroutine[Any, Any, None]]
"""Writes a blob, given its name and content. It returns when the blob is there."""

_AT_ONCE = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_JSON = ContentSettings(content_type="application/json")
# Storage is on this machine: no proxy, and the pauses between tries are ours.
_CLIENT: dict[str, Any] = {
    "use_env_settings": False,
    "retry_total": 0,
    "connection_timeout": 5,
    "read_timeout": 15,
}

_log = logging.getLogger("eventgrid")


@dataclass(frozen=True)
class Reason:
    """Why Event Grid stops trying to deliver an event."""

    name: str
    attempts: int
    last: Outcome | None = None
    attempted: datetime | None = None


def blob_name(subscription: str, at: datetime) -> str:
    """`topic/SUBSCRIPTION/2026/1/9/7/<guid>.json`: upper case, and numbers without zeros.

    learn.microsoft.com/azure/event-grid/manage-event-delivery#set-dead-letter-location
    """
    at = at.astimezone(UTC)
    hour = f"{at.year}/{at.month}/{at.day}/{at.hour}"
    return f"{TOPIC}/{subscription.upper()}/{hour}/{uuid.uuid4()}.json"


def body(event: Event, reason: Reason, *, is_cloud: bool) -> bytes:
    """The content of a dead letter. On a replayed event the keys of the earlier one are removed."""
    why = {
        "deadLetterReason": reason.name,
        "deliveryAttempts": reason.attempts,
        "lastDeliveryOutcome": reason.last.name if reason.last else None,
        "lastHttpStatusCode": reason.last.status if reason.last else None,
        "publishTime": _time(event.published),
        "lastDeliveryAttemptTime": _time(reason.attempted) if reason.attempted else None,
    }
    known = {
        key.lower() if is_cloud else key: value for key, value in why.items() if value is not None
    }
    inside = _without_earlier(event.in_schema(is_cloud=is_cloud))[1:-1]
    added = json.dumps(known, separators=(",", ":"))[1:].encode()
    return b"[{" + inside + (b"," if inside else b"") + added + b"]"


def _without_earlier(text: bytes) -> bytes:
    """The event's own text, unless it was a dead letter before."""
    event: dict[str, Any] = json.loads(text, strict=False)
    kept = {key: value for key, value in event.items() if key.lower() not in DEAD_LETTER_KEYS}
    if len(kept) == len(event):
        return text
    return json.dumps(kept, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _time(at: datetime) -> str:
    """With seven digits, as .NET prints it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"


@contextlib.asynccontextmanager
async def container(connection_string: str, name: str, clock: Clock) -> AsyncIterator[Write]:
    """A blob container for dead letters; it is made when it is missing.

    Raises:
        CommandError: the connection string is wrong.
    """
    try:
        client = ContainerClient.from_connection_string(connection_string, name, **_CLIENT)
    except ValueError as error:
        raise CommandError(f"the connection string for dead letters: {hide(str(error))}") from None
    async with client:
        yield partial(_write, client, asyncio.Semaphore(_AT_ONCE), clock)


async def _write(
    client: ContainerClient, slots: asyncio.Semaphore, clock: Clock, name: str, content: bytes
) -> None:
    """Try until Storage takes it; the service gives up after four hours."""
    pause = _FIRST_PAUSE
    while True:
        try:
            async with slots:
                await _upload(client, name, content)
        except AzureError as error:
            _log.warning("Event Grid: a dead letter waits for Storage: %s", type(error).__name__)
        else:
            return
        await clock.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _upload(client: ContainerClient, name: str, content: bytes) -> None:
    options: dict[str, Any] = {"overwrite": True, "content_settings": _JSON}
    try:
        await client.upload_blob(name, content, **options)
    except ResourceNotFoundError:
        with contextlib.suppress(ResourceExistsError):
            await client.create_container()
        await client.upload_blob(name, content, **options)

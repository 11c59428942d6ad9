"""Dead letters as Event Grid writes them: a JSON array in a blob, its own keys beside the event's.

The names of the keys, and what `lastDeliveryOutcome` can be: `delivery-and-retry`, "Delivery event
formats". `lastHttpStatusCode` is not there, but in dead letters that were shown
(stackoverflow.com/questions/52173869). The service waits five minutes and may put several events
into one blob; neither is imitated.
"""

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.eventgrid.events import Event
from local.eventgrid.schedule import Outcome
from shared.reading.envelope import DEAD_LETTER_KEYS

MAX_ATTEMPTS = "MaxDeliveryAttemptsExceeded"
EXPIRED = "TimeToLiveExceeded"


@dataclass(frozen=True)
class Reason:
    """Why an event is given up."""

    name: str
    attempts: int
    last: Outcome | None = None
    attempted: datetime | None = None


def blob_name(topic: str, subscription: str, at: datetime) -> str:
    """`topic/SUBSCRIPTION/2026/1/9/7/<guid>.json`: upper case, and numbers without zeros.

    learn.microsoft.com/azure/event-grid/manage-event-delivery#set-dead-letter-location
    """
    at = at.astimezone(UTC)
    hour = f"{at.year}/{at.month}/{at.day}/{at.hour}"
    return f"{topic}/{subscription.upper()}/{hour}/{uuid.uuid4()}.json"


def body(event: Event, reason: Reason, *, is_cloud: bool) -> bytes:
    """The content of a dead letter. Keys of an earlier one, on a replayed event, are replaced."""
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
    inside = _without_earlier(event.as_sent(is_cloud=is_cloud))[1:-1]
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

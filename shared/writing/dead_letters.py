"""Dead letters: events that no retry can help, in the shape of Event Grid's own.

Event Grid writes a blob with a JSON array of one event, its own keys added beside the event's
(learn.microsoft.com/azure/event-grid/manage-event-delivery#dead-letter-schema). Ours is the same,
so one tool reads both; ``deadLetterError`` and ``deadLetterFunction`` are added. The event's text
is kept as it came, not parsed and printed again.
"""

import json
from datetime import UTC, datetime

import msgspec

from shared.errors import RejectedEvent
from shared.writing import archive

_JSON_BLANKS = " \t\r\n"


def blob_name(event: str, function: str, at: datetime) -> str:
    """``sms_received/2026/11/21/09/<digest>.json``: the same event, the same name.

    Event Grid names its blobs by topic, subscription, date and hour too.
    """
    return f"{function}/{archive.blob_name(event, at)}"


def body(event: str, rejection: RejectedEvent, function: str, at: datetime) -> bytes:
    """The blob's content. An event that is no JSON object is kept as the text ``rawEvent``."""
    now = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    why = {
        "deadLetterReason": type(rejection).__name__,
        "deadLetterError": str(rejection),
        "deadLetterFunction": function,
        "deliveryAttempts": 1,
        "lastDeliveryOutcome": "Rejected",
        "lastDeliveryAttemptTime": now,
    }
    raw = archive.content(event).decode()
    inside = raw.removeprefix("\ufeff").strip(_JSON_BLANKS)
    if not _is_object(inside):
        return msgspec.json.encode([{"rawEvent": raw} | why])
    inside = inside[1:-1].rstrip(_JSON_BLANKS)
    comma = "," if inside else ""
    return f"[{{{inside}{comma}".encode() + msgspec.json.encode(why)[1:] + b"]"


def _is_object(raw: str) -> bool:
    """Whether keys can be added to it. The standard library takes escaped lone surrogates too."""
    try:
        return isinstance(json.loads(raw, parse_constant=_refuse), dict)
    except (ValueError, RecursionError):
        return False


def _refuse(constant: str) -> None:
    """Python reads NaN and Infinity, JSON has neither."""
    raise ValueError(constant)

"""A dead letter as data: the app's own and Event Grid's have one shape.

A blob is a JSON array of events, each with `deadLetterReason` and its companions beside its own
keys (lower-cased in CloudEvents). What could not be read as an event is the text `rawEvent`.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from shared.reading.envelope import DEAD_LETTER_KEYS

RAW = "rawEvent"


@dataclass(frozen=True)
class DeadLetter:
    """One event that became no record, and why. Texts that are not there are empty."""

    blob: str
    etag: str
    """Of the blob when it was read."""
    content: dict[str, Any]
    """The event with the keys of its dead letter."""
    event: dict[str, Any] | None
    """The event as it was published; None if it could not be read as one."""
    key: str
    """Equal for all dead letters of one event."""
    reason: str
    explanation: str
    """About the reason, or the last outcome. Nothing that people wrote."""
    source: str
    """The function that rejected it, or the event subscription that could not deliver it."""
    time: str
    """Of the last attempt."""
    event_id: str
    event_type: str


def read(blob: str, content: bytes, etag: str = "") -> list[DeadLetter]:
    """The dead letters in a blob. What is none at all is listed too, so that somebody sees it."""
    try:
        found = json.loads(content)
    except ValueError:
        found = [{RAW: content.decode("utf-8", "replace")}]
    return [
        _dead_letter(blob, each if isinstance(each, dict) else {RAW: each}, etag)
        for each in (found if isinstance(found, list) else [found])
    ]


def _dead_letter(blob: str, content: dict[str, Any], etag: str) -> DeadLetter:
    folded = {key.lower(): value for key, value in content.items()}

    def text(*names: str) -> str:
        return str(next((folded[name] for name in names if folded.get(name)), ""))

    event = {key: value for key, value in content.items() if key.lower() not in DEAD_LETTER_KEYS}
    identity = [text("topic", "source"), text("id")] if text("id") else [event]
    subscription = blob.split("/")[1 if "/" in blob else 0].lower()
    return DeadLetter(
        blob=blob,
        etag=etag,
        content=content,
        event=None if RAW in content else event,
        key=sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32],
        reason=text("deadletterreason") or "unknown",
        explanation=text("deadlettererror", "lastdeliveryoutcome"),
        source=text("deadletterfunction") or f"Event Grid, {subscription}",
        time=text("lastdeliveryattempttime", "publishtime"),
        event_id=text("id"),
        event_type=text("eventtype", "type"),
    )

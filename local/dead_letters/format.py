"""A dead letter as data: the app's own and Event Grid's have one shape.

A blob is a JSON array of events, each with `deadLetterReason` and its companions beside its own
keys (lower-cased in CloudEvents). What could not be read as an event is the text `rawEvent`.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from shared.reading.envelope import DEAD_LETTER_KEYS

RAW = "rawEvent"


@dataclass(frozen=True)
class DeadLetter:
    """One event that became no record, and why."""

    blob: str
    content: dict[str, Any]
    """The event with the keys of its dead letter."""
    etag: str = ""
    """Of the blob when it was read."""

    @property
    def reason(self) -> str:
        """One word: why it became no record."""
        return self._text("deadletterreason") or "unknown"

    @property
    def explanation(self) -> str:
        """A sentence about the reason, or the last outcome. Nothing that people wrote."""
        return self._text("deadlettererror", "lastdeliveryoutcome")

    @property
    def source(self) -> str:
        """The function that rejected it, or the event subscription that could not deliver it."""
        parts = self.blob.split("/")
        return self._text("deadletterfunction") or f"Event Grid, {parts[1 % len(parts)].lower()}"

    @property
    def time(self) -> str:
        """Of the last attempt."""
        return self._text("lastdeliveryattempttime", "publishtime")

    @property
    def event_id(self) -> str:
        """The event's id, if it has one."""
        return self._text("id")

    @property
    def event_type(self) -> str:
        """The event's type, if it has one."""
        return self._text("eventtype", "type")

    @property
    def event(self) -> dict[str, Any] | None:
        """The event as it was published; None if it could not be read as one."""
        if RAW in self.content:
            return None
        return {k: v for k, v in self.content.items() if k.lower() not in DEAD_LETTER_KEYS}

    @property
    def key(self) -> str:
        """Equal for all dead letters of one event."""
        identity = [self._first("topic", "source"), self.event_id]
        if not self.event_id:
            identity = [self.event or self.content.get(RAW)]
        return sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32]

    @cached_property
    def _folded(self) -> dict[str, Any]:
        return {key.lower(): value for key, value in self.content.items()}

    def _first(self, *names: str) -> Any:
        return next((self._folded[name] for name in names if self._folded.get(name)), None)

    def _text(self, *names: str) -> str:
        return str(self._first(*names) or "")


def read(blob: str, content: bytes, etag: str = "") -> list[DeadLetter]:
    """The dead letters in a blob. What is none at all is listed too, so that somebody sees it."""
    try:
        found = json.loads(content)
    except ValueError:
        found = [{RAW: content.decode("utf-8", "replace")}]
    return [
        DeadLetter(blob, each if isinstance(each, dict) else {RAW: each}, etag)
        for each in (found if isinstance(found, list) else [found])
    ]

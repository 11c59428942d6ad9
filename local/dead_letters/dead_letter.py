"""Dead letters as data: the app's own and Event Grid's, which have one shape.

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
class Letter:
    """One event that became no record, and why."""

    blob: str
    kept: dict[str, Any]
    """The event with the keys of its dead letter."""
    version: str = ""
    """The blob's ETag when it was read."""

    @property
    def reason(self) -> str:
        """Why it is here, in a word."""
        return str(self._about("deadletterreason") or "unknown")

    @property
    def explanation(self) -> str:
        """Why it is here, for people. Holds nothing of what people wrote."""
        return str(self._about("deadlettererror") or self._about("lastdeliveryoutcome") or "")

    @property
    def given_up_by(self) -> str:
        """The function that rejected it, or the event subscription that could not deliver it."""
        function = self._about("deadletterfunction")
        parts = self.blob.split("/")
        return str(function) if function else f"Event Grid, {parts[1 % len(parts)].lower()}"

    @property
    def time(self) -> str:
        """When that was."""
        return str(self._about("lastdeliveryattempttime") or self._about("publishtime") or "")

    @property
    def event_id(self) -> str:
        """The event's id, if it has one."""
        return str(self._first("id") or "")

    @property
    def event_type(self) -> str:
        """The event's type, if it has one."""
        return str(self._first("eventtype", "type") or "")

    @property
    def event(self) -> dict[str, Any] | None:
        """The event as it was published; None when it was none."""
        if RAW in self.kept:
            return None
        return {k: v for k, v in self.kept.items() if k.lower() not in DEAD_LETTER_KEYS}

    @property
    def key(self) -> str:
        """The same however often the event comes back."""
        source = self._first("topic", "source")
        named = [source, self.event_id] if self.event_id else [self.event or self.kept.get(RAW)]
        return sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:32]

    def _about(self, name: str) -> Any:
        return self._first(name)

    def _first(self, *names: str) -> Any:
        folded = {key.lower(): value for key, value in self.kept.items()}
        return next((folded[name] for name in names if folded.get(name)), None)


def read(blob: str, content: bytes, version: str = "") -> list[Letter]:
    """The letters in a blob; what is no dead letter at all is one, too, so that it is seen."""
    try:
        kept = json.loads(content)
    except ValueError:
        kept = [{RAW: content.decode("utf-8", "replace")}]
    letters = kept if isinstance(kept, list) else [kept]
    return [
        Letter(blob, each if isinstance(each, dict) else {RAW: each}, version) for each in letters
    ]

"""A dead letter as data: the app's own and Event Grid's have one shape.

A blob is a JSON array of events, each with `deadLetterReason` and its companions beside its own
keys (lower-cased in CloudEvents). What could not be read as an event is the text `rawEvent`.

A sender can use those names too. Three rules find the keys of the dead letter: the name of the
blob, which no sender chooses, says whether the app or Event Grid wrote it; only that writer's
spelling counts, never DEADLETTERREASON; and of several the last counts, since dead-lettering adds
its keys behind the event's.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from local.host import payload
from local.host.errors import MalformedPayloadError
from shared.reading.envelope import DEAD_LETTER_KEYS
from shared.routes import ROUTES

REPLAYED, QUARANTINE = "replayed/", "quarantine/"
"""Where blobs with settled dead letters lie. Their names no longer say who wrote them."""
MOST_BYTES = 8 * 1024 * 1024
"""Of a blob that is read. An event has 1 MB at most."""
UNREADABLE = "unreadable"
_RAW = "rawevent"
_FUNCTIONS = frozenset(route.function for route in ROUTES)
_BOTH_ADD = ("deadLetterReason", "lastDeliveryOutcome", "lastDeliveryAttemptTime")
_OURS = frozenset({*_BOTH_ADD, "deadLetterError", "deadLetterFunction"})
_EVENT_GRIDS = frozenset(
    spelled for name in (*_BOTH_ADD, "publishTime") for spelled in (name, name.lower())
)

Pairs = list[tuple[str, Any]]


@dataclass(frozen=True)
class DeadLetter:
    """One event that gave no record, and why. Texts that are not there are empty."""

    blob: str
    text: str
    """As it lies in the blob: JSON, the event with the keys of its dead letter."""
    event: str | None
    """What the app is given to make records of; None where the blob cannot be read."""
    key: str
    """Equal for all dead letters of one event."""
    reason: str
    explanation: str
    """About the reason, or the last outcome. Nothing that people wrote."""
    source: str
    """The function that rejected it, or the event subscription that could not deliver it; ``?``
    where nothing says so any more."""
    time: str
    """Of the last attempt."""
    event_id: str
    event_type: str

    @property
    def digest(self) -> str:
        """Names this dead letter: equal only for the same text in the same blob."""
        return _digest(f"{self.blob}\n{self.text}")


def read(blob: str, content: bytes) -> list[DeadLetter]:
    """The dead letters in a blob. What cannot be read is one too, so that somebody sees it."""
    if len(content) > MOST_BYTES:
        return [unreadable(blob, f"it has more than {MOST_BYTES} bytes")]
    try:
        texts = payload.parse(content.decode("utf-8-sig")).items
    except (MalformedPayloadError, UnicodeDecodeError):
        return [unreadable(blob, "it is no JSON")]
    return [_dead_letter(blob, text) for text in texts]


def write(dead_letters: list[DeadLetter]) -> bytes:
    """The content of a blob with these dead letters."""
    return f"[{','.join(each.text for each in dead_letters)}]".encode()


def unreadable(blob: str, why: str) -> DeadLetter:
    """Stands for a blob that cannot be read."""
    nothing = dict.fromkeys(["text", "key", "time", "event_id", "event_type"], "")
    return DeadLetter(
        blob=blob, event=None, reason=UNREADABLE, explanation=why, source="?", **nothing
    )


def _dead_letter(blob: str, text: str) -> DeadLetter:
    try:
        pairs = _pairs(text)
        rest = {key: value for key, value in pairs if key.lower() not in DEAD_LETTER_KEYS}
        key = json.dumps(rest, sort_keys=True)
    except (ValueError, TypeError, RecursionError):  # an array, a scalar, or nested too deeply
        pairs, rest, key = [], {}, text
    is_ours = blob.partition("/")[0] in _FUNCTIONS
    added = _texts(pair for pair in pairs if pair[0] in (_OURS if is_ours else _EVENT_GRIDS))
    own = _texts(reversed(rest.items()))  # of several spellings the app takes the first
    raw = [value for name, value in rest.items() if name.lower() == _RAW and len(rest) == 1]
    subscription = blob.split("/")[1 if "/" in blob else 0].lower()
    writer = "?" if blob.startswith((REPLAYED, QUARANTINE)) else f"Event Grid, {subscription}"
    return DeadLetter(
        blob=blob,
        text=text,
        event=raw[0] if raw and is_ours and isinstance(raw[0], str) else text,
        key=_digest(key),
        reason=added.get("deadletterreason") or "unknown",
        explanation=added.get("deadlettererror") or added.get("lastdeliveryoutcome", ""),
        source=added.get("deadletterfunction") or writer,
        time=added.get("lastdeliveryattempttime") or added.get("publishtime", ""),
        event_id=own.get("id", ""),
        event_type=own.get("eventtype") or own.get("type", ""),
    )


class _Object(Pairs):
    """A JSON object with its keys in order, each as often as it came."""


def _pairs(text: str) -> Pairs:
    found = json.loads(text, strict=False, object_pairs_hook=_Object)
    if not isinstance(found, _Object):
        raise TypeError("no JSON object")
    return found


def _texts(pairs: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """The texts among values, by lower-cased name; of several the last."""
    return {key.lower(): value for key, value in pairs if isinstance(value, str)}


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]

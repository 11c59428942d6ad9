"""Raw JSON text to ``Envelope``: Event Grid schema or CloudEvents 1.0, in any key casing.

Sources: learn.microsoft.com/azure/event-grid/event-schema and cloudevents.io spec v1.0.2. Both
shapes can come mixed in one event, with keys missing, and with ``specversion`` misspelt; what
decides is the type that is found, not the label.
"""

from typing import Any
from urllib.parse import unquote

import msgspec

from shared.errors import MalformedEvent
from shared.reading import exact
from shared.reading.jsontext import decode, unpacked
from shared.reading.values import text, uri_reference
from shared.records.facts import Schema, SourceEvent

PREFIX = "microsoft.communication."

# Event Grid (and our own dead letters, and a replay) add these to an event that was dead-lettered,
# lower-cased in CloudEvents. They tell of an earlier delivery, not of the event: a replayed event
# must give the same records as the first time.
DEAD_LETTER_KEYS = frozenset(
    {
        "deadletterreason",
        "deadlettererror",
        "deadletterfunction",
        "deliveryattempts",
        "lastdeliveryoutcome",
        "lasthttpstatuscode",
        "publishtime",
        "lastdeliveryattempttime",
    }
)
_EVENT_GRID = ("eventtype", "eventtime", "topic")
_CLOUD_EVENTS = ("type", "time", "source")
_CONSUMED = frozenset({"data", "specversion", "datacontenttype"})
_OWN_FIELDS = frozenset({"id", "subject", "dataversion", "metadataversion", "traceparent"})


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What surrounds the data of one event; every value but the type may be missing."""

    type: str
    schema: Schema
    """``EventGridSchema`` or ``CloudEventSchemaV1_0``, as Event Grid's own API calls them."""
    id: str | None = None
    source: str | None = None
    """The resource that published: ``topic`` or ``source``."""
    subject: str | None = None
    time: str | None = None
    raw: msgspec.Raw | None = None
    """The data of an event with exact names, as JSON."""
    values: Any = None
    """The data of any other."""
    data_version: str | None = None
    metadata_version: str | None = None
    traceparent: str | None = None
    extra: dict[str, Any] = {}
    """Every other attribute, under its own name."""

    @property
    def data(self) -> Any:
        """The data as values; MalformedEvent when a number in it is too large to be one."""
        if self.raw is None:
            return self.values
        return unpacked(decode(bytes(self.raw).decode()), None)


def parse(event: str) -> Envelope:
    """Read one event; a one-element array, as in samples and deliveries, is unwrapped.

    Raises:
        MalformedEvent: not JSON, not one JSON object, nested too deeply, or without a type.
    """
    # Most events are exactly what the service writes, and cost a fifth of the others this way.
    return _exact(event) or _loose(event)


def _exact(event: str) -> Envelope | None:
    """An event with the exact names of one schema, none of them blank; what ``_loose`` gives."""
    wire = exact.event(event)
    if wire is None:
        return None
    needed = (wire.type, wire.id, wire.source, wire.time)
    others = (wire.subject, wire.data_version, wire.metadata_version, wire.traceparent)
    if any(map(str.isspace, filter(None, needed + others))):
        return None
    return Envelope(
        type=wire.type,
        schema=wire.schema,
        id=wire.id,
        source=wire.source,
        subject=wire.subject or None,
        time=wire.time,
        raw=wire.data,
        data_version=wire.data_version or None,
        metadata_version=wire.metadata_version or None,
        traceparent=wire.traceparent or None,
    )


def _loose(event: str) -> Envelope:
    wire = decode(event)
    if isinstance(wire, list) and len(wire) == 1:
        wire = wire[0]
    if not isinstance(wire, dict):
        raise MalformedEvent(f"expected one event as a JSON object, got {_kind(wire)}")
    return _envelope(wire)


def provenance(envelope: Envelope) -> SourceEvent:
    """What a record says of the event it comes from."""
    source = envelope.source
    return SourceEvent(
        type=envelope.type,
        schema=envelope.schema,
        id=envelope.id,
        subject=envelope.subject,
        topic=source if source and uri_reference(source) != source else None,
        time=envelope.time,
        data_version=envelope.data_version,
        metadata_version=envelope.metadata_version,
        extra=envelope.extra,
    )


def in_subject(subject: str | None, part: str) -> str | None:
    """The id after ``part/`` in a subject, for data that lacks it; a placeholder is no id.

    Microsoft's samples have ``{rawId}``, ``rawId`` and ``{thread-id}`` there.
    """
    if not subject or ("%" not in subject and part not in subject.lower()):
        return None
    names = unquote(subject).strip("/").split("/")
    for name, value in zip(names[::2], names[1::2], strict=False):
        if name.lower() == part and value.lower() != "rawid" and value[:1] not in {"{", "<"}:
            return value or None
    return None


def _kind(wire: Any) -> str:
    if isinstance(wire, list):
        return f"an array of {len(wire)}"
    return {str: "a string", bool: "a boolean", type(None): "null"}.get(type(wire), "a number")


def _envelope(wire: dict[str, Any]) -> Envelope:
    folded = {key.lower(): value for key, value in reversed(wire.items())}
    type_, first, second = _type(folded)
    chosen = {name: _first(folded, first[i], second[i]) for i, name in enumerate(_CLOUD_EVENTS)}
    own = {name: _text(folded.get(name)) for name in _OWN_FIELDS}
    used = {type_, *chosen.values(), *own.values()}
    return Envelope(
        type=type_,
        schema="EventGridSchema" if first is _EVENT_GRID else "CloudEventSchemaV1_0",
        id=own["id"],
        source=chosen["source"],
        subject=own["subject"],
        time=chosen["time"],
        values=unpacked(folded.get("data"), folded.get("data_base64")),
        data_version=own["dataversion"],
        metadata_version=own["metadataversion"],
        traceparent=own["traceparent"],
        extra={
            key: value
            for key, value in wire.items()
            if _is_extra(key.lower(), value, used, reads_base64=folded.get("data") is None)
        },
    )


def _type(folded: dict[str, Any]) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The event type, and which envelope's names to prefer for the rest."""
    event_grid, cloud = _text(folded.get("eventtype")), _text(folded.get("type"))
    ours = [(value or "").lower().startswith(PREFIX) for value in (event_grid, cloud)]
    if event_grid and ours != [False, True]:
        return event_grid, _EVENT_GRID, _CLOUD_EVENTS
    if cloud:
        return cloud, _CLOUD_EVENTS, _EVENT_GRID
    raise MalformedEvent("the event has no type: neither eventType nor type is a text")


def _first(folded: dict[str, Any], *names: str) -> str | None:
    return next((value for name in names if (value := _text(folded.get(name)))), None)


def _text(value: Any) -> str | None:
    is_text = isinstance(value, (str, int)) and not isinstance(value, bool)
    return text(value) if is_text else None


def _is_extra(key: str, value: Any, used: set[str | None], *, reads_base64: bool) -> bool:
    """Whether an attribute would be lost if it were not kept as it is."""
    if key in _CONSUMED or key in DEAD_LETTER_KEYS:
        return False
    if key == "data_base64":
        return not reads_base64
    if key in _OWN_FIELDS or key in _EVENT_GRID or key in _CLOUD_EVENTS:
        said = _text(value)
        return said not in used if said else value not in (None, "")
    return True

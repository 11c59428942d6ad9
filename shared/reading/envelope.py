"""Raw JSON text to ``Envelope``: Event Grid schema or CloudEvents, in any key casing.

Sources: learn.microsoft.com/azure/event-grid/event-schema and cloudevents.io spec v1.0.2. Both
shapes can come mixed in one event, with keys missing, and with ``specversion`` misspelt; what
decides is the type that is found, not the label.
"""

from typing import Any
from urllib.parse import unquote

import msgspec

from shared.errors import MalformedEvent
from shared.reading.forwarded import as_1_0, event_in, from_base64, is_old
from shared.reading.jsontext import decode, unpacked
from shared.reading.values import text, uri_reference
from shared.records.parts import Schema, SourceEvent

PREFIX = "microsoft.communication."

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
        "deadletterproperties",
        "customdeliveryproperties",
        "brokerproperties",
    }
)
"""What dead-lettering adds to an event, lower-cased: it describes an earlier delivery, and a
replayed event must give the same records as the first time. The last three: Event Grid namespaces
(learn.microsoft.com/azure/event-grid/dead-letter-event-subscriptions-namespace-topics)."""
_EVENT_GRID = ("eventtype", "topic", "eventtime")
_CLOUD_EVENTS = ("type", "source", "time")
_OWN_FIELDS = ("id", "subject", "dataversion", "metadataversion", "traceparent")
_CONSUMED = DEAD_LETTER_KEYS | {"data", "specversion", "datacontenttype"}
_READ = frozenset({*_EVENT_GRID, *_CLOUD_EVENTS, *_OWN_FIELDS})


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
    data: Any = None
    data_version: str | None = None
    metadata_version: str | None = None
    traceparent: str | None = None
    extra: dict[str, Any] = {}
    """Every other attribute, under its own name."""


def parse(event: str) -> Envelope:
    """Read one event; what it came in, such as an array of one, is taken off.

    Raises:
        MalformedEvent: not JSON, not one event, nested too deeply, or without a type.
    """
    packed = from_base64(event)
    return _envelope(event_in(decode(event) if packed is None else packed))


def provenance(envelope: Envelope) -> SourceEvent:
    """Where a record comes from: the event, as the record holds it."""
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


def _envelope(wire: dict[str, Any]) -> Envelope:
    folded = {key.lower(): value for key, value in reversed(wire.items())}
    if is_old(folded):
        return _envelope(as_1_0(wire))
    type_, first, second = _type(folded)
    source, time = (_first(folded, first[i], second[i]) for i in (1, 2))
    own = {name: _text(folded.get(name)) for name in _OWN_FIELDS}
    return Envelope(
        type=type_,
        schema="EventGridSchema" if first is _EVENT_GRID else "CloudEventSchemaV1_0",
        id=own["id"],
        source=source,
        subject=own["subject"],
        time=time,
        data=unpacked(folded.get("data"), folded.get("data_base64")),
        data_version=own["dataversion"],
        metadata_version=own["metadataversion"],
        traceparent=own["traceparent"],
        extra=_extra(wire, folded, {type_, source, time, *own.values()} - {None}),
    )


def _extra(wire: dict[str, Any], folded: dict[str, Any], used: set[str | None]) -> dict[str, Any]:
    """Every attribute that would be lost if it were not kept as it is."""
    extra = {}
    for key, value in wire.items():
        name = key.lower()
        if name in _READ:
            is_kept = value not in (None, "") and _text(value) not in used
        elif name == "data_base64":
            is_kept = folded.get("data") is not None
        else:
            is_kept = name not in _CONSUMED
        if is_kept:
            extra[key] = value
    return extra


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

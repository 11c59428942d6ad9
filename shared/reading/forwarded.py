"""Events that come inside something else, and CloudEvents of before 1.0.

What an event is found in, where there is exactly one:

- the answer of a pull delivery of an Event Grid namespace (``value[]``, ``brokerProperties`` and
  ``event``) and its dead letters (``deadLetterProperties``):
  learn.microsoft.com/azure/event-grid/dead-letter-event-subscriptions-namespace-topics and
  azure-rest-api-specs, Azure.Messaging.EventGrid, ``ReceiveResult``;
- a message of Service Bus, Event Hubs or a Storage queue that somebody forwarded: JSON in a string,
  Base64 of JSON as the queue triggers expect it, ``body``, ``messageText``, ``ContentData`` of
  Logic Apps' connector, an array of one.

An event that came like that gives the records that it gives alone.
"""

import base64
import codecs
from typing import Any

import msgspec

from shared.errors import MalformedEvent

_DEPTH = 8
"""How many things an event may lie in."""
_TYPES = frozenset({"eventtype", "type"})
"""One of these, lower-cased, every event has."""
_HOLDERS = {
    "event": "the event of a pull delivery",
    "value": "the value of a pull delivery",
    "body": "the body of a forwarded message",
    "messagetext": "the text of a queue message",
    "contentdata": "the content of a Service Bus message",
}
"""Keys, lower-cased, of what holds an event."""
_BASE64_OF_JSON = ("e", "W", "I", "77u/")
"""How Base64 of ``{``, ``[``, ``"`` and a byte order mark begins."""
_OLD_VERSIONS = ("0.1", "0.2", "0.3")
_OLD_NAMES = {
    "eventtype": "type",
    "eventid": "id",
    "eventtime": "time",
    "eventtypeversion": "dataversion",
    "contenttype": "datacontenttype",
}
"""Attributes of CloudEvents 0.1 and 0.2, lower-cased, and what 1.0 calls them."""
_SPLIT = ("data", "source")
"""What may hold two attributes of 1.0."""
_LABELS = ("cloudeventsversion", "specversion", "datacontentencoding")


def event_in(wire: Any) -> dict[str, Any]:
    """The one event in this JSON value.

    Raises:
        MalformedEvent: there is none, or there are several; the message says what there is.
    """
    places: list[str] = []
    while not _is_event(wire):
        place, wire = _opened(wire, places)
        if place is None:
            break
        places.append(place)
        if len(places) > _DEPTH:
            raise MalformedEvent(f"an event in more than {_DEPTH} things")
    return wire  # type: ignore[no-any-return] # a JSON object


def _is_event(wire: Any) -> bool:
    if not isinstance(wire, dict):
        return False
    return "eventType" in wire or "type" in wire or not _TYPES.isdisjoint(map(str.lower, wire))


def _opened(wire: Any, places: list[str]) -> tuple[str | None, Any]:
    """The name of the thing around a value, and the value; no name where nothing is around it."""
    if isinstance(wire, dict):
        for key, value in wire.items():
            if (holder := _HOLDERS.get(key.lower())) and isinstance(value, dict | list | str):
                return holder, value
        return None, wire
    if isinstance(wire, list) and len(wire) == 1:
        return "an array of 1", wire[0]
    decoded = _decoded(wire) if isinstance(wire, str) else None
    if decoded is None:
        within = "".join(f", in {place}" for place in reversed(places))
        raise MalformedEvent(f"expected one event as a JSON object, got {_kind(wire)}{within}")
    return "a string", decoded


def from_base64(text: str) -> Any:
    """The value of Base64 of JSON; None where it is none."""
    if not text.startswith(_BASE64_OF_JSON):
        return None
    try:
        decoded = base64.b64decode("".join(text.split()), validate=True)
        return msgspec.json.decode(decoded.removeprefix(codecs.BOM_UTF8))
    except (ValueError, RecursionError):
        return None


def _decoded(text: str) -> Any:
    """The value of JSON in a string, or of Base64 of JSON; None where it is neither."""
    text = text.removeprefix("\ufeff").strip()
    try:
        return msgspec.json.decode(text) if text[:1] in {"{", "[", '"'} else from_base64(text)
    except (ValueError, RecursionError):
        return None


def _kind(wire: Any) -> str:
    if isinstance(wire, list):
        return f"an array of {len(wire)}"
    names = {str: "a string without JSON", bool: "a boolean", type(None): "null"}
    return names.get(type(wire), "a number")


def is_old(folded: dict[str, Any]) -> bool:
    """Whether these attributes, their names lower-cased, are those of CloudEvents before 1.0."""
    return "cloudeventsversion" in folded or folded.get("specversion") in _OLD_VERSIONS


def as_1_0(wire: dict[str, Any]) -> dict[str, Any]:
    """An event of CloudEvents 0.1 to 0.3 with the names of 1.0.

    github.com/cloudevents/spec, tags v0.1 to v0.3. Event Grid wrote the subject behind a ``#`` of
    the source then (learn.microsoft.com/azure/event-grid/cloudevents-schema, 2018).
    """
    event: dict[str, Any] = {"specversion": "1.0"}
    present = {key.lower() for key in wire}
    for key, value in wire.items():
        old = key.lower()
        if old == "extensions" and isinstance(value, dict):
            event |= {each: item for each, item in value.items() if each.lower() not in present}
        elif old in _OLD_NAMES and _OLD_NAMES[old] not in present:
            event[_OLD_NAMES[old]] = value
        elif old not in _LABELS:
            event[old if old in _SPLIT else key] = value
    source = event.get("source")
    if isinstance(source, str) and "#" in source and "subject" not in present:
        event["source"], _, event["subject"] = source.partition("#")
    is_base64 = any(
        key.lower() == "datacontentencoding" and value == "base64" for key, value in wire.items()
    )
    if is_base64 and isinstance(event.get("data"), str):
        event["data_base64"] = event.pop("data")
    return event

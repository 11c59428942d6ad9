"""What was published: the events of one request, kept as the text they came in.

A system topic passes on whatever its resource sends, so nothing is filled in and nothing dropped.
Only what decides about delivery is looked at, under keys in any casing.
"""

import itertools
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from local.host import payload
from local.host.errors import MalformedPayloadError

EVENT_GRID_TYPES = ("application/json", "application/octet-stream")
"""The second is aiohttp's word for no content type at all."""
CLOUD_TYPES = ("application/cloudevents+json", "application/cloudevents-batch+json")

# learn.microsoft.com/azure/event-grid/event-schema and .../cloud-event-schema; what a custom topic
# requires of its publishers.
_REQUIRED = {
    False: ("id", "eventType", "subject", "eventTime", "dataVersion"),
    True: ("id", "source", "specversion", "type"),
}


class RefusedError(Exception):
    """The request is not accepted, and the status says why. Never quotes an event."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(slots=True)
class Event:
    """One published event."""

    text: bytes
    is_cloud: bool
    fields: dict[str, str]
    """The texts among its top-level values that delivery needs, by lower-cased key."""
    number: int = field(default_factory=itertools.count().__next__)
    published: datetime = field(default_factory=lambda: datetime.now(UTC))
    since: float = field(default_factory=time.monotonic)

    @property
    def types(self) -> list[str]:
        """Its type, or both, where it has the envelopes of both schemas."""
        return [self.fields[key] for key in ("eventtype", "type") if key in self.fields]

    @property
    def subject(self) -> str:
        """What subject filters look at."""
        return self.fields.get("subject", "")

    @property
    def data_version(self) -> str:
        """For `aeg-data-version`; CloudEvents have none."""
        return "" if self.is_cloud else self.fields.get("dataversion", "")

    @property
    def metadata_version(self) -> str:
        """For `aeg-metadata-version`; of CloudEvents the version of their specification."""
        return self.fields.get("specversion" if self.is_cloud else "metadataversion", "1")

    def as_sent(self, *, is_cloud: bool) -> bytes:
        """Its text in the schema of a delivery.

        The mapping: learn.microsoft.com/azure/event-grid/event-schema-compatibility.
        """
        if not is_cloud or self.is_cloud:
            return self.text
        event = {"specversion": "1.0"} | {
            _CLOUD_NAMES.get(key.lower(), key): value
            for key, value in json.loads(self.text, strict=False).items()
            if key.lower() not in _NOT_IN_CLOUD
        }
        return json.dumps(event, ensure_ascii=False).encode("utf-8", "backslashreplace")


_CLOUD_NAMES = {"topic": "source", "eventtype": "type", "eventtime": "time"}
_NOT_IN_CLOUD = {"dataversion", "metadataversion"}
_LOOKED_AT = {"eventtype", "type", "subject", "dataversion", "metadataversion", "specversion"}


def read(body: bytes, content_type: str, *, strict: bool) -> list[Event]:
    """Split the body of a request into its events.

    Raises:
        RefusedError: Event Grid would not take it; then it takes none of it.
    """
    is_cloud = content_type in CLOUD_TYPES
    if not is_cloud and content_type not in EVENT_GRID_TYPES:
        raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"no events are {content_type}")
    try:
        content = payload.parse(payload.decode(body))
    except MalformedPayloadError as error:
        raise RefusedError(HTTPStatus.BAD_REQUEST, str(error)) from None
    if content.is_array == (content_type == CLOUD_TYPES[0]):
        expected = "one event" if content.is_array else "a JSON array"
        raise RefusedError(HTTPStatus.BAD_REQUEST, f"{content_type} must be {expected}")
    return [_event(item, is_cloud=is_cloud, strict=strict) for item in content.items]


def _event(text: str, *, is_cloud: bool, strict: bool) -> Event:
    try:
        content = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "an event is nested too deeply") from None
    if not isinstance(content, dict):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "an event is no JSON object")
    if strict:
        _require(content, is_cloud=is_cloud)
    return Event(text.encode("utf-8", "backslashreplace"), is_cloud, _fields(content))


def _require(content: dict[str, Any], *, is_cloud: bool) -> None:
    missing = [
        key
        for key in _REQUIRED[is_cloud]
        if not isinstance(content.get(key), str) or not (content[key] or key == "dataVersion")
    ]
    if missing:
        raise RefusedError(HTTPStatus.BAD_REQUEST, f"an event lacks {', '.join(missing)}")


def _fields(content: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in content.items():
        name = key.lower()
        if name in _LOOKED_AT and isinstance(value, str):
            found.setdefault(name, value)
    return found

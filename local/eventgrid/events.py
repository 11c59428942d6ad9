"""What was published: the events of one request, kept as the text they came in.

A system topic passes on whatever its resource sends, so nothing is added and nothing removed. Only
what decides about delivery is read, under keys in any casing.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from local.host import payload
from local.host.errors import MalformedPayloadError

EVENT_GRID_TYPES = ("application/json", "application/octet-stream")
"""The second is what aiohttp gives for a request without a content type."""
CLOUD_TYPE = "application/cloudevents+json"
CLOUD_BATCH_TYPE = "application/cloudevents-batch+json"

# learn.microsoft.com/azure/event-grid/event-schema-compatibility
_CLOUD_NAMES = {"topic": "source", "eventtype": "type", "eventtime": "time"}
_NOT_IN_CLOUD = {"dataversion", "metadataversion"}
_DELIVERY_FIELDS = {
    *("topic", "eventtype", "type", "subject"),
    *("dataversion", "metadataversion", "specversion"),
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
    published: datetime
    number: int = 0
    """Its place among the events of the topic."""

    @property
    def types(self) -> list[str]:
        """Its type, or both, where it has the keys of both schemas."""
        return [self.fields[key] for key in ("eventtype", "type") if key in self.fields]

    @property
    def subject(self) -> str:
        """What subject filters compare."""
        return self.fields.get("subject", "")

    @property
    def data_version(self) -> str:
        """For `aeg-data-version`; CloudEvents have none."""
        return "" if self.is_cloud else self.fields.get("dataversion", "")

    @property
    def metadata_version(self) -> str:
        """For `aeg-metadata-version`; of CloudEvents the version of their specification."""
        return self.fields.get("specversion" if self.is_cloud else "metadataversion", "1")

    def in_schema(self, *, is_cloud: bool) -> bytes:
        """Its text in the schema of a delivery. A CloudEvent stays one."""
        if not is_cloud or self.is_cloud:
            return self.text
        event = {"specversion": "1.0"} | {
            _CLOUD_NAMES.get(key.lower(), key): value
            for key, value in json.loads(self.text, strict=False).items()
            if key.lower() not in _NOT_IN_CLOUD
        }
        return json.dumps(event, ensure_ascii=False).encode("utf-8", "backslashreplace")


def read(body: bytes, content_type: str, at: datetime) -> list[Event]:
    """Split the body of a request, published at that time, into its events.

    Raises:
        RefusedError: Event Grid would not take it; then it takes none of it.
    """
    is_cloud = content_type in {CLOUD_TYPE, CLOUD_BATCH_TYPE}
    if not is_cloud and content_type not in EVENT_GRID_TYPES:
        raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"{content_type} holds no events")
    try:
        content = payload.parse(payload.decode(body))
    except MalformedPayloadError as error:
        raise RefusedError(HTTPStatus.BAD_REQUEST, str(error)) from None
    if content.is_array == (content_type == CLOUD_TYPE):
        expected = "one event" if content.is_array else "a JSON array"
        raise RefusedError(HTTPStatus.BAD_REQUEST, f"{content_type} must be {expected}")
    return [_event(item, at, is_cloud=is_cloud) for item in content.items]


def _event(text: str, at: datetime, *, is_cloud: bool) -> Event:
    try:
        content = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "an event is nested too deeply") from None
    if not isinstance(content, dict):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "an event is not a JSON object")
    return Event(text.encode("utf-8", "backslashreplace"), is_cloud, _fields(content), at)


def _fields(content: dict[str, Any]) -> dict[str, str]:
    """Of keys that differ only in casing the first counts."""
    found: dict[str, str] = {}
    for key, value in content.items():
        name = key.lower()
        if name in _DELIVERY_FIELDS and isinstance(value, str):
            found.setdefault(name, value)
    return found

"""What people write to make records of an SMS: dicts and json, a class of the SDK, or pydantic.

They understand the event only as it is documented: no other casing, no old names, no CloudEvents,
no checks. From it they make the very records that the app makes.
"""

import json
from typing import Any
from uuid import UUID, uuid5

from azure.eventgrid import EventGridEvent
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic_core import to_json

Json = dict[str, Any]
_NAMESPACE = UUID("0b1f5c8e-6f0a-5d0e-9a49-2f0c1c4e7a11")
_TYPE = "communication.message.received"


def with_dicts(text: str) -> list[str | bytes]:
    """Event text to the texts of its records: ``json.loads``, dicts, ``json.dumps``."""
    return [json.dumps(record, ensure_ascii=False) for record in _records(json.loads(text))]


def with_sdk_class(text: str) -> list[str | bytes]:
    """The same, the event read by ``azure.eventgrid``'s class."""
    event: Any = EventGridEvent.from_json(text)
    wire = {
        "id": event.id,
        "topic": event.topic,
        "subject": event.subject,
        "eventType": event.event_type,
        # The class makes a datetime of it and loses its seventh digit; here it has none.
        "eventTime": event.event_time.isoformat().replace("+00:00", "Z"),
        "data": event.data,
        "dataVersion": event.data_version,
        "metadataVersion": event.metadata_version,
    }
    return [json.dumps(record, ensure_ascii=False) for record in _records(wire)]


def with_pydantic(text: str) -> list[str | bytes]:
    """The same, read by models of pydantic v2 and written by its ``to_json``."""
    event = _Event.model_validate_json(text).model_dump(by_alias=True)
    return [to_json(record) for record in _records(event)]


def _records(event: Json) -> list[Json]:
    data, topic = event["data"], event["topic"]
    sender, recipient, time = data["from"], data["to"], data["receivedTimestamp"]
    conversation = f"sms:{recipient}:{sender}"
    about = f"{topic.lower()}\x1f{conversation}\x1f{data['messageId']}"
    fact = {
        "channel": "sms",
        "event": {
            "type": event["eventType"],
            "schema": "EventGridSchema",
            "id": event["id"],
            "subject": event["subject"],
            "time": event["eventTime"],
            "dataVersion": event["dataVersion"],
            "metadataVersion": event["metadataVersion"],
        },
        "conversation": conversation,
        "occurredAt": time,
        "sender": _phone(sender),
        "recipients": [_phone(recipient)],
        "message": {
            "id": data["messageId"],
            "text": data["message"],
            "format": "text",
            "sentAt": time,
            "segments": data["segmentCount"],
        },
    }
    title = _shorten(f"SMS: New message from {sender}", 80)
    item = {**fact, "action": "open", "title": title, "priority": "normal"}
    push = {
        **fact,
        "recipient": fact["recipients"][0],
        "collapseKey": str(uuid5(_NAMESPACE, f"collapse\x1f{about}")),
        "silent": False,
        "priority": "high",
        "title": _shorten(sender, 80),
        "body": _shorten(data["message"], 240),
    }
    change = f"{about}\x1f{_TYPE}\x1f\x1f\x1f\x1f"
    return [
        _record(topic, f"{change}work-item", "work-item", item),
        _record(topic, f"{change}push\x1f{recipient}", "push-notification", push),
    ]


def _record(topic: str, key: str, name: str, data: Json) -> Json:
    return {
        "specversion": "1.0",
        "id": str(uuid5(_NAMESPACE, key)),
        "source": topic,
        "type": _TYPE,
        "subject": data["conversation"],
        "time": data["occurredAt"],
        "datacontenttype": "application/json",
        "dataschema": f"urn:communication-records:{name}:v1",
        "partitionkey": data["conversation"],
        "data": data,
    }


def _phone(number: str) -> Json:
    return {"kind": "phoneNumber", "rawId": number, "phoneNumber": number}


def _shorten(text: str, length: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=lambda name: to_camel(name.rstrip("_")))


class _Sms(_Model):
    message_id: str
    from_: str
    to: str
    message: str
    received_timestamp: str
    segment_count: int


class _Event(_Model):
    id: str
    topic: str
    subject: str
    event_type: str
    event_time: str
    data: _Sms
    data_version: str
    metadata_version: str

"""What people write: ``json.loads``, dicts, ``json.dumps``. And the same on the SDK's event class.

Only events exactly as documented are understood: no other casing, no old names, no CloudEvents, no
checks. They give the very same records, which ``bench.normalizing`` makes sure of.
"""

import json
from typing import Any
from uuid import UUID, uuid5

from azure.eventgrid import EventGridEvent

NAMESPACE = UUID("0b1f5c8e-6f0a-5d0e-9a49-2f0c1c4e7a11")
Json = dict[str, Any]


def with_dicts(text: str) -> list[str]:
    """Event text to the texts of its records."""
    return [json.dumps(record, ensure_ascii=False) for record in records_of(json.loads(text))]


def records_of(event: Json) -> list[Json]:
    """The records of an event, both as dicts."""
    head = {
        "type": event["eventType"],
        "schema": "EventGridSchema",
        "id": event["id"],
        "subject": event["subject"],
        "time": event["eventTime"],
        "dataVersion": event["dataVersion"],
        "metadataVersion": event["metadataVersion"],
    }
    return _records(head, event["topic"], event["data"])


def with_sdk_class(text: str) -> list[str]:
    """The same, the event read by ``azure.eventgrid``."""
    event: Any = EventGridEvent.from_json(text)
    head = {
        "type": event.event_type,
        "schema": "EventGridSchema",
        "id": event.id,
        "subject": event.subject,
        # The class makes a datetime of it and loses its seventh digit; here no event has one.
        "time": event.event_time.isoformat().replace("+00:00", "Z"),
        "dataVersion": event.data_version,
        "metadataVersion": event.metadata_version,
    }
    records = _records(head, event.topic, event.data)
    return [json.dumps(record, ensure_ascii=False) for record in records]


def _records(head: Json, topic: str, data: Json) -> list[Json]:
    return _BUILD[head["type"].rpartition(".")[2]](head, topic, data)


def _sms(head: Json, topic: str, data: Json) -> list[Json]:
    sent_at = data["receivedTimestamp"]
    sender, recipient = _phone(data["from"]), _phone(data["to"])
    conversation = f"sms:{recipient['phoneNumber']}:{sender['phoneNumber']}"
    message = {
        "id": data["messageId"],
        "text": data["message"],
        "format": "text",
        "sentAt": sent_at,
        "segments": data["segmentCount"],
    }
    fact = {
        "channel": "sms",
        "event": head,
        "conversation": conversation,
        "occurredAt": sent_at,
        "sender": sender,
        "recipients": [recipient],
        "message": message,
    }
    about = f"{topic.lower()}\x1f{conversation}\x1f{data['messageId']}"
    item = fact | {
        "action": "open",
        "title": _shorten(f"SMS: New message from {sender['phoneNumber']}", 80),
        "priority": "normal",
    }
    push = _push(fact, about, recipient, "high") | {
        "title": _shorten(sender["phoneNumber"], 80),
        "body": _shorten(data["message"], 240),
    }
    change = f"{about}\x1fcommunication.message.received\x1f\x1f\x1f"
    kind = "communication.message.received"
    return [
        _record(kind, topic, fact, f"{change}\x1fwork-item", "work-item", item),
        _record(
            kind,
            topic,
            fact,
            f"{change}\x1fpush\x1f{recipient['phoneNumber']}",
            "push-notification",
            push,
        ),
    ]


def _chat_message(head: Json, topic: str, data: Json) -> list[Json]:
    sender = _user(data["senderCommunicationIdentifier"])
    sender["displayName"] = data["senderDisplayName"]
    recipient = _user(data["recipientCommunicationIdentifier"])
    thread, message = data["threadId"], data["messageId"]
    fact = {
        "channel": "chat",
        "event": head,
        "conversation": thread,
        "occurredAt": data["composeTime"],
        "sender": sender,
        "recipients": [recipient],
        "message": {
            "id": message,
            "text": data["messageBody"],
            "format": data["type"].lower(),
            "sentAt": data["composeTime"],
            "version": data["version"],
            "metadata": data["metadata"],
        },
        "thread": {"id": thread},
        "extra": {"transactionId": data["transactionId"]},
    }
    about = f"{topic.lower()}\x1f{thread}\x1f{message}"
    push = _push(fact, about, recipient, "high") | {
        "title": _shorten(sender["displayName"], 80),
        "body": _shorten(data["messageBody"], 240),
    }
    kind = "communication.message.received"
    key = f"{about}\x1f{kind}\x1f{data['version']}\x1f\x1f\x1fpush\x1f{recipient['rawId']}"
    return [_record(kind, topic, fact, key, "push-notification", push)]


def _thread_created(head: Json, topic: str, data: Json) -> list[Json]:
    recipient = _user(data["recipientCommunicationIdentifier"])
    thread = data["threadId"]
    fact = {
        "channel": "chat",
        "event": head,
        "conversation": thread,
        "occurredAt": data["createTime"],
        "sender": _user(data["createdByCommunicationIdentifier"]),
        "recipients": [recipient],
        "thread": {
            "id": thread,
            "topic": data["properties"]["topic"],
            "participants": [_participant(each) for each in data["participants"]],
            "createdAt": data["createTime"],
            "version": data["version"],
            "metadata": data["metadata"],
        },
        "extra": {"transactionId": data["transactionId"]},
    }
    about = f"{topic.lower()}\x1f{thread}\x1f"
    push = _push(fact, about, recipient, "normal", silent=True)
    kind = "communication.thread.created"
    key = f"{about}\x1f{kind}\x1f{data['version']}\x1f\x1f\x1fpush\x1f{recipient['rawId']}"
    return [_record(kind, topic, fact, key, "push-notification", push)]


def _push(fact: Json, about: str, recipient: Json, priority: str, *, silent: bool = False) -> Json:
    return fact | {
        "recipient": recipient,
        "collapseKey": str(uuid5(NAMESPACE, f"collapse\x1f{about}")),
        "silent": silent,
        "priority": priority,
    }


def _record(kind: str, topic: str, fact: Json, key: str, name: str, data: Json) -> Json:
    return {
        "specversion": "1.0",
        "id": str(uuid5(NAMESPACE, key)),
        "source": topic,
        "type": kind,
        "subject": fact["conversation"],
        "time": fact["occurredAt"],
        "datacontenttype": "application/json",
        "dataschema": f"urn:communication-records:{name}:v1",
        "partitionkey": fact["conversation"],
        "data": data,
    }


def _phone(number: str) -> Json:
    return {"kind": "phoneNumber", "rawId": number, "phoneNumber": number}


def _user(identifier: Json) -> Json:
    return {"kind": identifier["kind"], "rawId": identifier["rawId"]}


def _participant(participant: Json) -> Json:
    party = _user(participant["participantCommunicationIdentifier"])
    party["displayName"] = participant["displayName"]
    if participant.get("metadata"):
        party["metadata"] = participant["metadata"]
    return party


def _shorten(written: str, length: int) -> str:
    line = " ".join(written.split())
    return line if len(line) <= length else line[: length - 1] + "…"


_BUILD = {
    "SMSReceived": _sms,
    "ChatMessageReceived": _chat_message,
    "ChatThreadCreatedWithUser": _thread_created,
}

"""Events with unmistakable personal data, whole and damaged in many ways."""

import json
from typing import Any, NamedTuple

from tests.e2e.privacy import personal
from tools import golden

RESOURCE = "/subscriptions/0/resourceGroups/r/providers/Microsoft.Communication/x/y"
PREFIX = "Microsoft.Communication."
XANTIPPE = "8:acs:11111111-2222-3333-4444-555555555555_0000000a-feed-beef-cafe-000000000009"
THREAD = "19:feedbeefcafefeedbeefcafefeedbeef@thread.v2"
SMS: dict[str, Any] = {
    "messageId": "Incoming_1",
    "from": "+49 (1512) 3456-789",
    "to": "+18885550177",
    "message": "Quetzalcoatl wartet im Zwetschgengarten",
    "receivedTimestamp": "2026-01-05T09:30:00.1234567Z",
}
CHAT: dict[str, Any] = {
    "messageBody": "Rhabarberkuchen für Philoktetes, süß wie Ambrosia",
    "messageId": "1767323045678",
    "senderCommunicationIdentifier": {"rawId": XANTIPPE, "communicationUser": {"id": XANTIPPE}},
    "senderDisplayName": "Xantippe Wermelskirchen",
    "recipientCommunicationIdentifier": {
        "rawId": "4:+4915198765432",
        "phoneNumber": {"value": "+4915198765432"},
    },
    "composeTime": "2026-01-05T09:30:00Z",
    "type": "Text",
    "version": 1767323045678,
    "metadata": {"Blutgruppe": "Nullnegativ", "Patient": "Krankenakte-8842"},
    "threadId": THREAD,
}
THREADED: dict[str, Any] = {
    "createdByCommunicationIdentifier": {"rawId": XANTIPPE},
    "createTime": "2026-01-05T09:30:00Z",
    "version": 1,
    "properties": {"topic": "Scheidungstermin Hieronymus"},
    "participants": [
        {
            "displayName": "Hieronymus Bratkartoffel",
            "participantCommunicationIdentifier": {"rawId": XANTIPPE},
            "metadata": {"Rolle": "Erbschleicherin"},
        }
    ],
    "threadId": THREAD,
}
MAIL: dict[str, Any] = {
    "sender": "wermelskirchen@quarkspeise.example",
    "recipient": "Xantippe.Privat@zwetschge.example",
    "messageId": "00000001-0000-4000-8000-000000000000",
    "status": "Delivered",
    "deliveryAttemptTimestamp": "2026-01-05T09:30:00Z",
}
SECRET_TAG = SMS | {"deliveryStatus": "Failed", "tag": "Mahnung Philoktetes"}


class Odd(NamedTuple):
    """An event that is not as it should be, and where it is sent."""

    function: str
    text: str


def _event(name: str, data: Any, **changes: Any) -> dict[str, Any]:
    whole = {
        "id": "privacy",
        "topic": RESOURCE,
        "subject": "/phonenumber/18885550177",
        "eventType": PREFIX + name,
        "eventTime": "2026-01-05T09:30:00Z",
        "data": data,
        "dataVersion": "1.0",
        "metadataVersion": "1",
    }
    return {key: value for key, value in (whole | changes).items() if value is not ...}


WHOLE: list[tuple[str, dict[str, Any]]] = [
    ("sms_received", _event("SMSReceived", SMS)),
    ("chat_events", _event("ChatMessageReceived", CHAT, subject=f"thread/{THREAD}")),
    ("chat_events", _event("ChatThreadCreated", THREADED, subject=f"thread/{THREAD}")),
    (
        "delivery_report",
        _event(
            "EmailDeliveryReportReceived",
            MAIL,
            subject=f"sender/{MAIL['sender']}/message/{MAIL['messageId']}",
        ),
    ),
    ("delivery_report", _event("SMSDeliveryReportReceived", SECRET_TAG)),
]


def _wrong_types(data: Any) -> Any:
    """Every field there, in another JSON type than it should have."""
    return {key: [value] if isinstance(value, str) else [[value]] for key, value in data.items()}


def _damaged(event: dict[str, Any]) -> list[str]:
    data, text = event["data"], json.dumps(event, ensure_ascii=False)
    deep = json.loads('{"a":' * 150 + "1" + "}" * 150)
    changed: list[dict[str, Any]] = [
        {"eventType": ...},
        {"eventType": 7.5},
        {"eventType": PREFIX + "SomethingNew"},
        {"eventType": PREFIX + "RouterJobQueued"},
        {"data": [data]},
        {"data": json.dumps(data)},
        {"data": json.dumps(data)[:-9]},
        {"data": _wrong_types(data)},
        {"data": data | {"deep": deep, "unknown": data}},
        {"data": {key.upper(): value for key, value in data.items()}},
        {"data": data | {"version": "unlesbar", "receivedTimestamp": data}},
        {"id": ..., "topic": ..., "subject": ...},
        {"specversion": "1.0", "type": event["eventType"], "eventType": ..., "source": RESOURCE},
    ]
    texts = [json.dumps({k: v for k, v in (event | c).items() if v is not ...}) for c in changed]
    too_deep = text[:-1] + ',"x":' + "[" * 3_000 + "]" * 3_000 + "}"
    lone = text.replace('"data"', '"half":"\\ud83d","data"')
    return [*texts, too_deep, lone, f"[{text},{text}]"]


def _broken_text(event: dict[str, Any]) -> list[str]:
    """No JSON, so that only a real host's answer can keep it out of the log."""
    text = json.dumps(event, ensure_ascii=False)
    return [text[:-1], text[: len(text) * 2 // 3], text.replace(":", "=", 3), text + text, text[1:]]


def _large() -> list[Odd]:
    sms = WHOLE[0][1]
    message = sms["data"] | {"message": SMS["message"] * 25_000}
    address = sms["data"] | {"from": "Xantippe Wermelskirchen" * 3_000}
    return [
        Odd("sms_received", json.dumps(sms | {"data": data})) for data in (message, address)
    ] + [Odd("sms_received", json.dumps(sms | {"eventType": "Acme.Thing", "data": message}))]


def objects() -> list[Odd]:
    """What reaches a function: a JSON object, whatever is in it; right and wrong function."""
    odd = [Odd(function, text) for function, e in WHOLE for text in (json.dumps(e), *_damaged(e))]
    misled = [
        Odd("delivery_report", json.dumps(WHOLE[0][1])),
        Odd("sms_received", json.dumps(WHOLE[1][1])),
    ]
    return odd + misled + _large()


def broken() -> list[Odd]:
    """What a host refuses, and what a function must bear all the same."""
    return [Odd(function, text) for function, event in WHOLE for text in _broken_text(event)]


def samples() -> list[Odd]:
    """Every sample, accepted or rejected, for the function that it belongs to."""
    texts = [sample.read_text(encoding="utf-8") for sample in golden.samples()]
    return [Odd(golden.function_of(text), text) for text in texts]


def personal_strings() -> set[str]:
    """All that none of these events may leave in a log."""
    found = personal.strings([event for _, event in WHOLE])
    for sample in samples():
        found |= personal.of_text(sample.text)
    return found

"""What lies on the queues: CloudEvents, their ids, their bytes."""

import json
import re
from hashlib import sha256
from typing import Any

import msgspec
import pytest

from shared.pipeline import convert
from shared.records.cloudevents import (
    PUSH_NOTIFICATION_SCHEMA,
    WORK_ITEM_SCHEMA,
    Encoded,
    PushNotification,
    Record,
    WorkItem,
)
from shared.records.facts import RecordType
from tests.contract_of_records import held
from tests.unit.events import (
    ALICE,
    BOB,
    CAROL,
    CHAT_MESSAGE,
    EVENT_TIME,
    SMS,
    THREAD,
    TOPIC,
    event,
    identifier,
    of_kind,
    parse,
    records,
    settings,
)

REPORT = {"messageId": "m", "deliveryStatus": "Delivered", "from": "+15555550199"}
KEY = "7d1dabb2bba6d21d6cfb824c9b72f7f8"
"""Of the conversation of ``SMS``; another one would part every conversation from its past."""
RECIPIENT = "recipientCommunicationIdentifier"


def _sent(wire: dict[str, Any], **environ: str) -> list[Encoded]:
    return [send.record for send in convert(parse(wire), settings(**environ))]


def _ids(name: str, data: dict[str, Any], **attributes: Any) -> list[str]:
    return [
        record["id"] for record in records(event(name, data, **attributes), CHAT_WORK_ITEMS="user")
    ]


def _everybody(wire: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in wire.items() if key != "recipientId"}


def test_a_work_item() -> None:
    record = of_kind("work-item", records(event("SMSReceived", SMS)))
    data = record.pop("data")

    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", record.pop("id")
    )
    assert record == {
        "specversion": "1.0",
        "source": TOPIC.lower(),
        "type": "communication.message.received",
        "subject": KEY,
        "time": "2026-01-02T03:04:05.3200000Z",
        "datacontenttype": "application/json",
        "dataschema": WORK_ITEM_SCHEMA,
        "partitionkey": KEY,
        "sequence": "00000001767323045320/2026-01-02T03:04:05.3200000Z/0000",
    }
    assert data == {
        "channel": "sms",
        "direction": "inbound",
        "event": {
            "type": "Microsoft.Communication.SMSReceived",
            "schema": "EventGridSchema",
            "id": "event-1",
            "subject": "s",
            "time": EVENT_TIME,
            "dataVersion": "1.0",
            "metadataVersion": "1",
        },
        "conversation": "sms:+15555550199:+15555550100",
        "occurredAt": "2026-01-02T03:04:05.3200000Z",
        "sender": {
            "kind": "phoneNumber",
            "key": "+15555550100",
            "rawId": "15555550100",
            "phoneNumber": "+15555550100",
        },
        "recipients": [
            {
                "kind": "phoneNumber",
                "key": "+15555550199",
                "rawId": "+15555550199",
                "phoneNumber": "+15555550199",
            }
        ],
        "message": {
            "id": "Incoming_1",
            "text": "Is the shop open? ",
            "format": "text",
            "sentAt": "2026-01-02T03:04:05.3200000Z",
        },
        "action": "open",
        "title": "SMS: New message from +15555550100",
        "priority": "normal",
    }


def test_a_push_notification() -> None:
    record = of_kind("push-notification", records(event("ChatMessageReceived", CHAT_MESSAGE)))
    data = record["data"]

    assert record["dataschema"] == PUSH_NOTIFICATION_SCHEMA
    assert data["recipient"] == {"kind": "communicationUser", "key": BOB, "rawId": BOB}
    assert (data["interruptionLevel"], "priority" in data) == ("active", False)
    assert (data["title"], data["body"]) == ("Alice", "Hello")
    assert re.fullmatch("[0-9a-f]{32}", data["collapseKey"])
    assert record["expirytime"] == "2026-01-03T03:04:05.6780000Z"


def test_a_push_notification_whose_recipient_is_unknown_names_none() -> None:
    record = of_kind("push-notification", records(event("SMSReceived", {"message": "a"})))

    assert "recipient" not in record["data"]


def test_a_delivery_is_pushed_to_whoever_sent_the_message() -> None:
    record = of_kind("push-notification", records(event("SMSDeliveryReportReceived", REPORT)))

    assert record["data"]["recipient"]["phoneNumber"] == "+15555550199"


def test_a_background_notification_shows_nothing() -> None:
    record = of_kind("push-notification", records(event("ChatMessageDeleted", CHAT_MESSAGE)))

    assert {"title", "body"} & set(record["data"]) == set()


@pytest.mark.parametrize(
    "wire",
    [
        event("SMSReceived", SMS, topic="/resourceGroups/{group}"),
        event("SMSReceived", {"message": "a"}, topic=None, subject=None, id=None),
        event("SMSReceived", {"message": "a"}, eventTime="noon"),
        event("ChatMessageReceived", CHAT_MESSAGE),
        event("SMSDeliveryReportReceived", REPORT),
    ],
    ids=["topic", "nothing", "time", "chat", "report"],
)
def test_every_record_is_a_cloud_event(wire: dict[str, Any]) -> None:
    """CloudEvents 1.0.2: required attributes, names, and no attribute that is null or empty."""
    for record in records(wire):
        attributes = {key: value for key, value in record.items() if key != "data"}

        assert {"id", "source", "specversion", "type"} <= set(record)
        assert all(re.fullmatch(r"[a-z0-9]+", name) for name in attributes)
        assert all(isinstance(value, str) and value for value in attributes.values())
        assert re.fullmatch(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", record["source"])
        assert re.fullmatch(r"[a-z][a-z0-9+.-]*:.+", record["dataschema"])
        assert re.fullmatch(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", record.get("time", EVENT_TIME)
        )


def test_a_topic_that_is_no_uri_reference_is_escaped_and_kept() -> None:
    (record, _) = records(event("SMSReceived", SMS, topic="/groups/{g}"))

    assert (record["source"], record["data"]["event"]["topic"]) == (
        "/groups/%7Bg%7D",
        "/groups/{g}",
    )


def test_an_event_without_a_topic_has_an_unknown_source() -> None:
    assert {record["source"] for record in records(event("SMSReceived", SMS, topic=None))} == {
        "/unknown"
    }


def test_the_trace_parent_is_that_of_the_event() -> None:
    wire = event("SMSReceived", SMS, traceparent="00-a-b-01")

    assert [record["traceparent"] for record in records(wire)] == ["00-a-b-01"] * 2


@pytest.mark.parametrize(
    ("index", "data_type"), [(0, WorkItem), (1, PushNotification)], ids=["work", "push"]
)
@pytest.mark.parametrize(
    "wire",
    [
        event("SMSReceived", SMS | {"new": [None, 1.5, 10**30, {"a": "é"}]}, attribute={"x": True}),
        event("ChatThreadCreatedWithUser", {"threadId": THREAD, "members": [{"memberId": ALICE}]}),
        event("SMSDeliveryReportReceived", REPORT | {"deliveryAttempts": [{"timestamp": "x"}]}),
    ],
    ids=["sms", "thread", "report"],
)
def test_reading_a_record_and_writing_it_again_gives_the_same_bytes(
    wire: dict[str, Any], index: int, data_type: Any
) -> None:
    body = _sent(wire, CHAT_WORK_ITEMS="user")[index].body

    assert body == msgspec.json.encode(msgspec.json.decode(body, type=Record[data_type]))


def test_the_same_event_gives_the_same_bytes() -> None:
    wire = event("SMSReceived", SMS)

    assert [record.body for record in _sent(wire)] == [record.body for record in _sent(wire)]


def test_both_schemas_of_an_event_give_the_same_ids() -> None:
    cloud = {
        "specversion": "1.0",
        "id": "another",
        "source": TOPIC.upper(),
        "type": "microsoft.communication.smsreceived",
        "data": SMS,
    }

    assert [record["id"] for record in records(cloud)] == _ids("SMSReceived", SMS)


@pytest.mark.parametrize(
    ("expected", "data", "published"),
    [
        ("2026-01-02T03:04:05.3200000Z", SMS, EVENT_TIME),
        (EVENT_TIME, SMS | {"receivedTimestamp": None}, EVENT_TIME),
        (None, SMS | {"receivedTimestamp": None}, "noon"),
        (None, SMS | {"receivedTimestamp": None}, None),
    ],
    ids=["when it happened", "when it was published", "unreadable", "never said"],
)
def test_the_time_of_a_record(
    expected: str | None, data: dict[str, Any], published: str | None
) -> None:
    found = records(event("SMSReceived", data, eventTime=published))

    assert [expected] * 2 == [record.get("time") for record in found]


def test_a_change_that_names_no_version_is_known_by_its_event() -> None:
    """Two edits of one message must not become one."""
    edit = {"messageId": "1", "threadId": THREAD, "recipientId": BOB}

    assert (
        set(_ids("ChatMessageEdited", edit)) & set(_ids("ChatMessageEdited", edit, id="2")) == set()
    )


def test_a_message_that_names_no_version_is_known_by_its_id() -> None:
    """Published at another moment for each user: the time of publishing identifies nothing."""
    new = {"messageId": "1", "threadId": THREAD, "recipientId": BOB}
    again = _ids("ChatMessageReceived", new, id="2", eventTime="2026-01-02T03:05:00Z")

    assert _ids("ChatMessageReceived", new) == again


def test_a_claim_check_keeps_everything_but_the_data() -> None:
    encoded = _sent(event("SMSReceived", SMS))[0]
    whole = held(json.loads(encoded.body))
    data = whole.pop("data")

    assert json.loads(encoded.claim_check("https://x/y.json")) == whole | {
        "dataref": "https://x/y.json"
    }
    assert data == json.loads(encoded.data)


def test_work_and_push_have_different_ids() -> None:
    assert len(set(_ids("SMSReceived", SMS))) == 2


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        pytest.param("ChatMessageReceived", {"version": 7}, {"version": "7"}, id="version as text"),
        pytest.param(
            "ChatMessageReceived",
            {"version": 2**53 + 1},
            {"version": str(2**53 + 1)},
            id="version beyond a float",
        ),
        pytest.param(
            "ChatMessageReceived", {"senderDisplayName": "A"}, {"senderDisplayName": "B"}, id="name"
        ),
        pytest.param("ChatMessageReceived", {"version": 1}, {"version": 2}, id="another version"),
        pytest.param(
            "ChatMessageReceived",
            {"version": None, "composeTime": "2026-01-02T03:04:05Z"},
            {"version": None, "composeTime": "2026-01-01T19:04:05.000-08:00"},
            id="time for version",
        ),
    ],
)
def test_the_same_fact_has_the_same_ids(
    name: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    """Another delivery, another event id, another publishing time: still the same fact."""
    assert _ids(name, CHAT_MESSAGE | first) == _ids(
        name, CHAT_MESSAGE | second, id="event-2", eventTime="2026-01-02T03:05:00Z"
    )


@pytest.mark.parametrize(
    ("name", "data", "change"),
    [
        ("ChatMessageEdited", CHAT_MESSAGE, {"version": 1767323045679}),
        ("ChatMessageReceived", CHAT_MESSAGE, {"messageId": "2"}),
        ("ChatMessageReceived", CHAT_MESSAGE, {"threadId": "19:other"}),
        ("SMSReceived", SMS, {"messageId": "Incoming_2"}),
        ("SMSReceived", SMS, {"to": "+15555550188"}),
        ("SMSDeliveryReportReceived", REPORT, {"deliveryStatus": "Failed"}),
        ("SMSDeliveryReportReceived", REPORT, {"deliveryStatusDetails": "4006: x"}),
        ("SMSDeliveryReportReceived", REPORT, {"deliveryStatusDetails": {"statusMessage": "x"}}),
        ("SMSDeliveryReportReceived", REPORT, {"receivedTimestamp": "2026-01-02T03:04:06Z"}),
        ("SMSDeliveryReportReceived", REPORT, {"to": "+15555550100"}),
        (
            "ChatThreadParticipantAdded",
            {"threadId": THREAD, "version": 1, "participantAdded": {"memberId": BOB}},
            {"participantAdded": {"memberId": CAROL}},
        ),
        ("ChatThreadPropertiesUpdated", {"threadId": THREAD, "version": 1}, {"version": 2}),
    ],
    ids=[
        "version",
        "message",
        "thread",
        "sms",
        "sms to another",
        "status",
        "code",
        "details",
        "time of the attempt",
        "recipient",
        "participant",
        "thread's version",
    ],
)
def test_another_fact_has_another_id(
    name: str, data: dict[str, Any], change: dict[str, Any]
) -> None:
    assert set(_ids(name, data)) & set(_ids(name, data | change)) == set()


def test_another_resource_has_other_ids() -> None:
    assert set(_ids("SMSReceived", SMS)) & set(_ids("SMSReceived", SMS, topic="/other")) == set()


def test_received_edited_and_deleted_are_three_facts_that_collapse() -> None:
    found = [
        of_kind("push-notification", records(event(f"ChatMessage{verb}", CHAT_MESSAGE)))
        for verb in ("Received", "Edited", "Deleted")
    ]

    assert len({record["id"] for record in found}) == 3
    assert len({record["data"]["collapseKey"] for record in found}) == 1


def test_another_message_does_not_collapse() -> None:
    found = [
        of_kind("push-notification", records(event("ChatMessageReceived", data)))
        for data in (CHAT_MESSAGE, CHAT_MESSAGE | {"messageId": "2"})
    ]

    assert len({record["data"]["collapseKey"] for record in found}) == 2


def test_fan_out_is_one_work_item_and_a_push_notification_for_each() -> None:
    copies = [
        records(
            event("ChatMessageReceived", CHAT_MESSAGE | {"recipientId": who}, id=who),
            CHAT_WORK_ITEMS="user",
        )
        for who in (BOB, CAROL)
    ]
    copies.append(records(event("ChatMessageReceivedInThread", _everybody(CHAT_MESSAGE))))
    work = {of_kind("work-item", found)["id"] for found in copies}
    push = {of_kind("push-notification", found)["id"] for found in copies[:2]}

    assert (len(work), len(push)) == (1, 2)


def test_old_and_new_identifiers_of_a_recipient_are_one() -> None:
    new = _everybody(CHAT_MESSAGE) | {RECIPIENT: identifier(BOB)}

    assert _ids("ChatMessageReceived", CHAT_MESSAGE) == _ids("ChatMessageReceived", new)


def test_old_and_new_name_of_an_event_type_are_one_fact() -> None:
    """A ChatMember… and a ChatParticipant… event may both come of one change (2021)."""
    data = {"threadId": THREAD, "version": 1, "recipientId": BOB}
    old = {"memberAdded": {"memberId": CAROL}}
    new = {"participantAdded": {"participantCommunicationIdentifier": identifier(CAROL)}}

    assert _ids("ChatMemberAddedToThreadWithUser", data | old) == _ids(
        "ChatParticipantAddedToThreadWithUser", data | new
    )


def test_without_message_and_time_the_event_id_names_the_fact() -> None:
    data = {"message": "a", "from": "12345"}
    first, second = (
        _ids("SMSReceived", data, id=None, eventTime=None, subject=None) for _ in range(2)
    )

    assert first == second
    assert (
        set(first) & set(_ids("SMSReceived", data | {"message": "b"}, id=None, eventTime=None))
        == set()
    )
    thread = {"threadId": THREAD}
    assert (
        set(_ids("ChatThreadPropertiesUpdated", thread, eventTime=None))
        & set(_ids("ChatThreadPropertiesUpdated", thread, eventTime=None, id="event-2"))
        == set()
    )


def test_a_digest_does_not_know_the_order_of_keys() -> None:
    data = {"message": "a", "from": "12345"}
    ids = [
        _ids("SMSReceived", dict(order), id=None, eventTime=None)
        for order in (data.items(), reversed(data.items()))
    ]

    assert ids[0] == ids[1]


def test_the_vocabulary_is_closed() -> None:
    assert set(RecordType.__args__) == {  # type: ignore[attr-defined] # a Literal has them
        "communication.message.received",
        "communication.message.edited",
        "communication.message.deleted",
        "communication.delivery.updated",
        "communication.thread.created",
        "communication.thread.updated",
        "communication.thread.deleted",
        "communication.participant.added",
        "communication.participant.removed",
        "communication.engagement.updated",
        "communication.call.incoming",
        "communication.call.started",
        "communication.call.ended",
        "communication.recording.available",
    }


@pytest.mark.parametrize("text", ["bell\x07", "+15555550100", "é", "x" * 60_000])
def test_attributes_hold_no_text_of_a_sender(text: str) -> None:
    """Neither control characters, which CloudEvents forbids, nor numbers and addresses."""
    record = records(event("SMSReceived", SMS | {"from": text}))[0]
    conversation = record["data"]["conversation"]

    assert f"sms:+15555550199:{text}" == conversation
    assert (
        record["subject"]
        == record["partitionkey"]
        == sha256(conversation.encode()).hexdigest()[:32]
    )


def test_pushes_to_nobody_are_not_one_push() -> None:
    """Two events of one message that name no recipient may be for two people."""
    nobody = {key: value for key, value in CHAT_MESSAGE.items() if key != "recipientId"}

    assert _ids("ChatMessageReceived", nobody) != _ids("ChatMessageReceived", nobody, id="event-2")

"""What names a fact: ids, keys and bytes, whatever text a sender sends."""

import itertools
from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid5

import pytest

from shared.pipeline import convert
from shared.records import identity
from tests.unit.events import (
    SMS,
    TOPIC,
    event,
    parse,
    records,
    settings,
)

REPORT = {
    "messageId": "m",
    "deliveryStatus": "Failed",
    "deliveryStatusDetails": "4006: x",
    "from": "+15555550199",
    "to": "+15555550100",
    "receivedTimestamp": "2026-01-02T03:04:05Z",
}
SEPARATORS = ["\x1f", "\x00", "|", ":", "/", ",", '","', '", "', "\\", "\n", " ", "%3A", "null"]
SPOILERS = ["a", *(f"a{separator}a" for separator in SEPARATORS)]
"""Joined with such a separator, ``a`` and ``a,a`` are the same as ``a,a`` and ``a``."""


def _ids(wires: Iterable[dict[str, Any]]) -> list[tuple[str, ...]]:
    default = settings()
    return [
        tuple(send.record.envelope.id for send in convert(parse(wire), default)) for wire in wires
    ]


def test_no_text_of_a_sender_makes_two_names_equal() -> None:
    """Message ids, addresses and the resource with separators, JSON and escapes in them."""
    found = _ids(
        event("SMSReceived", SMS | {"messageId": message, "from": theirs, "to": ours})
        for message, theirs, ours in itertools.product(SPOILERS, repeat=3)
    )

    assert len(found) == len({id_ for ids in found for id_ in ids}) / 2


def test_no_id_of_a_thread_or_message_makes_two_names_equal() -> None:
    found = _ids(
        event("ChatMessageReceivedInThread", {"threadId": thread, "messageId": message})
        for thread, message in itertools.product(SPOILERS, repeat=2)
    )

    assert len(found) == len(set(found))


def test_collapse_keys_are_no_less_certain() -> None:
    parts = itertools.chain.from_iterable(
        itertools.product(SPOILERS, repeat=count) for count in (1, 2, 3)
    )
    names = list(parts)

    assert len(names) == len({identity.collapse_key(*name) for name in names})


def test_an_id_is_the_uuid_of_a_name_in_json() -> None:
    """Fixed for ever: every other text would count all facts a second time."""
    namespace = UUID("0b1f5c8e-6f0a-5d0e-9a49-2f0c1c4e7a11")

    assert identity.uuid5((0, "a", None)) == str(uuid5(namespace, '[0,"a",null]'))


def test_an_address_with_colons_shares_no_conversation() -> None:
    first, second = (
        records(event("SMSReceived", SMS | {"to": ours, "from": theirs}))[0]
        for ours, theirs in (("A:B", "C"), ("A", "B:C"))
    )

    assert first["data"]["conversation"] == "sms:a%3Ab:c"
    assert second["data"]["conversation"] == "sms:a:b%3Ac"
    assert first["subject"] != second["subject"]


@pytest.mark.parametrize(
    ("expected", "name", "data"),
    [
        ("sms:unknown:Incoming_1", "SMSReceived", {"messageId": "Incoming_1"}),
        ("sms:unknown:event-1", "SMSReceived", {"message": "a"}),
        ("email:unknown:m", "EmailDeliveryReportReceived", {"messageId": "m"}),
        ("advanced:unknown:event-1", "AdvancedMessageDeliveryStatusUpdated", {"status": "x"}),
        ("chat:unknown:1", "ChatMessageReceived", {"messageId": "1"}),
        ("chat:unknown:event-1", "ChatThreadCreated", {"version": 1}),
    ],
)
def test_a_conversation_that_nobody_names_is_that_of_the_message_or_the_event(
    expected: str, name: str, data: dict[str, Any]
) -> None:
    found = records(event(name, data))

    assert {expected} == {record["data"]["conversation"] for record in found}


def test_without_message_and_event_ids_the_digest_of_the_data_names_it() -> None:
    first, second = (
        records(event("SMSReceived", {"message": text}, id=None))[0] for text in ("a", "b")
    )

    assert first["data"]["conversation"].startswith("sms:unknown:")
    assert first["subject"] != second["subject"]


@pytest.mark.parametrize(
    "change",
    [
        {"deliveryStatus": "Delivered"},
        {"deliveryStatus": "Dropped"},
        {"deliveryStatusDetails": "4006: y"},
        {"deliveryStatusDetails": "4007: x"},
        {"deliveryStatusDetails": {"statusMessage": "4006: x", "new": 1}},
        {"receivedTimestamp": "2026-01-02T03:04:05.0000001Z"},
        {"messageId": "n"},
        {"to": "+15555550101"},
    ],
)
def test_another_report_has_other_ids(change: dict[str, Any]) -> None:
    first, second = _ids(
        event("SMSDeliveryReportReceived", data) for data in (REPORT, REPORT | change)
    )

    assert set(first) & set(second) == set()


@pytest.mark.parametrize(
    "wire",
    [
        event("SMSDeliveryReportReceived", REPORT, id="event-2", eventTime="2026-01-02T04:00:00Z"),
        event("SMSDeliveryReportReceived", REPORT, topic=TOPIC.upper()),
        event("smsdeliveryreportreceived", REPORT),
        event("SMSDeliveryReportReceived", {key.upper(): REPORT[key] for key in REPORT}),
        event("SMSDeliveryReportReceived", REPORT | {"receivedTimestamp": 1767323045}),
        event("SMSDeliveryReportReceived", REPORT | {"deliveryStatus": "FAILED", "tag": "t"}),
        {
            "specversion": "1.0",
            "type": "Microsoft.Communication.SMSDeliveryReportReceived",
            "source": TOPIC,
            "id": "another",
            "time": "2026-01-02T04:00:00Z",
            "data": REPORT,
        },
    ],
    ids=["redelivered", "topic", "type", "keys", "time as a number", "status", "CloudEvents"],
)
def test_the_same_report_has_the_same_ids(wire: dict[str, Any]) -> None:
    assert _ids([event("SMSDeliveryReportReceived", REPORT)]) == _ids([wire])


def test_the_casing_of_keys_in_details_changes_no_id() -> None:
    reports = [
        {"messageId": "m", "status": "Bounced", "deliveryStatusDetails": details}
        for details in (
            {"statusMessage": "x", "a": [{"B": 1}]},
            {"A": [{"b": 1}], "StatusMessage": "x"},
        )
    ]
    first, second = _ids(event("EmailDeliveryReportReceived", report) for report in reports)

    assert first == second


def test_an_arm_id_has_one_casing_and_other_sources_stay_as_they_came() -> None:
    for topic, expected in (
        (TOPIC, TOPIC.lower()),
        (TOPIC.upper(), TOPIC.lower()),
        ("/Subscription/A", "/Subscription/A"),
        ("https://Contoso.example/Topic", "https://Contoso.example/Topic"),
        ("Topic", "Topic"),
    ):
        found = records(event("SMSReceived", SMS, topic=topic))
        assert {expected} == {record["source"] for record in found}


def test_the_casing_of_any_source_changes_no_id() -> None:
    first, second = _ids(event("SMSReceived", SMS, topic=topic) for topic in ("Topic", "TOPIC"))

    assert first == second

"""What a push shows, and which other push it replaces."""

from typing import Any

import pytest

from tests.unit.events import (
    BOB,
    CAROL,
    CHAT_MESSAGE,
    SMS,
    THREAD,
    event,
    of_kind,
    records,
)

REPORT = {
    "messageId": "m",
    "deliveryStatus": "Failed",
    "deliveryStatusDetails": "4006: x",
    "from": "+15555550199",
    "to": "+15555550100",
    "receivedTimestamp": "2026-01-02T03:04:05Z",
}


def _push(name: str, data: dict[str, Any]) -> dict[str, Any]:
    return of_kind("push-notification", records(event(name, data)))


def test_a_message_its_edit_and_its_deletion_share_a_collapse_key() -> None:
    """An alert that has not been delivered is replaced by the new text, or withdrawn."""
    received, edited, deleted = (
        _push(f"ChatMessage{verb}", CHAT_MESSAGE | {"version": version, "messageBody": text})[
            "data"
        ]
        for version, (verb, text) in enumerate(
            [("Received", "Helo"), ("Edited", "Hello"), ("Deleted", "Hello")]
        )
    )

    assert received["collapseKey"] == edited["collapseKey"] == deleted["collapseKey"]
    assert (received["interruptionLevel"], received["body"]) == ("active", "Helo")
    assert (edited["interruptionLevel"], edited["body"]) == ("passive", "Hello")
    assert deleted["interruptionLevel"] == "background"
    assert {"title", "body"} & set(deleted) == set()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("ChatThreadCreatedWithUser", {}),
        ("ChatThreadPropertiesUpdatedPerUser", {}),
        ("ChatThreadWithUserDeleted", {}),
        ("ChatParticipantAddedToThreadWithUser", {"participantAdded": {"memberId": CAROL}}),
        ("ChatParticipantRemovedFromThreadWithUser", {"participantRemoved": {"memberId": CAROL}}),
    ],
)
def test_what_is_about_a_thread_collapses_with_its_conversation(
    name: str, data: dict[str, Any]
) -> None:
    """None is shown, and each says: fetch the conversation."""
    record = _push(name, {"threadId": THREAD, "version": 1, "recipientId": BOB} | data)

    assert record["data"]["collapseKey"] == record["subject"]
    assert record["data"]["interruptionLevel"] == "background"
    assert {"title", "body"} & set(record["data"]) == set()


def test_a_delivery_collapses_with_deliveries_of_its_message_only() -> None:
    sms = _push("SMSReceived", SMS | {"messageId": "m"})
    first, second = (
        _push("SMSDeliveryReportReceived", data)
        for data in (REPORT, REPORT | {"deliveryStatus": "Delivered"})
    )
    other = _push("SMSDeliveryReportReceived", REPORT | {"messageId": "n"})

    assert sms["subject"] == first["subject"]
    assert first["data"]["collapseKey"] == second["data"]["collapseKey"]
    assert len({record["data"]["collapseKey"] for record in (sms, first, other)}) == 3


def test_messages_without_ids_do_not_collapse() -> None:
    first, second = (
        of_kind(
            "push-notification",
            records(event("ChatMessageReceived", {"threadId": THREAD, "messageBody": "a"}, id=id_)),
        )
        for id_ in ("1", "2")
    )

    assert first["data"]["collapseKey"] != second["data"]["collapseKey"]


def test_the_key_of_a_party_has_one_casing() -> None:
    mixed = "8:acs:AbC"
    record = _push(
        "ChatMessageReceived", CHAT_MESSAGE | {"recipientId": mixed, "senderId": "8:acs:x"}
    )

    assert record["data"]["recipient"] == {
        "kind": "communicationUser",
        "key": mixed.lower(),
        "rawId": mixed,
    }

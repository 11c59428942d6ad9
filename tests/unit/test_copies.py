"""Copies of an event, and several events of one fact, give equal bytes."""

import json
from typing import Any

import pytest

from shared.pipeline import convert
from tests.unit.events import (
    ALICE,
    BOB,
    CAROL,
    CHAT_MESSAGE,
    SMS,
    THREAD,
    TOPIC,
    event,
    identifier,
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


def _bodies(wire: dict[str, Any], **environ: str) -> list[bytes]:
    return [send.record.body for send in convert(parse(wire), settings(**environ))]


def _participant_events(verb: str) -> list[dict[str, Any]]:
    """One participant's coming or going, as users and the thread hear of it, in every spelling."""
    thread = {"threadId": THREAD, "version": 7, "time": "2026-01-02T03:04:05Z"}
    by = f"{verb.lower()}By"
    who = {"displayName": "Carol", "memberId": CAROL}
    person = {"displayName": "Carol", "participantCommunicationIdentifier": identifier(CAROL)}
    to = "To" if verb == "Added" else "From"
    old_data = thread | {f"member{verb}": who, by: ALICE, "transactionId": "1"}
    new_data = thread | {
        f"participant{verb}": person,
        f"{by}CommunicationIdentifier": identifier(ALICE),
        "version": "7",
    }
    wires = []
    for number, user in enumerate((ALICE, BOB, CAROL)):
        when = f"2026-01-02T03:04:1{number}Z"
        to_user = {"recipientCommunicationIdentifier": identifier(user)}
        wires += [
            event(
                f"ChatMember{verb}{to}ThreadWithUser",
                old_data | {"recipientId": user},
                id=f"old-{number}",
                eventTime=when,
                subject=f"thread/{THREAD}/recipient/{user}",
            ),
            event(
                f"ChatParticipant{verb}{to}ThreadWithUser",
                new_data | to_user | {"transactionId": str(number)},
                id=f"new-{number}",
                eventTime=when,
                topic=TOPIC.upper(),
            ),
        ]
    return [*wires, event(f"ChatThreadParticipant{verb}", new_data, id="thread")]


def _message_events() -> list[dict[str, Any]]:
    wires = [
        event(
            "ChatMessageReceived",
            CHAT_MESSAGE | {"recipientId": user, "transactionId": user},
            id=user,
            eventTime=f"2026-01-02T03:04:1{number}Z",
            subject=f"thread/{THREAD}/sender/{ALICE}/recipient/{user}",
        )
        for number, user in enumerate((BOB, CAROL, ALICE))
    ]
    everybody = {key: value for key, value in CHAT_MESSAGE.items() if key != "recipientId"}
    return [*wires, event("ChatMessageReceivedInThread", everybody, id="thread")]


@pytest.mark.parametrize(
    "wires",
    [_message_events(), _participant_events("Added"), _participant_events("Removed")],
    ids=["message", "participant added", "participant removed"],
)
def test_all_events_of_one_fact_give_the_same_bytes_of_work(wires: list[dict[str, Any]]) -> None:
    """With ``CHAT_WORK_ITEMS=user``, whichever comes first."""
    found = {
        body
        for wire in wires
        for body in _bodies(wire, CHAT_WORK_ITEMS="user")
        if b":work-item:" in body
    }
    (body,) = found

    assert {"recipients", "event", "extra"} & set(json.loads(body)["data"]) == set()


def test_work_of_user_level_events_by_an_override_is_one_too() -> None:
    overrides = '{"Microsoft.Communication.ChatMessageReceived": {"work": "open"}}'
    wires = [wire for wire in _message_events() if not wire["eventType"].endswith("InThread")]

    assert len({body for wire in wires for body in _bodies(wire, ROUTE_OVERRIDES=overrides)}) == 1


def test_the_work_item_of_the_thread_level_event_keeps_its_event() -> None:
    (record,) = records(_message_events()[-1])

    assert record["data"]["event"]["id"] == "thread"


@pytest.mark.parametrize("setting", ["thread", "user"])
def test_a_redelivery_gives_the_same_bytes(setting: str) -> None:
    for wire in (
        event("SMSReceived", SMS | {"new": {"b": 1, "a": 2}}),
        event("SMSReceived", {"message": "a"}, id=None, eventTime=None),
        event("SMSDeliveryReportReceived", REPORT),
        event("EmailDeliveryReportReceived", {"status": "Bounced"}),
        *_message_events(),
        *_participant_events("Added"),
    ):
        assert _bodies(wire, CHAT_WORK_ITEMS=setting) == _bodies(wire, CHAT_WORK_ITEMS=setting)

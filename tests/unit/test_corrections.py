"""Corrections by ``docs/records.md``: the same facts again, with a higher revision."""

import json
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared import pipeline
from shared.reading import envelope
from tests import histories
from tests.histories import subject_of
from tests.unit.events import BOB, CHAT_MESSAGE, EVENT_TIME, SMS, event, settings
from tests.unit.test_consumer import Desk, check

CONVERSATION = "sms:+15555550199:+15555550100"
LATER = "2026-01-02T04:00:00.0000000Z"


def _messages(wire: dict[str, Any], revision: int = 0, **environ: str) -> list[bytes]:
    """The records of an event as they lie on the queues, work items first."""
    parsed = envelope.parse(json.dumps(wire))
    sends = pipeline.convert(parsed, settings(**environ), revision)
    return [send.record.body for send in sends]


def _wrong(wire: dict[str, Any]) -> dict[str, Any]:
    """What a bug made of it: other texts."""
    texts = {key: "WRONG" for key in ("messageBody", "message") if key in wire["data"]}
    return wire | {"data": wire["data"] | texts}


@given(st.randoms(use_true_random=False))
def test_wrong_records_and_corrections_in_any_order(chance: Random) -> None:
    """The tickets are those of the history, as if no record had ever been wrong."""
    history = histories.history(chance, chance.randint(0, 2), chance.randint(0, 2))
    mode = "user" if history.by_user else "thread"
    steps: list[Any] = list(history.resolutions)
    for wire in history.events:
        steps += _messages(_wrong(wire), CHAT_WORK_ITEMS=mode)
        steps += _messages(wire, 1, CHAT_WORK_ITEMS=mode)
    steps += chance.sample(steps, len(steps) // 5)  # copies
    chance.shuffle(steps)

    desk = Desk()
    for step in steps:
        if isinstance(step, bytes):
            desk.take(step)
        else:
            desk.resolve(subject_of(step[0]), step[1])

    check(desk, history)


def test_a_correction_changes_the_text_and_nothing_else() -> None:
    """Nothing is opened again, the timeline is no longer, and nobody is alerted."""
    desk, wire = Desk(), event("SMSReceived", SMS)
    for message in _messages(_wrong(wire)):
        desk.take(message)
    desk.resolve(subject_of(CONVERSATION), LATER)
    before = desk.tickets[subject_of(CONVERSATION)].view()
    assert {"Incoming_1": ("WRONG", False)} == before[2]

    for message in _messages(wire, 1):
        desk.take(message)

    after = desk.tickets[subject_of(CONVERSATION)].view()
    assert {"Incoming_1": (SMS["message"], False)} == after[2]
    assert ("resolved", *before[1:2], *before[3:]) == (after[0], *after[1:2], *after[3:])
    assert 1 == desk.alerts
    assert [SMS["message"].strip()] == list(desk.shown.values())


def test_a_redelivery_after_a_correction_changes_nothing() -> None:
    """As after a rollback: the old code gives the old record, which is not newer."""
    desk, wire = Desk(), event("SMSReceived", SMS)
    for message in _messages(wire, 2) + _messages(_wrong(wire), 1) + _messages(_wrong(wire)):
        desk.take(message)

    assert {"Incoming_1": (SMS["message"], False)} == (
        desk.tickets[subject_of(CONVERSATION)].messages
    )


def test_a_correction_of_a_message_leaves_its_edit_alone() -> None:
    desk = Desk()
    edit = {"messageBody": "Edited", "editTime": EVENT_TIME, "version": 1767323045679}
    edited = event("ChatMessageEditedInThread", CHAT_MESSAGE | edit)
    received = event("ChatMessageReceivedInThread", CHAT_MESSAGE | {"recipientId": BOB})
    for message in _messages(_wrong(received)) + _messages(edited) + _messages(received, 1):
        desk.take(message)

    (ticket,) = desk.tickets.values()
    assert [("Edited", False)] == list(ticket.messages.values())
    assert 2 == ticket.entries


def test_a_correction_has_another_id_and_a_greater_sequence() -> None:
    records = [json.loads(_messages(event("SMSReceived", SMS), n)[0]) for n in (0, 1, 2, 10)]

    assert 4 == len({record["id"] for record in records})
    assert sorted(record["sequence"] for record in records) == [r["sequence"] for r in records]
    assert 1 == len({(r["subject"], r["time"], r["type"]) for r in records})

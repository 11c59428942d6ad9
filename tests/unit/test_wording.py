"""Titles and texts for people."""

from typing import Any

import pytest

from shared.records.facts import Fact, Message, Party, RecordType, Thread
from shared.records.kinds import push_body, push_title, work_title
from shared.records.parts import Delivery, SourceEvent
from shared.records.wording import BODY_LENGTH, TITLE_LENGTH
from tests.unit.events import ALICE

RECEIVED: RecordType = "communication.message.received"
DELIVERY: RecordType = "communication.delivery.updated"
UPDATED: RecordType = "communication.thread.updated"
ADDED: RecordType = "communication.participant.added"
NAMED = Party(kind="communicationUser", raw_id=ALICE, display_name="Alice")
OPAQUE = Party(kind="communicationUser", raw_id=ALICE)
PHONE = Party(kind="phoneNumber", raw_id="15555550100", phone_number="+15555550100")
MAIL = Party(kind="emailAddress", raw_id="A@x.org", email_address="A@x.org")
BLANK = Party(kind="unknown", display_name=" " * 999 + "\u200b")


def _fact(channel: str = "chat", **fields: Any) -> Fact:
    return Fact(channel=channel, event=SourceEvent(type="t", schema="EventGridSchema"), **fields)


def _report(status: Any, **fields: Any) -> Fact:
    delivery = Delivery(status=status, final=True, **fields)
    return _fact(
        "sms", sender=PHONE, recipients=(PHONE,), message=Message(id="m"), delivery=delivery
    )


@pytest.mark.parametrize(
    ("expected", "record", "fact"),
    [
        ("Chat: New message from Alice", RECEIVED, _fact(sender=NAMED, message=Message(text="x"))),
        ("Chat: New message", RECEIVED, _fact(sender=OPAQUE, message=Message(text="x"))),
        (
            "SMS: New message from +15555550100",
            RECEIVED,
            _fact("sms", sender=PHONE, message=Message()),
        ),
        (
            "SMS: New message from 12345",
            RECEIVED,
            _fact("sms", sender=Party(kind="shortCode", raw_id="12345"), message=Message()),
        ),
        (
            "SMS: New message from CONTOSO",
            RECEIVED,
            _fact(
                "sms", sender=Party(kind="alphanumericSender", raw_id="CONTOSO"), message=Message()
            ),
        ),
        (
            "Chat: Conversation changed (Opening hours)",
            UPDATED,
            _fact(sender=NAMED, thread=Thread(topic="Opening hours")),
        ),
        ("Chat: Participant added: Alice", ADDED, _fact(sender=PHONE, participant=NAMED)),
        ("Chat: Participant added", ADDED, _fact(participant=OPAQUE)),
        ("SMS: Not delivered to +15555550100", DELIVERY, _report("failed")),
        ("SMS: Delivered to +15555550100", DELIVERY, _report("delivered")),
        ("SMS: Delivery status of +15555550100", DELIVERY, _report("unknown")),
        (
            "E-mail: Not delivered to A@x.org",
            DELIVERY,
            _fact("email", recipients=(MAIL,), delivery=Delivery(status="failed", final=True)),
        ),
        (
            "WhatsApp: Read by somebody",
            DELIVERY,
            _fact("whatsapp", delivery=Delivery(status="read", final=True)),
        ),
        ("Advanced: New message", RECEIVED, _fact("advanced", message=Message())),
    ],
)
def test_the_title_of_a_work_item(expected: str, record: RecordType, fact: Fact) -> None:
    """The opaque id of a user says nothing to people, so it never stands there."""
    assert expected == work_title(record, fact)


@pytest.mark.parametrize(
    ("expected", "record", "fact"),
    [
        ("Alice", RECEIVED, _fact(sender=NAMED, message=Message(text="x"))),
        ("New message", RECEIVED, _fact(sender=OPAQUE, message=Message(text="x"))),
        ("New message", RECEIVED, _fact(message=Message(text="x"))),
        (
            "New message",
            RECEIVED,
            _fact(sender=BLANK),
        ),
        ("Not delivered to +15555550100", DELIVERY, _report("failed")),
    ],
)
def test_the_title_of_a_notification(expected: str, record: RecordType, fact: Fact) -> None:
    assert expected == push_title(record, fact)


@pytest.mark.parametrize(
    ("expected", "record", "fact"),
    [
        ("Is it open?", RECEIVED, _fact(message=Message(text="  Is it\n\topen? "))),
        ("<b>", RECEIVED, _fact(message=Message(text="<b>", format="text"))),
        (
            "Fish & chips < 5 now",
            RECEIVED,
            _fact(message=Message(text="<p>Fish &amp; chips</p>&lt; 5<br/>now", format="html")),
        ),
        ("New message", RECEIVED, _fact(message=Message(text=""))),
        ("New message", RECEIVED, _fact(message=Message())),
        ("New message", RECEIVED, _fact(message=Message(text=" \n "))),
        ("Image", RECEIVED, _fact(message=Message(text="<img src='x'/>", format="html"))),
        ("x", RECEIVED, _fact(message=Message(text=" " * 5000 + "x"))),
        ("Opening hours", UPDATED, _fact(thread=Thread(topic="Opening hours"))),
        ("Conversation changed", UPDATED, _fact(thread=Thread())),
        ("Conversation changed", UPDATED, _fact(thread=Thread(topic=" "))),
        ("It was blocked.", DELIVERY, _report("failed", meaning="It was blocked.", details="x")),
        ("Mailbox full", DELIVERY, _report("failed", details="Mailbox full")),
        ("Not delivered to +15555550100", DELIVERY, _report("failed")),
    ],
    ids=[
        "one line",
        "text is not mark-up",
        "mark-up is taken off",
        "empty",
        "no text",
        "blank",
        "only a picture",
        "far behind",
        "topic",
        "no topic",
        "blank topic",
        "meaning",
        "details",
        "no reason",
    ],
)
def test_the_body_of_a_notification(expected: str, record: RecordType, fact: Fact) -> None:
    """A notification that is shown always has something to show."""
    assert expected == push_body(record, fact)


@pytest.mark.parametrize(
    ("expected", "length"),
    [
        pytest.param("x" * BODY_LENGTH, BODY_LENGTH, id="just fits"),
        pytest.param("x" * (BODY_LENGTH - 1) + "…", BODY_LENGTH + 1, id="one too many"),
        pytest.param("x" * (BODY_LENGTH - 1) + "…", 100_000, id="far too many"),
    ],
)
def test_a_long_text_is_shortened(expected: str, length: int) -> None:
    assert expected == push_body(RECEIVED, _fact(message=Message(text="x" * length)))


def test_a_long_name_is_shortened() -> None:
    sender = Party(kind="unknown", display_name="x" * 1000)

    assert len(work_title(RECEIVED, _fact(sender=sender, message=Message()))) == TITLE_LENGTH
    assert len(push_title(RECEIVED, _fact(sender=sender))) == TITLE_LENGTH

"""Inbound SMS."""

from typing import Any

import pytest

from shared.families.sms import number_in_subject
from shared.records.facts import Message
from tests.unit.events import SMS, fact

PASCAL = {f"{key[0].upper()}{key[1:]}": value for key, value in SMS.items()}


def test_a_message() -> None:
    found = fact("SMSReceived", SMS)

    assert found.channel == "sms"
    assert found.conversation == "sms:+15555550199:+15555550100"
    assert found.occurred_at == "2026-01-02T03:04:05.3200000Z"
    assert found.sender is not None
    assert (found.sender.raw_id, found.sender.phone_number) == ("15555550100", "+15555550100")
    assert [party.phone_number for party in found.recipients] == ["+15555550199"]
    assert found.message == Message(
        id="Incoming_1",
        text="Is the shop open? ",  # the blank at its end is the sender's
        format="text",
        sent_at="2026-01-02T03:04:05.3200000Z",
    )
    assert found.extra == {}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(PASCAL, id="Pascal case, as until 2022"),
        pytest.param(
            {**SMS, "receivedTimestamp": None, "receivedTimeStamp": SMS["receivedTimestamp"]},
            id="emulator",
        ),
        pytest.param({**SMS, "receivedTimestamp": "2026-01-01T19:04:05.3200000-08:00"}, id="time"),
        pytest.param({**SMS, "tag": None} | {"segmentCount": None}, id="nulls"),
    ],
)
def test_dialects_say_the_same(data: dict[str, Any]) -> None:
    expected, found = fact("SMSReceived", SMS), fact("SMSReceived", data)

    assert (expected.message, expected.sender, expected.recipients, expected.occurred_at) == (
        found.message,
        found.sender,
        found.recipients,
        found.occurred_at,
    )


@pytest.mark.parametrize("count", [2, "2", 2.0], ids=["whole", "text", "float"])
def test_segments(count: object) -> None:
    message = fact("SMSReceived", SMS | {"segmentCount": count}).message

    assert message is not None
    assert message.segments == 2


def test_a_message_without_an_id_has_that_of_the_event() -> None:
    """In every official sample they are the same."""
    message = fact("SMSReceived", {"message": "a"}, id="Incoming_2").message

    assert message is not None
    assert message.id == "Incoming_2"


@pytest.mark.parametrize("time", [None, "", "3/28/2007 7:13:50 PM +00:00"])
def test_a_message_without_a_readable_time_does_not_say_when(time: str | None) -> None:
    """The record's own ``time`` is then that of publishing; the fact claims nothing."""
    found = fact("SMSReceived", SMS | {"receivedTimestamp": time})

    assert found.occurred_at is None
    assert found.message is not None
    assert found.message.sent_at is None


def test_a_time_nobody_can_read_is_kept() -> None:
    assert fact("SMSReceived", SMS | {"receivedTimestamp": "noon"}).extra == {
        "receivedTimestamp": "noon"
    }


def test_what_no_field_holds_is_kept() -> None:
    assert fact("SMSReceived", SMS | {"Carrier": {"a": 1}}).extra == {"Carrier": {"a": 1}}


def test_the_receiving_number_is_taken_from_data_first() -> None:
    found = fact("SMSReceived", SMS, subject="/phonenumber/15555550111")

    assert [party.key for party in found.recipients] == ["+15555550199"]


def test_the_receiving_number_is_taken_from_the_subject_when_data_lacks_it() -> None:
    found = fact("SMSReceived", {"message": "a"}, subject="/phonenumber/15555550111")

    assert [party.key for party in found.recipients] == ["+15555550111"]


def test_an_unknown_recipient_is_none() -> None:
    found = fact("SMSReceived", {"message": "a"})

    assert (found.sender, found.recipients, found.conversation) == (None, (), "")


@pytest.mark.parametrize(
    ("expected", "subject"),
    [
        ("15555555555", "/phonenumber/15555555555"),
        ("15555555555", "phonenumber/15555555555"),
        ("+14085550123", "phonenumber/+14085550123"),
        ("15555555555", "/PhoneNumber/15555555555"),
        ("555-555-5555", "/phone_number/555-555-5555"),
        (None, "/phonenumber/{number}"),
        (None, "/phonenumber/"),
        (None, "/user/15555555555"),
        (None, "thread/phonenumber/15555555555"),
        (None, ""),
        (None, None),
    ],
)
def test_number_in_subject(expected: str | None, subject: str | None) -> None:
    """The whole number or none: half of one would address somebody else."""
    assert expected == number_in_subject(subject)

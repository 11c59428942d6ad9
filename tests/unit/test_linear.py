"""The cost of an event is linear in its length, whatever it holds. Lines are counted, not time."""

import json
import sys
from collections.abc import Callable
from itertools import islice, product
from types import FrameType
from typing import Any

import pytest

from shared import pipeline
from shared.errors import RejectedEvent
from shared.reading import envelope
from tests.unit.events import ALICE, event, settings

SETTINGS = settings(CHAT_WORK_ITEMS="user")


def casings(count: int) -> dict[str, Any]:
    """One key in many casings, each with a value of its own."""
    letters = product(*zip("MESSAGEBODY", "messagebody", strict=True))
    names = ["".join(each) for each in islice(letters, count)]
    return event("ChatMessageReceived", {name: f"{n}" * 20 for n, name in enumerate(names)})


def long_type(count: int) -> dict[str, Any]:
    """A type that looks like a callback again and again."""
    return event("", {}, eventType="addparticipant" * count)


def participants(count: int) -> dict[str, Any]:
    """The same user again and again, with another field each time."""
    people = [{"participantCommunicationIdentifier": ALICE, f"x{n}": n} for n in range(count)]
    return event("ChatThreadCreated", {"threadId": "t", "participants": people})


def wide(count: int) -> dict[str, Any]:
    """Many unknown fields."""
    return event("SMSReceived", {"message": "m"} | {f"Field{n}": [n] for n in range(count)})


def wrong_types(count: int) -> dict[str, Any]:
    """Lists where objects are expected, and nothing that can be read in them."""
    return event(
        "ChatThreadCreated", {"threadId": "t", "participants": [[n] for n in range(count)]}
    )


def attributes(count: int) -> dict[str, Any]:
    """Many attributes beside the data."""
    return event("SMSReceived", {"message": "m"}, **{f"Attribute{n}": n for n in range(count)})


def subject(count: int) -> dict[str, Any]:
    """A subject of many parts."""
    return event("ChatMessageReceived", {"messageId": "m"}, subject="sender/%7B/" * count)


def html(count: int) -> dict[str, Any]:
    """Tags that never end."""
    data = {
        "messageId": "m",
        "threadId": "t",
        "type": "RichText/Html",
        "messageBody": "<a " * count,
    }
    return event("ChatMessageReceived", data)


def _work(wire: dict[str, Any]) -> int:
    """How many lines of ours run, and how many calls are made."""
    text, count = json.dumps(wire), 0

    def trace(frame: FrameType, _event: str, _argument: object) -> Callable[..., Any] | None:
        nonlocal count
        count += 1
        return trace if "/shared/" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        pipeline.convert(envelope.parse(text), SETTINGS)
    except RejectedEvent:
        pass
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "shape", [casings, long_type, participants, wide, wrong_types, attributes, subject, html]
)
def test_twice_the_event_is_at_most_about_twice_the_work(
    shape: Callable[[int], dict[str, Any]],
) -> None:
    _work(shape(10))  # what is worked out once a process

    assert _work(shape(800)) < 2.2 * _work(shape(400))

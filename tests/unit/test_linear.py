"""The cost of an event is linear in its length, whatever it holds. Lines are counted, not time."""

import contextlib
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
from shared.reading.fields import _leaves
from tests.unit.events import ALICE, PREFIX, event, settings

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


def deep(count: int) -> dict[str, Any]:
    """An unknown field and a customer's metadata, nested."""
    inner: dict[str, Any] = {}
    for _ in range(count // 8):
        inner = {"a": inner, "b": [inner and 1]}
    return event("ChatMessageReceived", {"messageId": "m", "x": inner, "metadata": {"y": inner}})


def attachments(count: int) -> dict[str, Any]:
    """Many files."""
    files = [{"id": f"{n}", "mimeType": "a/b", "fileName": f"{n}"} for n in range(count)]
    data = {"content": "x", "channelType": "whatsapp", "from": "a", "to": "b", "attachments": files}
    return event("AdvancedMessageReceived", data)


def attempts(count: int) -> dict[str, Any]:
    """Many tries of one delivery."""
    tries = [{"timestamp": "2026-01-02T03:04:05Z", "segmentsFailed": n} for n in range(count)]
    return event("SMSDeliveryReportReceived", {"messageId": "m", "deliveryAttempts": tries})


def chunks(count: int) -> dict[str, Any]:
    """A recording in many pieces."""
    pieces = [{"documentId": f"{n}", "index": n} for n in range(count)]
    return event(
        "RecordingFileStatusUpdated", {"recordingStorageInfo": {"recordingChunks": pieces}}
    )


def holders(count: int) -> dict[str, Any]:
    """Extensions of an old CloudEvent that are no text, in many casings of its own names."""
    letters = product(*zip("SPECVERSION", "specversion", strict=True))
    names = ["".join(each) for each in islice(letters, count)]
    return {
        "type": f"{PREFIX}SMSReceived",
        "specversion": "0.1",
        "extensions": dict.fromkeys(names, "0.1"),
        "data": {"message": "m"},
    }


SHAPES = [
    *(casings, long_type, participants, wide, wrong_types, attributes, subject, deep),
    *(attachments, attempts, chunks, holders),
]
REPLY = "<blockquote itemtype='http://schema.skype.com/Reply'>"
UNITS = [
    *(
        "a\u0301",
        "\u0301",
        "\u200d",
        "\u200b",
        "\ufe0f",
        "\U0001f468\u200d",
        "\U0001f1e6",
        "\u1100",
    ),
    *(
        "\u0915\u094d",
        "\u0600",
        "\U0001f3f4\U000e0067",
        "\u202e",
        "\ud83d",
        "\\ud83d",
        "\x00",
        "\u00a0",
    ),
    *(
        "&amp;",
        "&",
        "&#",
        "&#x1",
        "&lt;b&gt;",
        "<a ",
        "<a b=",
        "<",
        "</",
        "<!--",
        "<svg>",
        "<b>x</b>",
    ),
    *("<blockquote>", REPLY, f"{REPLY}</blockquote>", "<blockquote></blockquote>", "<img alt='"),
    *("data:a/b;c=d", "data:;base64,", "STOP ", "stop\u200b", "opt out ", " ", "\n", "yes"),
    *("1", "+1", "(425) ", "4:+", "4:", "8:acs:", "8:acs:a_", "28:", "_", "%", "%7B", "/", "//"),
    *("sender/x/", "@", "a@b.", ".", ";", ":", "-", "2026-", "T", "0", "5.1.1 ", "4007: ", ", "),
    *("Microsoft.Communication.", "Microsoft.CommunicationServices.", "Chat", "addparticipant"),
    *(
        "{",
        "[",
        '"',
        '\\"',
        '{"a":',
        "[1,",
        "eyJ",
        "AAAA",
        "?a=b&",
        "#",
        "\u00df",
        "\u0130",
        "\ufb01",
    ),
]
"""What a text may be made of that something reads: graphemes, mark-up, keywords, numbers, ids."""
PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "an SMS": lambda text: event("SMSReceived", {"message": text}),
    "a number": lambda text: event("SMSReceived", {"from": text, "to": text}),
    "a page": lambda text: event("ChatMessageReceived", {"type": "html", "messageBody": text}),
    "a name": lambda text: event("ChatMessageReceived", {"senderDisplayName": text}),
    "an id": lambda text: event(
        "ChatMessageReceived", {"senderId": text, "recipientId": {"rawId": text}}
    ),
    "a subject": lambda text: event("ChatMessageReceived", {"messageId": "m"}, subject=text),
    "a source": lambda text: event("SMSReceived", {"message": "m"}, topic=f"/{text}"),
    "a type": lambda text: event("", {}, eventType=text),
    "a time": lambda text: event("SMSReceived", {"message": "m", "receivedTimestamp": text}),
    "a file": lambda text: event(
        "AdvancedMessageReceived", {"media": {"id": "m", "fileName": text, "mimeType": text}}
    ),
    "a reason": lambda text: event(
        "EmailDeliveryReportReceived", {"deliveryStatusDetails": {"statusMessage": text}}
    ),
    "no event": lambda text: {"body": text},
}


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
        _convert(text)
    finally:
        sys.settrace(before)
    return count


def _convert(text: str) -> None:
    with contextlib.suppress(RejectedEvent):
        pipeline.convert(envelope.parse(text), SETTINGS)


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_event_is_at_most_about_twice_the_work(
    shape: Callable[[int], dict[str, Any]],
) -> None:
    _work(shape(10))  # what is worked out once a process

    assert _work(shape(800)) < 2.2 * _work(shape(400))


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_twice_the_text_is_at_most_about_twice_the_work(
    place: Callable[[str], dict[str, Any]],
) -> None:
    """Then the expressions that our lines call: a quadratic one takes minutes for such a text."""
    _work(place("a"))
    works = {unit: [_work(place(unit * count)) for count in (400, 800)] for unit in UNITS}

    assert {unit: work for unit, work in works.items() if work[1] >= 2.2 * work[0]} == {}
    for unit in UNITS:
        _convert(json.dumps(place(unit * (50_000 // len(unit)))))


def test_numbers_that_have_one_hash_are_told_apart_in_linear_time() -> None:
    numbers = [n * ((1 << 61) - 1) for n in range(-500, 500)]

    assert len({hash(number) for number in numbers}) == 1
    assert len({hash(leaf) for leaf in _leaves([*numbers, numbers])}) == len(numbers)

"""Dead letters in the shape of Event Grid's own, the event as it came."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from shared.errors import MalformedEvent, UnknownEventType
from shared.writing.dead_letters import blob_name, body

AT = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
EVENT = '{ "id":"1",\t"type":"x", "data": {"n": 1.0, "big": 12345678901234567890, "b":"\\u00e9"} }'


def _body(event: str) -> bytes:
    return body(event, UnknownEventType("mend it"), "sms_received", AT)


def _read(event: str) -> dict[str, Any]:
    (letter,) = json.loads(_body(event))
    assert isinstance(letter, dict)
    return letter


def test_an_array_of_one_event_with_the_keys_of_a_dead_letter_beside_its_own() -> None:
    assert _read(EVENT) == json.loads(EVENT) | {
        "deadLetterReason": "UnknownEventType",
        "deadLetterError": "mend it",
        "deadLetterFunction": "sms_received",
        "deliveryAttempts": 1,
        "lastDeliveryOutcome": "Rejected",
        "lastDeliveryAttemptTime": "2026-01-02T03:04:05.000678Z",
    }


def test_the_events_text_is_kept_byte_for_byte() -> None:
    assert EVENT[1:-1].rstrip().encode() in _body(EVENT)


@pytest.mark.parametrize("event", ["{}", "{ }", "{\n}", " {} ", "\ufeff{}"])
def test_an_empty_object(event: str) -> None:
    assert _read(event)["deadLetterReason"] == "UnknownEventType"


@pytest.mark.parametrize(
    "event",
    [
        pytest.param("", id="nothing"),
        pytest.param("{", id="cut"),
        pytest.param('{"a":NaN}', id="not a number"),
        pytest.param('{"a":1,}', id="trailing comma"),
        pytest.param('{"a":"\\q"}', id="bad escape"),
        pytest.param("[1, 2]", id="array"),
        pytest.param('"text"', id="string"),
        pytest.param("null", id="null"),
        pytest.param("{" + '"a":{' * 50_000, id="deep"),
        pytest.param('{"a":' + "[" * 50_000 + "]" * 50_000 + "}", id="deep, and JSON"),
    ],
)
def test_what_is_no_json_object_is_kept_as_text(event: str) -> None:
    letter = json.loads(_body(event))[0]

    assert event == letter["rawEvent"]
    assert letter["deadLetterFunction"] == "sms_received"


@pytest.mark.parametrize(
    "event", ['{"a":"\ud83d"}', '{"a":"\\ud83d"}', '{"\ud83d":1}', "\udc80"], ids=ascii
)
def test_half_an_emoji_survives_as_an_escape(event: str) -> None:
    """UTF-8 cannot hold it, and a dead letter must be written nevertheless."""
    letter = _body(event).decode()

    assert json.loads(letter)[0]["deadLetterReason"] == "UnknownEventType"
    assert "ud83d" in letter or "udc80" in letter


def test_the_same_event_in_the_same_hour_has_the_same_name() -> None:
    """Event Grid sends again what it believes lost; the second letter replaces the first."""
    first = blob_name(EVENT, "f", AT)

    assert first == blob_name(EVENT, "f", AT + timedelta(minutes=50))
    assert first.startswith("f/2026/01/02/03/")
    assert first.endswith(".json")


@pytest.mark.parametrize(
    ("event", "function", "at"),
    [
        (EVENT + " ", "f", AT),
        (EVENT, "g", AT),
        (EVENT, "f", AT + timedelta(hours=1)),
    ],
    ids=["event", "function", "hour"],
)
def test_another_has_another_name(event: str, function: str, at: datetime) -> None:
    assert blob_name(EVENT, "f", AT) != blob_name(event, function, at)


def test_names_and_times_are_in_utc() -> None:
    west = AT.astimezone(timezone(timedelta(hours=-8)))

    assert blob_name(EVENT, "f", AT) == blob_name(EVENT, "f", west)
    assert body(EVENT, MalformedEvent("x"), "f", AT) == body(EVENT, MalformedEvent("x"), "f", west)


def test_a_lone_surrogate_has_a_name_too() -> None:
    assert blob_name("\udc80", "f", AT).endswith(".json")


def test_an_event_with_half_an_emoji_keeps_its_keys() -> None:
    """Half of a pair alone is JSON all the same: the event can be replayed."""
    letter = _read('{"id":"1","data":{"message":"\\ud83d"}}')

    assert letter["id"] == "1"
    assert "rawEvent" not in letter

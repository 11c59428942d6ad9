"""Whatever comes: a record or a dead letter with a reason, and HTTP 202."""

import json
from typing import Any

import pytest

from tests.app import App

pytestmark = pytest.mark.e2e

SMS: dict[str, Any] = {
    "messageId": "Incoming_1",
    "from": "+15555550101",
    "to": "+15555550100",
    "message": "Hello",
    "receivedTimestamp": "2026-01-05T09:30:00.1234567Z",
}
EVENT: dict[str, Any] = {
    "id": "bad-input",
    "topic": "/subscriptions/0/resourceGroups/r/providers/Microsoft.Communication/x/y",
    "subject": "/phonenumber/15555550100",
    "eventType": "Microsoft.Communication.SMSReceived",
    "eventTime": "2026-01-05T09:30:00Z",
    "data": SMS,
    "dataVersion": "1.0",
    "metadataVersion": "1",
}


def _event(**changes: Any) -> str:
    changed = EVENT | changes
    return json.dumps([{key: value for key, value in changed.items() if value is not ...}])


def _sms(**changes: Any) -> str:
    return _event(data=SMS | changes)


def _nested(depth: int) -> str:
    """An unknown field, nested so deeply that a parser that recurses gives up."""
    deep = '{"a":' * depth + "1" + "}" * depth
    return _sms().replace('"Hello"', f'"Hello","deep":{deep}')


REJECTED = {
    "an event without type": (_event(eventType=...), "MalformedEvent"),
    "a type that is no text": (_event(eventType=7.5), "MalformedEvent"),
    "an unknown type": (_event(eventType="Contoso.Thing"), "UnknownEventType"),
    "an ACS type of another family": (
        _event(eventType="Microsoft.Communication.RouterJobQueued"),
        "UnknownEventType",
    ),
    "no data": (_event(data=...), "UnreadablePayload"),
    "data that is null": (_event(data=None), "UnreadablePayload"),
    "data that is an array": (_event(data=[SMS]), "UnreadablePayload"),
    "data with none of the fields": (_event(data={"color": "green"}), "UnreadablePayload"),
    "every field of the wrong shape": (
        _event(data={"messageId": [1], "from": {}, "to": True, "message": ["Hello"]}),
        "UnreadablePayload",
    ),
    "an event nested 100,000 deep": (_nested(100_000), "MalformedEvent"),
    "a topic of 60,000 characters": (_event(topic="/" + "x" * 60_000), "OversizedRecord"),
}

ACCEPTED = {
    "a time nobody can read": _sms(receivedTimestamp="the day before yesterday"),
    "a text that is an array": _sms(message=["Hello"]),
    "a number of segments in words": _sms(segmentCount="two"),
    "a time of a number": _sms(receivedTimestamp=1767605400),
    "no time at all": _event(eventTime=..., data={**SMS, "receivedTimestamp": None}),
    "an offset and seven digits": _sms(receivedTimestamp="2026-01-05T11:30:00.1234567+02:00"),
    "an event time with an offset": _event(eventTime="2026-01-05T11:30:00+02:00"),
    "PascalCase data": _event(data={key[0].upper() + key[1:]: v for key, v in SMS.items()}),
    "SHOUTING data": _event(data={key.upper(): value for key, value in SMS.items()}),
    "a PascalCase envelope": json.dumps([{k[0].upper() + k[1:]: v for k, v in EVENT.items()}]),
    "both envelopes at once": _event(
        specversion="1.0", type="type", source="/elsewhere", time="2026-01-05T09:30:00Z"
    ),
    "specversion 1 and a bare object": json.dumps(
        {"specversion": "1", "type": EVENT["eventType"], "source": "/x", "id": "1", "data": SMS}
    ),
    "half an emoji, escaped": _sms().replace("Hello", "cut \\ud83d"),
    "no id, topic, subject, version": _event(
        id=..., topic=..., subject=..., dataVersion=..., metadataVersion=...
    ),
    "nested 200 deep": _nested(200),
    "NUL and controls": _sms(message="a\x00b\x1b[31m"),
}


@pytest.mark.parametrize(("body", "reason"), REJECTED.values(), ids=REJECTED)
def test_rejected(body: str, reason: str, app: App) -> None:
    """No retry would help: acknowledged, and kept with the reason."""
    assert 202 == app.deliver(body, "sms_received")

    (letter,) = app.dead_letters()
    assert reason == letter["deadLetterReason"]
    assert letter["deadLetterError"]
    assert "sms_received" == letter["deadLetterFunction"]
    assert {"work-items": [], "push-notifications": []} == app.records()


@pytest.mark.parametrize("body", ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(body: str, app: App) -> None:
    """Odd, and understood all the same."""
    assert 202 == app.deliver(body, "sms_received")

    assert [] == app.dead_letters()
    records = app.records()
    assert {"work-items": 1, "push-notifications": 1} == {q: len(r) for q, r in records.items()}
    (item,) = records["work-items"]
    assert "+15555550101" == item["data"]["sender"]["phoneNumber"]


def test_an_event_nested_3000_deep(app: App) -> None:
    """A record or a dead letter: how deep a parser goes differs from one Python to the next."""
    assert 202 == app.deliver(_nested(3_000), "sms_received")

    assert 1 == len(app.dead_letters()) + len(app.records()["work-items"])


def test_an_event_of_one_megabyte(app: App) -> None:
    """Over the queue's limit: the data in a blob, everything else and its address on the queue."""
    text = "long " * 200_000

    assert 202 == app.deliver(_sms(message=text), "sms_received")

    records = app.records()
    for record in (*records["work-items"], *records["push-notifications"]):
        assert "data" not in record
        assert f"/{record['subject']}/{record['id']}.json" in record["dataref"]
    payloads = [json.loads(payload) for payload in app.payloads()]
    assert [text, text] == [payload["message"]["text"] for payload in payloads]


def test_a_dead_letter_of_one_megabyte(app: App) -> None:
    body = _event(eventType="Contoso.Thing", data={"filler": "x" * 1_000_000})

    assert 202 == app.deliver(body, "sms_received")

    (letter,) = app.dead_letters()
    assert 1_000_000 == len(letter["data"]["filler"])


def test_a_bad_event_among_good_ones(app: App) -> None:
    """One batch: the good ones become records, the bad one a dead letter, nothing is sent again."""
    body = f"[{_sms()[1:-1]},{_event(eventType='Contoso.Thing')[1:-1]}]"

    assert 202 == app.deliver(body, "sms_received")

    assert 1 == len(app.dead_letters())
    assert 1 == len(app.records()["work-items"])


def test_an_element_that_is_no_object_among_good_ones(app: App) -> None:
    """The host refuses it, so all come again; the good ones have the same records each time."""
    body = f"[7,{_sms()[1:-1]}]"

    assert [500, 500] == [app.deliver(body, "sms_received") for _ in range(2)]

    assert [] == app.dead_letters()
    first, second = app.records()["work-items"]
    assert first == second


def test_a_known_type_at_the_wrong_function_is_processed(app: App) -> None:
    """A filter that is too wide must lose nothing."""
    assert 202 == app.deliver(_sms(), "chat_events")

    assert 1 == len(app.records()["work-items"])

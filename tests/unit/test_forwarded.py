"""Events inside other things, and CloudEvents of before 1.0."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import MalformedEvent
from shared.pipeline import convert
from shared.reading import envelope
from tests.unit.events import (
    CHAT_MESSAGE,
    EVENT_TIME,
    PREFIX,
    SMS,
    TOPIC,
    event,
    parse,
    records,
    settings,
)

CLOUD = {
    "specversion": "1.0",
    "id": "event-1",
    "source": TOPIC,
    "subject": "/phonenumber/15555550199",
    "type": PREFIX + "SMSReceived",
    "time": EVENT_TIME,
    "data": SMS,
}
EVENTS = [event("SMSReceived", SMS), CLOUD, event("ChatMessageReceived", CHAT_MESSAGE)]
BROKER = {"lockToken": "CgMKATESCQoHdG9rZW4tMQ==", "deliveryCount": 1}
DEAD = {"deadletterreason": "Maximum delivery attempts was exceeded.", "deliveryattempts": 1}


def _base64(wire: Any) -> str:
    return base64.b64encode(json.dumps(wire).encode()).decode()


WRAPPERS: dict[str, Callable[[Any], Any]] = {
    "an array": lambda wire: [wire],
    "JSON in a string": json.dumps,
    "JSON in a string with a byte order mark": lambda wire: "\ufeff " + json.dumps(wire),
    "Base64": _base64,
    "Base64 with a byte order mark": lambda wire: base64.b64encode(
        b"\xef\xbb\xbf" + json.dumps(wire).encode()
    ).decode(),
    "Base64 in lines": lambda wire: base64.encodebytes(json.dumps(wire).encode()).decode(),
    "pull delivery": lambda wire: {"value": [{"brokerProperties": BROKER, "event": wire}]},
    "one of a pull delivery": lambda wire: {"brokerProperties": BROKER, "event": wire},
    "as the SDK has it": lambda wire: {"broker_properties": BROKER, "event": wire},
    "dead letter of a namespace": lambda wire: [{"deadLetterProperties": DEAD, "event": wire}],
    "the same, otherwise spelled": lambda wire: {
        "event": wire,
        "customDeliveryProperties": {"a": "b"},
        "deadletterProperties": DEAD,
    },
    "Service Bus": lambda wire: {"messageId": "1", "body": wire, "applicationProperties": {}},
    "Event Hubs": lambda wire: {"Body": json.dumps(wire), "Offset": 1},
    "Storage queue": lambda wire: {"messageId": "1", "messageText": _base64(wire)},
    "Logic Apps": lambda wire: {"ContentData": _base64(wire), "ContentType": "application/json"},
}


@given(
    st.sampled_from(EVENTS),
    st.lists(st.sampled_from([*WRAPPERS]), max_size=2),
)
def test_a_wrapped_event_gives_what_it_gives_alone(wire: Any, wrappers: list[str]) -> None:
    wrapped = wire
    for name in wrappers:
        wrapped = WRAPPERS[name](wrapped)

    assert records(wrapped) == records(wire)


@pytest.mark.parametrize("name", WRAPPERS)
@pytest.mark.parametrize("wire", EVENTS, ids=["event grid", "cloud event", "chat"])
def test_each_wrapper(name: str, wire: Any) -> None:
    assert records(WRAPPERS[name](wire)) == records(wire)


@pytest.mark.parametrize("wire", EVENTS, ids=["event grid", "cloud event", "chat"])
def test_a_body_that_is_base64_and_no_json(wire: Any) -> None:
    sends = convert(envelope.parse(_base64([wire])), settings())

    assert [json.loads(send.record.body) for send in sends] == records(wire)


@pytest.mark.parametrize(
    "extra",
    [
        {"deadletterProperties": DEAD, "customDeliveryProperties": {"a": "b"}},
        {"deadLetterProperties": DEAD},
        {"brokerProperties": BROKER},
    ],
)
def test_a_dead_letter_of_a_namespace_in_structured_mode(extra: dict[str, Any]) -> None:
    """What describes an earlier delivery is no part of the event."""
    assert records(CLOUD | extra) == records(CLOUD)


@pytest.mark.parametrize(
    ("reason", "wire"),
    [
        ("an array of 2", EVENTS[:2]),
        ("an array of 0", []),
        ("an array of 0, in the value of a pull delivery", {"value": []}),
        (
            "an array of 2, in the value of a pull delivery",
            {"value": [{"brokerProperties": BROKER, "event": wire} for wire in EVENTS[:2]]},
        ),
        ("an array of 2, in a string", json.dumps(EVENTS[:2])),
        (
            "an array of 2, in a string, in the text of a queue",
            {"messageText": _base64(EVENTS[:2])},
        ),
        ("a string without JSON", "hello"),
        ("a string without JSON", '{"type": '),
        ("a string without JSON", "[" * 5000),
        ("a string without JSON", "eyJ0"),
        ("a string without JSON", "W W W"),
        ("a string without JSON, in the body of a forwarded message", {"body": "hello"}),
        ("a number", 1),
        ("a number", 1.5),
        ("a boolean", True),
        ("null", None),
        ("null, in an array of 1", [None]),
        ("no type", {"brokerProperties": BROKER}),
        ("no type", {"event": None}),
        ("no type", {"event": {"id": "1"}}),
        ("no type", {"value": {"id": "1"}}),
    ],
)
def test_what_holds_no_single_event_is_named(reason: str, wire: Any) -> None:
    with pytest.raises(MalformedEvent, match=reason):
        parse(wire)


def test_an_event_in_too_many_things() -> None:
    wire: Any = CLOUD
    for _ in range(9):
        wire = [wire]

    with pytest.raises(MalformedEvent, match="more than 8"):
        parse(wire)


def test_an_event_is_not_looked_into() -> None:
    """Only what is no event itself can hold one."""
    wire = CLOUD | {"event": EVENTS[0], "value": [], "body": "x"}

    assert parse(wire).extra == {"event": EVENTS[0], "value": [], "body": "x"}


OLD: dict[str, dict[str, Any]] = {
    "0.1": {
        "cloudEventsVersion": "0.1",
        "eventType": PREFIX + "SMSReceived",
        "eventTypeVersion": "1.0",
        "eventID": "event-1",
        "eventTime": EVENT_TIME,
        "source": f"{TOPIC}#/phonenumber/15555550199",
        "contentType": "application/json",
        "data": SMS,
    },
    "0.2": {
        "specversion": "0.2",
        "type": PREFIX + "SMSReceived",
        "id": "event-1",
        "time": EVENT_TIME,
        "source": f"{TOPIC}#/phonenumber/15555550199",
        "contenttype": "application/json",
        "data": SMS,
    },
    "0.3": {
        "specversion": "0.3",
        "type": PREFIX + "SMSReceived",
        "id": "event-1",
        "time": EVENT_TIME,
        "source": TOPIC,
        "subject": "/phonenumber/15555550199",
        "datacontenttype": "application/json",
        "datacontentencoding": "base64",
        "data": _base64(SMS),
    },
}


@pytest.mark.parametrize("version", OLD)
@pytest.mark.parametrize("casing", [str, str.lower, str.upper])
def test_old_cloud_events(version: str, casing: Callable[[str], str]) -> None:
    """The same records, ids included, as of the event in CloudEvents 1.0."""
    parsed = parse({casing(key): value for key, value in OLD[version].items()})

    assert (parsed.schema, parsed.id, parsed.time) == (
        "CloudEventSchemaV1_0",
        "event-1",
        EVENT_TIME,
    )
    assert (parsed.source, parsed.subject) == (TOPIC, "/phonenumber/15555550199")
    assert (parsed.data, parsed.extra) == (SMS, {})
    assert parsed.data_version == ("1.0" if version == "0.1" else None)
    ids = [record["id"] for record in records(OLD[version])]
    assert ids == [record["id"] for record in records(CLOUD)]


def test_extensions_of_cloud_events_0_1_are_attributes() -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    extensions = {"traceparent": traceparent, "tenant": "x", "source": "other"}
    parsed = parse(OLD["0.1"] | {"extensions": extensions})

    assert (parsed.traceparent, parsed.source) == (traceparent, TOPIC)
    assert parsed.extra == {"tenant": "x"}


@pytest.mark.parametrize("extensions", ["x", [1]])
def test_extensions_that_are_none_are_kept(extensions: Any) -> None:
    assert parse(OLD["0.1"] | {"extensions": extensions}).extra == {"extensions": extensions}


def test_both_names_of_one_attribute() -> None:
    parsed = parse(OLD["0.1"] | {"id": "event-2"})

    assert (parsed.id, parsed.extra) == ("event-2", {"eventID": "event-1"})


@pytest.mark.parametrize("source", [None, TOPIC, f"{TOPIC}#"])
def test_an_old_source_without_a_subject(source: str | None) -> None:
    parsed = parse(OLD["0.2"] | {"source": source})

    assert (parsed.source, parsed.subject) == (source and TOPIC, None)


def test_the_fragment_of_a_source_today_is_a_part_of_it() -> None:
    wire = {key: value for key, value in CLOUD.items() if key != "subject"}

    assert parse(wire | {"source": "/a#b"}).source == "/a#b"


def test_data_in_the_field_for_base64_that_is_not_base64() -> None:
    parsed = parse(OLD["0.3"] | {"data": SMS})

    assert parsed.data == SMS

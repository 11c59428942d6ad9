"""What surrounds the data of an event, in both schemas and between them."""

import base64
import json
from typing import Any

import pytest

from shared.errors import MalformedEvent
from shared.reading.envelope import parse as parse_text
from shared.reading.envelope import provenance
from tests.unit.events import EVENT_TIME, PREFIX, SMS, TOPIC, event, parse

TYPE = PREFIX + "SMSReceived"
CLOUD = {
    "specversion": "1.0",
    "id": "event-1",
    "source": TOPIC,
    "subject": "s",
    "type": TYPE,
    "time": EVENT_TIME,
    "datacontenttype": "application/json",
    "data": SMS,
}


def test_an_event_in_event_grids_schema() -> None:
    parsed = parse(event("SMSReceived", SMS))

    assert parsed.schema == "EventGridSchema"
    assert (parsed.type, parsed.id, parsed.source) == (TYPE, "event-1", TOPIC)
    assert (parsed.subject, parsed.time, parsed.data) == ("s", EVENT_TIME, SMS)
    assert (parsed.data_version, parsed.metadata_version, parsed.extra) == ("1.0", "1", {})


def test_a_cloud_event() -> None:
    parsed = parse(CLOUD)

    assert parsed.schema == "CloudEventSchemaV1_0"
    assert (parsed.type, parsed.id, parsed.source) == (TYPE, "event-1", TOPIC)
    assert (parsed.subject, parsed.time, parsed.data) == ("s", EVENT_TIME, SMS)
    assert (parsed.data_version, parsed.metadata_version, parsed.extra) == (None, None, {})


@pytest.mark.parametrize("wire", [event("SMSReceived", SMS), CLOUD], ids=["event grid", "cloud"])
@pytest.mark.parametrize("casing", [str.upper, str.title, str.lower])
def test_keys_match_in_any_casing(wire: dict[str, Any], casing: Any) -> None:
    assert (parse(wire)) == (parse({casing(key): wire[key] for key in wire}))


def test_a_byte_order_mark_and_an_array_of_one_are_taken_off() -> None:
    wire = event("SMSReceived", SMS)

    assert (parse(wire)) == (parse_text("\ufeff" + json.dumps([wire])))


@pytest.mark.parametrize("label", [{"specversion": "1"}, {"specVersion": "1.0"}, {}])
def test_the_spelling_of_specversion_decides_nothing(label: dict[str, str]) -> None:
    wire = {key: value for key, value in CLOUD.items() if key != "specversion"} | label

    assert (parse(wire)) == (parse(CLOUD))


@pytest.mark.parametrize(
    ("both", "type_", "schema", "extra"),
    [
        pytest.param(
            {"eventType": TYPE, "type": "type"},
            TYPE,
            "EventGridSchema",
            {"type": "type"},
            id="event grid's is ours",
        ),
        pytest.param(
            {"eventType": "other", "type": TYPE},
            TYPE,
            "CloudEventSchemaV1_0",
            {"eventType": "other"},
            id="the cloud event's is ours",
        ),
        pytest.param(
            {"eventType": TYPE, "type": TYPE}, TYPE, "EventGridSchema", {}, id="both are the same"
        ),
        pytest.param(
            {"eventType": "a", "type": "b"},
            "a",
            "EventGridSchema",
            {"type": "b"},
            id="none is ours",
        ),
        pytest.param(
            {"eventType": None, "type": TYPE}, TYPE, "CloudEventSchemaV1_0", {}, id="one is null"
        ),
    ],
)
def test_both_envelopes_at_once(
    both: dict[str, Any], type_: str, schema: str, extra: dict[str, Any]
) -> None:
    """The type that starts with our prefix decides; the other is kept."""
    parsed = parse(both)

    assert (type_, schema, extra) == (parsed.type, parsed.schema, parsed.extra)


def test_what_the_chosen_envelope_lacks_is_taken_from_the_other() -> None:
    parsed = parse({"eventType": TYPE, "source": "/cloud", "time": EVENT_TIME})

    assert (parsed.source, parsed.time, parsed.extra) == ("/cloud", EVENT_TIME, {})


def test_a_second_topic_and_time_that_differ_are_kept() -> None:
    wire = {"eventType": TYPE, "topic": "/a", "source": "/b", "eventTime": "x", "time": "y"}
    parsed = parse(wire)

    assert (parsed.source, parsed.time) == ("/a", "x")
    assert parsed.extra == {"source": "/b", "time": "y"}


def test_everything_but_the_type_may_be_missing() -> None:
    parsed = parse({"eventType": TYPE})

    assert [
        parsed.id,
        parsed.source,
        parsed.subject,
        parsed.time,
        parsed.data,
        parsed.traceparent,
    ] == [None] * 6


def test_other_attributes_are_kept_under_their_own_names() -> None:
    extra = {"operationId": "o", "Title": {"a": None}}

    assert extra == parse(event("SMSReceived", SMS, **extra)).extra


@pytest.mark.parametrize("attribute", ["id", "subject", "topic"])
def test_an_attribute_that_is_no_text_is_kept(attribute: str) -> None:
    assert {attribute: {"a": 1}} == parse(event("SMSReceived", SMS, **{attribute: {"a": 1}})).extra


def test_a_number_as_id_is_its_text() -> None:
    assert parse(event("SMSReceived", SMS, id=7)).id == "7"


def test_a_trace_parent_is_kept_where_the_event_has_one() -> None:
    assert parse(CLOUD | {"traceparent": "00-a-b-01"}).traceparent == "00-a-b-01"


@pytest.mark.parametrize("casing", [str, str.lower])
def test_what_a_dead_letter_adds_is_left_out(casing: Any) -> None:
    """A replayed event must give the same records as the first time."""
    added = {
        "deadLetterReason": "MaxDeliveryAttemptsExceeded",
        "deliveryAttempts": 30,
        "lastDeliveryOutcome": "Busy",
        "lastHttpStatusCode": 500,
        "publishTime": EVENT_TIME,
        "lastDeliveryAttemptTime": EVENT_TIME,
        "deadLetterError": "x",
        "deadLetterFunction": "f",
    }
    wire = event("SMSReceived", SMS)

    assert (parse(wire)) == (parse(wire | {casing(key): added[key] for key in added}))


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param({"data_base64": base64.b64encode(json.dumps(SMS).encode()).decode()}, id="64"),
        pytest.param({"data": json.dumps(SMS)}, id="JSON inside a string"),
        pytest.param({"data": " " + json.dumps(SMS)}, id="after a blank"),
    ],
)
def test_data_in_an_unusual_wrapping_is_unwrapped(encoded: dict[str, str]) -> None:
    wire = {key: value for key, value in CLOUD.items() if key != "data"} | encoded

    assert parse(wire).data == SMS


@pytest.mark.parametrize(
    ("expected", "wire"),
    [
        pytest.param("{not JSON", {"data": "{not JSON"}, id="looks like JSON"),
        pytest.param("plain", {"data": "plain"}, id="plain text"),
        pytest.param(None, {"data_base64": "***"}, id="not Base64"),
        pytest.param(None, {"data_base64": "é"}, id="not even ASCII"),
        pytest.param(
            None,
            {"data_base64": base64.b64encode(b'{"a":"\xff"}').decode()},
            id="Base64 of no text",
        ),
        pytest.param(
            None, {"data_base64": base64.b64encode(b"[" * 100_000).decode()}, id="deep in Base64"
        ),
        pytest.param(None, {"data_base64": 7}, id="a number as Base64"),
    ],
)
def test_data_that_cannot_be_unwrapped_is_left_for_its_family_to_reject(
    expected: object, wire: dict[str, Any]
) -> None:
    assert expected == parse({"type": TYPE} | wire).data


@pytest.mark.parametrize(
    ("wire", "problem"),
    [
        pytest.param("", "not JSON", id="nothing"),
        pytest.param('{"type": "a",}', "not JSON", id="trailing comma"),
        pytest.param('{"type": NaN}', "not JSON", id="not a number"),
        pytest.param('{"type": "a', "not JSON", id="cut"),
        pytest.param("null", "got null", id="null"),
        pytest.param("true", "got a boolean", id="boolean"),
        pytest.param("7", "got a number", id="number"),
        pytest.param('"text"', "got a string", id="string"),
        pytest.param("[]", "got an array of 0", id="no event"),
        pytest.param('[{"type":"a"},{"type":"b"}]', "got an array of 2", id="two events"),
        pytest.param("[[]]", "got an array of 0", id="array in array"),
        pytest.param("{}", "no type", id="no type"),
        pytest.param('{"type": "", "eventType": null}', "no type", id="empty type"),
        pytest.param('{"type": {}}', "no type", id="type is no text"),
        pytest.param("[" * 100_000, "nested too deeply", id="deep"),
        pytest.param('{"a":"\\ud800","b":' + "[" * 100_000, "not JSON", id="deep and a surrogate"),
    ],
)
def test_what_is_no_event_is_malformed(wire: str, problem: str) -> None:
    with pytest.raises(MalformedEvent, match=problem):
        parse_text(wire)


@pytest.mark.parametrize(
    "half", [pytest.param("\\ud83d", id="escaped"), pytest.param("\ud83d", id="raw")]
)
def test_half_an_emoji_becomes_the_replacement_character(half: str) -> None:
    """UTF-8 cannot hold a lone surrogate, and the rest of the event is worth keeping."""
    parsed = parse_text(f'{{"type": "{TYPE}", "data": {{"message": "a{half}b"}}}}')

    assert parsed.data == {"message": "a\ufffdb"}


def test_a_whole_emoji_stays_one() -> None:
    parsed = parse_text('{"type": "a", "data": {"x": "\\ud83d", "y": "\\ud83d\\ude00"}}')

    assert parsed.data == {"x": "\ufffd", "y": "\U0001f600"}


def test_provenance_says_where_a_record_comes_from() -> None:
    source = provenance(parse(event("SMSReceived", SMS, operationId="o")))

    assert (source.type, source.schema) == (TYPE, "EventGridSchema")
    assert (source.id, source.subject, source.time) == ("event-1", "s", EVENT_TIME)
    assert (source.data_version, source.metadata_version) == ("1.0", "1")
    assert (source.topic, source.extra) == (None, {"operationId": "o"})


def test_provenance_keeps_a_topic_that_is_no_uri_reference() -> None:
    topic = "/resourcegroups/}{group-name}"

    assert topic == provenance(parse(event("SMSReceived", SMS, topic=topic))).topic


def test_a_boolean_is_no_id() -> None:
    parsed = parse(event("SMSReceived", SMS, id=True))

    assert parsed.id is None
    assert parsed.extra == {"id": True}


def test_base64_beside_data_is_kept() -> None:
    """Data is read, and what stands beside it is not lost."""
    parsed = parse(event("SMSReceived", SMS, data_base64="e30="))

    assert parsed.data == SMS
    assert parsed.extra == {"data_base64": "e30="}


@pytest.mark.parametrize("number", ["1e999", "9" * 5000])
def test_a_number_that_is_too_large_is_no_json(number: str) -> None:
    text = json.dumps(event("SMSReceived", {"message": "N"})).replace('"N"', number)

    with pytest.raises(MalformedEvent, match=r"not JSON: .* out of range"):
        parse_text(text)

"""How loosely written JSON is read."""

from typing import Any

import pytest

from shared.families.chat import ChatMessage
from shared.families.sms import SmsReceived
from shared.families.threads import ThreadCreated
from shared.reading.fields import fold, read, take
from shared.reading.values import instant, moment, number, strings, text, uri_reference, whole


@pytest.mark.parametrize("key", ["messageId", "MessageId", "MESSAGEID", "messageid"])
def test_a_key_is_known_in_any_casing(key: str) -> None:
    assert fold(SmsReceived, {key: "m"}) == ({"messageId": "m"}, {})


@pytest.mark.parametrize(
    "wire",
    [
        pytest.param({"message": "exact", "Message": "other"}, id="exact first"),
        pytest.param({"Message": "other", "message": "exact"}, id="exact last"),
    ],
)
def test_the_exact_name_wins_over_another_casing_which_is_kept(wire: dict[str, Any]) -> None:
    assert fold(SmsReceived, wire) == ({"message": "exact"}, {"Message": "other"})


def test_another_casing_with_the_same_value_is_not_kept_twice() -> None:
    assert fold(SmsReceived, {"message": "m", "Message": "m"}) == ({"message": "m"}, {})


def test_null_gives_way_to_a_value_in_another_casing() -> None:
    assert fold(SmsReceived, {"message": None, "Message": "m"}) == ({"message": "m"}, {})


def test_an_unknown_field_is_kept_under_the_name_it_came_with() -> None:
    assert fold(SmsReceived, {"NewField": [1]}) == ({}, {"NewField": [1]})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("senderId", "senderCommunicationIdentifier"),
        ("SenderId", "senderCommunicationIdentifier"),
        ("recipientId", "recipientCommunicationIdentifier"),
    ],
)
def test_an_old_name_of_a_message_stands_for_the_new_one(old: str, new: str) -> None:
    assert fold(ChatMessage, {old: "8:acs:a"}) == ({new: "8:acs:a"}, {})


@pytest.mark.parametrize(
    "wire",
    [
        pytest.param({"senderId": "8:a", "SenderCommunicationIdentifier": "8:b"}, id="old first"),
        pytest.param({"SenderCommunicationIdentifier": "8:b", "senderId": "8:a"}, id="new first"),
        pytest.param({"senderId": "8:a", "senderCommunicationIdentifier": "8:b"}, id="exact"),
    ],
)
def test_the_new_name_wins_over_the_old_one_whose_other_value_is_kept(wire: dict[str, Any]) -> None:
    """While both were sent side by side: prefer the new one, and drop nothing."""
    assert fold(ChatMessage, wire) == (
        {"senderCommunicationIdentifier": "8:b"},
        {"senderId": "8:a"},
    )


def test_an_old_name_that_repeats_the_new_one_is_dropped() -> None:
    new = {"rawId": "8:a", "communicationUser": {"id": "8:a"}}

    assert fold(ChatMessage, {"senderId": "8:a", "senderCommunicationIdentifier": new}) == (
        {"senderCommunicationIdentifier": new},
        {},
    )


def test_members_are_participants_and_are_not_counted_twice() -> None:
    new = [{"displayName": "A", "participantCommunicationIdentifier": {"rawId": "8:a"}}]
    old = [{"displayName": "A", "memberId": "8:a"}]

    assert fold(ThreadCreated, {"members": old, "participants": new}) == ({"participants": new}, {})


@pytest.mark.parametrize("empty", [None, "", {}])
def test_an_empty_new_name_falls_back_to_the_old_one(empty: object) -> None:
    """Prefer the new one, fall back to the old one (dual publishing)."""
    wire = {"senderCommunicationIdentifier": empty, "senderId": "8:a"}

    assert fold(ChatMessage, wire)[0] == {"senderCommunicationIdentifier": "8:a"}


def test_no_participants_fall_back_to_the_members() -> None:
    members = [{"memberId": "8:a"}]

    assert (
        fold(ThreadCreated, {"participants": [], "members": members})[0]["participants"] == members
    )


def test_a_customers_metadata_is_never_looked_into() -> None:
    metadata = {"MessageId": "1", "senderId": "2", "messageid": "3"}
    message, rest = read(ChatMessage, {"Metadata": metadata})

    assert (metadata, {}) == (message.metadata, rest)


@pytest.mark.parametrize(
    ("wire", "known", "rest"),
    [
        pytest.param({"message": ["a"]}, {}, {"message": ["a"]}, id="an array for a text"),
        pytest.param({"message": 7}, {"message": "7"}, {}, id="a number for a text"),
        pytest.param({"message": True}, {}, {"message": True}, id="a boolean for a text"),
        pytest.param(
            {"message": {"a": 1}, "to": "12345"},
            {"to": "12345"},
            {"message": {"a": 1}},
            id="beside a right one",
        ),
    ],
)
def test_a_field_of_the_wrong_type_spoils_no_event_and_is_kept(
    wire: dict[str, Any], known: dict[str, Any], rest: dict[str, Any]
) -> None:
    """A failed delivery with a wrong tag is still a failed delivery."""
    assert read(SmsReceived, wire) == (SmsReceived(**known), rest)


def test_what_is_nobody_among_participants_is_left_out_and_kept() -> None:
    members = [{"memberId": "8:a"}, None, "8:b"]
    thread, rest = read(ThreadCreated, {"members": members})

    assert thread.participants == [{"memberId": "8:a"}]
    assert rest == {"participants": members}


def test_an_empty_text_for_an_object_is_nothing() -> None:
    assert read(ThreadCreated, {"properties": "", "threadId": "t"}) == (
        ThreadCreated(thread_id="t"),
        {},
    )


@pytest.mark.parametrize(
    ("name", "rest"), [("topic", {"b": 2}), ("TOPIC", {"b": 2}), ("none", {"Topic": 1, "b": 2})]
)
def test_take(name: str, rest: dict[str, int]) -> None:
    wire = {"Topic": 1, "b": 2}

    assert take(wire, name.lower()) == (1 if "b" in rest and "Topic" not in rest else None)
    assert wire == rest


@pytest.mark.parametrize(
    ("expected", "value"), [("a", "a"), ("7", 7), ("0", 0), (None, ""), (None, None)]
)
def test_text(expected: str | None, value: str | int | None) -> None:
    assert expected == text(value)


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        (7, 7),
        (0, 0),
        (1767323045678, "1767323045678"),
        (7, 7.0),
        pytest.param(7, "7.0", id="a float in a text"),
        (None, 7.5),
        (None, "seven"),
        (None, ""),
        (None, "٣"),
        (None, "9" * 19),
        (None, None),
    ],
)
def test_whole(expected: int | None, value: float | str | None) -> None:
    assert expected == whole(value)


def test_metadata_that_is_not_text_becomes_its_json() -> None:
    assert strings({"a": "x", "b": 1, "c": {"d": None}}) == {"a": "x", "b": "1", "c": '{"d":null}'}


@pytest.mark.parametrize("empty", [None, {}])
def test_no_metadata_is_null(empty: dict[str, str] | None) -> None:
    assert strings(empty) is None


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        ("/a/b?c=d#e", "/a/b?c=d#e"),
        ("/resourceGroups/%7Bgroup-name%7D", "/resourceGroups/{group-name}"),
        ("/a%20b", "/a b"),
        ("/%C3%A9", "/é"),
        ("/already%20done", "/already%20done"),
    ],
)
def test_uri_reference(expected: str, value: str) -> None:
    assert expected == uri_reference(value)


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        pytest.param("2020-09-18T00:22:20.0000000Z", "2020-09-18T00:22:20Z", id="no fraction"),
        pytest.param("2020-09-18T00:27:45.3200000Z", "2020-09-18T00:27:45.32Z", id="2 digits"),
        pytest.param("2020-09-18T00:22:20.2855749Z", "2020-09-18T00:22:20.2855749Z", id="7 digits"),
        pytest.param(
            "2020-09-18T00:22:29.5597260Z", "2020-09-18T00:22:29.5597260Z", id="last zero"
        ),
        pytest.param(
            "2020-09-18T00:22:20.0000000Z", "2020-09-18T00:22:20.0000000Z", id="only zeros"
        ),
        pytest.param(
            "2021-02-20T07:48:24.0000000Z", "2021-02-19T23:48:24-08:00", id="west, next day"
        ),
        pytest.param(
            "2021-02-19T22:18:24.5000000Z", "2021-02-20T03:48:24.5+05:30", id="east, day before"
        ),
        pytest.param(
            "2021-02-19T23:48:24.0000000Z", "2021-02-19T23:48:24+0000", id="offset, no colon"
        ),
        pytest.param("2021-02-19T23:48:24.0000000Z", "2021-02-19T23:48:24", id="no zone is UTC"),
        pytest.param(
            "2021-02-19T23:48:24.0000000Z", " 2021-02-19 23:48:24z ", id="blank and lower case"
        ),
        pytest.param("2020-04-20T17:02:19.6069787Z", "2020-4-20T17:02:19.6069787Z", id="unpadded"),
        pytest.param("2020-09-18T00:38:27.0000000Z", 1600389507, id="seconds"),
        pytest.param("2020-09-18T00:38:27.1670000Z", 1600389507167, id="milliseconds"),
        pytest.param("2020-09-18T00:38:27.5000000Z", 1600389507.5, id="parts of seconds"),
        pytest.param("2020-09-18T00:38:27.1670000Z", "1600389507167", id="milliseconds as text"),
        pytest.param("0001-01-01T00:00:00.0000000Z", "0001-01-01T00:00:00Z", id="the year one"),
        pytest.param(None, "0001-01-01T00:00:00+01:00", id="before the year one"),
        pytest.param(None, "3/28/2007 7:13:50 PM +00:00", id="American"),
        pytest.param(None, "2020-13-18T00:22:20Z", id="month 13"),
        pytest.param(None, "2020-09-18", id="a date only"),
        pytest.param(None, "yesterday", id="a word"),
        pytest.param(None, 1e300, id="beyond all years"),
        pytest.param(None, "", id="empty"),
        pytest.param(None, None, id="null"),
    ],
)
def test_instant(expected: str | None, value: str | float | None) -> None:
    """Always seven digits of a fraction: equal instants are equal text, and sort by time."""
    assert expected == instant(value)


def test_instant_is_stable() -> None:
    once = instant("2021-02-19T23:48:24.1234567-08:00")

    assert once == instant(once)


def test_a_time_nobody_can_read_is_kept_and_fails_nothing() -> None:
    extra: dict[str, Any] = {}

    assert moment("editTime", "tomorrow", extra) is None
    assert extra == {"editTime": "tomorrow"}


@pytest.mark.parametrize("value", [None, "", "2020-09-18T00:22:20Z"])
def test_a_time_that_is_read_or_missing_leaves_nothing_in_extra(value: str | None) -> None:
    extra: dict[str, Any] = {}
    moment("editTime", value, extra)

    assert extra == {}


def test_a_number_that_is_none_is_kept_and_fails_nothing() -> None:
    extra: dict[str, Any] = {}

    assert number("version", "v2", extra) is None
    assert extra == {"version": "v2"}


def test_a_number_that_is_one_leaves_nothing_in_extra() -> None:
    extra: dict[str, Any] = {}

    assert number("version", "2", extra) == 2
    assert extra == {}

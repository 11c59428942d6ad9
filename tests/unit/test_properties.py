"""What holds for every event, generated."""

import contextlib
import json
import random
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from msgspec import Struct

from shared.errors import RejectedEvent
from shared.pipeline import Send, convert
from shared.reading import envelope
from shared.reading.values import instant
from shared.records.cloudevents import Record, WorkItem
from shared.routes import ROUTES
from tests.contract_of_records import held
from tests.unit.events import ALICE, EVENT_TIME, PREFIX, THREAD, TOPIC, event, identifier
from tests.unit.events import settings as app_settings

SETTINGS = app_settings(CHAT_WORK_ITEMS="user")
STRUCTS = {route.payload for route in ROUTES}
OLD_NAMES: dict[type[Struct], dict[str, str]] = {
    struct: getattr(struct, "old_names", {}) for struct in STRUCTS
}
NAMES = sorted(
    {name for struct in STRUCTS for name in struct.__struct_encode_fields__}
    | {name for struct in STRUCTS for name in OLD_NAMES[struct]}
    | {
        "displayName",
        "rawId",
        "kind",
        "communicationUser",
        "phoneNumber",
        "id",
        "value",
        "topic",
        "statusMessage",
        "channelCode",
        "timestamp",
        "segmentsSucceeded",
        "transactionId",
    }
)
ENVELOPE_NAMES = (
    "id",
    "topic",
    "source",
    "subject",
    "eventTime",
    "time",
    "dataVersion",
    "specversion",
    "traceparent",
    "data_base64",
    "type",
    "eventType",
)
ROUTED = st.sampled_from([route.event for route in ROUTES])

real_values = st.sampled_from(
    [
        ALICE,
        "4:+14085550123",
        "15555550100",
        "+15555550100",
        "12345",
        "CONTOSO",
        "2026-01-02T03:04:05.1234567Z",
        "2026-01-01T19:04:05-08:00",
        "3/28/2007 7:13:50 PM +00:00",
        "0001-01-01T00:00:00+14:00",
        "1767323045678",
        1767323045678,
        -1,
        10**30,
        1e300,
        "Text",
        "Failed",
        "Delivered",
        "4007: Opted out",
        "<b>a</b>",
        "\ud83d",
        "",
    ]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | real_values


def any_casing(names: SearchStrategy[str]) -> SearchStrategy[str]:
    """Names in the casings that were ever seen, and in others."""
    return st.builds(
        lambda name, change: change(name),
        names,
        st.sampled_from([str, str.lower, str.upper, lambda name: f"{name[:1].upper()}{name[1:]}"]),
    )


keys = any_casing(st.sampled_from(NAMES)) | st.text(max_size=5)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=15,
)
payloads = st.dictionaries(keys, scalars | anything, max_size=10) | anything
surroundings = st.dictionaries(any_casing(st.sampled_from(ENVELOPE_NAMES)), anything, max_size=4)


def _convert(wire: Any) -> list[Send]:
    return convert(envelope.parse(json.dumps(wire)), SETTINGS)


def _outcome(wire: Any) -> list[bytes] | str:
    """The records' bytes, or the rejection; any other exception is a bug."""
    try:
        return [send.record.body for send in _convert(wire)]
    except RejectedEvent as rejection:
        return f"{type(rejection).__name__}: {rejection}"


@given(ROUTED, payloads, surroundings)
def test_any_json_gives_records_or_a_rejected_event(
    type_: str, data: Any, around: dict[str, Any]
) -> None:
    """And the same event twice gives the same."""
    wire = {"eventType": type_, "data": data} | around

    assert _outcome(wire) == _outcome(wire)


@given(st.text() | anything.map(json.dumps) | anything.map(repr))
def test_any_text_is_an_event_or_rejected(text: str) -> None:
    with contextlib.suppress(RejectedEvent):
        convert(envelope.parse(text), SETTINGS)


@given(ROUTED, payloads)
def test_a_record_read_and_written_again_is_the_same(type_: str, data: Any) -> None:
    found = _outcome({"eventType": type_, "data": data})
    for body in found if isinstance(found, list) else []:
        if b":work-item:" in body:
            again = msgspec.json.decode(body, type=Record[WorkItem])
            assert body == msgspec.json.encode(again)


# Events as they should be: every field of the right type, every value another one.


class Values:
    """Values that are all different, so that each can be looked for."""

    def __init__(self) -> None:
        self.numbers = count(100)

    def word(self) -> str:
        """No word is part of another, and none is a status or a format."""
        return f"w{next(self.numbers)}w"

    def number(self) -> int:
        """A version or a count."""
        return 7_000_000 + next(self.numbers)

    def time(self) -> str:
        """An instant in one of its spellings."""
        spellings = (".{:07}Z", ".{:06}+00:00", ".{:07}-08:00")
        number = next(self.numbers)
        return "2026-01-02T03:04:05" + spellings[number % 3].format(number)

    def party(self, draw: DrawFn) -> Any:
        """An identifier of any year."""
        raw_id = f"8:acs:{self.word()}"
        forms: list[Any] = [
            raw_id,
            identifier(raw_id),
            {"rawId": raw_id},
            {"communicationUser": {"id": raw_id}},
            {"kind": self.word(), "rawId": raw_id, "metadata": {self.word(): self.word()}},
            {"rawId": raw_id, "microsoftTeamsUser": {"userId": self.word(), "cloud": self.word()}},
            {"phoneNumber": {"value": f"+1555{next(self.numbers):07}"}},
        ]
        return draw(st.sampled_from(forms))

    def participant(self, draw: DrawFn) -> dict[str, Any]:
        """Somebody in a thread."""
        name = draw(st.sampled_from(["memberId", "participantCommunicationIdentifier"]))
        return {
            "displayName": self.word(),
            name: self.party(draw),
            "metadata": {self.word(): self.word()},
            self.word(): self.word(),
        }

    def of(self, name: str, draw: DrawFn) -> Any:
        """A value that fits the field."""
        lower = name.lower()
        if lower.endswith(("time", "timestamp")):
            return draw(st.sampled_from([self.time(), self.word()]))
        if lower in {"version", "segmentcount"}:
            return draw(st.sampled_from([self.number(), str(self.number()), self.word()]))
        if lower in {"members", "participants"}:
            return [self.participant(draw) for _ in range(draw(st.integers(0, 2)))]
        if "member" in lower or lower.startswith("participant"):
            return self.participant(draw)
        if lower.endswith(("identifier", "by")) or lower in {"senderid", "recipientid"}:
            return self.party(draw)
        special: dict[str, Any] = {
            "metadata": {self.word(): self.word()},
            "properties": {"topic": self.word(), self.word(): self.word()},
            "deliveryattempts": [{"timestamp": self.time(), "segmentsFailed": self.number()}],
            "deliverystatusdetails": self.word(),
            "errors": [{"code": self.word(), "details": self.word(), "x": self.word()}],
            "retentionpolicy": {"kind": self.word(), "deleteThreadAfterDays": self.number()},
            "media": {"id": self.word(), "mimeType": self.word(), "caption": self.word()},
            "reaction": {"messageId": self.word(), "emoji": self.word()},
            "button": {"text": self.word(), "payload": self.word()},
            "interactive": {"listReply": {"id": self.word(), "title": self.word()}},
            "context": {"id": self.word(), "from": self.word()},
            "reason": {"code": self.number(), "subCode": self.word(), "phrase": self.word()},
            "group": {"id": self.word(), "x": self.word()},
            "recordingstorageinfo": {"recordingChunks": [{"documentId": self.word()}, self.word()]},
            "error": {"channelCode": self.word(), "channelMessage": self.word(), "x": self.word()},
        }
        return special.get(lower, self.word())


@st.composite
def well_formed(draw: DrawFn) -> dict[str, Any]:
    """An event of a routed type with some of its fields, under old and new names."""
    route = draw(st.sampled_from([route for route in ROUTES if route.record]))
    values = Values()
    own = [*route.payload.__struct_encode_fields__, *OLD_NAMES[route.payload]]
    chosen = draw(st.lists(st.sampled_from(own), min_size=1, unique=True))
    data = {name: values.of(name, draw) for name in chosen}
    data |= {values.word(): values.word() for _ in range(draw(st.integers(0, 2)))}
    return event(route.event.removeprefix(PREFIX), data)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item)
            if key[:1] in "wW" and key[-1:] in "wW":  # a customer's or an unknown one
                yield key
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif value is not None:
        yield value


@given(well_formed())
def test_nothing_of_the_data_is_dropped(wire: dict[str, Any]) -> None:
    """Every value is somewhere in the record; times are the same instant.

    But for work items of user-level events, which leave out what differs between them.
    """
    try:
        sends = convert(envelope.parse(json.dumps(wire)), app_settings())
    except RejectedEvent:
        return  # no value at all: an empty list of members
    for send in sends:
        found = {str(leaf).lower() for leaf in _leaves(held(json.loads(send.record.body)))}
        found |= {moment.lower() for leaf in found if (moment := instant(leaf.upper()))}
        lost = {
            leaf
            for leaf in _leaves(wire["data"])
            if str(leaf).lower() not in found
            and (instant(leaf) or "").lower() not in found
            and f"4:{leaf}".lower() not in found
        }

        assert lost == set()


def _shuffled(value: Any, chance: random.Random, *, is_customers: bool = False) -> Any:
    """Keys in another casing and another order, a customer's in another order only."""
    if isinstance(value, list):
        return [_shuffled(item, chance) for item in value]
    if not isinstance(value, dict):
        return value
    items = list(value.items())
    chance.shuffle(items)
    casings: list[Callable[[str], str]] = [str] if is_customers else [str, str.lower, str.upper]
    return {
        chance.choice(casings)(key): _shuffled(item, chance, is_customers=key == "metadata")
        for key, item in items
    }


@given(well_formed(), st.randoms(use_true_random=False))
def test_casing_and_order_of_keys_change_no_id(wire: dict[str, Any], chance: random.Random) -> None:
    try:
        expected = [send.record.envelope.id for send in _convert(wire)]
    except RejectedEvent:
        return
    shuffled = _convert(_shuffled(wire, chance))

    assert expected == [send.record.envelope.id for send in shuffled]


@given(well_formed(), st.randoms(use_true_random=False))
def test_casing_and_order_of_keys_change_no_fact(
    wire: dict[str, Any], chance: random.Random
) -> None:
    """What people read is the same too; only unknown fields keep the casing they came with."""
    try:
        expected = _convert(wire)
    except RejectedEvent:
        return
    shuffled = _convert(_shuffled(wire, chance))

    for first, second in zip(expected, shuffled, strict=True):
        assert sorted(
            str(leaf).lower() for leaf in _leaves(held(json.loads(first.record.body)))
        ) == (sorted(str(leaf).lower() for leaf in _leaves(held(json.loads(second.record.body)))))


# The events of one change in a thread.


@st.composite
def events_of_one_message(draw: DrawFn) -> tuple[list[dict[str, Any]], int]:
    """One change of one message, as events for N users and for the thread; and N.

    In any order, with duplicates, in the spellings of any year, and perhaps without the fields
    that Microsoft's schema calls optional.
    """
    verb, time = draw(
        st.sampled_from(
            [("Received", "composeTime"), ("Edited", "editTime"), ("Deleted", "deleteTime")]
        )
    )
    users = [f"8:acs:r_{n}" for n in range(draw(st.integers(1, 6)))]
    version = draw(st.none() | st.integers(1, 2**53 + 10))
    common = {
        "messageId": draw(st.sampled_from(["1767323045678", "2"])),
        "threadId": THREAD,
        "messageBody": draw(st.text(max_size=5)),
        "composeTime": "2026-01-02T03:04:00Z",
        time: "2026-01-02T03:04:05.1234567Z",
    }
    events = []
    for number, user in enumerate([*users, None]):
        data: dict[str, Any] = common | draw(
            st.sampled_from(
                [{"senderId": ALICE}, {"senderCommunicationIdentifier": identifier(ALICE)}]
            )
        )
        data["transactionId"] = str(number)
        data["version"] = draw(st.sampled_from([version, version and str(version)]))
        data[time] = draw(
            st.sampled_from(["2026-01-02T03:04:05.1234567Z", "2026-01-01T19:04:05.12345670-08:00"])
        )
        if user:
            data |= draw(
                st.sampled_from(
                    [
                        {"recipientId": user},
                        {"recipientCommunicationIdentifier": identifier(user)},
                        {
                            "recipientId": user,
                            "recipientCommunicationIdentifier": {"rawId": user},
                        },
                    ]
                )
            )
        type_ = f"{PREFIX}ChatMessage{verb}{'' if user else 'InThread'}"
        when = f"2026-01-02T03:04:{number + 10:02}Z"
        events.append(
            draw(
                st.sampled_from(
                    [
                        event("", data, eventType=type_, id=str(number), eventTime=when),
                        {
                            "specversion": "1.0",
                            "type": type_,
                            "source": TOPIC,
                            "id": str(number),
                            "time": when,
                            "data": data,
                        },
                    ]
                )
            )
        )
    again = draw(st.lists(st.sampled_from(events), max_size=5))
    return draw(st.permutations([*events, *again])), len(users)


@given(events_of_one_message())
def test_one_message_is_one_work_item_and_one_notification_for_each_recipient(
    events_and_users: tuple[list[dict[str, Any]], int],
) -> None:
    events, users = events_and_users
    sent = {(send.queue, send.record.envelope.id) for wire in events for send in _convert(wire)}
    work = {id_ for queue, id_ in sent if queue == SETTINGS.work_items_queue}
    push = {id_ for queue, id_ in sent if queue == SETTINGS.push_notifications_queue}

    assert (1, users) == (len(work), len(push))


@given(st.permutations(range(5)))
def test_a_reader_restores_the_order_of_changes_from_the_records(order: list[int]) -> None:
    """By ``sequence``, whatever came first; and all of them collapse on one key."""
    verbs = ["Received", "Edited", "Edited", "Edited", "Deleted"]
    found = [
        held(json.loads(send.record.body))
        for number in order
        for send in _convert(
            event(
                f"ChatMessage{verbs[number]}",
                {
                    "messageId": "1",
                    "threadId": THREAD,
                    "recipientId": ALICE,
                    "version": 10 + number,
                },
                eventTime=EVENT_TIME,
            )
        )
        if send.queue == SETTINGS.push_notifications_queue
    ]
    restored = sorted(found, key=lambda record: record["sequence"])

    assert [record["type"].rpartition(".")[2] for record in restored] == [
        verb.lower() for verb in verbs
    ]
    assert len({record["id"] for record in found}) == 5
    assert len({record["data"]["collapseKey"] for record in found}) == 1

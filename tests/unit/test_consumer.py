"""A consumer that follows ``docs/records.md`` builds the right tickets, in any order of records.

It knows records only by ``examples/read_records.py``. What it must arrive at is computed from the
history that the events describe, without any record.
"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from examples import read_records as reader
from shared import pipeline
from shared.reading import envelope
from tests.unit.events import ALICE, BOB, event, identifier, settings

AGENT = "8:orgid:0000000a-0000-4000-8000-00000000000a"
USERS = (ALICE, BOB, AGENT)
OURS = "+15555550199"
START = 1_800_000_000_000
RANKS = {"Delivered": 2, "Failed": 2, "Sent": 1}


@dataclass
class Ticket:
    """What a team works on, and what it sees of it."""

    opened: str = ""
    resolved: str = ""
    ended: bool = False
    topic: str | None = None
    messages: dict[str, tuple[str | None, bool]] = field(default_factory=dict)
    """Text and whether it is deleted, by message id."""
    deliveries: dict[str, str] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)
    entries: int = 0
    """Of its timeline: one for each fact."""

    @property
    def state(self) -> str:
        """By the table of the page."""
        if self.ended:
            return "ended"
        return "open" if self.opened > self.resolved else "resolved"

    def view(self) -> tuple[Any, ...]:
        """All that can be compared."""
        return (
            *(self.state, self.topic, self.messages, self.deliveries),
            *(self.present, self.entries),
        )


class Desk:
    """The consumer."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.known: dict[reader.Thing, str] = {}
        self.tickets: defaultdict[str, Ticket] = defaultdict(Ticket)
        self.shown: dict[tuple[str, str], str | None] = {}
        self.timeline: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
        self.alerts = 0

    def take(self, message: bytes) -> None:
        """Apply one queue message."""
        record = reader.read(message)
        if not reader.first(record, self.seen):
            return
        if record["dataschema"] == reader.PUSH_NOTIFICATION:
            self._push(record)
        else:
            self._work(record)

    def resolve(self, conversation: str, time: str) -> None:
        """Somebody of the team is done with it."""
        ticket = self.tickets[conversation]
        ticket.resolved = max(ticket.resolved, time)

    def _push(self, record: reader.Record) -> None:
        data = record["data"]
        device = (data["recipient"]["key"], data["collapseKey"])
        if reader.is_newer(reader.sequence_of(record), ("push", *device), self.known):
            is_shown = data["interruptionLevel"] != "background"
            self.shown[device] = data["body"] if is_shown else None
            is_alert = data["interruptionLevel"] == "active"
            self.alerts += is_alert and record.get("sequence", "0000").endswith("0000")

    def _work(self, record: reader.Record) -> None:
        data, ticket = record["data"], self.tickets[record["subject"]]
        sequence, about = reader.sequence_of(record), reader.thing(record)
        uncorrected = record.get("sequence", "").rpartition("/")[0] or record["id"]
        self.timeline[record["subject"]].add((record["type"], *about, uncorrected))
        ticket.entries = len(self.timeline[record["subject"]])
        if data["action"] == "open":
            ticket.opened = max(ticket.opened, record["time"])
        ticket.ended |= data["action"] == "close"
        topic = data.get("thread", {}).get("topic")
        if topic and reader.is_newer(sequence, (*about, "topic"), self.known):
            ticket.topic = topic
        for party in data.get("thread", {}).get("participants", ()):
            who = (record["subject"], "participant", party["key"])
            if reader.is_newer(sequence, who, self.known):
                ticket.present.add(party["key"])
        if reader.is_newer(sequence, about, self.known):
            self._apply(record, ticket)

    def _apply(self, record: reader.Record, ticket: Ticket) -> None:
        data, what = record["data"], record["type"].removeprefix("communication.")
        if what.startswith("message."):
            is_deleted = what == "message.deleted"
            ticket.messages[data["message"]["id"]] = (data["message"].get("text"), is_deleted)
        if what == "delivery.updated":
            ticket.deliveries[data["message"]["id"]] = data["delivery"]["status"]
        if what == "participant.added":
            ticket.present.add(data["participant"]["key"])
        if what == "participant.removed":
            ticket.present.discard(data["participant"]["key"])


@dataclass
class History:
    """What happened, and the events that Event Grid delivers of it."""

    by_user: bool
    """``CHAT_WORK_ITEMS=user``: there are no thread-level events."""
    events: list[dict[str, Any]] = field(default_factory=list)
    resolutions: list[tuple[str, str]] = field(default_factory=list)
    tickets: defaultdict[str, Ticket] = field(default_factory=lambda: defaultdict(Ticket))
    shown: dict[tuple[str, str, str], str | None] = field(default_factory=dict)
    clock: Any = field(default_factory=lambda: count(START, 1003))

    def chat(self, name: str, data: dict[str, Any], thread: str) -> None:
        """Deliver a fact of a thread to everybody, and as a thread-level event."""
        user_level, thread_level = name.split("/")
        common = data | {"threadId": thread}
        for number, user in enumerate(USERS):
            own = {"recipientCommunicationIdentifier": _user(user), "transactionId": str(number)}
            self.events.append(event(user_level, common | own, id=f"u{len(self.events)}"))
        if not self.by_user:
            self.events.append(event(thread_level, common, id=f"t{len(self.events)}"))
        self.tickets[thread].entries += 1


def _user(raw_id: str) -> dict[str, Any]:
    if raw_id == AGENT:
        return {"rawId": raw_id, "microsoftTeamsUser": {"userId": raw_id.rpartition(":")[2]}}
    return identifier(raw_id)


def _time(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.{rest:03}0000Z"


@st.composite
def histories(draw: DrawFn) -> History:
    """Threads with edits, deletions and participants; SMS with reports; resolutions in between."""
    history = History(by_user=draw(st.booleans()))
    for number in range(draw(st.integers(0, 2))):
        _thread(draw, history, f"19:thread{number}@thread.v2")
    for number in range(draw(st.integers(0, 2))):
        _texts(draw, history, f"+1555555010{number}")
    return history


def _thread(draw: DrawFn, history: History, thread: str) -> None:
    ticket = history.tickets[thread]
    by, now = draw(st.sampled_from(USERS)), next(history.clock)
    ticket.topic, ticket.present = "first", set(USERS)
    ticket.opened = _time(now) if by != AGENT else ""
    people = [{"participantCommunicationIdentifier": _user(user)} for user in USERS]
    data = {
        "createdByCommunicationIdentifier": _user(by),
        "createTime": _time(now),
        "version": now,
        "participants": people,
        "properties": {"topic": "first"},
    }
    history.chat("ChatThreadCreatedWithUser/ChatThreadCreated", data, thread)
    for number in range(draw(st.integers(1, 3))):
        _message(draw, history, thread, f"{number}")
    for verb in draw(st.lists(st.sampled_from(["Added", "Removed"]), max_size=3)):
        _participant(history, thread, verb)
    if draw(st.booleans()):
        now = next(history.clock)
        data = {"editTime": _time(now), "version": now}
        if draw(st.booleans()):
            data["properties"] = {"topic": ticket.topic}
            ticket.topic = data["properties"]["topic"] = "second"
        name = "ChatThreadPropertiesUpdatedPerUser/ChatThreadPropertiesUpdated"
        history.chat(name, data, thread)
    if draw(st.booleans()):
        ticket.resolved = _time(next(history.clock))
        history.resolutions.append((thread, ticket.resolved))
    if draw(st.booleans()):
        _message(draw, history, thread, "last")
    if draw(st.booleans()):
        now, ticket.ended = next(history.clock), True
        data = {"deleteTime": _time(now), "version": now}
        history.chat("ChatThreadWithUserDeleted/ChatThreadDeleted", data, thread)


def _message(draw: DrawFn, history: History, thread: str, message_id: str) -> None:
    ticket, by = history.tickets[thread], draw(st.sampled_from(USERS))
    sent = next(history.clock)
    text, is_deleted = f"{thread} {message_id}", False
    verbs = ["Received", *draw(st.lists(st.just("Edited"), max_size=2))]
    verbs += draw(st.lists(st.just("Deleted"), max_size=1))
    for number, verb in enumerate(verbs):
        now = sent if verb == "Received" else next(history.clock)
        is_deleted = verb == "Deleted"
        text = f"{thread} {message_id} {number}"
        data = {
            "messageId": message_id,
            "senderCommunicationIdentifier": _user(by),
            "composeTime": _time(sent),
            "messageBody": text,
            "version": now,
            "type": "Text",
        }
        if verb != "Received":
            data["editTime" if verb == "Edited" else "deleteTime"] = _time(now)
        elif by != AGENT:
            ticket.opened = _time(now)
        history.chat(f"ChatMessage{verb}/ChatMessage{verb}InThread", data, thread)
    ticket.messages[message_id] = (text, is_deleted)
    for user in USERS:
        if user != by:
            history.shown[user.lower(), thread, message_id] = None if is_deleted else text


def _participant(history: History, thread: str, verb: str) -> None:
    now, present = next(history.clock), history.tickets[thread].present
    (present.add if verb == "Added" else present.discard)(BOB)
    data = {
        f"participant{verb}": {"participantCommunicationIdentifier": _user(BOB)},
        "time": _time(now),
        "version": now,
    }
    preposition = "To" if verb == "Added" else "From"
    names = f"ChatParticipant{verb}{preposition}ThreadWithUser/ChatThreadParticipant{verb}"
    history.chat(names, data, thread)


def _texts(draw: DrawFn, history: History, theirs: str) -> None:
    conversation = f"sms:{OURS}:{theirs}"
    ticket = history.tickets[conversation]
    for number in range(draw(st.integers(0, 2))):
        now, message_id = next(history.clock), f"Incoming_{number}"
        text = f"{theirs} writes {number}"
        data = {
            "messageId": message_id,
            "from": theirs,
            "to": OURS,
            "message": text,
            "receivedTimestamp": _time(now),
        }
        history.events.append(event("SMSReceived", data, id=f"{theirs}{number}"))
        ticket.opened, ticket.entries = _time(now), ticket.entries + 1
        ticket.messages[message_id] = (text, False)
        history.shown[OURS, conversation, message_id] = text
    if draw(st.booleans()):
        ticket.resolved = _time(next(history.clock))
        history.resolutions.append((conversation, ticket.resolved))
    for number in range(draw(st.integers(0, 2))):
        _report(draw, history, theirs, f"Outgoing_{number}")


def _report(draw: DrawFn, history: History, theirs: str, message_id: str) -> None:
    conversation = f"sms:{OURS}:{theirs}"
    ticket, best = history.tickets[conversation], (-1, -1)
    for status in draw(st.lists(st.sampled_from(sorted(RANKS)), min_size=1, unique=True)):
        now = next(history.clock)
        data = {
            "messageId": message_id,
            "from": OURS,
            "to": theirs,
            "deliveryStatus": status,
            "deliveryStatusDetails": f"4006: {theirs} {message_id}",
            "receivedTimestamp": _time(now),
        }
        history.events.append(event("SMSDeliveryReportReceived", data, id=f"{status}{now}"))
        ticket.entries += 1
        if status == "Failed":
            ticket.opened = _time(now)
        if (RANKS[status], now) > best:
            best = (RANKS[status], now)
            ticket.deliveries[message_id] = status.lower()
            shown = "The recipient cannot be reached now; try again later."
            is_shown = status == "Failed"
            history.shown[OURS, conversation, f"{message_id} report"] = shown if is_shown else None


def _messages(history: History) -> list[bytes]:
    mode = settings(CHAT_WORK_ITEMS="user" if history.by_user else "thread")
    return [
        send.record.body
        for wire in history.events
        for send in pipeline.convert(envelope.parse(json.dumps(wire)), mode)
    ]


@given(histories(), st.randoms(use_true_random=False))
def test_every_order_of_the_records_gives_the_tickets_of_the_history(
    history: History, chance: Any
) -> None:
    messages = _messages(history)
    steps: list[Any] = [*messages, *history.resolutions]
    steps += chance.sample(steps, len(steps) // 5)  # copies
    chance.shuffle(steps)

    desk = Desk()
    for step in steps:
        if isinstance(step, bytes):
            desk.take(step)
        else:
            conversation, time = step
            desk.resolve(subject_of(conversation), time)

    check(desk, history)


def check(desk: Desk, history: History) -> None:
    """The tickets are those of the history, and what is shown is what it says."""
    expected = {subject_of(name): ticket.view() for name, ticket in history.tickets.items()}
    found = {subject: ticket.view() for subject, ticket in desk.tickets.items()}
    assert {s: v for s, v in expected.items() if v[-1]} == {s: v for s, v in found.items() if v[-1]}
    assert Counter((user, body) for (user, _, _), body in history.shown.items() if body) == Counter(
        (user, body) for (user, _), body in desk.shown.items() if body
    )


def subject_of(conversation: str) -> str:
    """As the page says: a reader that knows the conversation can work its key out."""
    return sha256(conversation.encode()).hexdigest()[:32]

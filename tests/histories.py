"""Made-up histories: what happened, the events of it, and what a reader must arrive at.

The expected tickets and notifications are computed from what happened, without any record.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from random import Random
from typing import Any

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


def history(chance: Random, threads: int, customers: int) -> History:
    """Threads with edits, deletions and participants; SMS with reports; resolutions in between.

    Args:
        chance: decides what happens.
        threads: how many.
        customers: who write and get SMS.
    """
    made = History(by_user=_maybe(chance))
    for number in range(threads):
        _thread(chance, made, f"19:thread{number}@thread.v2")
    for number in range(customers):
        _texts(chance, made, f"+1555{number:07}")
    return made


def _maybe(chance: Random) -> bool:
    return chance.randint(0, 1) == 1


def _thread(chance: Random, history: History, thread: str) -> None:
    ticket = history.tickets[thread]
    by, now = chance.choice(USERS), next(history.clock)
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
    for number in range(chance.randint(1, 3)):
        _message(chance, history, thread, f"{number}")
    for verb in chance.choices(["Added", "Removed"], k=chance.randint(0, 3)):
        _participant(history, thread, verb)
    if _maybe(chance):
        now = next(history.clock)
        data = {"editTime": _time(now), "version": now}
        if _maybe(chance):
            data["properties"] = {"topic": ticket.topic}
            ticket.topic = data["properties"]["topic"] = "second"
        name = "ChatThreadPropertiesUpdatedPerUser/ChatThreadPropertiesUpdated"
        history.chat(name, data, thread)
    if _maybe(chance):
        ticket.resolved = _time(next(history.clock))
        history.resolutions.append((thread, ticket.resolved))
    if _maybe(chance):
        _message(chance, history, thread, "last")
    if _maybe(chance):
        now, ticket.ended = next(history.clock), True
        data = {"deleteTime": _time(now), "version": now}
        history.chat("ChatThreadWithUserDeleted/ChatThreadDeleted", data, thread)


def _message(chance: Random, history: History, thread: str, message_id: str) -> None:
    ticket, by = history.tickets[thread], chance.choice(USERS)
    sent = next(history.clock)
    text, is_deleted = f"{thread} {message_id}", False
    verbs = ["Received", *["Edited"] * chance.randint(0, 2)]
    verbs += ["Deleted"] * chance.randint(0, 1)
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


def _texts(chance: Random, history: History, theirs: str) -> None:
    conversation = f"sms:{OURS}:{theirs}"
    ticket = history.tickets[conversation]
    for number in range(chance.randint(0, 2)):
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
    if _maybe(chance):
        ticket.resolved = _time(next(history.clock))
        history.resolutions.append((conversation, ticket.resolved))
    for number in range(chance.randint(0, 2)):
        _report(chance, history, theirs, f"Outgoing_{number}")


def _report(chance: Random, history: History, theirs: str, message_id: str) -> None:
    conversation = f"sms:{OURS}:{theirs}"
    ticket, best = history.tickets[conversation], (-1, -1)
    for status in chance.sample(sorted(RANKS), k=chance.randint(1, len(RANKS))):
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


def messages(history: History) -> list[bytes]:
    """The records of its events, as they lie on the queues."""
    mode = settings(CHAT_WORK_ITEMS="user" if history.by_user else "thread")
    return [
        send.record.body
        for wire in history.events
        for send in pipeline.convert(envelope.parse(json.dumps(wire)), mode)
    ]


def subject_of(conversation: str) -> str:
    """As the page says: a reader that knows the conversation can work its key out."""
    return sha256(conversation.encode()).hexdigest()[:32]

"""A consumer that follows ``docs/records.md`` builds the right tickets, in any order of records.

It knows records only by ``examples/read_records.py``. What it must arrive at is computed from the
history that the events describe, without any record.
"""

from collections import Counter, defaultdict
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from examples import read_records as reader
from tests import histories
from tests.histories import History, Ticket, subject_of


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


@given(st.randoms(use_true_random=False))
def test_every_order_of_the_records_gives_the_tickets_of_the_history(chance: Random) -> None:
    history = histories.history(chance, chance.randint(0, 2), chance.randint(0, 2))
    steps: list[Any] = [*histories.messages(history), *history.resolutions]
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

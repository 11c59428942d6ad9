"""Desks of the tests, with a clock and senders that a test decides, and records for them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from desk import intake, settings
from desk.application import Desk
from desk.database import Database, Row
from desk.senders import Answer, Push
from shared import pipeline
from shared.reading import envelope
from tests.unit.events import event
from tests.unit.events import settings as settings_of_the_app

PAYLOADS = "https://account.example/record-payloads/"
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
CUSTOMER, OURS = "+15555550100", "+15555550199"


@dataclass
class World:
    """What a desk finds outside: the time, blobs, and push services that give these answers."""

    now: datetime = NOON
    blobs: dict[str, bytes] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    """One for each try; without any, everything is taken."""
    tries: list[Push] = field(default_factory=list)

    def deliver(self, push: Push) -> Answer:
        """Give the next of the answers."""
        self.tries.append(push)
        return self.answers.pop(0) if self.answers else Answer("sent", "taken")

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@contextmanager
def desk_on(where: str, world: World | None = None, **environ: str) -> Iterator[Desk]:
    """A desk with that database; ``environ`` are settings."""
    world = world or World()
    names = {"DESK_DATABASE": where, "DESK_LOCAL": "true", "DESK_PAYLOADS": PAYLOADS} | environ
    made = Desk(
        settings=settings.from_env(names),
        database=Database(where),
        fetch=world.blobs.__getitem__,
        deliver=world.deliver,
        now=lambda: world.now,
    )
    yield made
    made.database.close()


def rows(desk: Desk, sql: str, **values: str) -> list[Row]:
    """What is in the database."""
    with desk.database.read() as connection:
        return connection.rows(sql, **values)


def records(name: str, data: dict[str, Any], event_id: str = "e", **environ: str) -> list[bytes]:
    """The records of an event: work item, push notification."""
    wire = json.dumps(event(name, data, id=event_id))
    sends = pipeline.convert(envelope.parse(wire), settings_of_the_app(**environ))
    return [send.record.body for send in sends]


def sms(number: int, text: str = "Hello", hour: int = 9) -> list[bytes]:
    """The records of a customer's SMS."""
    data = {
        "messageId": f"Incoming_{number}",
        "from": CUSTOMER,
        "to": OURS,
        "message": text,
        "receivedTimestamp": f"2026-01-02T{hour:02}:00:{number:02}.0000000Z",
    }
    return records("SMSReceived", data, f"sms{number}")


def changed(record: bytes, **attributes: Any) -> bytes:
    """The record with other attributes, and other data where ``data`` is among them."""
    wire = json.loads(record)
    data = wire.get("data", {}) | attributes.pop("data", {})
    return json.dumps(wire | attributes | {"data": data}).encode()


def take(desk: Desk, *messages: bytes) -> list[str | None]:
    """Give messages to the desk, in this order."""
    return [intake.take(desk, message) for message in messages]

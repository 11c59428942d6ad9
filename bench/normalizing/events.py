"""The events that are measured: of every type the sample in the service's own words of today."""

import json
from pathlib import Path
from typing import Any

from local.paths import SAMPLES
from shared.routes import ROUTES

LARGE = 250
"""Participants: the most that a thread takes (learn.microsoft.com, service limits: chat)."""


def of_every_type() -> dict[str, str]:
    """By event type, for all types that become records."""
    names = [route.event.rpartition(".")[2] for route in ROUTES if route.record]
    return {name: _text(_sample(name)) for name in names}


def compared() -> dict[str, str]:
    """Those that the other ways to write it understand too, by what they are called in tables."""
    thread = _sample("ChatThreadCreatedWithUser")
    return {
        "SMS": _text(_whole_seconds(_sample("SMSReceived"))),
        "chat message": _text(_whole_seconds(_sample("ChatMessageReceived"))),
        "thread of 2": _text(_whole_seconds(thread)),
        f"thread of {LARGE}": _text(_whole_seconds(with_participants(thread, LARGE))),
    }


def with_participants(event: dict[str, Any], count: int) -> dict[str, Any]:
    """The same thread with that many people in it, each with an id and a name of their own."""
    second = json.dumps(event["data"]["participants"][1])
    people = [
        json.loads(second.replace("000000000002", f"{number:012d}").replace("Bob", f"Bob {number}"))
        for number in range(count)
    ]
    return event | {"data": event["data"] | {"participants": people}}


def _sample(name: str) -> dict[str, Any]:
    current = SAMPLES / f"{name}.current.json"
    return _event(current if current.exists() else SAMPLES / f"{name}.json")


def _event(sample: Path) -> dict[str, Any]:
    """One event, as the host gives it to the function: taken out of its array."""
    events: list[dict[str, Any]] = json.loads(sample.read_text(encoding="utf-8"))
    return events[0]


def _text(event: dict[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False)


def _whole_seconds(event: dict[str, Any]) -> dict[str, Any]:
    """The SDK's class turns a time into a datetime, which gives its digits back otherwise."""
    return event | {"eventTime": event["eventTime"][:19] + "Z"}

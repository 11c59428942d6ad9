"""Events to measure with: samples, threads of any size, and as many different ones as wanted."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from itertools import cycle, islice
from typing import Any

import msgspec

from local.paths import SAMPLES
from shared.routes import ROUTES

LARGE = 250
"""People: the most that a chat thread takes (learn.microsoft.com, service limits: chat)."""
_THREAD = "ChatThreadCreatedWithUser.current"
_MIXED = (
    "SMSReceived.current",
    "ChatMessageReceived.current",
    "SMSDeliveryReportReceived.current",
)
_TOLD = ("messageId", "message", "messageBody", "threadId")


def sample(name: str) -> str:
    """A sample's one event, as the functions host hands it over."""
    return _text(_event(name))


def thread(participants: int) -> str:
    """A new thread with so many people in it, each in the shape of the sample's second."""
    event = deepcopy(_event(_THREAD))
    creator, other = event["data"]["participants"]
    others = (_somebody(other, number) for number in range(2, participants + 1))
    event["data"]["participants"] = [creator, *others]
    return _text(event)


def of_every_type() -> dict[str, str]:
    """One of every type that becomes records, in the words of today where there are several."""
    names = [route.event.rpartition(".")[2] for route in ROUTES if route.record]
    newest = {name: SAMPLES / f"{name}.current.json" for name in names}
    return {name: sample(file.stem if file.exists() else name) for name, file in newest.items()}


def different(count: int, *samples: str) -> list[str]:
    """So many events of these samples in turn, by default three; no two have equal ids or texts."""
    return list(islice(_different(samples or _MIXED), count))


def _different(samples: Sequence[str]) -> Iterator[str]:
    for number, name in enumerate(cycle(samples)):
        event = _event(name)
        data = event["data"]
        told = {key: f"{data[key]}{number}" for key in _TOLD if key in data}
        yield _text(event | {"id": f"{event['id']}{number}", "data": data | told})


def _somebody(other: dict[str, Any], number: int) -> dict[str, Any]:
    raw_id = other["participantCommunicationIdentifier"]["rawId"]
    renumbered = _text(other).replace(raw_id, f"{raw_id[:-12]}{number:012}")
    somebody: dict[str, Any] = msgspec.json.decode(renumbered)
    return somebody | {"displayName": f"Person {number}"}


@cache
def _event(name: str) -> dict[str, Any]:
    (event,) = msgspec.json.decode((SAMPLES / f"{name}.json").read_bytes())
    found: dict[str, Any] = event
    return found


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()

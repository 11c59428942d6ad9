"""Events to measure with, made of the samples."""

from typing import Any

import msgspec

from local.paths import SAMPLES

LARGE = 250
"""People: the most that a chat thread takes (learn.microsoft.com, service limits: chat)."""


def sample(name: str) -> str:
    """A sample's one event, as the functions host hands it over."""
    events = msgspec.json.decode((SAMPLES / f"{name}.json").read_bytes())
    return _text(events[0] if isinstance(events, list) else events)


def thread(participants: int) -> str:
    """A new thread with so many people in it, each in the form of the sample's second."""
    event = msgspec.json.decode(sample("ChatThreadCreatedWithUser.current"))
    creator, other = event["data"]["participants"]
    raw_id = other["participantCommunicationIdentifier"]["rawId"]
    others = [
        msgspec.json.decode(_text(other).replace(raw_id, f"{raw_id[:-12]}{number:012}"))
        | {"displayName": f"Person {number}"}
        for number in range(2, participants + 1)
    ]
    event["data"]["participants"] = [creator, *others]
    return _text(event)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()

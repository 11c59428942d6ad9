"""The events that the other ways to write it understand too."""

import msgspec

from bench import events


def compared() -> dict[str, str]:
    """By what they are called in tables."""
    return {
        "SMS": _whole_seconds(events.sample("SMSReceived.current")),
        "chat message": _whole_seconds(events.sample("ChatMessageReceived.current")),
        "thread of 2": _whole_seconds(events.thread(2)),
        f"thread of {events.LARGE}": _whole_seconds(events.thread(events.LARGE)),
    }


def _whole_seconds(event: str) -> str:
    """The SDK's class turns a time into a datetime, which gives its digits back otherwise."""
    wire = msgspec.json.decode(event)
    wire["eventTime"] = wire["eventTime"][:19] + "Z"
    return msgspec.json.encode(wire).decode()

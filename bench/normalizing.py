"""Normalizing: CPU time from the text of an event, as the host hands it over, to its records."""

import gc
import re
from collections.abc import Callable, Mapping
from functools import partial
from time import process_time
from timeit import Timer

from bench import events, peers
from bench.measuring import OURS, beside_the_app, in_turns, table
from shared import pipeline
from shared.reading import envelope
from shared.settings import Settings

_SETTINGS = Settings.from_env({"RecordStorage": "UseDevelopmentStorage=true"})
_BURST = 0.02
"""Seconds: long beside the step of the clock, short beside what else goes on."""


def with_app(text: str) -> list[str | bytes]:
    """Event text to the texts of its records, by the app."""
    return [send.record.body for send in pipeline.convert(envelope.parse(text), _SETTINGS)]


WAYS: dict[str, Callable[[str], list[str | bytes]]] = {
    "dicts and json": peers.with_dicts,
    "pydantic v2": peers.with_pydantic,
    "`azure.eventgrid`'s class and json": peers.with_sdk_class,
    OURS: with_app,
}
EVENTS = {
    "SMS": events.sample("SMSReceived.current"),
    "SMS, as first published": events.sample("SMSReceived"),
    "SMS, as a CloudEvent": events.sample("SMSReceived.cloudevents"),
    "SMS delivery report": events.sample("SMSDeliveryReportReceived.current"),
    "chat message": events.sample("ChatMessageReceived.current"),
    "chat thread of 2 people": events.thread(2),
    f"chat thread of {events.LARGE} people": events.thread(events.LARGE),
}
SMS = re.sub(r'("eventTime":"[^".]*)\.\d+Z', r"\1Z", EVENTS["SMS"])
"""At a whole second: the SDK's class would give the digits back in another form."""


async def measure(*, quick: bool) -> str:
    """Both tables, as Markdown."""
    rounds = 1 if quick else 31
    ways = _microseconds({name: partial(way, SMS) for name, way in WAYS.items()}, rounds)
    types = _microseconds({name: partial(with_app, text) for name, text in EVENTS.items()}, rounds)
    first = table(["an SMS to its records", "CPU µs", "times the app"], beside_the_app(ways))
    return (
        f"{first}\n\n{table(['the app', 'CPU µs', 'times an SMS'], beside_the_app(types, 'SMS'))}"
    )


def _microseconds(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    timers = {name: Timer(call, gc.enable, process_time) for name, call in calls.items()}
    repeats = {name: max(1, int(_BURST / (t.timeit(20) / 20))) for name, t in timers.items()}
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for name in in_turns(calls, rounds):
        taken[name].append(timers[name].timeit(repeats[name]) / repeats[name] * 1e6)
    return taken

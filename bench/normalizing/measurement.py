"""The tables and goals of this part."""

import json
from collections.abc import Callable
from typing import Any

from bench.events import of_every_type
from bench.measuring import Compared, compare
from bench.normalizing.dicts import with_dicts, with_sdk_class
from bench.normalizing.events import compared
from bench.normalizing.floor import floor_of
from bench.normalizing.models import with_pydantic
from bench.normalizing.steps import steps
from bench.parts import Scale
from bench.results import Goal, Outcome, Table
from shared import pipeline
from shared.pipeline import Send
from shared.reading import envelope
from tools.golden import DEFAULTS

_SDK = "azure.eventgrid class and json"
_RIVALS: dict[str, Callable[[str], list[Any]]] = {
    "json.loads, dicts, json.dumps": with_dicts,
    "pydantic v2": with_pydantic,
    _SDK: with_sdk_class,
}


def measure(scale: Scale) -> Outcome:
    """Time every event type against its floor, and a few against what people write."""
    rounds = 15 if scale is Scale.FULL else 1
    types = {name: _against_floor(event, rounds) for name, event in of_every_type().items()}
    rivals = {name: _against_rivals(event, rounds) for name, event in compared().items()}
    worst = max(types, key=lambda name: types[name].ratio.median)
    return Outcome(
        goals=[
            Goal(
                what=f"normalizing, times its floor: the worst of all event types ({worst})",
                bound=1.5,
                measured=types[worst].ratio.median,
            ),
            *(
                Goal(
                    what=f"{name}: the event class of the SDK takes, times the app",
                    bound=10,
                    measured=results[_SDK].ratio.median,
                    at="least",
                )
                for name, results in rivals.items()
            ),
        ],
        tables=[_types_table(types), _rivals_table(rivals), _steps_table(rounds)],
    )


def convert(event: str) -> list[Send]:
    """What the app does with an event before it sends anything."""
    return pipeline.convert(envelope.parse(event), DEFAULTS)


def _against_floor(event: str, rounds: int) -> Compared:
    return compare(floor_of(event), {"app": lambda: convert(event)}, rounds=rounds)["app"]


def _against_rivals(event: str, rounds: int) -> dict[str, Compared]:
    expected = [json.loads(send.record.body) for send in convert(event)]
    variants: dict[str, Callable[[], object]] = {"floor": floor_of(event)}
    for name, rival in _RIVALS.items():
        if [json.loads(text) for text in rival(event)] != expected:
            raise AssertionError(f"{name} gives other records than the app")
        variants[name] = lambda rival=rival: rival(event)  # type: ignore[misc] # bound now
    variants["the app"] = lambda: convert(event)
    return compare(lambda: convert(event), variants, rounds=rounds)


def _types_table(types: dict[str, Compared]) -> Table:
    return Table(
        title="Every event type",
        columns=["event type", "µs", "times the floor"],
        rows=[[name, each.microseconds.median, str(each.ratio)] for name, each in types.items()],
    )


def _rivals_table(rivals: dict[str, dict[str, Compared]]) -> Table:
    names = list(next(iter(rivals.values())))
    return Table(
        title="Beside what people write",
        columns=["", *(f"{name}: µs, times the app" for name in rivals)],
        rows=[[name, *(_cell(results[name]) for results in rivals.values())] for name in names],
    )


def _cell(result: Compared) -> str:
    return f"{result.microseconds.median:,.0f}, {result.ratio}"


def _steps_table(rounds: int) -> Table:
    event = compared()["SMS"]
    found = compare(floor_of(event), {**steps(event), "all": lambda: convert(event)}, rounds=rounds)
    return Table(
        title="Where the time of an SMS goes",
        columns=["step", "µs", "times the floor of all"],
        rows=[[name, each.microseconds.median, str(each.ratio)] for name, each in found.items()],
        note="The contract alone costs more than the goal: ids that are the same for the same "
        "fact, and constructors called from Python, which the floor does not call.",
    )

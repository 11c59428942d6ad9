"""Sets of modules, each imported in a fresh interpreter once a round."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from bench.measuring import Spread, shuffled, spread
from bench.results import Cell, Table
from local.paths import ROOT, SAMPLES
from shared.routes import FUNCTIONS

_REFERENCE = ("azure.functions", "azure.storage.queue.aio", "msgspec")
_REFERENCE_NAME = "azure.functions, azure.storage.queue.aio and msgspec"
_ON_TOP = {
    "requests": "at load: azure.storage.queue imports it by itself",
    "azure.storage.blob.aio": "first dead letter or claim check",
    "azure.identity.aio": "only with identity, at the first event",
    "azure.eventgrid": "never",
    "pydantic": "never",
}
"""What comes on top of the reference, and when in the app it does."""
SETS: dict[str, tuple[tuple[str, ...], str]] = {
    "nothing": ((), ""),
    "azure.functions": (("azure.functions",), "at load"),
    "azure.functions and msgspec": (("azure.functions", "msgspec"), "at load"),
    _REFERENCE_NAME: (_REFERENCE, "at load"),
    **{function: ((function,), "the worker loads it") for function in FUNCTIONS},
    **{f"… and {name}": ((*_REFERENCE, name), when) for name, when in _ON_TOP.items()},
}
"""Modules, and when the app imports them."""
_FILE = Path(__file__).with_name("fresh.py")
_EVENTS = {
    "sms_received": "SMSReceived",
    "chat_events": "ChatMessageReceived.current",
    "delivery_report": "SMSDeliveryReportReceived",
    "advanced_messages": "AdvancedMessageReceived",
    "call_events": "CallEnded",
}


class Imported(Struct, frozen=True):
    """One set of modules, over all rounds."""

    cpu: Spread
    """Milliseconds."""
    wall: Spread
    ratio: Spread
    """Of CPU time, to the reference before and after."""
    memory: float | None
    modules: list[str]


def fresh(*arguments: str, options: tuple[str, ...] = ()) -> tuple[Any, str]:
    """What a fresh interpreter found, and what it wrote to standard error."""
    done = subprocess.run(
        [sys.executable, *options, "-P", str(_FILE), *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


def measured(names: Sequence[str] = tuple(SETS), rounds: int = 1) -> dict[str, Imported]:
    """Every set in every round, each between two imports of the reference."""
    if rounds > 1:
        for name in names:
            fresh("import", *SETS[name][0])  # leaves byte code and a warm disk cache behind
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    ratios: dict[str, list[float]] = {name: [] for name in names}
    before = fresh("import", *_REFERENCE)[0]["cpu"]
    for name in shuffled([*names] * rounds):
        taken = fresh("import", *SETS[name][0])[0]
        after = fresh("import", *_REFERENCE)[0]["cpu"]
        found[name].append(taken)
        ratios[name].append(2 * taken["cpu"] / (before + after))
        before = after
    return {name: _imported(each, ratios[name]) for name, each in found.items()}


def table(imported: dict[str, Imported]) -> Table:
    """What an import costs, and when the app pays for it."""
    rows: list[list[Cell]] = [
        [
            name,
            str(each.cpu),
            each.wall.median,
            str(each.ratio),
            len(each.modules),
            each.memory,
            SETS[name][1],
        ]
        for name, each in imported.items()
    ]
    return Table(
        title="Importing, in a fresh interpreter",
        columns=[
            "imported",
            "CPU ms",
            "wall ms",
            "CPU, times the reference",
            "modules",
            "MB",
            "in the app: when",
        ],
        rows=rows,
        note=f"The reference is {_REFERENCE_NAME}; *… and* is on top of it.",
    )


def first_events(functions: Sequence[str] = FUNCTIONS, rounds: int = 1) -> Table:
    """The first event of a process beside those after it."""
    rows: list[list[Cell]] = []
    for function in functions:
        sample = _EVENTS[function]
        found = [
            fresh("first", str(SAMPLES / f"{sample}.json"), function)[0] for _ in range(rounds)
        ]
        first = spread(each["first"] * 1000 for each in found)
        later = spread(each["later"] * 1000 for each in found)
        ratio = spread(each["first"] / each["later"] for each in found)
        rows.append([function, str(first), later.median, ratio.median])
    return Table(
        title="The first event after the import",
        columns=["function", "first, CPU ms", "later ones, CPU ms", "first, times a later one"],
        rows=rows,
        note="From JSON text to encoded records, the first with reading the settings; without "
        "storage, whose first request opens a connection.",
    )


def _imported(found: list[dict[str, Any]], ratios: list[float]) -> Imported:
    memory = [each["memory"] for each in found if each["memory"]]
    return Imported(
        cpu=spread(each["cpu"] * 1000 for each in found),
        wall=spread(each["wall"] * 1000 for each in found),
        ratio=spread(ratios),
        memory=spread(memory).median if memory else None,
        modules=found[0]["modules"],
    )

"""The counts of this run beside the committed ones."""

import platform
from collections.abc import Callable, Iterator
from itertools import chain

from msgspec import Struct

from bench import measuring, results
from bench.instructions import counting
from bench.instructions.workloads import FIXED, workloads
from bench.parts import Scale
from bench.results import Cell, Goal, Outcome, Table

BOUND = 1.2
KEPT = "Committed figures"
"""The table that a later run finds its figures in."""
_INSTRUCTIONS, _BYTECODES, _CPU = "instructions", "bytecodes", "CPU time"
_REPEATS, _FEW = 30, 2
_ROUNDS = {Scale.QUICK: 7, Scale.FULL: 15}

Calls = dict[str, Callable[[], object]]
Counts = dict[str, float]
Key = tuple[str, str, str]
"""Python, what was counted, event type."""


class Counted(Struct, frozen=True):
    """One event type, counted in one way."""

    event: str
    what: str
    each: float
    """Of one event: a count, or microseconds."""
    quotient: float
    """Divided by that of the fixed computation: what is compared."""


class Python(Struct, frozen=True):
    """Under which figures can be compared."""

    version: str
    """``3.11``: enough for counts."""
    build: str
    """``3.11.7, GCC 12.2.0``: another one moved quotients of CPU time by 12 %."""

    def key(self, counted: Counted) -> Key:
        """Where the committed figure lies."""
        of_time = counted.what == _CPU
        return self.build if of_time else self.version, counted.what, counted.event


def measure(scale: Scale) -> Outcome:
    """Count in every way that there is here, and compare."""
    calls = workloads()
    ways = {_BYTECODES: _bytecodes(calls), _CPU: _cpu(calls, _ROUNDS[scale])}
    tool = None
    # A quick run proves that counting works; callgrind alone takes longer than all of it may.
    if scale is Scale.FULL and (found := counting.instructions(_repeats(calls))):
        tool, counts = found
        ways = {_INSTRUCTIONS: _divided(_INSTRUCTIONS, counts)} | ways
    counted = list(chain.from_iterable(ways.values()))
    build = f"{platform.python_version()}, {platform.python_compiler()}"
    python = Python(".".join(platform.python_version_tuple()[:2]), build)
    return judged(counted, kept(), python=python, tool=tool, scale=scale)


def judged(
    counted: list[Counted],
    before: dict[Key, float],
    *,
    python: Python,
    tool: str | None,
    scale: Scale,
) -> Outcome:
    """What decides is a goal; everything is in the tables, for other runs to compare with."""
    ours = {python.key(each): each.quotient for each in counted}
    growth = {key: value / before[key] for key, value in ours.items() if key in before}
    decisive = {_INSTRUCTIONS} if tool else {_BYTECODES}
    if not tool and scale is Scale.FULL:
        decisive.add(_CPU)
    goals = [
        Goal(
            what=f"{what} of normalizing {event}, times the committed figure",
            bound=BOUND,
            measured=ratio,
            steady=True,
        )
        for (_, what, event), ratio in growth.items()
        if what in decisive
    ]
    return Outcome(
        goals=goals,
        tables=[_now(counted, growth, python, tool), _kept(before | ours)],
    )


def kept() -> dict[Key, float]:
    """The committed figures, of every version of Python."""
    run = results.load().get("instructions")
    tables = run.outcome.tables if run else []
    rows = (row for table in tables if table.title == KEPT for row in table.rows)
    return {(str(row[0]), str(row[1]), str(row[2])): float(row[3] or 0) for row in rows}


def _bytecodes(calls: Calls) -> list[Counted]:
    return _divided(
        _BYTECODES, {name: float(counting.bytecodes(call)) for name, call in calls.items()}
    )


def _cpu(calls: Calls, rounds: int) -> list[Counted]:
    others = {name: call for name, call in calls.items() if name != FIXED}
    compared = measuring.compare(calls[FIXED], others, rounds=rounds)
    return [
        Counted(event, _CPU, found.microseconds.low, found.ratio.low)
        for event, found in compared.items()
    ]


def _divided(what: str, counts: Counts) -> list[Counted]:
    fixed = counts[FIXED]
    return [
        Counted(event, what, count, count / fixed)
        for event, count in counts.items()
        if event != FIXED
    ]


def _repeats(calls: Calls) -> dict[str, int]:
    """A large event takes as long as many small ones."""
    return {name: _FEW if "people" in name else _REPEATS for name in calls}


def _now(
    counted: list[Counted], growth: dict[Key, float], python: Python, tool: str | None
) -> Table:
    rows: list[list[Cell]] = []
    for each in counted:
        unit = " µs" if each.what == _CPU else ""
        shown = measuring.digits(each.each) + unit
        ratio = growth.get(python.key(each))
        rows.append([each.event, each.what, shown, each.quotient, ratio])
    return Table(
        title=f"Per event, Python {python.build}",
        columns=["event", "counted", "per event", "times the fixed", "times the committed"],
        rows=rows,
        note=" ".join(_notes(growth, python, tool)),
    )


def _notes(growth: dict[Key, float], python: Python, tool: str | None) -> Iterator[str]:
    compared = {what for _, what, _ in growth}
    if tool:
        yield f"Instructions were counted by {tool}, and decide."
    else:
        yield "No tool counted instructions: bytecodes and CPU time decide."
        if _CPU not in compared:
            yield f"No CPU time is committed for the build {python.build}."
    if not compared - {_CPU}:
        yield f"No figure is committed for Python {python.version}: nothing could be compared."


def _kept(figures: dict[Key, float]) -> Table:
    return Table(
        title=KEPT,
        columns=["Python", "counted", "event", "times the fixed"],
        rows=[[*key, value] for key, value in sorted(figures.items())],
    )

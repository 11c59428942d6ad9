"""Counting the normalizer's work, and judging whether it has grown."""

import math
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from bench import events, results
from bench.instructions import counting, fixed, judging, workloads
from bench.instructions.judging import Counted
from bench.parts import Scale
from bench.results import Outcome, Run

PYTHON = judging.Python("3.11", "3.11.7, GCC 12.2.0")
EVENT = "SMSReceived"
FIXED = "aa613bc46b30c2b726605c4a54ed002b5d3a1ade035c78fd52eea1e29a4fd62a"


def _counted(**quotients: float) -> list[Counted]:
    names = {"cpu": "CPU time"}
    return [Counted(EVENT, names.get(name, name), 100.0, q) for name, q in quotients.items()]


def _judged(
    counted: list[Counted], *, tool: str | None = None, scale: Scale = Scale.FULL
) -> Outcome:
    before = {PYTHON.key(each): 2.0 for each in _counted(instructions=2, bytecodes=2, cpu=2)}
    return judging.judged(counted, before, python=PYTHON, tool=tool, scale=scale)


def test_a_fifth_more_is_let_pass_and_more_is_not() -> None:
    (held,) = _judged(_counted(instructions=2.4), tool="callgrind").goals
    (missed,) = _judged(_counted(instructions=2.41), tool="callgrind").goals

    assert (True, True) == (held.held, held.steady)
    assert (False, True) == (missed.held, missed.steady)


def test_instructions_alone_decide_where_they_are_counted() -> None:
    outcome = _judged(_counted(instructions=2.0, bytecodes=9.0, cpu=9.0), tool="callgrind")

    assert [1.0] == [goal.measured for goal in outcome.goals]


def test_bytecodes_and_time_decide_where_no_tool_counts() -> None:
    outcome = _judged(_counted(bytecodes=2.0, cpu=2.6))

    assert [True, False] == [goal.held for goal in outcome.goals]
    assert all(goal.steady for goal in outcome.goals)


def test_a_quick_run_judges_by_what_is_exact() -> None:
    outcome = _judged(_counted(bytecodes=2.0, cpu=2.6), scale=Scale.QUICK)

    assert ["bytecodes of normalizing SMSReceived, times the committed figure"] == [
        goal.what for goal in outcome.goals
    ]


def test_a_version_without_a_figure_is_measured_and_said_so() -> None:
    outcome = judging.judged(
        _counted(bytecodes=2.0),
        {},
        python=judging.Python("3.14", "3.14.0, GCC"),
        tool=None,
        scale=Scale.FULL,
    )

    assert [] == outcome.goals
    assert "No figure is committed for Python 3.14" in outcome.tables[0].note


def test_time_is_compared_within_one_build() -> None:
    before = {("3.11", "bytecodes", EVENT): 2.0, ("3.11.2, GCC 12.2.0", "CPU time", EVENT): 1.0}
    outcome = judging.judged(
        _counted(bytecodes=2.0, cpu=2.0), before, python=PYTHON, tool=None, scale=Scale.FULL
    )

    assert [True] == [goal.held for goal in outcome.goals]
    assert "No CPU time is committed for the build 3.11.7" in outcome.tables[0].note


def test_what_is_kept_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of other versions too."""
    ours = {("3.11", "bytecodes", EVENT): 2.25}
    other = {("3.13", "instructions", EVENT): 1 / 3}
    outcome = judging.judged(
        _counted(bytecodes=2.25), other, python=PYTHON, tool=None, scale=Scale.FULL
    )
    run = Run(date="2026-11-22", seconds=1, machine={}, outcome=outcome)
    monkeypatch.setattr(results, "load", lambda: {"instructions": run})

    assert ours | other == judging.kept()


def test_nothing_is_kept_before_the_first_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "load", dict)

    assert {} == judging.kept()


def test_callgrind_counts_lie_between_the_marks() -> None:
    """Start-up, a workload, what lies between, a workload; what follows is in no numbered dump."""
    dumps = [f"version: 1\nevents: Ir\nsummary: {n}\ntotals: {n}\n" for n in (9_000, 100, 7, 60)]

    assert {"a": 10.0, "b": 30.0} == counting.callgrind_counts(dumps, {"a": 10, "b": 2})


@pytest.mark.parametrize("dumps", [[], ["totals: 1\n"], ["totals: 1\n", "events: Ir\n"]])
def test_callgrind_that_wrote_something_else_counts_nothing(dumps: list[str]) -> None:
    assert counting.callgrind_counts(dumps, {"a": 10}) is None


@pytest.mark.parametrize(
    ("report", "count"),
    [
        ("123456,,instructions:u,1000,100.00,,\n", 123456),
        ("<not supported>,,instructions:u,0,100.00,,\n", None),
        ("<not counted>,,instructions:u,0,0.00,,\n", None),
        ("", None),
    ],
)
def test_perf_counts_or_says_that_it_cannot(report: str, count: int | None) -> None:
    assert count == counting.perf_count(report)


def test_bytecodes_are_the_same_every_time() -> None:
    calls = workloads.workloads()
    counted = [{name: counting.bytecodes(call) for name, call in calls.items()} for _ in range(2)]

    assert counted[0] == counted[1]
    assert min(counted[0].values()) > 100


def test_a_loop_is_more_bytecodes_the_longer_it_is() -> None:
    def loop(turns: int) -> Callable[[], object]:
        return lambda: [number for number in range(turns) if number % 2]

    ten, twenty, forty = (counting.bytecodes(loop(turns)) for turns in (10, 20, 40))

    assert 2 * (twenty - ten) == forty - twenty > 0


def test_the_fixed_computation_is_never_changed() -> None:
    """Every committed figure is divided by what it costs; with another one, write them anew."""
    assert FIXED == sha256(Path(fixed.__file__).read_bytes()).hexdigest()
    assert fixed.compute() == fixed.compute()


def test_threads_have_as_many_people_as_asked_for() -> None:
    """All different, in the shape of the sample."""
    text = events.thread(250)

    assert text.count('"displayName"') == 250
    assert math.isclose(len(text) / len(events.thread(500)), 0.5, rel_tol=0.02)
    assert len(set(text.split('"rawId":"')[1:])) >= 250


def test_different_events_are_different() -> None:
    told = events.different(30)

    assert 30 == len(set(told))
    assert 10 == sum("SMSReceived" in text for text in told)

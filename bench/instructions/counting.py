"""Counting what a workload does: instructions by a tool, bytecodes by tracing."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from local.paths import ROOT

_PATIENCE = 600  # seconds; callgrind takes half a minute here


def instructions(repeats: Mapping[str, int]) -> tuple[str, dict[str, float]] | None:
    """The tool, and the processor's instructions of one call of each; None where none can count."""
    for tool, count in (("callgrind", _callgrind), ("perf", _perf)):
        if shutil.which("valgrind" if tool == "callgrind" else tool):
            counts = count(repeats)
            if counts is not None:
                return tool, counts
    return None


def bytecodes(call: Callable[[], object]) -> int:
    """What the interpreter executes in one call, in Python functions of any module."""
    call()
    return _monitored(call) if sys.version_info >= (3, 12) else _traced(call)


def _traced(call: Callable[[], object]) -> int:
    executed = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal executed
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        executed += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return executed


def _monitored(call: Callable[[], object]) -> int:
    """Since 3.12 ``settrace`` misses bytecodes of functions that it has not seen before."""
    executed = 0

    def count(_code: CodeType, _offset: int) -> None:
        nonlocal executed
        executed += 1

    if sys.version_info >= (3, 12):
        monitoring, tool = sys.monitoring, sys.monitoring.PROFILER_ID
        event = monitoring.events.INSTRUCTION
        monitoring.use_tool_id(tool, __name__)
        monitoring.register_callback(tool, event, count)
        monitoring.set_events(tool, event)
        try:
            call()
        finally:
            monitoring.set_events(tool, monitoring.events.NO_EVENTS)
            monitoring.free_tool_id(tool)
    return executed


def _callgrind(repeats: Mapping[str, int]) -> dict[str, float] | None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counts"
        tool = ["valgrind", "--tool=callgrind", "--dump-before=getppid"]
        if _run([*tool, f"--callgrind-out-file={out}", *_counted(repeats)]) is None:
            return None
        return callgrind_counts(
            [part.read_text(encoding="utf-8") for part in _numbered(out)], repeats
        )


def callgrind_counts(dumps: list[str], repeats: Mapping[str, int]) -> dict[str, float] | None:
    """The first dump ends with start-up; then each workload's, and what lies between two."""
    totals = [_total(dump) for dump in dumps]
    if len(totals) != 2 * len(repeats) or None in totals:
        return None
    return {
        name: (total or 0) / repeats[name]
        for name, total in zip(repeats, totals[1::2], strict=True)
    }


def perf_count(report: str) -> int | None:
    """The count in ``perf stat -x,``; None when this machine or its kernel does not count."""
    for line in report.splitlines():
        value, *_ = line.split(",")
        if "instructions" in line and value.isdigit():
            return int(value)
    return None


def _perf(repeats: Mapping[str, int]) -> dict[str, float] | None:
    counts = {}
    for name, number in repeats.items():
        once, twice = (_perf_once({name: times * number}) for times in (1, 2))
        if once is None or twice is None:
            return None
        counts[name] = (twice - once) / number
    return counts


def _perf_once(repeats: Mapping[str, int]) -> int | None:
    report = _run(["perf", "stat", "-x,", "-e", "instructions:u", *_counted(repeats)])
    return None if report is None else perf_count(report)


def _run(command: list[str]) -> str | None:
    """What it wrote to standard error; None when it failed."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "0", "LC_ALL": "C"},
        timeout=_PATIENCE,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr if done.returncode == 0 else None


def _counted(repeats: Mapping[str, int]) -> list[str]:
    return [sys.executable, "-m", "bench.instructions.counted", json.dumps(repeats)]


def _numbered(out: Path) -> list[Path]:
    """The dumps in the order in which they were written; the unnumbered one is the last."""
    return sorted(out.parent.glob(f"{out.name}.*"), key=lambda path: int(path.suffix[1:]))


def _total(dump: str) -> int | None:
    found = (line.split()[1] for line in dump.splitlines() if line.startswith("totals:"))
    return next(map(int, found), None)

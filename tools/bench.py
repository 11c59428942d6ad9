"""Measure what the app costs, beside what people write instead.

Everything is measured on this machine, against loopback only. Ratios are the results: each within
one run, its variants taken in turns. Exit status 1 only when a count or a size missed its goal;
times depend on the machine. --write keeps the figures and makes docs/performance.md of them.
"""

import argparse
import time
from datetime import UTC, datetime

from bench import measuring, page, results
from bench.parts import PARTS, Part, Scale
from bench.results import Run
from tools import generated


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    names = [part.name for part in PARTS]
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="little of each: does it run?")
    parser.add_argument("--write", action="store_true", help="keep the figures")


def run(arguments: argparse.Namespace) -> int:
    """Measure the chosen parts."""
    names = [part.name for part in PARTS]
    unknown = [name for name in arguments.parts if name not in names]
    if unknown:
        print(f"There is no part {unknown[0]!r}; there are {', '.join(names)}.")
        return 1
    if arguments.quick and arguments.write:
        print("A quick run has no figures worth keeping: leave out --quick or --write.")
        return 1
    chosen = [part for part in PARTS if part.name in (arguments.parts or names)]
    scale = Scale.QUICK if arguments.quick else Scale.FULL
    runs = {part.name: _measure(part, scale) for part in chosen}
    goals = [goal for run in runs.values() for goal in run.outcome.goals]
    missed = [goal for goal in goals if not goal.held]
    print(f"{len(goals) - len(missed)} of {len(goals)} goals held.")
    if arguments.write:
        files = page.documents(results.load() | runs)
        generated.write(files, check=False, hint="python3 dev.py bench --write")
    return 1 if any(goal.steady for goal in missed) else 0


def _measure(part: Part, scale: Scale) -> Run:
    print(f"== {part.title}", flush=True)
    begin = time.monotonic()
    outcome = part.module.measure(scale)
    print(page.plain(outcome))
    return Run(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        seconds=round(time.monotonic() - begin, 1),
        machine=measuring.machine(),
        outcome=outcome,
    )

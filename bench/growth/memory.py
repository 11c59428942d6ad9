"""Memory of a process over many events: ``python -m bench.growth.memory 1000 10000``."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence

from bench import events
from bench.growth.times import Nowhere, function_of
from bench.measuring import megabytes
from bench.results import Table
from local.paths import ROOT
from shared import pipeline
from tools.golden import DEFAULTS

_AT_ONCE = 100
_DIFFERENT = 1_000
"""Enough that no two in flight are alike, and little beside what is measured."""

Kept = dict[int, float | None]
"""Megabytes after so many events; None where the system does not tell."""


def kept(sizes: Sequence[int]) -> Kept:
    """In a fresh process."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.growth.memory", *map(str, sizes)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(zip(sizes, json.loads(done.stdout), strict=True))


def growth(found: Kept) -> float | None:
    """From the last but one size to the last."""
    *_, before, after = found.values()
    return None if before is None or after is None else after - before


def table(found: Kept) -> Table:
    """Megabytes by events."""
    return Table(
        title="Memory of one process",
        columns=["events", "MB"],
        rows=[[events, size] for events, size in found.items()],
    )


def main(sizes: Sequence[int]) -> None:
    """Process so many events, and say after each size what the process holds."""
    told = [(text, function_of(text)) for text in events.different(_DIFFERENT)]
    found = []
    with asyncio.Runner() as runner:
        done = 0
        for size in sizes:
            while done < size:
                begin = done % _DIFFERENT
                runner.run(_process(told[begin : begin + _AT_ONCE]))
                done += _AT_ONCE
            found.append(megabytes())
    print(json.dumps(found))  # noqa: T201 - to the process that started this one


async def _process(told: list[tuple[str, str]]) -> None:
    await asyncio.gather(*(pipeline.process(*each, DEFAULTS, Nowhere()) for each in told))


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])

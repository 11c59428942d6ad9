"""Fair comparisons on a machine that other work slows down and lets go again.

Only ratios are results. A burst of one variant stands between two bursts of the reference, so that
both saw the same machine; bursts take CPU time, in random order, and the median over all rounds
counts. For whole programs and servers: every variant once a round, ratios within the round.
"""

import gc
import os
import platform
import random
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

_BURST = 0.02  # seconds: long beside the clock's own 1 µs, short beside the machine's moods
PACKAGES = (
    "azure-functions",
    "azure-storage-queue",
    "azure-core",
    "azure-eventgrid",
    "aiohttp",
    "msgspec",
    "pydantic",
)

T = TypeVar("T")


class Spread(Struct, frozen=True):
    """A median and its quartiles."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        """``2.04 (1.98-2.11)``."""
        return f"{digits(self.median)} ({digits(self.low)}-{digits(self.high)})"


class Compared(Struct, frozen=True):
    """One variant beside the reference."""

    microseconds: Spread
    """CPU time of one call."""
    ratio: Spread
    """To the reference, in the bursts around it."""


def spread(values: Iterable[float]) -> Spread:
    """Median and quartiles of at least one value."""
    listed = sorted(values)
    if len(listed) == 1:
        return Spread(listed[0], listed[0], listed[0])
    low, median, high = statistics.quantiles(listed, n=4, method="inclusive")
    return Spread(median, low, high)


def compare(
    reference: Callable[[], object], variants: Mapping[str, Callable[[], object]], *, rounds: int
) -> dict[str, Compared]:
    """CPU time of every variant, and its ratio to the reference's around it."""
    repeats = {name: _repeats(call) for name, call in variants.items()}
    reference_repeats = _repeats(reference)
    times: dict[str, list[float]] = {name: [] for name in variants}
    ratios: dict[str, list[float]] = {name: [] for name in variants}
    gc.collect()
    for name in shuffled([*variants] * rounds):
        before = burst(reference, reference_repeats)
        taken = burst(variants[name], repeats[name])
        after = burst(reference, reference_repeats)
        times[name].append(taken * 1e6)
        ratios[name].append(2 * taken / (before + after))
    return {name: Compared(spread(times[name]), spread(ratios[name])) for name in variants}


def burst(call: Callable[[], object], repeats: int) -> float:
    """Seconds of CPU time of one call, of that many in a row."""
    begin = time.process_time()
    for _ in range(repeats):
        call()
    return (time.process_time() - begin) / repeats


def shuffled(items: Iterable[T]) -> list[T]:
    """In random order, so that nothing is always measured after the same neighbour."""
    listed = list(items)
    random.shuffle(listed)
    return listed


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share (0 to 100) of all values lies; nearest rank."""
    listed = sorted(values)
    return listed[min(len(listed) - 1, int(len(listed) * share / 100))]


def digits(value: float) -> str:
    """Three digits that count, thousands set apart: ``0.0123``, ``4.56``, ``78.9``, ``1,230``."""
    if value == 0:
        return "0"
    if abs(value) >= 100:  # noqa: PLR2004 - from here on, three digits are a whole number
        return f"{round(float(f'{value:.3g}')):,}"
    text = f"{value:#.3g}"
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def megabytes(pid: int | None = None) -> float | None:
    """Resident memory of a process, by default this one; None where the system has no ``/proc``."""
    status = Path(f"/proc/{pid or os.getpid()}/status")
    if not status.exists():
        return None
    lines = status.read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    return {
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
    } | {package: version(package) for package in PACKAGES}


def _repeats(call: Callable[[], object]) -> int:
    """How many calls make a burst; the first ones also warm caches up."""
    call()
    repeats = 1
    while (taken := burst(call, repeats) * repeats) < _BURST / 4:
        repeats *= 2
    return max(1, round(repeats * _BURST / taken))

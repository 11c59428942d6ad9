"""What the scripts share: turns, bursts of events, and tables that compare with the app."""

import asyncio
import random
import statistics
import sys
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from time import perf_counter

import psutil
from msgspec import Struct

from local import console
from local.errors import CommandError
from local.paths import ROOT

OURS = "**the app**"


class Burst(Struct, frozen=True):
    """What a process did for a while."""

    latencies: list[float]
    """Milliseconds that each event took."""
    rate: float
    """Events a second."""
    cpu: float
    """Microseconds of the process's CPU time for an event."""


Bursts = Mapping[tuple[str, int], list[Burst]]
"""By what was measured and how many events were in flight, one for each round."""


async def burst(
    process: psutil.Process, deliver: Callable[[], Awaitable[None]], in_flight: int, seconds: float
) -> Burst:
    """Let the process have so many events in flight until the time is over."""
    latencies: list[float] = []
    begin, cpu = perf_counter(), sum(process.cpu_times()[:2])

    async def one_after_the_other() -> None:
        is_over = False
        while not is_over:
            start = perf_counter()
            await deliver()
            latencies.append((perf_counter() - start) * 1e3)
            is_over = perf_counter() > begin + seconds

    await asyncio.gather(*(one_after_the_other() for _ in range(in_flight)))
    taken, cpu = perf_counter() - begin, sum(process.cpu_times()[:2]) - cpu
    return Burst(latencies, len(latencies) / taken, cpu * 1e6 / len(latencies))


def in_turns(names: Iterable[str], rounds: int) -> Iterator[str]:
    """Each name once a round, every round in another random order."""
    names = list(names)
    return shown([name for _ in range(rounds) for name in random.sample(names, len(names))])


def shown(names: Collection[str]) -> Iterator[str]:
    """The names one by one; shows how far it is."""
    with console.progress() as show:
        for number, name in enumerate(names, start=1):
            show(f"{number} of {len(names)}: {name}")
            yield name


def check(what: str, expected: int, found: int) -> None:
    """Fail when a count is wrong: then unequal work would be compared."""
    if expected != found:
        raise CommandError(f"{what}: {found:,}, and it should be {expected:,}")


async def output_of(arguments: Sequence[str], environ: Mapping[str, str]) -> bytes:
    """What a Python program of ours writes; CommandError when it fails."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=ROOT, env=environ, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    check("the exit status of a measured program", 0, process.returncode or 0)
    return output


def digits(value: float) -> str:
    """Three significant digits, and commas for thousands: ``0.0123``, ``4.56``, ``1,230``."""
    if abs(value) >= 100:  # noqa: PLR2004 - from here on, three digits are a whole number
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def percentile(values: Iterable[float], share: int) -> str:
    """The value below which that share (0 to 99) of all values lies: nearest rank."""
    ordered = sorted(values)
    return digits(ordered[len(ordered) * share // 100])


def beside_the_app(
    figures: Mapping[str, Sequence[float]], reference: str = OURS
) -> dict[str, list[str]]:
    """Two cells for each: its median, and its ratio to the app, taken round by round.

    A ratio is a median and quartiles: ``2.04 (1.98-2.11)``.
    """
    cells = {}
    for name, values in figures.items():
        ratios = [one / other for one, other in zip(values, figures[reference], strict=True)]
        ratios = ratios if len(ratios) > 1 else ratios * 2  # of one alone there are no quartiles
        low, middle, high = map(digits, statistics.quantiles(ratios, n=4, method="inclusive"))
        shown = middle if low == high else f"{middle} ({low}-{high})"
        cells[name] = [digits(statistics.median(values)), shown]
    return cells


def table(columns: Sequence[str], *parts: Mapping[str, Sequence[str]]) -> str:
    """A table in Markdown: a row for each name, with the cells that each part has for it."""
    rows = [[name, *(cell for part in parts for cell in part[name])] for name in parts[0]]
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def speeds(bursts: Bursts, megabytes: Mapping[str, Sequence[str]] | None = None) -> str:
    """CPU time with the most events in flight, then how quick it is with each number of them."""
    names = list(dict.fromkeys(name for name, _ in bursts))
    counts = sorted({count for _, count in bursts})
    columns = ["", "CPU µs an event", "times the app"]
    parts = [beside_the_app({n: [b.cpu for b in bursts[n, counts[-1]]] for n in names})]
    for count in counts:
        columns += [f"events/s, {count} in flight", "times the app", "p50 ms", "p99 ms"]
        parts.append(beside_the_app({n: [b.rate for b in bursts[n, count]] for n in names}))
        taken = {n: [ms for b in bursts[n, count] for ms in b.latencies] for n in names}
        parts.append({n: [percentile(taken[n], share) for share in (50, 99)] for n in names})
    return table([*columns, "MB"], *parts, megabytes) if megabytes else table(columns, *parts)

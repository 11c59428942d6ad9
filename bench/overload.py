"""Overload: a load that comes whether or not earlier events were answered, as Event Grid sends it.

Once more without the app's two limits, as it was before it had them.
"""

import asyncio
import contextlib
from collections import Counter
from time import perf_counter

import aiohttp
from msgspec import Struct, field

from bench import storage
from bench.function import Host, hosts
from bench.measuring import OURS, digits, percentile, shown, table
from bench.storage import Storage
from local.errors import CommandError

_PATIENCE = 30.0
"""Seconds that Event Grid waits for an answer."""
_SECONDS = 40
_LOADS = ((0.05, 200), (0.05, 400), (0.2, 200), (0.2, 400))
"""Seconds that storage takes, and events a second."""
_WITHOUT_LIMITS = {"EVENTS_IN_FLIGHT": "9999", "STORAGE_CONNECTIONS": "100"}
"""100 connections are what aiohttp opens where nobody says how many."""
_STEP = 5
"""Seconds from one point of the chart to the next."""


class Load(Struct):
    """What became of a load."""

    count: int
    """Events that came."""
    latencies: list[float] = field(default_factory=list)
    """Milliseconds, of those that were delivered."""
    refused: int = 0
    megabytes: list[float] = field(default_factory=list)
    """Once a second."""
    delivered: Counter[int] = field(default_factory=Counter)
    """By the second in which they were."""
    requests: int = 0
    """To storage."""

    def cells(self) -> list[str]:
        """Of its row in the table."""
        done = self.latencies
        taken = [percentile(done, share) for share in (50, 99)] if done else ["-", "-"]
        shares = [f"{part / self.count:.0%}" for part in (len(done), self.refused)]
        requests = self.requests / max(1, len(done))
        return [*shares, *taken, digits(requests), digits(max(self.megabytes))]


async def measure(*, quick: bool) -> str:
    """The table and the two charts, as Markdown."""
    seconds = 1 if quick else _SECONDS
    rows: dict[str, tuple[float, int, dict[str, str]]] = {
        f"{delay * 1e3:.0f} ms, {rate} events/s": (delay, rate, {})
        for delay, rate in (_LOADS[-1:] if quick else _LOADS)
    }
    delay, rate = _LOADS[-1]
    rows[f"{delay * 1e3:.0f} ms, {rate} events/s, without limits"] = delay, rate, _WITHOUT_LIMITS
    loads = {}
    async with storage.running() as service:
        for name in shown(rows):
            delay, rate, changed = rows[name]
            loads[name] = await _offered(service, delay, rate, seconds, **changed)
    *_, with_limits, without = loads.values()
    return "\n\n".join([_table(loads), *charts(with_limits, without)])


async def _offered(
    service: Storage, delay: float, rate: int, seconds: int, **settings: str
) -> Load:
    service.seconds = delay
    async with hosts(service, [OURS], **settings) as running:
        return await _offer(running[OURS], rate, seconds)


async def _offer(host: Host, rate: int, seconds: int) -> Load:
    """Deliver so many events a second, answered or not, and wait for the last answer."""
    load = Load(rate * seconds)
    before, begin = host.storage.requests, perf_counter()

    async def deliver() -> None:
        start = perf_counter()
        with contextlib.suppress(TimeoutError, aiohttp.ClientError):
            try:
                async with asyncio.timeout(_PATIENCE):
                    await host.post()
            except CommandError:
                load.refused += 1
            else:
                load.latencies.append((perf_counter() - start) * 1e3)
                load.delivered[int(perf_counter() - begin)] += 1

    async def watch() -> None:
        while True:
            load.megabytes.append(host.megabytes())
            await asyncio.sleep(1)

    watching = asyncio.create_task(watch())
    async with asyncio.TaskGroup() as group:
        for number in range(load.count):
            await asyncio.sleep(max(0.0, begin + number / rate - perf_counter()))
            group.create_task(deliver())
    watching.cancel()
    load.requests = host.storage.requests - before
    return load


def _table(loads: dict[str, Load]) -> str:
    columns = ["storage takes, load", f"delivered in {_PATIENCE:.0f} s", "refused"]
    columns += ["p50 ms", "p99 ms", "requests to storage for a delivered event", "MB"]
    return table(columns, {name: load.cells() for name, load in loads.items()})


def charts(with_limits: Load, without: Load) -> list[str]:
    """Two charts in Mermaid, which GitHub draws: the bars are with limits, the line without."""
    seconds = range(0, max(len(with_limits.megabytes), len(without.megabytes)), _STEP)
    delivered = [
        [sum(load.delivered[at + each] for each in range(_STEP)) / _STEP for at in seconds]
        for load in (with_limits, without)
    ]
    megabytes = [
        [load.megabytes[min(at, len(load.megabytes) - 1)] for at in seconds]
        for load in (with_limits, without)
    ]
    return [
        _chart("Events delivered a second", list(seconds), delivered),
        _chart("Memory, MB", list(seconds), megabytes),
    ]


def _chart(title: str, seconds: list[int], values: list[list[float]]) -> str:
    bars, line = (", ".join(f"{value:.0f}" for value in series) for series in values)
    return (
        f'```mermaid\nxychart-beta\n    title "{title}"\n'
        f'    x-axis "seconds" {seconds}\n    bar [{bars}]\n    line [{line}]\n```'
    )

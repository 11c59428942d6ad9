"""The whole function: an event comes by HTTP, two messages go to storage, the answer goes back.

The local Functions host runs it: a stand-in for the .NET half, and Microsoft's own Python runtime.
Events are sent from here, and storage, which keeps nothing, is here too.
"""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from time import perf_counter

import aiohttp
import psutil

from bench import events, storage
from bench.delivering import IN_FLIGHT, LATENCY, app_settings
from bench.measuring import (
    OURS,
    Burst,
    burst,
    check,
    digits,
    in_turns,
    percentile,
    shown,
    speeds,
    table,
)
from bench.storage import Storage
from local import functions_host, paths, ports
from local.errors import CommandError
from local.processes import Children

APPS = {"empty": 0, "ideal": 2, "sample": 2, OURS: 2}
"""And how many messages each makes of an event."""
_PATIENCE = 30.0
"""Seconds that Event Grid waits for an answer."""
_LOADS = ((0.05, 200), (0.05, 400), (0.2, 200), (0.2, 400))
"""Seconds that storage takes, and events a second."""
_PATH = "/runtime/webhooks/EventGrid?functionName=sms_received"
_DELIVERY = f"[{events.sample('SMSReceived.current')}]"
_HEADERS = {"aeg-event-type": "Notification", "Content-Type": "application/json"}


class Host:
    """A Functions host that runs, and the storage that its app writes to."""

    def __init__(self, port: int, pid: int, service: Storage, http: aiohttp.ClientSession) -> None:
        self._url = functions_host.url(port) + _PATH
        self._process = psutil.Process(pid)
        self._storage = service
        self._http = http

    async def post(self) -> None:
        """Deliver one event as Event Grid does; CommandError when the function fails."""
        async with self._http.post(self._url, data=_DELIVERY, headers=_HEADERS) as answer:
            text = await answer.text()
            if answer.status not in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
                raise CommandError(f"HTTP {answer.status}: {text}")

    async def burst(self, app: str, in_flight: int, seconds: float) -> Burst:
        """Keep events in flight for a while; storage must get the messages of each."""
        before = self._storage.requests
        done = await burst(self._process, self.post, in_flight, seconds)
        requests = self._storage.requests - before
        check(f"messages of {app}", APPS[app] * len(done.latencies), requests)
        return done

    async def offer(self, rate: int, seconds: float) -> list[str]:
        """Deliver so many events a second, answered or not: the cells of a row."""
        latencies: list[float] = []
        megabytes = [self.megabytes()]
        refused = 0

        async def deliver() -> None:
            nonlocal refused
            begin = perf_counter()
            with contextlib.suppress(TimeoutError, aiohttp.ClientError):
                try:
                    async with asyncio.timeout(_PATIENCE):
                        await self.post()
                except CommandError:
                    refused += 1
                else:
                    latencies.append((perf_counter() - begin) * 1e3)

        before, begin, count = self._storage.requests, perf_counter(), round(rate * seconds)
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                await asyncio.sleep(max(0.0, begin + number / rate - perf_counter()))
                group.create_task(deliver())
                if number % rate == 0:
                    megabytes.append(self.megabytes())
        requests = (self._storage.requests - before) / max(1, len(latencies))
        taken = [percentile(latencies, share) for share in (50, 99)] if latencies else ["-", "-"]
        shares = [f"{done / count:.0%}" for done in (len(latencies), refused)]
        return [*shares, *taken, digits(requests), digits(max(megabytes))]

    def megabytes(self) -> float:
        """Resident memory."""
        return float(self._process.memory_info().rss) / 2**20


async def measure(*, quick: bool) -> str:
    """Both tables, as Markdown."""
    async with storage.running() as service:
        tables = [
            await _costs(service, rounds=1 if quick else 5, seconds=0.2 if quick else 2.0),
            await _overload(service, _LOADS[:1] if quick else _LOADS, seconds=1 if quick else 40),
        ]
    return "\n\n".join(tables)


async def _costs(service: Storage, rounds: int, seconds: float) -> str:
    bursts: dict[tuple[str, int], list[Burst]] = {
        (app, count): [] for app in APPS for count in IN_FLIGHT
    }
    service.seconds = LATENCY
    async with _hosts(service, APPS) as hosts:
        for app, host in hosts.items():
            await host.burst(app, IN_FLIGHT[-1], seconds)  # first imports, connections
        for app in in_turns(APPS, rounds):
            for count in IN_FLIGHT:
                bursts[app, count].append(await hosts[app].burst(app, count, seconds))
        memory = {app: [digits(host.megabytes())] for app, host in hosts.items()}
    return speeds(bursts, memory)


async def _overload(service: Storage, loads: Iterable[tuple[float, int]], seconds: float) -> str:
    rows = {}
    named = {f"{delay * 1e3:.0f} ms, {rate} events/s": (delay, rate) for delay, rate in loads}
    for name in shown(named):
        service.seconds, rate = named[name]
        async with _hosts(service, [OURS]) as hosts:
            rows[name] = await hosts[OURS].offer(rate, seconds)
    columns = [
        "storage takes, load",
        f"delivered in {_PATIENCE:.0f} s",
        "refused",
        "p50 ms",
        "p99 ms",
    ]
    return table([*columns, "requests to storage for a delivered event", "MB"], rows)


@asynccontextmanager
async def _hosts(service: Storage, apps: Iterable[str]) -> AsyncIterator[dict[str, Host]]:
    """A new host for each app."""
    hosts, settings = {}, app_settings(service)
    with tempfile.TemporaryDirectory() as folder, Children() as children:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            for app in apps:
                (port,) = ports.free(1)
                root = paths.ROOT if app == OURS else app_folder(app, Path(folder))
                child = functions_host.start(children, port, root=root, settings=settings)
                functions_host.wait_until_ready(child, port)
                hosts[app] = Host(port, child.process.pid, service, http)
            yield hosts


def app_folder(name: str, folder: Path) -> Path:
    """An app with our own settings and one function; the host lets it see its folder only."""
    root = folder / name
    files = {file: file for file in ("host.json", "local.settings.json", "bench/raw.py")}
    files["sms_received/function.json"] = "sms_received/function.json"
    files["sms_received/__init__.py"] = f"bench/apps/{name}.py"
    for target, source in files.items():
        (root / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(paths.ROOT / source, root / target)
    return root

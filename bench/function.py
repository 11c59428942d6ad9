"""The whole function: an event comes by HTTP, two messages go to storage, the answer goes back.

The local Functions host runs it: a stand-in for the .NET half, and Microsoft's own Python runtime.
Events are sent from here, and storage, which keeps nothing, is here too.
"""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import aiohttp
import psutil

from bench import events, storage
from bench.delivering import IN_FLIGHT, LATENCY, app_settings
from bench.measuring import OURS, Burst, burst, check, digits, in_turns, speeds
from bench.storage import Storage
from local import functions_host, paths, ports
from local.errors import CommandError
from local.processes import Children

APPS = {"empty": 0, "ideal": 2, "sample": 2, OURS: 2}
"""And how many messages each makes of an event."""
_PATH = "/runtime/webhooks/EventGrid?functionName=sms_received"
_DELIVERY = f"[{events.sample('SMSReceived.current')}]"
_HEADERS = {"aeg-event-type": "Notification", "Content-Type": "application/json"}


class Host:
    """A Functions host that runs, and the storage that its app writes to."""

    def __init__(self, port: int, pid: int, service: Storage, http: aiohttp.ClientSession) -> None:
        self._url = functions_host.url(port) + _PATH
        self._process = psutil.Process(pid)
        self.storage = service
        self._http = http

    async def post(self) -> None:
        """Deliver one event as Event Grid does; CommandError when the function fails."""
        async with self._http.post(self._url, data=_DELIVERY, headers=_HEADERS) as answer:
            text = await answer.text()
            if answer.status not in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
                raise CommandError(f"HTTP {answer.status}: {text}")

    async def burst(self, app: str, in_flight: int, seconds: float) -> Burst:
        """Keep events in flight for a while; storage must get the messages of each."""
        before = self.storage.requests
        done = await burst(self._process, self.post, in_flight, seconds)
        requests = self.storage.requests - before
        check(f"messages of {app}", APPS[app] * len(done.latencies), requests)
        return done

    def megabytes(self) -> float:
        """Resident memory."""
        return float(self._process.memory_info().rss) / 2**20


async def measure(*, quick: bool) -> str:
    """The table, as Markdown."""
    async with storage.running() as service:
        return await _costs(service, rounds=1 if quick else 5, seconds=0.2 if quick else 2.0)


async def _costs(service: Storage, rounds: int, seconds: float) -> str:
    bursts: dict[tuple[str, int], list[Burst]] = {
        (app, count): [] for app in APPS for count in IN_FLIGHT
    }
    service.seconds = LATENCY
    async with hosts(service, APPS) as running:
        for app, host in running.items():
            await host.burst(app, IN_FLIGHT[-1], seconds)  # first imports, connections
        for app in in_turns(APPS, rounds):
            for count in IN_FLIGHT:
                bursts[app, count].append(await running[app].burst(app, count, seconds))
        memory = {app: [digits(host.megabytes())] for app, host in running.items()}
    return speeds(bursts, memory)


@asynccontextmanager
async def hosts(
    service: Storage, apps: Iterable[str], **settings: str
) -> AsyncIterator[dict[str, Host]]:
    """A new host for each app."""
    running, given = {}, app_settings(service) | settings
    with tempfile.TemporaryDirectory() as folder, Children() as children:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            for app in apps:
                (port,) = ports.free(1)
                root = paths.ROOT if app == OURS else app_folder(app, Path(folder))
                child = functions_host.start(children, port, root=root, settings=given)
                functions_host.wait_until_ready(child, port)
                running[app] = Host(port, child.process.pid, service, http)
            yield running


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

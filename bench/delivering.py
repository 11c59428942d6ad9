"""Delivering: the two records of an SMS go to two queues, by five kinds of client.

Over HTTPS, as in production, to storage that answers after 10 ms. A client has a process of its
own; only the app's imports `shared`, which keeps the SDK's request log quiet there.
"""

import asyncio
import json
import logging
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import psutil
from azure.storage.queue import QueueClient, QueueServiceClient, TextBase64EncodePolicy, aio

from bench import events, storage
from bench.measuring import OURS, Burst, burst, check, in_turns, output_of, speeds
from bench.raw import RawAccount
from bench.storage import Storage
from local.certificates import Certificates

IN_FLIGHT = (1, 8)
ARCHIVED = "the app, with an archive"
LATENCY = 0.010
"""Seconds: about what a storage account takes."""
_BASE64: dict[str, Any] = {"message_encode_policy": TextBase64EncodePolicy()}

Sends = list[tuple[str, str]]
"""Queues, and a message for each."""
Deliver = Callable[[], Awaitable[None]]


def sends() -> Sends:
    """The records of an SMS, and their queues."""
    from shared import pipeline  # noqa: PLC0415 - see the top
    from shared.reading import envelope  # noqa: PLC0415
    from shared.settings import Settings  # noqa: PLC0415

    settings = Settings.from_env({"RecordStorage": "UseDevelopmentStorage=true"})
    made = pipeline.convert(envelope.parse(events.sample("SMSReceived.current")), settings)
    return [(send.queue, send.record.body.decode()) for send in made]


def app_settings(service: Storage) -> dict[str, str]:
    """For a function that is compared; only the ideal one reads the second."""
    account = service.connection_string
    return {"AzureWebJobsStorage": account, "BENCH_SENDS": json.dumps(sends())}


def _in_thread(deliver: Callable[[], None]) -> Deliver:
    loop, pool = asyncio.get_running_loop(), ThreadPoolExecutor(max(IN_FLIGHT))
    return lambda: loop.run_in_executor(pool, deliver)


@asynccontextmanager
async def per_event(account: str, own: Sends) -> AsyncIterator[Deliver]:
    """What samples do: a blocking client for each queue, made when the event comes."""

    def deliver() -> None:
        for queue, text in own:
            client = QueueClient.from_connection_string(account, queue, **_BASE64)
            client.send_message(text)

    yield _in_thread(deliver)


@asynccontextmanager
async def blocking(account: str, own: Sends) -> AsyncIterator[Deliver]:
    """The SDK's blocking client with its defaults, kept."""
    with QueueServiceClient.from_connection_string(account) as service:
        clients = [(service.get_queue_client(queue, **_BASE64), text) for queue, text in own]

        def deliver() -> None:
            for client, text in clients:
                client.send_message(text)

        yield _in_thread(deliver)


@asynccontextmanager
async def asynchronous(account: str, own: Sends) -> AsyncIterator[Deliver]:
    """The SDK's asynchronous client with its defaults, kept; both messages at once."""
    async with aio.QueueServiceClient.from_connection_string(account) as service:
        clients = [(service.get_queue_client(queue, **_BASE64), text) for queue, text in own]

        async def deliver() -> None:
            await asyncio.gather(*(client.send_message(text) for client, text in clients))

        yield deliver


@asynccontextmanager
async def ours(account: str, own: Sends) -> AsyncIterator[Deliver]:
    """The app's storage, called as its pipeline calls it."""
    from shared.settings import Settings  # noqa: PLC0415 - see the top
    from shared.writing.storage import StorageAccount  # noqa: PLC0415

    service = StorageAccount(Settings.from_env({"RecordStorage": account}))

    async def deliver() -> None:
        await asyncio.gather(*(service.send(queue, text.encode()) for queue, text in own))

    yield deliver
    await service.close()


@asynccontextmanager
async def archived(account: str, own: Sends) -> AsyncIterator[Deliver]:
    """The app with ``ARCHIVE_CONTAINER``: the event is a blob beside its records."""
    from shared.settings import Settings  # noqa: PLC0415 - see the top
    from shared.writing.storage import StorageAccount  # noqa: PLC0415

    service = StorageAccount(Settings.from_env({"RecordStorage": account}))
    event = events.sample("SMSReceived.current").encode()

    async def deliver() -> None:
        writes = [service.send(queue, text.encode()) for queue, text in own]
        await asyncio.gather(*writes, service.save("archive", "2026/01/02/03/event.json", event))

    yield deliver
    await service.close()


@asynccontextmanager
async def by_hand(account: str, own: Sends) -> AsyncIterator[Deliver]:
    """Requests signed by hand, on an aiohttp session that is kept; both at once."""
    raw = RawAccount(account)

    async def deliver() -> None:
        await asyncio.gather(*(raw.send(queue, text) for queue, text in own))

    yield deliver
    await raw.close()


CLIENTS = {
    "a client per event": per_event,
    "SDK, blocking, kept": blocking,
    "SDK, asynchronous, kept": asynchronous,
    OURS: ours,
    ARCHIVED: archived,
    "aiohttp by hand": by_hand,
}


async def measure(*, quick: bool) -> str:
    """The table, as Markdown."""
    bursts: dict[tuple[str, int], list[Burst]] = {
        (client, count): [] for client in CLIENTS for count in IN_FLIGHT
    }
    with tempfile.TemporaryDirectory() as folder:
        certificates = Certificates.made_in(Path(folder))
        async with storage.running(certificates) as service:
            service.seconds = LATENCY
            for client in in_turns(CLIENTS, rounds=1 if quick else 5):
                for count in IN_FLIGHT:
                    before = service.requests
                    job = [client, service.connection_string, sends(), count, 0.1 if quick else 2.0]
                    program = ["-m", "bench.delivering", json.dumps(job)]
                    output = await output_of(program, certificates.environ())
                    done = msgspec.json.decode(output, type=list[Burst])
                    count_done = sum(len(each.latencies) for each in done)
                    writes = 3 if client == ARCHIVED else 2
                    check(f"writes of {client}", writes * count_done, service.requests - before)
                    bursts[client, count].append(done[-1])
    return speeds(bursts)


async def _deliver(
    name: str, account: str, own: Sends, in_flight: int, seconds: float
) -> list[Burst]:
    """In the process of a client: warm up, then deliver for a while."""
    async with CLIENTS[name](account, own) as deliver:
        process = psutil.Process()
        return [await burst(process, deliver, in_flight, t) for t in (seconds / 5, seconds)]


if __name__ == "__main__":
    # The root logger of the worker has a handler, which formats every record from INFO on.
    logging.basicConfig(level=logging.INFO, filename=os.devnull)
    results = asyncio.run(_deliver(*json.loads(sys.argv[1])))
    sys.stdout.write(msgspec.json.encode(results).decode())

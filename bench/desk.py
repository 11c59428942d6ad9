"""The desk: records that it applies a second, on SQLite and on PostgreSQL.

Each database has a process of its own: eight threads, as its `host.json` lets eight messages at a
time begin, and the queue is a list, so that only reading, applying and committing is measured.
"""

import json
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter, process_time

from bench import events
from bench.measuring import check, digits, output_of, percentile, shown, table
from local.paths import ROOT
from shared import pipeline
from shared.reading import envelope
from shared.settings import Settings
from tools import postgresql

_APP = ROOT / "examples" / "desk"
_THREADS = 8
_CONVERSATIONS = 200
_NUMBER, _ID = "14255550123", "Incoming_20241203093000aaaa1111-2222-3333-4444-555555555555"


async def measure(*, quick: bool) -> str:
    """The table, as Markdown."""
    count = 50 if quick else 5_000
    with tempfile.TemporaryDirectory() as folder, postgresql.running() as server:
        places = {
            "SQLite": f"{folder}/desk.sqlite3",
            "PostgreSQL, on this machine": server.address("postgres"),
        }
        rows = {name: await _row(places[name], count) for name in shown(places)}
    columns = ["the desk on", "records/s", "CPU µs a record", "p50 ms", "p99 ms"]
    return table(columns, rows)


async def _row(where: str, count: int) -> list[str]:
    path = os.pathsep.join([str(ROOT), str(_APP)])
    environ = os.environ | {"PYTHONPATH": path, "DESK_DATABASE": where, "DESK_LOCAL": "true"}
    row: list[str] = json.loads(await output_of(["-m", "bench.desk", str(count)], environ))
    return row


def _apply(count: int) -> list[str]:
    """Apply the records of so many SMS: work items and pushes."""
    # Not at the top: it is on the path of this process only.
    from desk import application, intake, views  # noqa: PLC0415

    desk = application.desk()
    latencies: list[float] = []

    def take(message: bytes) -> None:
        start = perf_counter()
        intake.take(desk, message)
        latencies.append((perf_counter() - start) * 1e3)

    messages = _messages(count)
    begin, cpu = perf_counter(), process_time()
    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(take, messages))
    seconds, cpu = perf_counter() - begin, process_time() - cpu
    with desk.database.read() as connection:
        check("records applied", len(messages), views.applied(connection)["applied"])
    shares = [percentile(latencies, share) for share in (50, 99)]
    return [digits(len(messages) / seconds), digits(cpu / len(messages) * 1e6), *shares]


def _messages(count: int) -> list[bytes]:
    settings = Settings.from_env({"RecordStorage": "UseDevelopmentStorage=true"})
    sample, found = events.sample("SMSReceived.current"), []
    for number in range(count):
        text = sample.replace(_ID, f"Incoming_{number}")
        text = text.replace(_NUMBER, f"1425555{number % _CONVERSATIONS:04}")
        found += [each.record.body for each in pipeline.convert(envelope.parse(text), settings)]
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_apply(int(sys.argv[1]))))

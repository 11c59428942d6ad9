"""That the benchmark compares equal work, and what it makes of its figures. Nothing is timed."""

import asyncio
import json
import logging
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import aiohttp
import azure.functions as func
import psutil
import pytest
from azure.storage.queue import QueueServiceClient

from bench import cold_start, delivering, events, function, measuring, normalizing, storage
from bench.apps import ideal, sample
from bench.measuring import OURS, Burst
from bench.overload import Load, charts
from local import __main__ as commands
from local import azurite, paths
from local.errors import CommandError
from local.queues import Account
from shared import pipeline
from shared.settings import Settings
from shared.writing.storage import StorageAccount
from tools import bench as command

SENDS = delivering.sends()
LATE = ("azure.identity", "azure.storage.blob", "azure.eventgrid", "pydantic")
"""Packages that only a rare event needs, or none."""
PAGE = "".join(f"<!-- bench:{name} -->\n<!-- /bench:{name} -->\n" for name in command.PARTS)


@pytest.fixture(scope="module")
def account() -> Iterator[str]:
    with azurite.running() as ports:
        yield ports.connection_string


@pytest.fixture
def sends(account: str, request: pytest.FixtureRequest) -> delivering.Sends:
    """The app's records, for new queues."""
    unique = str(abs(hash(request.node.name)))
    with QueueServiceClient.from_connection_string(account) as service:
        for queue, _ in SENDS:
            service.create_queue(f"{queue}-{unique}")
    return [(f"{queue}-{unique}", text) for queue, text in SENDS]


def _messages(account: str, queue: str) -> list[str]:
    with Account(account) as opened:
        return [message.text for message in opened.peek(queue)[0]]


@pytest.mark.parametrize("name", normalizing.WAYS)
def test_all_make_the_same_records(name: str) -> None:
    records = [json.loads(text) for text in normalizing.WAYS[name](normalizing.SMS)]

    assert records == [json.loads(text) for text in normalizing.with_app(normalizing.SMS)]
    assert len(records) == 2


@pytest.mark.parametrize("name", delivering.CLIENTS)
async def test_all_clients_put_the_same_messages(
    name: str, account: str, sends: delivering.Sends
) -> None:
    async with delivering.CLIENTS[name](account, sends) as deliver:
        await deliver()

    assert sends == [(queue, *_messages(account, queue)) for queue, _ in sends]


async def test_the_ideal_function_puts_the_same_messages(
    account: str, sends: delivering.Sends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", account)
    monkeypatch.setenv("BENCH_SENDS", json.dumps(sends))
    await ideal.main("{}")
    await ideal.accounts.pop().close()

    assert sends == [(queue, *_messages(account, queue)) for queue, _ in sends]


def test_the_sample_function_puts_a_message_on_each_queue(
    account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = json.loads(events.sample("SMSReceived.current"))
    event = func.EventGridEvent(
        id=wire["id"],
        data=wire["data"],
        topic=wire["topic"],
        subject=wire["subject"],
        event_type=wire["eventType"],
        event_time=None,
        data_version=wire["dataVersion"],
    )
    with QueueServiceClient.from_connection_string(account) as service:
        for queue, _ in SENDS:
            service.create_queue(queue)
    monkeypatch.setenv("AzureWebJobsStorage", account)
    sample.main(event)

    for queue, _ in SENDS:
        (message,) = _messages(account, queue)
        assert json.loads(message)["text"] == wire["data"]["message"]


async def test_the_app_keeps_one_session_and_logs_one_line_for_each_event(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    text = events.sample("SMSReceived.current")
    with patch("aiohttp.ClientSession", wraps=aiohttp.ClientSession) as sessions:
        async with storage.running() as service:
            settings = Settings.from_env({"RecordStorage": service.connection_string})
            store = StorageAccount(settings)
            for _ in range(20):
                await pipeline.process(text, "sms_received", settings, store)
            await store.close()

    assert sessions.call_count == 1
    assert [record.name for record in caplog.records] == ["acs_event_records"] * 20
    assert service.requests == 40


async def test_the_first_event_imports_nothing_that_only_a_rare_one_needs() -> None:
    async with storage.running() as service:
        _, modules = await cold_start.started(OURS, service)

    assert "shared.pipeline" in modules
    assert [m for m in modules for late in LATE if f"{m}.".startswith(f"{late}.")] == []


async def test_a_host_that_sends_less_ends_the_run() -> None:
    with pytest.raises(CommandError, match="messages of sample: 3, and it should be 4"):
        measuring.check("messages of sample", 4, 3)


def test_compared_apps_have_the_settings_of_ours(tmp_path: Path) -> None:
    for name in function.APPS.keys() - {OURS}:
        app = function.app_folder(name, tmp_path)

        assert (app / "host.json").read_bytes() == (paths.ROOT / "host.json").read_bytes()
        assert (app / "sms_received" / "__init__.py").is_file()


def test_only_the_command_uses_the_benchmark() -> None:
    """By name, when it runs: neither the local run nor a tool needs what bench compares with."""
    files = [*(paths.ROOT / "local").rglob("*.py"), *(paths.ROOT / "tools").rglob("*.py")]
    uses = re.compile(r"^\s*(from|import) bench\b", re.MULTILINE)

    assert [file for file in files if uses.search(file.read_text(encoding="utf-8"))] == []


def test_a_thread_has_different_people() -> None:
    people = json.loads(events.thread(events.LARGE))["data"]["participants"]

    assert len({each["participantCommunicationIdentifier"]["rawId"] for each in people}) == 250


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (0.01234, "0.0123"), (4.567, "4.57"), (99.99, "100"), (1234.5, "1,230")],
)
def test_figures_have_three_significant_digits(value: float, shown: str) -> None:
    assert measuring.digits(value) == shown


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert measuring.percentile([4, 1, 3, 2], 50) == "3"
    assert measuring.percentile(range(200), 99) == "198"


def test_ratios_are_taken_within_the_round() -> None:
    """The machine is half as fast in the second round; the peer takes twice as long in both."""
    cells = measuring.beside_the_app({"peer": [2.0, 4.0], OURS: [1.0, 2.0]})

    assert cells == {"peer": ["3", "2"], OURS: ["1.5", "1"]}


def test_a_ratio_shows_its_quartiles() -> None:
    cells = measuring.beside_the_app({"peer": [1.0, 2.0, 3.0], OURS: [1.0, 1.0, 1.0]})

    assert cells["peer"] == ["2", "2 (1.5-2.5)"]


async def test_a_burst_keeps_so_many_events_in_flight() -> None:
    most = now = 0

    async def deliver() -> None:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1

    burst = await measuring.burst(psutil.Process(), deliver, in_flight=3, seconds=0.0)

    assert (most, len(burst.latencies)) == (3, 3)


def test_speeds_are_those_of_each_number_in_flight() -> None:
    rates = {("peer", 1): 5.0, (OURS, 1): 10.0, ("peer", 32): 20.0, (OURS, 32): 80.0}
    bursts = {
        key: [Burst(latencies=[float(key[1])], rate=rate, cpu=1000 / rate)]
        for key, rate in rates.items()
    }

    assert measuring.speeds(bursts).splitlines()[2:] == [
        "| peer | 50 | 4 | 5 | 0.5 | 1 | 1 | 20 | 0.25 | 32 | 32 |",
        "| **the app** | 12.5 | 1 | 10 | 1 | 1 | 1 | 80 | 1 | 32 | 32 |",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["typo"], "There is no part 'typo'"), (["--quick", "--write"], "no figures worth keeping")],
)
def test_wrong_arguments_measure_nothing(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main(["bench", *arguments]) == 1
    assert message in capsys.readouterr().out


def test_figures_go_into_the_page_and_the_readme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, readme = tmp_path / "page.md", tmp_path / "readme.md"
    page.write_text(PAGE, encoding="utf-8")
    readme.write_text("before\n<!-- bench -->\n<!-- /bench -->\nafter", encoding="utf-8")
    names = [*normalizing.WAYS, *delivering.CLIENTS, *function.APPS]
    rows = {name: [f"{number}", f"{number}.5 (1-2)"] for number, name in enumerate(names)}
    monkeypatch.setattr(command, "_measured", lambda *_, **__: measuring.table(["", "a"], rows))
    monkeypatch.setattr(command, "PAGE", page)
    monkeypatch.setattr(command, "README", readme)

    assert commands.main(["bench", "--write"]) == 0
    assert page.read_text(encoding="utf-8").count("| ideal | 11 | 11.5 (1-2) |") == len(
        command.PARTS
    )
    assert "dicts and json take 0.5 times" in readme.read_text(encoding="utf-8")
    assert readme.read_text(encoding="utf-8").startswith("before\n<!-- bench -->\nFrom an SMS")
    assert readme.read_text(encoding="utf-8").endswith("\n<!-- /bench -->\nafter")


def test_a_load_counts_what_was_delivered_and_refused() -> None:
    load = Load(10, latencies=[100.0] * 5, refused=4, megabytes=[60.0, 80.0], requests=10)

    assert load.cells() == ["50%", "40%", "100", "100", "2", "80"]
    assert Load(10, megabytes=[60.0]).cells()[2:] == ["-", "-", "0", "60"]


def test_charts_have_a_point_for_each_five_seconds_of_both_loads() -> None:
    short = Load(30, delivered=Counter({0: 10, 4: 10, 5: 10}), megabytes=[60.0] * 6)
    long = Load(30, delivered=Counter({10: 30}), megabytes=[float(n) for n in range(11)])
    delivered, memory = charts(short, long)

    assert 'x-axis "seconds" [0, 5, 10]' in delivered
    assert "bar [4, 2, 0]\n    line [0, 0, 6]" in delivered
    assert "bar [60, 60, 60]\n    line [0, 5, 10]" in memory

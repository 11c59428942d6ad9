"""One host for the tests that only talk to it, and an app for those that start their own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.host.hosting import SHOWS, RunningHost, host_of, write_function, write_settings

RECORDS = """
import json
from pathlib import Path

import azure.functions as func


async def main(event: str, context: func.Context) -> None:
    record = {"event": event, "name": context.function_name, "id": context.invocation_id}
    record["traceparent"] = context.trace_context.trace_parent
    with Path("received.jsonl").open("a") as file:
        file.write(json.dumps(record) + "\\n")
"""

MANY = json.dumps(
    {
        "scriptFile": "__init__.py",
        "bindings": [
            {"type": "eventGridTrigger", "direction": "in", "name": "event", "cardinality": "many"}
        ],
    }
)

FAILS_ON_DEMAND = """
import logging


async def main(event: str) -> None:
    logging.getLogger("app").info("looked at an event")
    if '"fail":true' in event:
        raise ValueError("the event asked for it")
"""

SLOW = """
import time


def main(event: str) -> None:
    time.sleep(0.3)
"""

OVERDUE = """
import asyncio


async def main(event: str) -> None:
    await asyncio.sleep(60)
"""

QUITS = """
async def main(event: str) -> None:
    raise SystemExit(3)
"""

QUITS_IN_A_THREAD = """
import sys


def main(event: str) -> None:
    sys.exit(3)
"""


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """Host an app with a function for every way in which one can go right or wrong."""
    root = tmp_path_factory.mktemp("app")
    write_settings(
        root,
        {"AzureWebJobs.switched_off.Disabled": "true"},
        functionTimeout="00:00:02",
    )
    write_function(root, "records", RECORDS)
    write_function(root, "records_many", RECORDS, function_json=MANY)
    write_function(root, "fails_on_demand", FAILS_ON_DEMAND)
    write_function(root, "switched_off", RECORDS)
    write_function(root, "broken_import", "import a_module_that_nobody_has\n")
    write_function(root, "bad_json", RECORDS, function_json="{")
    write_function(root, "slow", SLOW)
    write_function(root, "overdue", OVERDUE)
    write_function(root, "quits", QUITS)
    write_function(root, "quits_in_a_thread", QUITS_IN_A_THREAD)
    write_function(root, "quits_on_import", "raise SystemExit(3)\n")
    (root / "shared").mkdir()
    with host_of(root) as running:
        yield running


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """An app whose function writes down what it sees of its process."""
    root = tmp_path / "app"
    write_settings(
        root,
        {"FROM_FILE": "file", "FROM_BOTH": "file", "FROM_NULL": None, "FROM_NUMBER": 5},
    )
    write_function(root, "shows", SHOWS)
    (root / "shared").mkdir()
    (root / "shared" / "origin.py").touch()
    return root

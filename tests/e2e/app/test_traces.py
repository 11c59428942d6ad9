"""Traces through Microsoft's own runtime and Azurite: from the invocation to the record."""

import json
import os
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from local import paths
from local.azurite import StoragePorts
from tests.app import App

pytestmark = pytest.mark.e2e


def _run(azurite: StoragePorts, *options: str, **settings: str) -> tuple[Any, list[dict[str, Any]]]:
    """What the program prints, and the records of its two events."""
    app = App(0, azurite.connection_string)
    app.forget()
    ended = subprocess.run(
        [sys.executable, "tests/e2e/app/traced.py", *options],
        cwd=paths.ROOT,
        env=os.environ
        | {"AzureWebJobsStorage": azurite.connection_string, "PYTHONPATH": str(paths.ROOT)}
        | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        records = [record for queue in app.records().values() for record in queue]
    finally:
        app.close()
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1]), records


def test_nothing_of_open_telemetry_is_imported_by_default(azurite: StoragePorts) -> None:
    """Not by the app, nor by the Storage SDK, though it is installed here."""
    modules, records = _run(azurite)

    assert modules == []
    assert [record.get("traceparent") for record in records] == [None] * 4


def test_records_and_spans_belong_to_the_invocation(azurite: StoragePorts) -> None:
    """The worker's context is the parent of `process`, which is that of what it sends."""
    spans, records = _run(azurite, "--spans", TRACE_RECORDS="true", PYTHON_ENABLE_OPENTELEMETRY="1")
    processing = [span for span in spans if span["name"] == "process"]
    sending = [span for span in spans if span not in processing]

    invocations = {
        f"00-{span['context']['trace_id'][2:]}-{span['parent_id'][2:]}-00" for span in processing
    }
    assert Counter(record["traceparent"] for record in records) == dict.fromkeys(invocations, 2)
    assert len(invocations) == 2
    assert Counter(span["name"] for span in sending) == {
        "send work-items": 2,
        "send push-notifications": 2,
    }
    parents = Counter(span["parent_id"] for span in sending)
    assert parents == {span["context"]["span_id"]: 2 for span in processing}

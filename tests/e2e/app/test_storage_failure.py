"""Storage that fails: HTTP 500, and the retry gives the same ids."""

import json
from pathlib import Path

import pytest

from local import azurite, functions_host, paths, ports
from local.azurite import StoragePorts
from local.processes import Children
from tests.e2e.app.conftest import App
from tools import golden

pytestmark = pytest.mark.e2e

SAMPLE = paths.SAMPLES / "SMSReceived.json"


def test_storage_down_then_up() -> None:
    """Nothing is half known: what is written after the failure is what would have been before."""
    host_port, *storage_ports = ports.free(4)
    storage = StoragePorts(*storage_ports)
    with Children() as children:
        host = functions_host.start(
            children, host_port, settings={"AzureWebJobsStorage": storage.connection_string}
        )
        functions_host.wait_until_ready(host, host_port)
        app = App(host_port, storage.connection_string)

        assert 500 == app.deliver(SAMPLE.read_text(encoding="utf-8"), "sms_received")
        assert 500 == app.deliver('[{"eventType":"Contoso.Thing"}]', "sms_received")

        azurite.wait_until_ready(azurite.start(children, storage), storage)
        assert 202 == app.deliver(SAMPLE.read_text(encoding="utf-8"), "sms_received")
        assert _golden_ids(SAMPLE) == {
            queue: [record["id"] for record in records] for queue, records in app.records().items()
        }


def test_a_missing_setting_fails_and_is_named() -> None:
    """The log names every setting that is wrong, and not the value of a secret."""
    (host_port,) = ports.free(1)
    settings = {
        "RecordStorage": "AccountName=a;AccountKey=not-base64!",
        "WORK_ITEMS_QUEUE": "Not A Queue",
        "CHAT_WORK_ITEMS": "both",
    }
    with Children() as children:
        host = functions_host.start(children, host_port, settings=settings)
        functions_host.wait_until_ready(host, host_port)

        status = App(host_port, "").deliver(SAMPLE.read_text(encoding="utf-8"), "sms_received")
        host.wait_until(lambda: "CHAT_WORK_ITEMS" in host.last_lines(), 10.0)
        said = host.last_lines()

    assert 500 == status
    for setting in settings:
        assert setting in said
    assert "not-base64!" not in said


def _golden_ids(sample: Path) -> dict[str, list[str]]:
    given = json.loads(golden.golden_path(sample).read_text(encoding="utf-8"))
    return {q: [record["id"] for record in given[q]] for q in ("work-items", "push-notifications")}

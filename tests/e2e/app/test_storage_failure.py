"""Storage that fails: HTTP 500, and the retry gives the same ids."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from local import azurite, paths
from local.azurite import StoragePorts
from local.processes import Children
from tests.app import QUEUES, running
from tests.e2e.privacy.personal import leaks
from tests.e2e.privacy.storage import KEY, account
from tools import golden

pytestmark = pytest.mark.e2e

SAMPLE = paths.SAMPLES / "SMSReceived.json"
EVENT = SAMPLE.read_text(encoding="utf-8")


def test_storage_down_then_up() -> None:
    """What is written once storage is back is what would have been written before."""
    storage = StoragePorts.free()
    bodies = [EVENT, '[{"eventType":"Contoso.Thing"}]']
    with (
        Children() as children,
        running(AzureWebJobsStorage=storage.connection_string) as app,
    ):
        with ThreadPoolExecutor() as pool:
            failed = list(pool.map(lambda body: app.deliver(body, "sms_received"), bodies))
        azurite.wait_until_ready(azurite.start(children, storage), storage)

        assert [500, 500] == failed
        assert 202 == app.deliver(EVENT, "sms_received")
        found = {
            queue: [record["id"] for record in records] for queue, records in app.records().items()
        }

    expected = json.loads(golden.golden_path(SAMPLE).read_text(encoding="utf-8"))
    assert {queue: [record["id"] for record in expected[queue]] for queue in QUEUES} == found


def test_wrong_settings_fail_and_are_named(personal: set[str]) -> None:
    """The log names every setting that is wrong, and has no secret and nothing of the event."""
    cut = KEY[:-3]
    settings = {
        "RecordStorage": account(1, f"AccountKey={cut}"),
        "WORK_ITEMS_QUEUE": "Not A Queue",
        "CHAT_WORK_ITEMS": "both",
    }
    with running(AzureWebJobsStorage=account(1), **settings) as app:
        assert 500 == app.deliver(EVENT, "sms_received")
        log = app.wait_for_log(lambda log: all(setting in log for setting in settings))

    assert set() == leaks(log, personal | {KEY, cut})

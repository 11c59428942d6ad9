"""Every sample, delivered as Event Grid delivers it, becomes the records of its golden file."""

import json
from pathlib import Path

import pytest

from local import paths
from tests.app import QUEUES, App
from tools import golden

pytestmark = pytest.mark.e2e


def _id(sample: Path) -> str:
    return str(sample.relative_to(paths.SAMPLES).with_suffix(""))


@pytest.mark.parametrize("sample", golden.samples(), ids=_id)
def test_sample_end_to_end(sample: Path, app: App) -> None:
    """HTTP 202, exactly the golden records on both queues, or a dead letter with the reason."""
    expected = json.loads(golden.golden_path(sample).read_text(encoding="utf-8"))

    status = app.deliver(sample.read_text(encoding="utf-8"), expected["function"])

    assert 202 == status
    assert {queue: expected[queue] for queue in QUEUES} == app.records()
    reasons = [expected["rejected"]] if expected["rejected"] else []
    assert reasons == [letter["deadLetterReason"] for letter in app.dead_letters()]


def test_the_same_event_twice_gives_the_same_bytes(app: App) -> None:
    """Event Grid delivers at least once; a reader drops the id that it has seen."""
    sample = (paths.SAMPLES / "SMSReceived.json").read_text(encoding="utf-8")

    app.deliver(sample, "sms_received")
    first = app.records()
    app.deliver(sample, "sms_received")

    assert first == app.records()


def test_a_batch_is_delivered_whole(app: App) -> None:
    """A subscription may batch; every event of the array is one invocation."""
    events = []
    for number in range(40):
        (event,) = json.loads((paths.SAMPLES / "SMSReceived.json").read_text(encoding="utf-8"))
        event["data"]["MessageId"] = event["id"] = f"Incoming_{number}"
        events.append(event)

    assert 202 == app.deliver(json.dumps(events), "sms_received")

    records = app.records()
    expected = {f"Incoming_{number}" for number in range(40)}
    for queue in QUEUES:
        assert expected == {record["data"]["message"]["id"] for record in records[queue]}

"""The real app behind the real client: every sample is published, every record comes out."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from local import ports, publisher, samples
from local.azurite import StoragePorts
from local.eventgrid.thread import LocalTopic, running
from local.samples import Sample
from local.stack import Stack
from tests.e2e.app.conftest import QUEUES, App
from tests.tools.eventgrid.conftest import event
from tools import subscriptions

pytestmark = pytest.mark.e2e

_GOLDEN = {one: one.golden for one in samples.every()}
_WANTED = {one: golden.records for one, golden in _GOLDEN.items() if golden and not golden.rejected}


def test_every_golden_record_comes_out_of_the_local_run() -> None:
    """As `dev.py start` runs it: topic, filters, webhook, runtime and queues. Each record once."""
    host, port, *storage = ports.free(5)
    with Stack.on(host, StoragePorts(*storage), topic_port=port) as stack:
        assert stack.topic is not None
        for sample in _WANTED:
            publisher.publish(sample, stack.topic.endpoint, "any")
        state = stack.topic.wait_until_idle(60)
        app = App(stack.host_port, stack.connection_string)
        written, dead_letters = app.records(), app.dead_letters()

    assert [] == dead_letters
    assert sum(map(_is_unsubscribed, _WANTED)) == state["unmatched"]
    for queue in QUEUES:
        assert _expected(queue) == _texts(written[queue])


def test_a_refused_event_is_the_app_s_own_dead_letter(topic: LocalTopic, app: App) -> None:
    """The app acknowledges what no retry can help: one attempt, and nothing for Event Grid."""
    refused = event("Microsoft.Communication.SMSReceived", data=5)
    publisher.publish_events([refused], topic.endpoint, "any", "an event")
    topic.wait_until_idle()

    counts = topic.counts("sms-received")
    assert (1, 1, 0) == (counts["attempts"], counts["delivered"], counts["dead_lettered"])
    (dead_letter,) = app.dead_letters()
    assert "sms_received" == dead_letter["deadLetterFunction"]


def test_the_container_of_dead_letters_is_the_setting(
    azurite: StoragePorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`DEAD_LETTERS_CONTAINER`, the one that the app writes to."""
    monkeypatch.setenv("DEAD_LETTERS_CONTAINER", "elsewhere")
    lost = event("Microsoft.Communication.SMSReceived")
    with running("http://127.0.0.1:9", azurite.connection_string, speed=1_000_000) as topic:
        publisher.publish_events([lost], topic.endpoint, "any", "an event")
        topic.wait_until_idle()
    with ContainerClient.from_connection_string(
        azurite.connection_string, "elsewhere", use_env_settings=False
    ) as container:
        (name,) = container.list_blob_names()
        container.delete_container()

    assert name.startswith("local-topic/SMS-RECEIVED/")


def _is_unsubscribed(sample: Sample) -> bool:
    """Whether no type that deployment subscribes to stands in the sample."""
    text = sample.body.lower()
    included = (one["filter"] for one in json.loads(subscriptions.FILE.read_bytes()))
    return not any(
        t.lower().encode() in text for one in included for t in one["includedEventTypes"]
    )


def _expected(queue: str) -> Counter[str]:
    return _texts(record for records in _WANTED.values() for record in records[queue])


def _texts(records: Iterable[dict[str, Any]]) -> Counter[str]:
    """Records without the event's own time, which the client formats anew in CloudEvents."""
    texts = Counter[str]()
    for record in records:
        kept = {key: value for key, value in record["data"]["event"].items() if key != "time"}
        texts[json.dumps(record | {"data": record["data"] | {"event": kept}}, sort_keys=True)] += 1
    return texts

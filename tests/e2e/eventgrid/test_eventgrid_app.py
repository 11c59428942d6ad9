"""The real app behind the real client: every sample is published, every record comes out."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from local import eventgrid, publisher, samples
from local.eventgrid import Knobs, Options
from local.samples import Sample
from local.stack import Stack
from tests.app import QUEUES, App
from tests.e2e.eventgrid.conftest import publish
from tools import subscriptions

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Azurite, and the app in the Functions host."""
    with Stack.on_free_ports() as running:
        yield running


@pytest.mark.parametrize(
    "knobs",
    [Knobs(), Knobs(duplicates=0.3, drop_answers=0.2, reorder=True, batch=5, seed=1)],
    ids=["well behaved", "misbehaving"],
)
def test_every_golden_record_comes_out(knobs: Knobs, stack: Stack) -> None:
    """Through topic, filters, webhook, runtime and queues; more than once when it misbehaves."""
    golden = {one: one.golden for one in samples.every()}
    wanted = {one: told.records for one, told in golden.items() if told and not told.rejected}
    options = Options(time_scale=0.01, answer_seconds=30, knobs=knobs)
    with eventgrid.running(stack.url, stack.connection_string, options) as topic:
        for sample in wanted:
            publisher.publish(sample, topic.endpoint, "any")
        state = topic.wait_until_idle(60)

    app = App(stack.host_port, stack.connection_string)
    assert [] == app.dead_letters()
    assert sum(not _is_subscribed_to(one) for one in wanted) == state["unmatched"]
    written = app.records()
    for queue in QUEUES:
        expected = Counter(_text(one) for records in wanted.values() for one in records[queue])
        found = Counter(map(_text, written[queue]))
        assert set(expected) == set(found)
        assert expected <= found
        if not knobs.duplicates:
            assert expected == found


def test_a_refused_event_is_the_app_s_own_dead_letter(stack: Stack) -> None:
    """The app acknowledges what no retry can help: one attempt, and nothing for Event Grid."""
    with eventgrid.running(stack.url, stack.connection_string) as topic:
        publish(
            topic.port,
            {"eventType": "Microsoft.Communication.SMSReceived", "id": "1", "data": 5},
        )
        topic.wait_until_idle()
        counts = topic.counts("sms-received")

    assert (1, 1, 0) == (counts["attempts"], counts["delivered"], counts["deadLettered"])
    (letter,) = App(stack.host_port, stack.connection_string).dead_letters()
    assert "sms_received" == letter["deadLetterFunction"]


def _is_subscribed_to(sample: Sample) -> bool:
    """Whether a type that deployment subscribes to stands in the sample."""
    text = sample.body.lower()
    included = (one["filter"] for one in json.loads(subscriptions.FILE.read_bytes()))
    return any(t.lower().encode() in text for one in included for t in one["includedEventTypes"])


def _text(record: dict[str, Any]) -> str:
    """A record without the event's own time, which the client prints anew in CloudEvents."""
    event = {key: value for key, value in record["data"]["event"].items() if key != "time"}
    return json.dumps(record | {"data": record["data"] | {"event": event}}, sort_keys=True)

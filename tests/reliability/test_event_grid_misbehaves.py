"""Event Grid within its promises: more than once, in any order, and in the end no more."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.eventgrid.options import Options
from tests.reliability import events, faults
from tests.reliability.accounts import account_for, look
from tests.reliability.events import Published, publish
from tests.reliability.figures import Figures
from tests.reliability.proxy import Proxy
from tests.reliability.system import System
from tools import subscriptions

pytestmark = pytest.mark.reliability


def test_everything_at_once(app: System, figures: Figures) -> None:
    """Duplicates, any order, lost answers and batches of ten add no record, only copies."""
    published = events.mixed(400)
    with app.topic(duplicates=0.3, drop_answers=0.2, reorder=True, batch=10) as topic:
        publish(topic, published)
        topic.wait_until_idle(300)
        counts = figures.delivered(topic)

    totals = account_for(published, app.connection_string)
    figures.account(totals)
    assert len({one.known for one in published if not one.is_poison}) == totals.on_queues
    assert counts["duplicated"]
    assert counts["retried"]
    assert totals.duplicates, "nothing came twice, so nothing was tried"


@pytest.mark.parametrize("batch", [1, 10], ids=["alone", "in batches of ten"])
def test_poison_among_good(batch: int, app: System, figures: Figures) -> None:
    """A poison event fails no good one: every first delivery succeeds ({case})."""
    good = events.sms(100)
    (poison,) = events.poison()
    published = [*good[:50], poison, *good[50:]]
    with app.topic(batch=batch) as topic:
        publish(topic, published)
        topic.wait_until_idle(300)
        counts = figures.delivered(topic)

    totals = account_for(published, app.connection_string)
    figures.account(totals)
    assert (0, 0) == (counts["retried"], counts["dead_lettered"])
    assert (100, 1, 0) == (totals.on_queues, totals.dead_letters, totals.duplicates)
    (letter,) = look(app.connection_string).letters[poison.known]
    assert ("UnreadablePayload", "sms_received") == (
        letter["deadLetterReason"],
        letter["deadLetterFunction"],
    )
    assert poison.body["data"] == letter["data"]


def test_event_grid_gives_up(app: System, storage: Proxy, figures: Figures, tmp_path: Path) -> None:
    """What cannot be delivered as long as Event Grid tries is in its dead letters, whole."""
    published = events.mixed(60)
    options = Options(impatient(tmp_path))
    with (
        storage.failing(faults.answers(429, "TooManyRequests")),
        app.topic(options) as topic,
    ):
        publish(topic, published)
        topic.wait_until_idle(300)
        counts = figures.delivered(topic)

    totals = account_for(published, app.connection_string)
    figures.account(totals)
    assert (len(published), 0) == (counts["dead_lettered"], totals.on_queues)
    letters = look(app.connection_string).letters
    assert all(_kept(one).items() <= letters[one.known][0].items() for one in published)


def _kept(event: Published) -> dict[str, Any]:
    """All of an event but the time of a CloudEvent, which the client prints in its own way."""
    return {key: value for key, value in event.body.items() if key != "time"}


def impatient(folder: Path) -> Path:
    """The subscriptions that are deployed, but for three attempts."""
    entries = json.loads(subscriptions.FILE.read_bytes())
    for entry in entries:
        entry["retryPolicy"]["maxDeliveryAttempts"] = 3
    file = folder / "event-subscriptions.json"
    file.write_text(json.dumps(entries), encoding="utf-8")
    return file

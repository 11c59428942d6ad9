"""Events that are larger than a queue message."""

import pytest

from tests.reliability import events, faults
from tests.reliability.accounts import account_for, look, payloads
from tests.reliability.events import publish, wait_until_answered
from tests.reliability.figures import Figures
from tests.reliability.proxy import Proxy
from tests.reliability.system import System

pytestmark = pytest.mark.reliability

LARGEST = 1024 * 1024 - 100
"""The rest of a megabyte is for the request around the event."""


@pytest.mark.parametrize(
    ("size", "claim_checks"),
    [(40_000, 0), (52_000, 2), (LARGEST, 2)],
    ids=["40 kB, on the queues", "52 kB, in blobs", "1 MB, the most Event Grid takes, in blobs"],
)
def test_sizes(size: int, claim_checks: int, app: System, figures: Figures) -> None:
    """A record fits its queue, or names a blob that is there and holds its data ({case})."""
    event = events.large(size)
    with app.topic(duplicates=1.0) as topic:
        publish(topic, [event])
        topic.wait_until_idle(300)
        figures.delivered(topic)

    totals = account_for([event], app.connection_string)
    figures.account(totals)
    figures.add(bytes=size, blobs=totals.claim_checks)
    assert (1, claim_checks, 2) == (totals.on_queues, totals.claim_checks, totals.duplicates)


def test_the_blob_comes_first(alone: System, figures: Figures) -> None:
    """No message names a blob that is not there, whenever one looks."""
    alone.start_azurite()
    published = [events.large(52_000) for _ in range(10)]
    with Proxy(alone.storage) as storage:
        alone.start_host(storage.at.connection_string)
        with alone.topic() as topic:
            with storage.failing(faults.answers(503, "ServerBusy"), services=("blob",)):
                publish(topic, published)
                wait_until_answered(topic, len(published))
                found = look(alone.connection_string)
            topic.wait_until_idle(300)
            counts = figures.delivered(topic)

    assert ([], {}) == (found.dangling, found.records)
    assert counts["retried"], "no delivery failed while the blobs did"
    totals = account_for(published, alone.connection_string)
    figures.account(totals)
    assert 10 == totals.on_queues


def test_a_claim_check_whose_message_fails(app: System, storage: Proxy, figures: Figures) -> None:
    """While the queue fails a blob may stay alone; the retry writes it again, under one name."""
    event = events.large(52_000)
    before = payloads(app.connection_string)
    with app.topic() as topic:
        with storage.failing(faults.answers(503, "ServerBusy"), services=("queue",)):
            publish(topic, [event])
            wait_until_answered(topic, 1)
        topic.wait_until_idle(300)
        assert figures.delivered(topic)["retried"]

    totals = account_for([event], app.connection_string)
    figures.account(totals)
    assert (1, 2, 0) == (totals.on_queues, totals.claim_checks, totals.duplicates)
    assert 2 == len(payloads(app.connection_string) - before), "each try left a blob of its own"

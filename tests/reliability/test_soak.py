"""Many events of every shape, with everything failing a little, and the memory of the host."""

import os
import time
from itertools import count

import pytest
from aiohttp import web

from local.eventgrid.options import Options
from local.eventgrid.thread import LocalTopic
from tests.reliability import events, faults
from tests.reliability.accounts import account_for
from tests.reliability.events import Published, publish
from tests.reliability.figures import Figures, rss_megabytes
from tests.reliability.proxy import Asked, Fault, Proxy
from tests.reliability.system import System

pytestmark = pytest.mark.reliability

LONG = "RELIABILITY_SOAK"
"""Set to 1: ten times as many events."""
EVENTS = 10_000 if os.environ.get(LONG) == "1" else 1_000
WARM = 500
_AT_ONCE, _MOST_PENDING = 100, 200
_MOST_GROWTH = 3.0
"""Megabytes: 6 kB for each of the short form's events; without a leak it is 0.4 at most."""
_SECONDS = 900.0


def test_soak(alone: System, figures: Figures) -> None:
    """Soak: every event is there, and the host's memory flat, while 2 % of all requests fail."""
    alone.start_azurite()
    published = events.mixed(EVENTS)
    options = Options(in_flight=16, duplicates=0.1, drop_answers=0.05, reorder=True, seed=4)
    started = time.monotonic()
    with Proxy(alone.storage) as storage:
        alone.start_host(storage.at.connection_string)
        assert alone.host is not None
        with (
            storage.failing(_any_fault(), share=0.02),
            alone.topic(options) as topic,
        ):
            _publish_steadily(topic, published[:WARM])
            first = rss_megabytes(alone.host.process.pid)
            _publish_steadily(topic, published[WARM:])
            last = rss_megabytes(alone.host.process.pid)
            counts = figures.delivered(topic)

    seconds = time.monotonic() - started
    totals = account_for(published, alone.connection_string)
    figures.account(totals)
    figures.add(
        MB_after_500=round(first, 1),
        MB_at_the_end=round(last, 1),
        events_per_second=round(len(published) / seconds),
    )
    assert len(published) == totals.on_queues + len([one for one in published if one.is_poison])
    assert 0 == counts["dead_lettered"]
    assert last - first < _MOST_GROWTH
    assert seconds < _SECONDS


def _publish_steadily(topic: LocalTopic, published: list[Published]) -> None:
    """As fast as they are delivered, and wait for the last."""
    for start in range(0, len(published), _AT_ONCE):
        topic.wait_until(lambda: topic.state()["pending"] < _MOST_PENDING, _SECONDS)
        publish(topic, published[start : start + _AT_ONCE])
    topic.wait_until_idle(300)


def _any_fault() -> Fault:
    """One fault after the other."""
    kinds = (
        faults.answers(503, "ServerBusy"),
        faults.answers(500, "InternalError"),
        faults.answers(429, "TooManyRequests"),
        faults.garbage,
        faults.half_an_answer,
        faults.cut,
        faults.slow(2),
    )
    numbers = count()

    async def fault(asked: Asked) -> web.Response:
        return await kinds[next(numbers) % len(kinds)](asked)

    return fault

"""Processes that end without warning, and a disk that is full."""

import time

import pytest

from local.eventgrid.thread import LocalTopic
from tests.reliability import events, faults
from tests.reliability.accounts import account_for
from tests.reliability.events import publish
from tests.reliability.figures import Figures
from tests.reliability.proxy import Proxy
from tests.reliability.system import System, kill

pytestmark = pytest.mark.reliability


def test_storage_is_killed(on_disk: System, figures: Figures) -> None:
    """Storage killed under load and back 9 s later on the same ports: every event is there."""
    on_disk.start_azurite()
    on_disk.start_host()
    published = events.mixed(300)
    with on_disk.topic() as topic:
        publish(topic, published[:200])
        _wait_until_delivered(topic, 30)
        assert topic.state()["pending"], "it was to be killed under load"
        kill(on_disk.azurite)
        publish(topic, published[200:])
        time.sleep(9)
        on_disk.start_azurite()
        topic.wait_until_idle(300)
        counts = figures.delivered(topic)

    totals = account_for(published, on_disk.connection_string)
    figures.account(totals)
    assert counts["retried"], "nothing was tried again"
    assert len(published) == totals.on_queues + totals.dead_letters


def test_the_host_is_killed(alone: System, figures: Figures) -> None:
    """The host killed amid batches of ten, half of their records written: nothing is lost."""
    alone.start_azurite()
    published = events.mixed(200)
    with Proxy(alone.storage) as storage:
        alone.start_host(storage.at.connection_string)
        with alone.topic(batch=10) as topic:
            with storage.failing(faults.slow(4), share=0.5, services=("queue",)):
                publish(topic, published)
                time.sleep(2)
                kill(alone.host)
            time.sleep(1)
            alone.start_host(storage.at.connection_string)
            topic.wait_until_idle(300)
            counts = figures.delivered(topic)

    totals = account_for(published, alone.connection_string)
    figures.account(totals)
    assert counts["retried"], "no delivery was broken off"
    assert totals.duplicates, "nothing was written before the kill, so it was in no batch's midst"
    assert 0 == counts["dead_lettered"]


def test_the_disk_is_full(on_disk: System, figures: Figures) -> None:
    """A full disk under storage: what was acknowledged stays, the rest comes when there is room."""
    on_disk.start_azurite(full_disk=True)
    on_disk.start_host()
    published = events.sms(60)  # the disk is full after about 30
    with on_disk.topic() as topic:
        for event in published[:20]:
            publish(topic, [event])
        _wait_until_delivered(topic, 20)
        publish(topic, published[20:])
        topic.wait_until(lambda: bool(topic.counts("sms-received")["retried"]), 60)
        kill(on_disk.azurite)
        on_disk.start_azurite()
        topic.wait_until_idle(300)
        figures.delivered(topic)

    totals = account_for(published, on_disk.connection_string)
    figures.account(totals)
    assert len(published) == totals.on_queues
    figures.failure = {
        "what": "the disk under storage is full (HTTP 500)",
        "class": "transient: `DeliveryError`",
        "before us": "4 tries",
        "answer": "500: send it again",
        "ends": "delivered once there is room; after 24 h in Event Grid's dead letters",
    }


def _wait_until_delivered(topic: LocalTopic, count: int) -> None:
    def is_so() -> bool:
        counts = topic.state()["subscriptions"].values()
        return count <= sum(int(one["delivered"]) for one in counts)

    topic.wait_until(is_so, 60)

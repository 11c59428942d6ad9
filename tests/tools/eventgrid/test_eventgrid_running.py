"""The whole topic: how it starts and stops, what it logs, how much it holds."""

import socket
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from local import loopback, ports
from local.errors import CommandError
from local.eventgrid.clock import Clock
from local.eventgrid.options import Options
from local.eventgrid.thread import LocalTopic, running
from local.eventgrid.topic import Topic
from tests.tools.eventgrid.conftest import Start, event, events, subscription

_NOBODY = "http://127.0.0.1:9"
_BODY = b'[{"eventType":"Microsoft.Communication.SMSReceived","id":"1"}]'


def _publish(topic: LocalTopic) -> None:
    answer = loopback.request(
        topic.port, "/api/events", method="POST", body=_BODY, headers={"aeg-sas-key": "any"}
    )
    assert answer is not None
    assert 200 == answer.status


def test_in_a_thread_beside_a_synchronous_program(caplog: pytest.LogCaptureFixture) -> None:
    """It delivers while the caller waits. At its end the port is free, and it says what is lost."""
    with running(_NOBODY) as topic:
        _publish(topic)
        topic.wait_until(lambda: topic.counts("sms-received")["retried"] == 1, 10)
        with pytest.raises(CommandError, match=r"after 0 s: .*'pending': 1"):
            topic.wait_until_idle(0.05)

    assert ports.is_free(topic.port)
    assert "1 deliveries were not done" in caplog.text


async def test_speed() -> None:
    """The reliability tests make retries and times to live pass a hundred times as fast."""
    clock = Clock(speed=1000)
    before, started = clock.now(), time.monotonic()
    await clock.sleep(20)

    assert 19 < (clock.now() - before).total_seconds()
    assert time.monotonic() - started < 19


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"options": Options(Path("no-such-file.json"))}, "cannot read no-such-file.json"),
        ({"connection_string": "wrong"}, "the connection string for dead letters"),
    ],
)
def test_what_keeps_it_from_starting_is_one_message(
    arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(CommandError, match=message), running(_NOBODY, **arguments):
        pass


def test_a_taken_port_is_named() -> None:
    (port,) = ports.free(1)
    with (
        socket.create_server((ports.LOOPBACK, port)),
        pytest.raises(CommandError, match=f"port {port} is taken"),
        running(_NOBODY, port=port),
    ):
        pass


def test_a_bug_reaches_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for the topic gets the exception that ended it."""

    async def fail(_topic: Topic) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Topic, "run", fail)
    with pytest.raises(ZeroDivisionError), running(_NOBODY) as topic:
        topic.wait_until(lambda: False, 10)


async def test_nothing_of_an_event_is_logged(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Counts and outcomes only: a subject names a phone number, an id may, too."""
    caplog.set_level("INFO", "eventgrid")
    grid = await start(subscription(retryPolicy={"maxDeliveryAttempts": 2}))
    grid.hook.answers["takes_all"] = lambda _: 500
    await grid.publish(event("Test.Secret", id="id-4711", subject="/phonenumber/15550100"))
    await grid.finish()

    assert "again in" in caplog.text
    assert "given up" in caplog.text
    for secret in ("4711", "15550100", "grüße", "Test.Secret"):
        assert secret not in caplog.text


async def test_waiting_events_need_little_memory(start: Start) -> None:
    """The text of each, once, and little beside it."""
    grid = await start(delay=1)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(4):
        await grid.post(events(500, data="x" * 500))
    each = (tracemalloc.get_traced_memory()[0] - before) / 2000
    tracemalloc.stop()

    assert 2000 == grid.topic.pending
    assert each < 4000, f"{each:.0f} bytes for an event of 700"

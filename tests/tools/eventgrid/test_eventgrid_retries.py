"""What follows from an answer, or from none: done, again later, or given up."""

from itertools import pairwise

import pytest

from local import ports
from local.eventgrid import delivery, schedule
from local.eventgrid.options import Options
from tests.tools.eventgrid.conftest import Grid, Start, event, events, subscription, types, until
from tests.tools.eventgrid.webhook import NEVER, webhook

_DELIVERED = (200, 201, 202, 203, 204)
_GIVEN_UP = (400, 403, 413)
_RETRIED = {
    205: 10,
    206: 10,
    301: 10,
    302: 10,
    401: 300,
    404: 300,
    408: 120,
    409: 10,
    429: 10,
    500: 10,
    502: 10,
    503: 30,
    504: 10,
}
_HOUR = 3600
_SCHEDULE = [10, 30, 60, 300, 600, 1800, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, 12 * _HOUR]


@pytest.mark.parametrize("status", [*_DELIVERED, *_GIVEN_UP, *_RETRIED])
async def test_what_a_status_means(status: int, grid: Grid) -> None:
    """200 to 204 are done; 400, 403 and 413 are given up at once; all others are tried again."""
    grid.hook.answers["takes_all"] = lambda number: status if number == 0 else 202
    await grid.publish(event())

    wait = _RETRIED.get(status, 0)
    assert bool(wait) == grid.counts()["retried"]
    if wait:
        await grid.advance(wait - 0.001)
        assert 1 == len(grid.hook.deliveries())
        await grid.advance(wait * 0.1 + 0.001)  # the jitter
    assert (2 if wait else 1) == len(grid.hook.deliveries()) == grid.counts()["attempts"]
    expected = (0, 1) if status in _GIVEN_UP else (1, 0)
    assert expected == (grid.counts()["delivered"], grid.counts()["dropped"])


def test_the_schedule() -> None:
    """delivery-and-retry: ever longer, then twice a day; some statuses have a minimum wait."""
    failed = schedule.answered(500)
    for status, minimum in _RETRIED.items():
        waits = [schedule.wait(n, schedule.answered(status), 0) for n in range(1, 12)]
        assert [max(minimum, one) for one in _SCHEDULE] == waits
    assert 10 < schedule.wait(1, failed, 0.5) < schedule.wait(1, failed, 1) <= 11.5


async def test_attempts_follow_the_schedule(grid: Grid) -> None:
    """Each wait is longer by a jitter of its own."""
    times = []

    def answer(_number: int) -> int:
        times.append(grid.clock.now())
        return 500

    grid.hook.answers["takes_all"] = answer
    await grid.publish(event())
    await grid.advance(24 * _HOUR)

    waits = [(b - a).total_seconds() for a, b in pairwise(times)]
    shares = [wait / least for wait, least in zip(waits, _SCHEDULE, strict=False)]
    assert 10 == len(shares)
    assert 10 == len(set(shares))
    assert all(1 <= share <= 1.1 for share in shares)


async def test_no_answer_in_time_is_a_failure(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """The function has run, and gets the event again."""
    caplog.set_level("INFO")
    grid = await start(answer_seconds=0.05)
    grid.hook.answers["takes_all"] = lambda number: NEVER if number == 0 else 202
    (id_,) = await grid.publish(event())
    await grid.finish()

    assert {id_} == set(grid.hook.ids())
    assert 2 <= len(grid.hook.ids())
    assert 1 == grid.counts()["delivered"]
    assert "TimedOut" in caplog.text


async def test_event_grid_waits_30_seconds_for_an_answer() -> None:
    async with delivery.session(Options().answer_seconds) as session:
        assert 30 == session.timeout.total


async def test_nobody_listens_yet(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """Connection refused is tried again, handshake included, until somebody is there."""
    caplog.set_level("INFO")
    (port,) = ports.free(1)
    grid = await start(host_url=f"http://{ports.LOOPBACK}:{port}")
    ids = await grid.publish(event(), event())
    assert 2 == grid.counts()["retried"]
    assert "SocketError" in caplog.text

    async with webhook(port) as hook:
        await grid.finish()
        assert sorted(ids) == sorted(hook.ids())


async def test_a_name_that_nobody_knows(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """DNS has an outcome of its own; it is tried again as well."""
    caplog.set_level("INFO")
    once = subscription(retryPolicy={"maxDeliveryAttempts": 2})
    grid = await start(once, host_url="http://host.invalid:7071")
    await grid.publish(event())

    assert {"attempts": 2, "retried": 1, "dropped": 1}.items() <= (await grid.finish()).items()
    assert "ResolutionError" in caplog.text


async def test_a_batch_is_tried_again_as_a_whole(start: Start) -> None:
    """All or none: the same events, together, in the same order."""
    grid = await start(subscription(maxEventsPerBatch=10))
    grid.hook.answers["takes_all"] = lambda number: 500 if number == 0 else 202
    ids = await grid.publish(*events(5))
    counts = await grid.finish()

    assert [ids, ids] == [request.ids() for request in grid.hook.deliveries()]
    assert (2, 5, 5) == (counts["attempts"], counts["retried"], counts["delivered"])


@pytest.mark.parametrize(
    ("policy", "attempts", "reason"),
    [
        ({}, 11, "TimeToLiveExceeded"),
        ({"eventTimeToLiveInMinutes": 1}, 3, "TimeToLiveExceeded"),
        ({"maxDeliveryAttempts": 3}, 3, "MaxDeliveryAttemptsExceeded"),
    ],
    ids=["a day", "a minute", "three attempts"],
)
async def test_an_event_is_given_up(
    policy: dict[str, int],
    attempts: int,
    reason: str,
    start: Start,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """After the last attempt, or when one is due and the time to live is over.

    A minute to live, attempts after 0, 10 and 40 s: the one at 100 s is not made any more. Without
    a place for dead letters the event is dropped.
    """
    caplog.set_level("INFO")
    grid = await start(subscription(retryPolicy=policy))
    grid.hook.answers["takes_all"] = lambda _: 500
    await grid.publish(event())
    counts = await grid.finish()

    assert attempts == len(grid.hook.deliveries()) == counts["attempts"]
    assert {"dropped": 1, "pending": 0}.items() <= counts.items()
    assert reason in caplog.text


async def test_one_that_fails_delays_no_other(start: Start) -> None:
    """A poison event waits for its next attempt while the others are delivered."""
    grid = await start(subscription(), subscription("poisoned", filter=types("Test.Poison")))
    grid.hook.answers["poisoned"] = lambda _: 500
    await grid.publish(event("Test.Poison"), *events(50))

    assert 51 == grid.counts()["delivered"]
    assert {"pending": 1, "retried": 1}.items() <= grid.counts("poisoned").items()


async def test_a_slow_function_delays_no_other(start: Start) -> None:
    """Each subscription has its own deliveries under way."""
    grid = await start(subscription(), subscription("slow"), in_flight=1)
    grid.hook.answers["slow"] = lambda _: NEVER
    await grid.post(events(6))
    await until(lambda: grid.counts()["delivered"] == 6)

    assert {"pending": 6, "attempts": 1}.items() <= grid.counts("slow").items()

"""More events than storage can take: what is too much is refused, and the rest is as ever."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from aiohttp import web

from tests.reliability import events, faults
from tests.reliability.accounts import account_for
from tests.reliability.events import Published
from tests.reliability.figures import Figures, rss_megabytes
from tests.reliability.proxy import Asked, Proxy
from tests.reliability.system import System, system

pytestmark = pytest.mark.reliability

BOUND = 10
"""Of events in flight; the default would need more load than a test can make."""
ENDS = "delivered when it comes again; after 24 h in Event Grid's dead letters"


@pytest.fixture(scope="module")
def _bounded() -> Iterator[tuple[System, Proxy]]:
    with system() as running:
        running.start_azurite()
        with Proxy(running.storage) as proxy:
            bounds = {"EVENTS_IN_FLIGHT": str(BOUND), "STORAGE_CONNECTIONS": str(2 * BOUND)}
            running.start_host(proxy.at.connection_string, **bounds)
            assert running.post(events.sms(1)[0]) == 202  # the queues are there
            yield running, proxy


@pytest.fixture
def app(_bounded: tuple[System, Proxy]) -> System:
    """The app, with few events in flight."""
    return _bounded[0]


@pytest.fixture
def storage(_bounded: tuple[System, Proxy]) -> Proxy:
    """What stands between the app and Azurite."""
    return _bounded[1]


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """For deliveries at once, answered or not."""
    with ThreadPoolExecutor(300) as pool:
        yield pool


def test_one_event_too_many(
    app: System, storage: Proxy, threads: ThreadPoolExecutor, figures: Figures
) -> None:
    """With as many events in flight as may be, the next is refused before anything is written."""
    published, (late,) = events.sms(BOUND), events.sms(1)
    go_on = threading.Event()

    async def held(asked: Asked) -> web.Response:
        while not go_on.is_set():  # noqa: ASYNC110 -- it is set in another thread
            await asyncio.sleep(0.01)
        return await asked.passed_on()

    with storage.failing(held) as failing:
        answers = [threads.submit(app.post, event) for event in published]
        while failing.hits < 2 * BOUND:
            time.sleep(0.01)
        started = time.monotonic()
        refused = app.post(late)
        seconds = round(time.monotonic() - started, 1)
        hits = failing.hits
        go_on.set()
    app.wait_until_logged("TooManyEvents: ")
    assert refused == 500
    assert hits == 2 * BOUND
    assert [answer.result() for answer in answers] == [202] * BOUND

    figures.add(in_flight=BOUND, seconds_to_fail=seconds)
    figures.failure = {
        "what": "as many events in flight as `EVENTS_IN_FLIGHT` says",
        "class": "transient: `TooManyEvents`",
        "before us": f"nothing, {seconds} s",
        "answer": "500: send it again",
        "ends": ENDS,
    }
    assert app.post(late) == 202
    _nothing_is_lost_or_doubled([*published, late], app, figures)


def test_more_events_than_storage_can_take(
    app: System, storage: Proxy, threads: ThreadPoolExecutor, figures: Figures
) -> None:
    """Under three times the load that storage can take, each delivered event costs two requests."""
    published = events.sms(300)
    assert app.host is not None
    before, megabytes = len(storage.seen), rss_megabytes(app.host.process.pid)
    with storage.failing(faults.slow(0.5)):  # ten events in half a second: 20 a second
        answers = _offer(app, published, 60, threads)
        statuses = [answer.result() for answer in answers]
    requests, delivered = len(storage.seen) - before, statuses.count(202)
    grown = rss_megabytes(app.host.process.pid) - megabytes

    figures.add(offered_per_second=60, delivered=delivered, refused=statuses.count(500))
    figures.add(requests_per_delivered_event=round(requests / delivered, 2), MB_more=round(grown))
    assert requests == 2 * delivered
    assert statuses.count(500) == len(published) - delivered > 0
    assert grown < 20
    again = [event for event, status in zip(published, statuses, strict=True) if status == 500]
    assert {app.post(event) for event in again} == {202}
    _nothing_is_lost_or_doubled(published, app, figures)


def test_storage_hangs_and_comes_back(
    app: System, storage: Proxy, threads: ThreadPoolExecutor, figures: Figures
) -> None:
    """Storage that hung for 8 s under load gets no more than three times that load afterwards.

    What was in flight tries again some 5 s later, so the load goes on for 12 s.
    """
    rate, published = 20, events.sms(400)
    with storage.failing(faults.silence):
        answers = _offer(app, published[: 8 * rate], rate, threads)
    back = time.monotonic()
    answers += _offer(app, published[8 * rate :], rate, threads)
    statuses = [answer.result() for answer in answers]
    seen = Counter(int(at - back) for at in storage.seen if at >= back)
    most = max(seen.values())

    figures.add(requests_per_second_of_the_load=2 * rate, most_in_a_second=most)
    figures.add(refused_or_failed=statuses.count(500))
    assert rate < most <= 3 * 2 * rate
    again = [event for event, status in zip(published, statuses, strict=True) if status == 500]
    assert {app.post(event) for event in again} == {202}
    totals = account_for(published, app.connection_string)
    figures.account(totals)
    assert totals.on_queues == len(published)


def _offer(
    app: System, published: list[Published], rate: int, threads: ThreadPoolExecutor
) -> list[Future[int]]:
    """Deliver so many a second, answered or not."""
    begin = time.monotonic()
    answers = []
    for number, event in enumerate(published):
        time.sleep(max(0.0, begin + number / rate - time.monotonic()))
        answers.append(threads.submit(app.post, event))
    time.sleep(max(0.0, begin + len(published) / rate - time.monotonic()))
    return answers


def _nothing_is_lost_or_doubled(published: list[Published], app: System, figures: Figures) -> None:
    totals = account_for(published, app.connection_string)
    figures.account(totals)
    assert (totals.on_queues, totals.duplicates) == (len(published), 0)

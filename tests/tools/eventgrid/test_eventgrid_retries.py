"""What follows from an answer, or from none: done, again later, or given up."""

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from local import eventgrid, ports
from local.eventgrid import Knobs, LocalTopic, Options, schedule
from tests.e2e.eventgrid.conftest import (
    Subscribe,
    await_said,
    event,
    publish,
    subscription,
    wants,
    write_subscriptions,
)
from tests.e2e.eventgrid.recorder import Reply, Webhook, webhook

pytestmark = pytest.mark.e2e

_FAST: dict[str, Any] = {"time_scale": 0.001, "answer_seconds": 10.0}
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
_ALL = [*_DELIVERED, *_GIVEN_UP, *_RETRIED]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalTopic, Webhook]]:
    """For every status a function that answers with it first, and then with 202."""
    folder = tmp_path_factory.mktemp("statuses")
    entries = [subscription(f"status_{code}", filter=wants(f"status.{code}")) for code in _ALL]
    file = write_subscriptions(folder, *entries)
    with webhook() as hook, eventgrid.running(hook.url, options=Options(file, **_FAST)) as topic:
        for code in _ALL:
            hook.replies[f"status_{code}"] = partial(_first, code)
        yield topic, hook


def _first(status: int, number: int) -> Reply:
    return Reply(status if number == 0 else 202)


@pytest.mark.parametrize("status", _ALL)
def test_what_a_status_means(status: int, place: tuple[LocalTopic, Webhook]) -> None:
    """200 to 204 are done; 400, 403 and 413 are given up at once; all others are tried again."""
    topic, hook = place
    publish(topic.port, event(f"status.{status}"))
    topic.wait_until_idle()

    attempts = hook.deliveries(f"status_{status}")
    counts = topic.counts(f"status-{status}")
    is_retried = status in _RETRIED
    assert (2 if is_retried else 1) == len(attempts) == counts["attempts"]
    assert is_retried == counts["retried"]
    expected = (0, 1) if status in _GIVEN_UP else (1, 0)
    assert expected == (counts["delivered"], counts["dropped"])
    if is_retried:
        first, second = attempts
        assert second.at - first.at >= _RETRIED[status] * 0.001


def test_the_schedule() -> None:
    """delivery-and-retry: ever longer, then twice a day; some codes wait longer from the start."""
    hour = 3600
    expected = [10, 30, 60, 300, 600, 1800, hour, 3 * hour, 6 * hour, 12 * hour, 12 * hour]
    failed = schedule.answered(500)
    assert expected == [schedule.wait(n, failed, 0) for n in range(1, 12)]
    for status, least in _RETRIED.items():
        waits = [schedule.wait(n, schedule.answered(status), 0) for n in range(1, 12)]
        assert [max(least, one) for one in expected] == waits
    assert 10 < schedule.wait(1, failed, 0.5) <= schedule.wait(1, failed, 1) <= 11.5


def test_the_waits_between_attempts(hook: Webhook, subscribe: Subscribe) -> None:
    """Scaled by a hundredth: 0.1 s, 0.3 s, 0.6 s, each with a little more by chance."""
    hook.replies["takes_all"] = lambda number: Reply(500 if number < 3 else 202)
    options = Options(subscribe(subscription()), time_scale=0.01, answer_seconds=10)
    with eventgrid.running(hook.url, options=options) as topic:
        publish(topic.port, event())
        topic.wait_until_idle()

    times = [request.at for request in hook.deliveries("takes_all")]
    waits = [after - before for before, after in itertools.pairwise(times)]
    assert 3 == len(waits)
    for wait, least in zip(waits, (0.1, 0.3, 0.6), strict=True):
        assert least <= wait < least * 1.1 + 0.5


def test_no_answer_in_time_is_a_failure(hook: Webhook, subscribe: Subscribe) -> None:
    """The function has run, and gets the event again: Event Grid waits 30 s and no longer."""
    hook.replies["takes_all"] = lambda number: Reply(202, 1.0 if number == 0 else 0)
    options = Options(subscribe(subscription()), time_scale=0.001, answer_seconds=0.3)
    with eventgrid.running(hook.url, options=options) as topic:
        (id_,) = publish(topic.port, event())
        topic.wait_until_idle()
        await_said(topic, "TimedOut")

    assert [id_, id_] == hook.ids("takes_all")


def test_the_time_to_answer_is_scaled_too(hook: Webhook, subscribe: Subscribe) -> None:
    """30 s at a hundredth are 0.3 s."""
    hook.replies["takes_all"] = lambda number: Reply(202, 1.0 if number == 0 else 0)
    with eventgrid.running(
        hook.url, options=Options(subscribe(subscription()), time_scale=0.01)
    ) as topic:
        publish(topic.port, event())
        topic.wait_until_idle()

    assert 2 == len(hook.deliveries("takes_all"))


def test_nobody_listens_yet(subscribe: Subscribe) -> None:
    """Connection refused is tried again, handshake included, until somebody is there."""
    port = ports.free(1)[0]
    file = subscribe(subscription())
    with eventgrid.running(f"http://127.0.0.1:{port}", options=Options(file, **_FAST)) as topic:
        ids = publish(topic.port, event(), event())
        topic.child.wait_until(lambda: topic.counts("takes-all")["retried"] >= 2, 10)
        await_said(topic, "SocketError")
        with webhook(port) as hook:
            topic.wait_until_idle()

            assert sorted(ids) == sorted(hook.ids("takes_all"))


def test_a_name_that_nobody_knows(subscribe: Subscribe) -> None:
    """DNS has an outcome of its own; it is tried again as well."""
    file = subscribe(subscription(retryPolicy={"maxDeliveryAttempts": 2}))
    with eventgrid.running("http://host.invalid:7071", options=Options(file, **_FAST)) as topic:
        publish(topic.port, event())
        topic.wait_until_idle()

        await_said(topic, "ResolutionError")
        assert 1 == topic.counts("takes-all")["dropped"]


def test_a_batch_is_tried_again_as_a_whole(hook: Webhook, subscribe: Subscribe) -> None:
    """All or none: the same events, together, in the same order."""
    hook.replies["takes_all"] = lambda number: Reply(500 if number == 0 else 202)
    file = subscribe(subscription(maxEventsPerBatch=10))
    with eventgrid.running(hook.url, options=Options(file, **_FAST)) as topic:
        ids = publish(topic.port, *(event() for _ in range(5)))
        topic.wait_until_idle()
        counts = topic.counts("takes-all")

    batches = [request.ids() for request in hook.deliveries("takes_all")]
    assert ids * 2 == [id_ for batch in batches for id_ in batch]
    assert (2, 5, 5) == (counts["attempts"], counts["retried"], counts["delivered"])


def test_batching_turned_off_does_not_break_up_what_waits(
    hook: Webhook, subscribe: Subscribe
) -> None:
    """A failed batch of CloudEvents stays an array even when the knob says one at a time."""
    hook.replies["takes_all"] = lambda number: Reply(500 if number == 0 else 202)
    cloud = subscription(eventDeliverySchema="CloudEventSchemaV1_0")
    options = Options(subscribe(cloud), time_scale=0.03, answer_seconds=10, knobs=Knobs(batch=5))
    with eventgrid.running(hook.url, options=options) as topic:
        ids = publish(topic.port, *(event() for _ in range(5)))
        topic.child.wait_until(lambda: topic.counts("takes-all")["retried"] == 5, 10)
        topic.turn(batch=1)
        topic.wait_until_idle()

    assert ids * 2 == hook.ids("takes_all")


def test_attempts_are_limited(hook: Webhook, subscribe: Subscribe) -> None:
    """After the last one the event is given up; without a place for dead letters, dropped."""
    hook.replies["takes_all"] = lambda _: Reply(500)
    file = subscribe(subscription(retryPolicy={"maxDeliveryAttempts": 3}))
    with eventgrid.running(hook.url, options=Options(file, **_FAST)) as topic:
        publish(topic.port, event())
        topic.wait_until_idle()

        assert 3 == len(hook.deliveries("takes_all"))
        assert {"attempts": 3, "retried": 2, "dropped": 1, "pending": 0}.items() <= (
            topic.counts("takes-all").items()
        )
        await_said(topic, "MaxDeliveryAttemptsExceeded")


def test_time_to_live_ends_at_the_next_attempt_due(hook: Webhook, subscribe: Subscribe) -> None:
    """A minute to live, attempts after 0, 10 and 40 s: the one at 100 s is not made any more."""
    hook.replies["takes_all"] = lambda _: Reply(500)
    file = subscribe(subscription(retryPolicy={"eventTimeToLiveInMinutes": 1}))
    options = Options(file, time_scale=0.01, answer_seconds=10)
    with eventgrid.running(hook.url, options=options) as topic:
        publish(topic.port, event())
        topic.wait_until_idle()

        assert 3 == len(hook.deliveries("takes_all"))
        assert 1 == topic.counts("takes-all")["dropped"]
        await_said(topic, "TimeToLiveExceeded")


def test_one_that_fails_holds_up_nobody(hook: Webhook, subscribe: Subscribe) -> None:
    """A poison event waits for its next attempt while the others go on."""
    hook.replies["poisoned"] = lambda _: Reply(500)
    poisoned = subscription("poisoned", filter=wants("Test.Poison"))
    file = subscribe(subscription(), poisoned)
    with eventgrid.running(hook.url, options=Options(file)) as topic:  # not scaled: 10 s to wait
        publish(topic.port, event("Test.Poison"), *(event() for _ in range(50)))
        topic.child.wait_until(lambda: topic.counts("takes-all")["delivered"] == 51, 8)

        assert 1 == topic.counts("poisoned")["pending"]
        assert 1 == topic.counts("poisoned")["retried"]


def test_a_slow_function_holds_up_no_other(hook: Webhook, subscribe: Subscribe) -> None:
    """Each subscription has deliveries of its own under way."""
    hook.replies["slow"] = lambda _: Reply(202, 20.0)
    file = subscribe(subscription(), subscription("slow"))
    with eventgrid.running(hook.url, options=Options(file, in_flight=1)) as topic:
        publish(topic.port, *(event() for _ in range(6)))
        topic.child.wait_until(lambda: topic.counts("takes-all")["delivered"] == 6, 15)

        assert 6 == topic.counts("slow")["pending"]

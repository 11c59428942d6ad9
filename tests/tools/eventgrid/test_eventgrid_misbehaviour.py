"""The knobs: within what Event Grid promises, and repeatable by their seed."""

from collections import Counter
from typing import Any

import pytest

from local import eventgrid
from local.errors import CommandError
from local.eventgrid import Knobs, Options
from tests.e2e.eventgrid.conftest import Subscribe, event, publish, subscription
from tests.e2e.eventgrid.recorder import Webhook

pytestmark = pytest.mark.e2e

_FAST: dict[str, Any] = {"time_scale": 0.001, "answer_seconds": 10.0}
_IDS = [f"{number:03}" for number in range(200)]


def _published(hook: Webhook, options: Options) -> dict[str, int]:
    """Publish 200 events, and give the counts."""
    with eventgrid.running(hook.url, options=options) as topic:
        publish(topic.port, *(event(id=id_) for id_ in _IDS))
        topic.wait_until_idle()
        return topic.counts("takes-all")


def test_duplicates(hook: Webhook, subscribe: Subscribe) -> None:
    """About the share asked for is delivered twice, nothing is lost, and the count says so."""
    options = Options(subscribe(subscription()), knobs=Knobs(duplicates=0.5, seed=1))

    counts = _published(hook, options)

    times = Counter(hook.ids("takes_all"))
    assert set(_IDS) == set(times)
    assert {1, 2} == set(times.values())
    assert 70 < counts["duplicated"] < 130
    assert 200 + counts["duplicated"] == counts["delivered"] == times.total()


def test_dropped_answers(hook: Webhook, subscribe: Subscribe) -> None:
    """The function has run; the delivery counts as timed out, and comes again."""
    options = Options(subscribe(subscription()), **_FAST, knobs=Knobs(drop_answers=0.3, seed=1))

    counts = _published(hook, options)

    times = Counter(hook.ids("takes_all"))
    assert set(_IDS) == set(times)
    assert 200 == counts["delivered"]
    assert 200 + counts["retried"] == times.total() == counts["attempts"]
    assert 40 < counts["retried"] < 140


def test_order(hook: Webhook, subscribe: Subscribe) -> None:
    """Without the knob, one at a time, as published; with it, not."""
    file = subscribe(subscription("in_order"))
    for function, knobs in (("in_order", Knobs()), ("any_order", Knobs(reorder=True, seed=1))):
        file = subscribe(subscription(function))
        with eventgrid.running(hook.url, options=Options(file, in_flight=1, knobs=knobs)) as topic:
            publish(topic.port, *(event(id=id_) for id_ in _IDS))
            topic.wait_until_idle()

    assert _IDS == hook.ids("in_order")
    assert _IDS != hook.ids("any_order")
    assert _IDS == sorted(hook.ids("any_order"))


def test_delay(hook: Webhook, subscribe: Subscribe) -> None:
    """Seconds before the first delivery, whatever the time scale."""
    options = Options(subscribe(subscription()), **_FAST, knobs=Knobs(delay=0.5))
    with eventgrid.running(hook.url, options=options) as topic:
        publish(topic.port, event())
        assert 1 == topic.state()["pending"]
        assert 0 == topic.counts("takes-all")["attempts"]
        topic.turn(delay=0)
        (second,) = publish(topic.port, event())
        topic.wait_until_idle()

    assert second == hook.ids("takes_all")[0]
    first, last = hook.deliveries("takes_all")
    assert last.at - first.at > 0.2


def test_batch(hook: Webhook, subscribe: Subscribe) -> None:
    """In place of the subscription's own number."""
    options = Options(subscribe(subscription()), in_flight=1, knobs=Knobs(batch=50))

    counts = _published(hook, options)

    assert [50] * 4 == [len(request.ids()) for request in hook.deliveries("takes_all")]
    assert (4, 200) == (counts["attempts"], counts["delivered"])


def test_a_seed_repeats_what_chance_did(hook: Webhook, subscribe: Subscribe) -> None:
    """The same events twice and the same answers dropped, however the machine was busy."""
    seen = []
    for function in ("first", "second"):
        options = Options(
            subscribe(subscription(function)),
            **_FAST,
            knobs=Knobs(duplicates=0.2, drop_answers=0.2, seed=7),
        )
        with eventgrid.running(hook.url, options=options) as topic:
            publish(topic.port, *(event(id=id_) for id_ in _IDS))
            topic.wait_until_idle()
        seen.append(Counter(hook.ids(function)))

    assert seen[0] == seen[1]
    assert seen[0].total() > 240


def test_knobs_are_turned_while_it_runs(hook: Webhook, subscribe: Subscribe) -> None:
    """`POST /admin/knobs` with some of them; the others stay, and the state tells them all."""
    options = Options(subscribe(subscription()), knobs=Knobs(seed=3))
    with eventgrid.running(hook.url, options=options) as topic:
        publish(topic.port, event())
        topic.turn(duplicates=1, batch=2)
        publish(topic.port, event(), event())
        state = topic.wait_until_idle()

        assert 5 == state["subscriptions"]["takes-all"]["delivered"]
        expected = Knobs(duplicates=1, batch=2, seed=3)
        assert vars(expected) == state["knobs"]

        for wrong in (
            {"duplicates": 1.5},
            {"duplicates": "1"},
            {"drop_answers": -1},
            {"delay": None},
            {"batch": 0},
            {"reorder": 1},
            {"seed": "x"},
            {"speed": 1},
        ):
            with pytest.raises(CommandError, match=f"400 .*{next(iter(wrong))}"):
                topic.turn(**wrong)
        assert vars(expected) == topic.state()["knobs"]

"""Storage that fails for a while, or now and then, under the load of many events."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from typing import Any

import pytest

from tests.reliability import events, faults
from tests.reliability.accounts import account_for
from tests.reliability.events import publish, wait_until_answered
from tests.reliability.figures import Figures
from tests.reliability.proxy import Proxy
from tests.reliability.system import System

pytestmark = pytest.mark.reliability

EVENTS = 90
Trouble = Callable[[Proxy], AbstractContextManager[Any]]


def _fails(fault: Any, share: float = 1.0) -> Trouble:
    return partial(Proxy.failing, fault=fault, share=share)


@pytest.mark.parametrize(
    ("trouble", "seconds"),
    [
        pytest.param(_fails(faults.answers(500, "InternalError")), 9, id="answers 500 for 9 s"),
        pytest.param(_fails(faults.answers(503, "ServerBusy")), 9, id="answers 503 for 9 s"),
        pytest.param(_fails(faults.answers(429, "TooManyRequests")), 5, id="answers 429 for 5 s"),
        pytest.param(_fails(faults.wrong_key), 5, id="refuses the key (403) for 5 s"),
        pytest.param(_fails(faults.garbage), 9, id="answers garbage for 9 s"),
        pytest.param(_fails(faults.half_an_answer), 9, id="breaks off its answers for 9 s"),
        pytest.param(Proxy.refusing, 9, id="refuses connections for 9 s"),
        pytest.param(
            _fails(faults.answers(503, "ServerBusy"), 0.3), None, id="answers 503 to 30 %"
        ),
        pytest.param(_fails(faults.cut, 0.3), None, id="cuts 30 % of its connections"),
        pytest.param(_fails(faults.slow(2), 0.3), None, id="takes 2 s for 30 %"),
        pytest.param(_fails(faults.silence, 0.3), None, id="never answers 30 %"),
        pytest.param(
            _fails(faults.does_it_and_answers(500, "InternalError"), 0.3),
            None,
            id="writes 30 % and says it did not",
        ),
    ],
)
def test_storage_fails(
    trouble: Trouble, seconds: float | None, app: System, storage: Proxy, figures: Figures
) -> None:
    """No event is lost while storage {case}."""
    published = events.mixed(EVENTS)
    with app.topic() as topic:
        with ExitStack() as failing:
            failing.enter_context(trouble(storage))
            publish(topic, published)
            if seconds:
                time.sleep(seconds)
            else:
                topic.wait_until_idle(300)
        topic.wait_until_idle(300)
        counts = figures.delivered(topic)

    totals = account_for(published, app.connection_string)
    figures.account(totals)
    assert 0 == counts["dead_lettered"]
    assert len(published) == totals.on_queues + totals.dead_letters
    if seconds:
        assert counts["retried"], "nothing was tried again"


def test_the_dead_letter_cannot_be_written(app: System, storage: Proxy, figures: Figures) -> None:
    """An event that can only be rejected is not acknowledged while its dead letter fails."""
    published = [*events.sms(20), *events.poison(3)]
    with app.topic() as topic:
        with storage.failing(faults.answers(503, "ServerBusy"), services=("blob",)):
            publish(topic, published)
            wait_until_answered(topic, len(published))
            assert 3 == topic.counts("sms-received")["pending"]
        topic.wait_until_idle(300)
        counts = figures.delivered(topic)

    totals = account_for(published, app.connection_string)
    figures.account(totals)
    assert (20, 0) == (totals.on_queues, totals.duplicates)
    assert 3 <= totals.dead_letters
    assert counts["retried"], "no delivery failed while it could not be written"
    assert 0 == counts["dead_lettered"], "the app's own dead letters, not Event Grid's"

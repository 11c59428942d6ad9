"""The table of failures: what is tried about each, what Event Grid is answered, how it ends."""

import time
from dataclasses import dataclass

import pytest

from local.eventgrid import schedule
from tests.reliability import events, faults
from tests.reliability.accounts import account_for, look
from tests.reliability.figures import Figures
from tests.reliability.proxy import Fault, Proxy
from tests.reliability.system import System

pytestmark = pytest.mark.reliability

BOUND = 20.0
"""Seconds within which the function fails; Event Grid waits 30."""
TRANSIENT = "transient: `DeliveryError`"
AGAIN = "delivered once storage is back; after 24 h in Event Grid's dead letters"
OPERATOR = "delivered once somebody mends it; after 24 h in Event Grid's dead letters"


@dataclass(frozen=True)
class Failure:
    """One way in which storage refuses a write."""

    what: str
    fault: Fault
    tries: int
    """Of each record's write, before the function fails."""
    ends: str = AGAIN


FAILURES = (
    Failure("HTTP 500", faults.answers(500, "InternalError"), 4),
    Failure("HTTP 503 ServerBusy", faults.answers(503, "ServerBusy"), 4),
    Failure("HTTP 429", faults.answers(429, "TooManyRequests"), 4),
    Failure("HTTP 403, a wrong or rotated key", faults.wrong_key, 1, OPERATOR),
    Failure("HTTP 409, the queue is being deleted", faults.answers(409, "QueueBeingDeleted"), 1),
    Failure("HTTP 413", faults.answers(413, "RequestBodyTooLarge"), 1, OPERATOR),
    Failure("an answer that is no HTTP", faults.garbage, 4),
    Failure(
        "a half-written answer",
        faults.half_an_answer,
        4,
        f"{AGAIN}; the message may be there several times, with one id",
    ),
    Failure("a connection that is cut", faults.cut, 4),
    Failure("no answer (time-out)", faults.silence, 3),
    Failure(
        "an answer after the time-out",
        faults.slow(6),
        3,
        f"{AGAIN}; the message may be there several times, with one id",
    ),
)


@pytest.mark.parametrize("failure", FAILURES, ids=[one.what for one in FAILURES])
def test_storage_refuses(failure: Failure, app: System, storage: Proxy, figures: Figures) -> None:
    """{case}: the function fails within 20 s, and the event succeeds when it comes again."""
    (event,) = events.sms(1)
    with storage.failing(failure.fault) as failing:
        status, seconds = _post(app, event)
    assert 500 == status
    app.wait_until_logged("DeliveryError: ")
    assert seconds < BOUND
    assert 2 * failure.tries == failing.hits

    figures.add(tries_per_record=failure.tries, seconds_to_fail=seconds)
    figures.failure = _row(failure.what, failure.tries, seconds, failure.ends)
    _succeeds(event, app, figures)


def test_connections_refused(app: System, storage: Proxy, figures: Figures) -> None:
    """Connection refused: the function fails within 20 s, and the event succeeds afterwards."""
    (event,) = events.sms(1)
    with storage.refusing():
        status, seconds = _post(app, event)
    assert 500 == status
    app.wait_until_logged("DeliveryError: ")
    assert seconds < BOUND

    figures.add(seconds_to_fail=seconds)
    figures.failure = _row("connection refused", 4, seconds, AGAIN)
    _succeeds(event, app, figures)


def test_a_queue_is_missing(alone: System, figures: Figures) -> None:
    """Queues and containers that are missing are made by the first event that needs them."""
    alone.start_azurite()
    alone.start_host()
    (event,), (poison,), large = events.sms(1), events.poison(), events.large(52_000)
    assert [202, 202, 202] == [alone.post(one) for one in (event, poison, large)]

    totals = account_for([event, poison, large], alone.connection_string)
    figures.account(totals)
    figures.failure = _failure(
        "HTTP 404, the queue or container is missing", "-", "nothing", 202, "made, then written"
    )
    assert (2, 1, 0) == (totals.on_queues, totals.dead_letters, totals.duplicates)


def test_a_missing_queue_may_not_be_made(alone: System, figures: Figures) -> None:
    """A missing queue that the identity may not make fails the function, and nothing is lost."""
    alone.start_azurite()
    (event,) = events.sms(1)
    with Proxy(alone.storage) as storage:
        alone.start_host(storage.at.connection_string)
        refusal = faults.answers(403, "AuthorizationPermissionMismatch")
        with storage.failing(refusal, verb="PUT"):
            status, seconds = _post(alone, event)
        assert 500 == status
        alone.wait_until_logged("DeliveryError: ")
        assert seconds < BOUND
        figures.add(seconds_to_fail=seconds)
        what = "HTTP 404, and the identity may not make the queue (403)"
        figures.failure = _row(what, 1, seconds, OPERATOR)
        _succeeds(event, alone, figures)


@pytest.mark.parametrize("by_ids", [False, True], ids=["unreadable", "too large by its ids alone"])
def test_no_retry_can_help(by_ids: bool, app: System, figures: Figures) -> None:  # noqa: FBT001 -- a column of the table
    """An event that no retry can help ({case}) is acknowledged, and one dead letter."""
    (event,) = events.sms(1) if by_ids else events.poison()
    if by_ids:
        event.body["topic"] = f"/subscriptions/{'0' * 60_000}"
    status, seconds = _post(app, event)
    assert 202 == status

    totals = account_for([event], app.connection_string)
    figures.account(totals)
    what, name = "an event that cannot be read, a type nobody routes", "RejectedEvent"
    reason = "UnreadablePayload"
    if by_ids:
        what, name = "ids that alone exceed a queue message", "OversizedRecord"
        reason = name
    ends = "at once in the app's own dead letters, with the reason"
    figures.add(seconds_to_fail=seconds)
    figures.failure = _failure(what, f"permanent: `{name}`", "nothing", status, ends)
    assert (0, 1) == (totals.on_queues, totals.dead_letters)
    (letter,) = look(app.connection_string).letters[event.known]
    assert reason == letter["deadLetterReason"]


def _post(app: System, event: events.Published) -> tuple[int, float]:
    started = time.monotonic()
    status = app.post(event)
    return status, round(time.monotonic() - started, 1)


def _succeeds(event: events.Published, app: System, figures: Figures) -> None:
    """Deliver it again, as Event Grid would."""
    assert 202 == app.post(event)
    totals = account_for([event], app.connection_string)
    figures.account(totals)
    assert 1 == totals.on_queues


def _row(what: str, tries: int, seconds: float, ends: str) -> dict[str, str]:
    many = "1 try" if tries == 1 else f"{tries} tries"
    return _failure(what, TRANSIENT, f"{many}, {seconds:.1f} s", 500, ends)


def _failure(what: str, kind: str, before: str, status: int, ends: str) -> dict[str, str]:
    meaning = "done" if schedule.answered(status).is_success else "send it again"
    return {
        "what": what,
        "class": kind,
        "before us": before,
        "answer": f"{status}: {meaning}",
        "ends": ends,
    }

"""What the delivery benchmark computes itself: the signature, the no-op server, ratios."""

import base64
import hashlib
import hmac
from http import HTTPStatus

import pytest

from bench.delivering import orders, tables
from bench.delivering.raw import signature
from bench.delivering.rounds import NO_OP, Figures, cpu, rate
from bench.delivering.server import answer, requests_in
from bench.measuring import Spread

KEY = b"a key"
PUT = b"POST /a/q/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
CREATE = b"PUT /a/q HTTP/1.1\r\nHost: h\r\n\r\n"


def _delivered(events: int, seconds: float, cpu_seconds: float = 0.0) -> orders.Delivered:
    return orders.Delivered(events, seconds, cpu_seconds, [1.0] * events, None)


def test_the_signature_covers_the_request_as_shared_key_says() -> None:
    """Written out from the service's documentation; a wrong one would be refused by Azurite."""
    signed = (
        "POST\n\n\n12\n\napplication/xml\n\n\n\n\n\n\n"
        "x-ms-date:Tue, 03 Dec 2024 09:30:01 GMT\nx-ms-version:2025-11-05\n"
        "/me/me/work/messages\nmessagettl:-1"
    )
    digest = hmac.new(KEY, signed.encode(), hashlib.sha256).digest()
    headers = {"x-ms-date": "Tue, 03 Dec 2024 09:30:01 GMT", "x-ms-version": "2025-11-05"}

    given = signature("me", KEY, headers, 12, "/me/work/messages")

    assert f"SharedKey me:{base64.b64encode(digest).decode()}" == given


@pytest.mark.parametrize(
    ("came", "count", "left"),
    [
        pytest.param(b"", 0, b"", id="nothing"),
        pytest.param(PUT, 1, b"", id="one"),
        pytest.param(PUT.replace(b"Content-Length", b"content-length"), 1, b"", id="any case"),
        pytest.param(CREATE, 1, b"", id="without a body"),
        pytest.param(PUT + CREATE + PUT, 3, b"", id="several at once"),
        pytest.param(PUT[:20], 0, PUT[:20], id="half a head"),
        pytest.param(PUT[:-1], 0, PUT[:-1], id="half a body"),
        pytest.param(PUT + PUT[:-2], 1, PUT[:-2], id="one and a half"),
    ],
)
def test_the_server_answers_whole_requests(came: bytes, count: int, left: bytes) -> None:
    buffer = bytearray(came)

    assert count == requests_in(buffer)
    assert left == buffer


@pytest.mark.parametrize("status", [HTTPStatus.CREATED, HTTPStatus.SERVICE_UNAVAILABLE])
def test_an_answer_is_as_long_as_it_says(status: HTTPStatus) -> None:
    head, body = answer(status).split(b"\r\n\r\n")

    assert head.startswith(f"HTTP/1.1 {status.value} ".encode())
    assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")


def test_ratios_are_taken_within_the_round() -> None:
    """The machine got half as fast after the first round; ours is twice as fast in both."""
    figures = Figures()
    for seconds in (1.0, 2.0):
        figures.add((NO_OP, 8, "ours"), _delivered(100, seconds))
        figures.add((NO_OP, 8, "sync"), _delivered(50, seconds))

    assert Spread(2.0, 2.0, 2.0) == figures.ratio(rate, (NO_OP, 8, "ours"), "sync")
    assert 75.0 == figures.spread(rate, (NO_OP, 8, "ours")).median


def test_cpu_is_told_by_the_message() -> None:
    """Two messages an event."""
    assert 1_000.0 == pytest.approx(cpu(_delivered(50, 1.0, cpu_seconds=0.1)))


def test_a_log_record_too_many_misses_a_goal_that_is_counted() -> None:
    counted = orders.Counted(events=1_000, our_logs=1_001, other_logs=0, clients=2, tls_contexts=0)
    missed = [goal for goal in tables.count_goals(counted) if not goal.held]

    assert ["log records of ours an event"] == [goal.what for goal in missed]
    assert all(goal.steady for goal in tables.count_goals(counted))

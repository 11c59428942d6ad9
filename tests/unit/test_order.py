"""Which of two records about one thing is newer, and until when a push is of use."""

import re
from itertools import pairwise, product
from typing import Any

import pytest

from shared.pipeline import convert
from shared.reading.values import later, milliseconds
from shared.records.identity import sequence
from tests.unit.events import (
    BOB,
    CHAT_MESSAGE,
    SMS,
    THREAD,
    event,
    of_kind,
    parse,
    records,
    settings,
)

EARLY, LATE = "2026-01-02T03:04:05.0000000Z", "2026-01-02T03:04:06.0000000Z"
FORM = r"[0-9]{20}/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z)?/[0-9]{4}"


def _sequence(name: str, data: dict[str, Any], **attributes: Any) -> str:
    (found,) = {record["sequence"] for record in records(event(name, data, **attributes))}
    assert re.fullmatch(FORM, found)
    return str(found)


def _report(status: str, details: str | None = None, time: str = EARLY) -> dict[str, Any]:
    return {
        "messageId": "m",
        "deliveryStatus": status,
        "deliveryStatusDetails": details,
        "receivedTimestamp": time,
    }


def test_a_later_status_is_newer_whatever_the_times() -> None:
    ranks = [["Queued", "Nonsense", ""], ["Sent", "Expanded"], ["Delivered", "Failed"], ["Read"]]
    for before, after in pairwise(ranks):
        for (old, new), old_time, new_time in product(
            product(before, after), (EARLY, LATE), (EARLY, LATE)
        ):
            assert _sequence("SMSDeliveryReportReceived", _report(old, time=old_time)) < _sequence(
                "SMSDeliveryReportReceived", _report(new, time=new_time)
            )


def test_of_two_outcomes_the_later_is_newer() -> None:
    for old, new in product(("Delivered", "Failed"), repeat=2):
        assert _sequence("SMSDeliveryReportReceived", _report(old)) < _sequence(
            "SMSDeliveryReportReceived", _report(new, time=LATE)
        )


def test_a_failure_with_an_open_outcome_is_older_than_any_outcome() -> None:
    """5002: the carrier sends no reports."""
    open_outcome = _sequence("SMSDeliveryReportReceived", _report("Failed", "5002", LATE))

    assert open_outcome < _sequence("SMSDeliveryReportReceived", _report("Delivered"))


@pytest.mark.parametrize(
    ("expected", "version"),
    [
        pytest.param("00000000000000000007/", 7, id="a version"),
        pytest.param("00000000000000000007/", "7", id="a version as text"),
        pytest.param("00000000000000000000/", 0, id="zero"),
        pytest.param("99999999999999999999/", 10**20 - 1, id="a great one"),
        pytest.param("00000001767323045678/", -7, id="negative: the time"),
        pytest.param("00000001767323045678/", 10**20, id="too many digits: the time"),
        pytest.param("00000001767323045678/", 10**40, id="far too many: the time"),
        pytest.param("00000001767323045678/", None, id="none: the time"),
    ],
)
def test_a_message_is_ordered_by_its_version(expected: str, version: object) -> None:
    found = _sequence("ChatMessageReceived", CHAT_MESSAGE | {"version": version})

    assert f"{expected}2026-01-02T03:04:05.6780000Z/0000" == found


def test_a_greater_version_is_newer_whatever_the_times() -> None:
    edits = [
        CHAT_MESSAGE | {"version": 9, "editTime": LATE},
        CHAT_MESSAGE | {"version": 10, "editTime": EARLY},
    ]
    older, newer = (_sequence("ChatMessageEdited", data) for data in edits)

    assert older < newer


def test_threads_and_participants_are_ordered_by_the_version_of_the_thread() -> None:
    data = {"threadId": THREAD, "participantAdded": {"memberId": BOB}}
    for name in ("ChatThreadPropertiesUpdated", "ChatThreadParticipantAdded"):
        found = [_sequence(name, data | {"version": version}) for version in (9, 10)]
        assert found == sorted(found)
        assert found[0].startswith("00000000000000000009/")


def test_a_version_without_a_time_still_orders() -> None:
    data = {"messageId": "1", "threadId": THREAD, "version": 7}

    assert _sequence("ChatMessageReceived", data) == "00000000000000000007//0000"


def test_without_version_and_time_there_is_no_order_and_no_expiry() -> None:
    data = {"messageId": "1", "threadId": THREAD, "recipientId": BOB}
    found = [
        *records(event("ChatMessageReceived", data)),
        *records(event("SMSReceived", {"message": "a"}, eventTime=None)),
    ]

    assert len(found) == 3
    for record in found:
        assert {"time", "sequence", "expirytime"} & set(record) == set()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("ChatMessageReceived", {"messageId": "1", "threadId": THREAD}),
        ("ChatMessageEdited", CHAT_MESSAGE),
        ("ChatThreadWithUserDeleted", {"threadId": THREAD, "version": 7}),
        ("ChatParticipantAddedToThreadWithUser", {"threadId": THREAD, "version": 7}),
    ],
)
def test_chat_never_takes_the_time_of_publishing(name: str, data: dict[str, Any]) -> None:
    """It differs among the copies of one fact."""
    first, second = (
        [(record.get("time"), record.get("sequence")) for record in records(wire)]
        for wire in (event(name, data, eventTime=EARLY), event(name, data, eventTime=LATE))
    )

    assert first == second
    assert first[0][0] is None


def test_a_correction_is_newer_and_has_other_ids() -> None:
    reports = event("SMSDeliveryReportReceived", _report("Failed"))
    for wire in (
        event("SMSReceived", SMS),
        event("ChatMessageReceived", CHAT_MESSAGE),
        event("ChatThreadCreatedWithUser", {"threadId": THREAD, "version": 1}),
        reports,
    ):
        found = [
            [send.record.envelope for send in convert(parse(wire), settings(), revision)]
            for revision in (0, 1, 2, 10)
        ]
        for old, new in pairwise(found):
            assert {record.id for record in old} & {record.id for record in new} == set()
            assert [record.subject for record in old] == [record.subject for record in new]
            for before, after in zip(old, new, strict=True):
                assert (before.sequence or "") < (after.sequence or "")


def test_the_digits_of_a_time_before_1970_are_zero() -> None:
    assert milliseconds("1970-01-01T00:00:00.0019999Z") == 1
    assert milliseconds("0001-01-01T00:00:00.0000000Z") == 0
    assert sequence(None, "0001-01-01T00:00:00.0000000Z", 0) == (
        "00000000000000000000/0001-01-01T00:00:00.0000000Z/0000"
    )


@pytest.mark.parametrize(
    ("expected", "environ"),
    [
        ("2026-01-03T03:04:05.3200000Z", {}),
        ("2026-01-02T03:34:05.3200000Z", {"PUSH_EXPIRES": "30m"}),
        ("2026-01-02T03:05:35.3200000Z", {"PUSH_EXPIRES": "90s"}),
        ("2026-01-09T03:04:05.3200000Z", {"PUSH_EXPIRES": "7d"}),
        ("2026-01-02T03:04:05.3200000Z", {"PUSH_EXPIRES": "0s"}),
        (None, {"PUSH_EXPIRES": ""}),
        (None, {"PUSH_EXPIRES": " "}),
        ("4763-11-29T03:04:05.3200000Z", {"PUSH_EXPIRES": "999999d"}),
    ],
)
def test_when_a_push_is_of_no_use_any_more(expected: str | None, environ: dict[str, str]) -> None:
    found = records(event("SMSReceived", SMS), **environ)

    assert expected == of_kind("push-notification", found).get("expirytime")
    assert "expirytime" not in of_kind("work-item", found)


def test_nothing_expires_after_the_year_9999() -> None:
    assert later("9999-12-31T00:00:00.1234567Z", 86_399) == "9999-12-31T23:59:59.1234567Z"
    assert later("9999-12-31T00:00:00.1234567Z", 86_400) is None

"""The committed schemas accept what readers must bear, and refuse what would mislead them."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from shared.records.kinds import KINDS
from tests.contract_of_records import validator

GOLDEN = Path(__file__).parents[1] / "golden"
QUEUES = ("work-items", "push-notifications")
RECORDS = [
    pytest.param(record, id=f"{path.stem} {record['id'][:8]}")
    for path in sorted(GOLDEN.rglob("*.json"))
    for given in [json.loads(path.read_text(encoding="utf-8"))]
    for queue in QUEUES
    for record in given[queue]
]
LEFT_OUT: Any = object()


def _golden(name: str, queue: str) -> dict[str, Any]:
    given = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    record: dict[str, Any] = given[queue][0]
    return record


SMS = _golden("SMSReceived", "work-items")
SMS_PUSH = _golden("SMSReceived", "push-notifications")
EDIT = _golden("ChatMessageEdited", "push-notifications")
DELETION = _golden("ChatMessageDeleted", "push-notifications")
FAILED = _golden("SMSDeliveryReportReceived.failed", "work-items")
FAILED_PUSH = _golden("SMSDeliveryReportReceived.failed", "push-notifications")
THREAD = _golden("ChatThreadCreated", "work-items")
JOINED = _golden("ChatThreadParticipantAdded", "work-items")


def _with(record: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with the value at the end of the path, or without the field."""
    changed = deepcopy(record)
    *parents, name = path.split(".")
    place: Any = changed
    for parent in parents:
        place = place[parent]
    if value is LEFT_OUT:
        del place[name]
    else:
        place[name] = value
    return changed


@pytest.mark.parametrize("record", RECORDS)
def test_every_golden_record_is_accepted(record: dict[str, Any]) -> None:
    validator().validate(record)


@pytest.mark.parametrize(
    ("record", "path", "value"),
    [
        pytest.param(SMS_PUSH, "data.title", LEFT_OUT, id="an active push without a title"),
        pytest.param(SMS_PUSH, "data.title", "", id="an active push with an empty title"),
        pytest.param(SMS_PUSH, "data.body", LEFT_OUT, id="an active push without a body"),
        pytest.param(EDIT, "data.title", LEFT_OUT, id="a passive push without a title"),
        pytest.param(EDIT, "data.body", LEFT_OUT, id="a passive push without a body"),
        pytest.param(SMS_PUSH, "data.event", LEFT_OUT, id="a push without its event"),
        pytest.param(SMS_PUSH, "data.interruptionLevel", LEFT_OUT, id="a push without a level"),
        pytest.param(SMS_PUSH, "data.interruptionLevel", "silent", id="an old level"),
        pytest.param(SMS_PUSH, "data.collapseKey", LEFT_OUT, id="no collapse key"),
        pytest.param(SMS_PUSH, "data.collapseKey", "", id="an empty collapse key"),
        pytest.param(
            SMS_PUSH, "data.collapseKey", SMS_PUSH["id"], id="a collapse key of 36 characters"
        ),
        pytest.param(FAILED, "data.delivery", LEFT_OUT, id="a delivery without delivery"),
        pytest.param(
            FAILED_PUSH, "data.delivery", LEFT_OUT, id="the push of one, without delivery"
        ),
        pytest.param(FAILED, "data.delivery.failureReason", "spoiled", id="another reason"),
        pytest.param(FAILED, "data.delivery.status", "bounced", id="an old status"),
        pytest.param(FAILED, "data.direction", LEFT_OUT, id="a delivery without a direction"),
        pytest.param(FAILED, "data.message", LEFT_OUT, id="a delivery of no message"),
        pytest.param(SMS, "data.message", LEFT_OUT, id="a message without message"),
        pytest.param(THREAD, "data.thread", LEFT_OUT, id="a thread's change without thread"),
        pytest.param(JOINED, "data.thread", LEFT_OUT, id="a participant of no thread"),
        pytest.param(SMS, "data.conversation", LEFT_OUT, id="no conversation"),
        pytest.param(SMS, "data.conversation", "", id="an empty conversation"),
        pytest.param(SMS, "data.action", LEFT_OUT, id="a work item without an action"),
        pytest.param(SMS, "data.action", "explode", id="another action"),
        pytest.param(SMS, "data.title", LEFT_OUT, id="a work item without a title"),
        pytest.param(SMS, "data.occurredAt", 5, id="a time that is no text"),
        pytest.param(SMS, "data", {}, id="empty data"),
        pytest.param(SMS, "data", LEFT_OUT, id="neither data nor dataref"),
        pytest.param(SMS, "subject", LEFT_OUT, id="no subject"),
        pytest.param(SMS, "subject", SMS["data"]["conversation"], id="a number in the subject"),
        pytest.param(SMS, "partitionkey", LEFT_OUT, id="no partition key"),
        pytest.param(SMS, "time", "2026-01-02T03:04:05Z", id="a time without its digits"),
        pytest.param(SMS, "expirytime", "tomorrow", id="an expiry that is no time"),
        pytest.param(SMS, "sequence", "2/2026-01-02T03:04:05Z/0", id="a malformed sequence"),
        pytest.param(SMS, "sequence", f"{0:020}/noon/0000", id="a sequence with another time"),
        pytest.param(SMS, "specversion", "0.3", id="another specversion"),
        pytest.param(SMS, "id", "not-a-uuid", id="an id that is no UUID"),
        pytest.param(SMS, "dataschema", "urn:other", id="another data schema"),
        pytest.param(SMS, "type", "", id="an empty type"),
    ],
)
def test_what_is_refused(record: dict[str, Any], path: str, value: Any) -> None:
    assert validator().is_valid(record)
    assert not validator().is_valid(_with(record, path, value))


@pytest.mark.parametrize(
    ("record", "path", "value"),
    [
        pytest.param(SMS, "type", "communication.pigeon.sent", id="an unknown type"),
        pytest.param(SMS, "extension", "x", id="an unknown attribute"),
        pytest.param(SMS, "data.mood", "x", id="an unknown field of data"),
        pytest.param(SMS, "data.sender.mood", "x", id="of a party"),
        pytest.param(SMS, "data.message.mood", "x", id="of a message"),
        pytest.param(SMS, "data.event.mood", "x", id="of the event"),
        pytest.param(FAILED, "data.delivery.mood", "x", id="of a delivery"),
        pytest.param(JOINED, "data.thread.mood", "x", id="of a thread"),
        pytest.param(SMS, "data.sender.kind", "robot", id="an unknown kind of party"),
        pytest.param(SMS, "data.channel", "pigeon", id="another channel"),
        pytest.param(DELETION, "data.mood", "x", id="a background push without text"),
        pytest.param(SMS, "time", LEFT_OUT, id="no time"),
        pytest.param(SMS, "sequence", LEFT_OUT, id="no sequence"),
        pytest.param(SMS, "data.event", LEFT_OUT, id="a work item of several events"),
    ],
)
def test_what_is_accepted(record: dict[str, Any], path: str, value: Any) -> None:
    validator().validate(_with(record, path, value))


@pytest.mark.parametrize("record", [SMS, SMS_PUSH, FAILED_PUSH], ids=["work", "push", "delivery"])
@pytest.mark.parametrize(
    "path",
    [
        *("specversion", "id", "source", "type", "datacontenttype", "dataschema", "subject"),
        *("partitionkey", "data", "data.channel", "data.conversation", "data.sender.kind"),
        *("data.event.type", "data.event.schema"),
    ],
)
def test_what_is_always_there_is_required(record: dict[str, Any], path: str) -> None:
    assert not validator().is_valid(_with(record, path, LEFT_OUT))


@pytest.mark.parametrize("record", [FAILED, FAILED_PUSH], ids=["work", "push"])
@pytest.mark.parametrize("path", ["status", "final", "failureReason"])
def test_what_every_failure_says_is_required(record: dict[str, Any], path: str) -> None:
    assert not validator().is_valid(_with(record, f"data.delivery.{path}", LEFT_OUT))


@pytest.mark.parametrize("type_", KINDS)
def test_each_type_of_record_says_what_it_always_has(type_: str) -> None:
    """A new type needs a row in ``tools/schemas.py``."""
    parts = "message", "delivery", "thread", "engagement", "call", "recording"
    item = SMS | {"type": type_, "data": {k: v for k, v in SMS["data"].items() if k not in parts}}

    assert not validator().is_valid(item)


def test_a_claim_check_has_no_data() -> None:
    record = _with(SMS, "data", LEFT_OUT) | {"dataref": "https://account.example/payloads/1.json"}

    validator().validate(record)
